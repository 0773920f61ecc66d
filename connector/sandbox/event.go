package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// The names of Mailgun's events that the [Sandbox] knows the shape of.
const (
	EventAccepted     = "accepted"
	EventDelivered    = "delivered"
	EventFailed       = "failed"
	EventOpened       = "opened"
	EventClicked      = "clicked"
	EventUnsubscribed = "unsubscribed"
	EventComplained   = "complained"
)

// The values of [Event.Severity].
const (
	SeverityPermanent = "permanent"
	SeverityTemporary = "temporary"
)

// maxTimes bounds [Event.Times], so that a slip of the finger does no harm.
const maxTimes = 100

// Event is something that Mailgun reports about a message through its webhook.
// In JSON a duration is a string as in Go, such as "1h30m".
type Event struct {
	// Event is the name. One that Mailgun does not have is posted with the
	// members that all events share. It is required.
	Event string `json:"event"`
	// Recipient is the one it is about, the message's first when empty.
	Recipient string `json:"recipient,omitempty"`
	// Severity goes with "failed": SeverityPermanent, the default, or
	// SeverityTemporary.
	Severity string `json:"severity,omitempty"`
	// Reason goes with "failed" and may be any text. The default is "bounce"
	// for a permanent failure and "generic" for a temporary one.
	Reason string `json:"reason,omitempty"`
	// Code goes with "delivered" and "failed". The default is 250, or what
	// fits the reason: 550 or 605 to 607 for a permanent failure, 450 or 451
	// for a temporary one.
	Code int `json:"code,omitempty"`
	// Message goes with "delivered" and "failed": what the recipient's mail
	// server said. The default fits the code.
	Message string `json:"message,omitempty"`

	// Ago dates the event back. The signature still has the present time.
	Ago time.Duration `json:"ago,omitempty"`
	// Times posts the very same body so often, 1 when 0, at most 100.
	Times int `json:"times,omitempty"`
}

// check says what is wrong with e, or nil.
func (e Event) check() error {
	failed := e.Event == EventFailed
	switch {
	case e.Event == "":
		return errors.New("event: needs a name")
	case e.Severity != "" && e.Severity != SeverityPermanent && e.Severity != SeverityTemporary:
		return fmt.Errorf("event: severity %q is neither %q nor %q", e.Severity, SeverityPermanent, SeverityTemporary)
	case !failed && (e.Severity != "" || e.Reason != ""):
		return errors.New("event: severity and reason go with failed")
	case !failed && e.Event != EventDelivered && (e.Code != 0 || e.Message != ""):
		return errors.New("event: code and message go with delivered and failed")
	case e.Code < 0 || e.Code > 999:
		return fmt.Errorf("event: code %d is not in 1 to 999", e.Code)
	case e.Ago < 0:
		return errors.New("event: ago may not be negative")
	case e.Times < 0 || e.Times > maxTimes:
		return fmt.Errorf("event: times %d is not in 1 to %d", e.Times, maxTimes)
	}
	return nil
}

// withDefaults fills in what is left open, for a message.
func (e Event) withDefaults(m *Message) Event {
	if e.Recipient == "" {
		e.Recipient = m.Recipients[0]
	}
	e.Times = max(e.Times, 1)
	switch e.Event {
	case EventDelivered:
		if e.Code == 0 {
			e.Code = codeDelivered
		}
	case EventFailed:
		if e.Severity == "" {
			e.Severity = SeverityPermanent
		}
		if e.Reason == "" {
			e.Reason = defaultReason(e.Severity)
		}
		if e.Code == 0 {
			e.Code = defaultCode(e.Severity, e.Reason)
		}
	}
	return e
}

// plainEvent is Event without its methods, as plain is for Fault.
type plainEvent Event

type eventJSON struct {
	plainEvent
	Ago duration `json:"ago,omitempty"`
}

// MarshalJSON writes e with durations as strings, leaving out what is not set.
func (e Event) MarshalJSON() ([]byte, error) {
	return json.Marshal(eventJSON{plainEvent(e), duration(e.Ago)})
}

// UnmarshalJSON reads what MarshalJSON writes. It refuses unknown members.
func (e *Event) UnmarshalJSON(data []byte) error {
	var in eventJSON
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return err
	}
	*e = Event(in.plainEvent)
	e.Ago = time.Duration(in.Ago)
	return nil
}
