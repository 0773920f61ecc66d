package sandbox

import (
	"crypto/rand"
	"encoding/base64"
	"net/mail"
	"slices"
	"strings"
	"time"
)

// notification is the body of a webhook post.
type notification struct {
	Signature signature `json:"signature"`
	EventData eventData `json:"event-data"`
}

// eventData is what Mailgun says about an event. Members that only some events
// have are left out of the others. The samples of Mailgun's documentation and
// the recorded ones of django-anymail's tests agree on all of it, save that
// user-variables is sometimes {} when empty.
type eventData struct {
	Event     string  `json:"event"`
	ID        string  `json:"id"`
	Timestamp float64 `json:"timestamp"` // Unix seconds with a fraction
	LogLevel  string  `json:"log-level"`

	Severity       string          `json:"severity,omitempty"`
	Reason         string          `json:"reason,omitempty"`
	DeliveryStatus *deliveryStatus `json:"delivery-status,omitempty"`

	Method   string    `json:"method,omitempty"`
	APIKeyID string    `json:"api-key-id,omitempty"`
	Envelope *envelope `json:"envelope,omitempty"`
	Storage  *storage  `json:"storage,omitempty"`
	Flags    *flags    `json:"flags,omitempty"`
	*visit

	Message         eventMessage `json:"message"`
	Recipient       string       `json:"recipient"`
	RecipientDomain string       `json:"recipient-domain"`
	Tags            []string     `json:"tags"`
	Campaigns       []string     `json:"campaigns"` // gone from Mailgun, yet sent
	UserVariables   any          `json:"user-variables"`
	Account         struct {
		ID string `json:"id"`
	} `json:"account"`
	Domain struct {
		Name string `json:"name"`
	} `json:"domain"`
}

type envelope struct {
	Sender    string `json:"sender,omitempty"`
	Targets   string `json:"targets,omitempty"`
	Transport string `json:"transport,omitempty"`
	SendingIP string `json:"sending-ip,omitempty"`
}

type storage struct {
	URL string `json:"url"`
	Key string `json:"key"`
}

type flags struct {
	IsRouted        bool `json:"is-routed"`
	IsAuthenticated bool `json:"is-authenticated"`
	IsSystemTest    bool `json:"is-system-test"`
	IsTestMode      bool `json:"is-test-mode"`
}

type eventMessage struct {
	Headers     map[string]string `json:"headers"`
	Attachments []string          `json:"attachments"`
	Size        int               `json:"size"`
}

// sendingIP is of a network that RFC 5737 keeps for documentation.
const sendingIP = "192.0.2.25"

// newEventData tells of an event that happens to a message at a time. The event
// has its defaults.
func newEventData(m *Message, e Event, at time.Time) eventData {
	domain := e.Recipient[strings.LastIndex(e.Recipient, "@")+1:]
	d := eventData{
		Event: e.Event, ID: eventID(), Timestamp: float64(at.Add(-e.Ago).UnixMicro()) / 1e6, LogLevel: logLevel(e),
		Severity: e.Severity, Reason: e.Reason,
		Message:   newEventMessage(m, e),
		Recipient: e.Recipient, RecipientDomain: domain,
		Tags: tags(m.Form), Campaigns: []string{}, UserVariables: userVariables(m.Form),
	}
	d.Account.ID, d.Domain.Name = "000000000000000000000000", m.Domain
	switch e.Event {
	case EventAccepted, EventDelivered, EventFailed:
		d.Envelope, d.Storage, d.Flags = newEnvelope(m, e), newStorage(m), newFlags(m)
	case EventOpened, EventClicked, EventUnsubscribed:
		d.visit = newVisit(e)
	case EventComplained:
		d.Envelope, d.Flags = &envelope{SendingIP: sendingIP}, newFlags(m)
	}
	switch e.Event {
	case EventAccepted:
		d.Method, d.APIKeyID = "HTTP", "00000000-00000000"
	case EventDelivered, EventFailed:
		d.DeliveryStatus = newDeliveryStatus(e, domain)
	}
	return d
}

// eventID is unique, as 22 characters. Mailgun's is so only within a day.
func eventID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails, says its documentation
	return base64.RawURLEncoding.EncodeToString(id[:])
}

func logLevel(e Event) string {
	switch {
	case e.Severity == SeverityPermanent:
		return "error"
	case e.Severity == SeverityTemporary || e.Event == EventComplained:
		return "warn"
	}
	return "info"
}

// newEventMessage names the message without its angle brackets. The events of
// a browser name nothing else of it.
func newEventMessage(m *Message, e Event) eventMessage {
	headers := map[string]string{"message-id": strings.Trim(m.ID, "<>")}
	if e.Event != EventOpened && e.Event != EventClicked && e.Event != EventUnsubscribed {
		headers["from"], headers["to"], headers["subject"] = m.From, m.To, m.Subject
	}
	return eventMessage{Headers: headers, Attachments: []string{}, Size: len(m.Subject) + len(m.Text) + len(m.HTML)}
}

// newEnvelope falls back to the sender that Mailgun uses when there is no From
// anywhere, as what a stored template has is not known here.
func newEnvelope(m *Message, e Event) *envelope {
	sender := "postmaster@" + m.Domain
	if from, err := mail.ParseAddress(m.From); err == nil {
		sender = from.Address
	}
	v := &envelope{Sender: sender, Targets: e.Recipient, Transport: "smtp"}
	if e.Event != EventAccepted && e.Code < 600 {
		v.SendingIP = sendingIP
	}
	return v
}

// newStorage gives the place where Mailgun would keep the message. Nothing is
// there to be fetched.
func newStorage(m *Message) *storage {
	key := base64.RawURLEncoding.EncodeToString([]byte(m.ID))
	return &storage{URL: "https://storage.invalid/v3/domains/" + m.Domain + "/messages/" + key, Key: key}
}

func newFlags(m *Message) *flags {
	return &flags{IsAuthenticated: true, IsTestMode: m.State == StateTestMode}
}

// tags returns the o:tag fields; never nil.
func tags(f form) []string {
	return append([]string{}, slices.Collect(f.all("o:tag"))...)
}
