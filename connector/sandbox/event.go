package sandbox

import (
	"cmp"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
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
	// Event is the name.
	Event string
	// Recipient is the one it is about, the message's first when empty.
	Recipient string
	// Severity and Reason go with "failed", Code with that and "delivered". They
	// are left out when empty.
	Severity, Reason string
	Code             int
	// Description is what the recipient's server said; Mailgun's own words for its own
	// codes when empty.
	Description string
}

// notification is the body of a report. Its event has the members that all of
// Mailgun's share, as far as they tell something of the message, and those of a
// failure. Source: the samples of documentation.mailgun.com, "Webhook payloads".
type notification struct {
	Signature signature `json:"signature"`
	EventData struct {
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
	} `json:"event-data"`
}

type deliveryStatus struct {
	Code        int    `json:"code"`
	Description string `json:"description"`
}

// newNotification returns the body that tells of an event that happens to a
// message at a time.
func newNotification(key string, m *Message, e Event, at time.Time) string {
	n := notification{Signature: sign(key, at)}
	d := &n.EventData
	d.Event, d.ID, d.Timestamp = e.Event, rand.Text(), float64(at.UnixMicro())/1e6
	d.Severity, d.Reason = e.Severity, e.Reason
	if e.Code != 0 {
		d.DeliveryStatus = &deliveryStatus{e.Code, cmp.Or(e.Description, suppressions[e.Code].description)}
	}
	d.Message.Headers = map[string]string{
		"message-id": strings.Trim(m.ID, "<>"), "from": m.From, "to": m.To, "subject": m.Subject,
	}
	d.Recipient = cmp.Or(e.Recipient, m.Recipients[0])
	d.Tags = append([]string{}, form(m.Form).values("o:tag")...)
	d.UserVariables = []string{} // so Mailgun writes it when there are none
	if variables := form(m.Form).variables(); len(variables) > 0 {
		d.UserVariables = variables
	}
	return encode(n)
}

// signature is the block with which Mailgun signs a report. It covers its own
// timestamp and token only, not the event.
type signature struct {
	Timestamp string `json:"timestamp"` // Unix seconds, as a string
	Token     string `json:"token"`     // 50 hex digits
	Signature string `json:"signature"` // 64 hex digits
}

// sign returns a fresh signature for an event that is posted first at a time.
func sign(key string, at time.Time) signature {
	var token [25]byte
	_, _ = rand.Read(token[:]) // never fails, says its documentation
	s := signature{Timestamp: strconv.FormatInt(at.Unix(), 10), Token: hex.EncodeToString(token[:])}
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(s.Timestamp + s.Token))
	s.Signature = hex.EncodeToString(mac.Sum(nil))
	return s
}
