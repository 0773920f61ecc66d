package sandbox

import "time"

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

// Event is something that Mailgun reports about a message through its webhook.
type Event struct {
	// Event is the name. One that Mailgun does not have is posted with the
	// members that all events share. It is required.
	Event string
	// Recipient is the one it is about, the message's first when empty.
	Recipient string
	// Severity goes with "failed": SeverityPermanent, the default, or
	// SeverityTemporary.
	Severity string
	// Reason goes with "failed" and may be any text. The default is "bounce"
	// for a permanent failure and "generic" for a temporary one.
	Reason string
	// Code goes with "delivered" and "failed". The default is 250, or what
	// fits the reason: 550 or 605 to 607 for a permanent failure, 450 or 451
	// for a temporary one.
	Code int
	// Message goes with "delivered" and "failed": what the recipient's mail
	// server said. The default fits the code.
	Message string

	// Ago dates the event back. The signature still has the present time.
	Ago time.Duration
	// Times posts the very same body this many times, 1 when 0.
	Times int
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
