package sandbox

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"strings"
	"time"
)

// Names of events. [Sandbox.Report] takes any other name, too.
const (
	EventAccepted   = "accepted"
	EventDelivered  = "delivered"
	EventFailed     = "failed"
	EventComplained = "complained"
)

// The values of [Event.Severity].
const (
	SeverityPermanent = "permanent"
	SeverityTemporary = "temporary"
)

// Event is something that Mailgun reports about a message through its webhook.
type Event struct {
	// Event is the name. It is required.
	Event string
	// Recipient is the one it is about, the message's first when empty.
	Recipient string
	// Severity goes with "failed": SeverityPermanent, the default, or
	// SeverityTemporary.
	Severity string
	// Reason goes with "failed". The default is "bounce", or "generic" when
	// the failure is temporary.
	Reason string
	// Code goes with "delivered" and "failed". The default is 250 or 550, or
	// 451 when the failure is temporary.
	Code int
	// Times posts the very same body this many times, 1 when 0.
	Times int
}

// withDefaults fills in what is left open, for a message.
func (e Event) withDefaults(m *Message) Event {
	e.Recipient = cmp.Or(e.Recipient, m.Recipients[0])
	e.Times = max(e.Times, 1)
	switch e.Event {
	case EventDelivered:
		e.Code = cmp.Or(e.Code, codeDelivered)
	case EventFailed:
		reason, code := "bounce", 550
		if e.Severity == SeverityTemporary {
			reason, code = "generic", 451
		}
		e.Severity = cmp.Or(e.Severity, SeverityPermanent)
		e.Reason, e.Code = cmp.Or(e.Reason, reason), cmp.Or(e.Code, code)
	}
	return e
}

// notification is the body of a webhook post.
type notification struct {
	Signature signature `json:"signature"`
	EventData eventData `json:"event-data"`
}

// eventData has the members that all of Mailgun's events share, as far as they
// tell something of the message, and those of a failure. Source: the samples of
// documentation.mailgun.com, "Webhook payloads".
type eventData struct {
	Event     string  `json:"event"`
	ID        string  `json:"id"`
	Timestamp float64 `json:"timestamp"` // Unix seconds with a fraction

	Severity       string          `json:"severity,omitempty"`
	Reason         string          `json:"reason,omitempty"`
	DeliveryStatus *deliveryStatus `json:"delivery-status,omitempty"`

	Message struct {
		Headers map[string]string `json:"headers"`
	} `json:"message"`
	Recipient     string   `json:"recipient"`
	Tags          []string `json:"tags"`
	UserVariables any      `json:"user-variables"`
}

type deliveryStatus struct {
	Code        int    `json:"code"`
	Description string `json:"description"`
}

// newEventData tells of an event that happens to a message at a time. The event
// has its defaults.
func newEventData(m *Message, e Event, at time.Time) eventData {
	d := eventData{
		Event: e.Event, ID: rand.Text(), Timestamp: float64(at.UnixMicro()) / 1e6,
		Severity: e.Severity, Reason: e.Reason,
		Recipient:     e.Recipient,
		Tags:          append([]string{}, form(m.Form).values("o:tag")...),
		UserVariables: []string{}, // so Mailgun writes it when there are none
	}
	d.Message.Headers = map[string]string{
		"message-id": strings.Trim(m.ID, "<>"), "from": m.From, "to": m.To, "subject": m.Subject,
	}
	if e.Code != 0 {
		d.DeliveryStatus = &deliveryStatus{e.Code, suppressions[e.Code].description}
	}
	if variables := form(m.Form).userVariables(); len(variables) > 0 {
		d.UserVariables = asStrings(variables)
	}
	return d
}

// asStrings writes values as Mailgun does in events: strings as they are, others
// as JSON.
func asStrings(values map[string]any) map[string]string {
	all := make(map[string]string, len(values))
	for name, value := range values {
		text, ok := value.(string)
		if !ok {
			raw, _ := json.Marshal(value) // came from JSON
			text = string(raw)
		}
		all[name] = text
	}
	return all
}
