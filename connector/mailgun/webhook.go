package mailgun

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	mg "github.com/mailgun/mailgun-go/v4"

	"mailgun-connector/connector"
	"mailgun-connector/connector/config"
)

// Webhook reads what Mailgun reports of messages that it has taken. Only the
// signature of a report is sure to be Mailgun's: it covers a time and a token,
// not the body (documentation.mailgun.com, "Securing webhooks"). So a token must
// be taken once only, which is the caller's to see to.
type Webhook struct {
	keys []*mg.MailgunImpl // one for each signing key
	now  func() time.Time
}

// NewWebhook takes signing keys, separated by commas or white space: several, so
// that one can be replaced without an interruption.
func NewWebhook(keys config.Secret, now func() time.Time) (*Webhook, error) {
	w := &Webhook{now: now}
	for _, key := range keys.Words() {
		client := mg.NewMailgun("", "")
		client.SetWebhookSigningKey(key)
		w.keys = append(w.keys, client)
	}
	if len(w.keys) == 0 {
		return nil, errors.New("there is no webhook signing key")
	}
	return w, nil
}

const (
	// maxAge of a signature. Mailgun repeats a report with the signature of the
	// first time for up to 8 hours.
	maxAge = 24 * time.Hour
	// maxAhead is how far Mailgun's clock may be ahead of ours.
	maxAhead = 15 * time.Minute

	maxToken = 200 // bytes; Mailgun's have 50
)

// report is the body of a webhook. What is not needed is not decoded, as Mailgun
// writes empty objects as lists in places.
type report struct {
	Signature struct {
		signature
		Parent signature `json:"parent-signature"` // of the account above a subaccount
	} `json:"signature"`
	Event event `json:"event-data"`
}

type signature struct {
	Timestamp string `json:"timestamp"`
	Token     string `json:"token"`
	Signature string `json:"signature"`
}

type event struct {
	Event     string          `json:"event"`
	Timestamp float64         `json:"timestamp"`
	Severity  string          `json:"severity"`
	Reason    string          `json:"reason"`
	Message   json.RawMessage `json:"message"`
}

// Read gives the event of a report. The error says why it is none of Mailgun's,
// in words that may be shown.
func (w *Webhook) Read(body []byte) (connector.DeliveryEvent, error) {
	var r report
	if err := json.Unmarshal(body, &r); err != nil {
		return connector.DeliveryEvent{}, errors.New("the body is no report of Mailgun's")
	}
	signed := r.Signature.signature
	if !w.signed(signed) {
		if signed = r.Signature.Parent; !w.signed(signed) {
			return connector.DeliveryEvent{}, errors.New("the signature is by none of the signing keys")
		}
	}
	at, err := w.time(signed.Timestamp)
	if err != nil {
		return connector.DeliveryEvent{}, err
	}
	e := connector.DeliveryEvent{Token: signed.Token, State: r.Event.state(), At: r.Event.at(at)}
	if e.State == "" {
		return e, nil
	}
	if e.ProviderID = r.Event.messageID(); e.ProviderID == "" {
		return connector.DeliveryEvent{}, errors.New("the report names no message")
	}
	if e.State != connector.Delivered {
		e.Error = r.Event.reason()
	}
	return e, nil
}

func (w *Webhook) signed(s signature) bool {
	if s.Token == "" || len(s.Token) > maxToken {
		return false
	}
	for _, key := range w.keys {
		ok, err := key.VerifyWebhookSignature(mg.Signature{TimeStamp: s.Timestamp, Token: s.Token, Signature: s.Signature})
		if ok && err == nil {
			return true
		}
	}
	return false
}

// time gives a signature's time if it is one of these hours. It also keeps digits
// from being moved between time and token, which the signature would not show.
func (w *Webhook) time(text string) (time.Time, error) {
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}, errors.New("the signature's timestamp is no time")
	}
	at := time.Unix(seconds, 0)
	if age := w.now().Sub(at); age > maxAge || age < -maxAhead {
		return time.Time{}, fmt.Errorf("the signature is older than %d hours, or from the future", int(maxAge.Hours()))
	}
	return at, nil
}

// state is the one that an event brings its message to, "" for none: most events
// are of no consequence here, and there may be new ones.
func (e *event) state() connector.State {
	switch {
	case e.Event == "delivered":
		return connector.Delivered
	case e.Event == "failed" && e.Severity == "permanent", e.Event == "rejected":
		return connector.Bounced
	case e.Event == "complained":
		return connector.Complained
	}
	return ""
}

// at is when the event happened, if that can be: not after its signature.
func (e *event) at(signed time.Time) time.Time {
	whole, part := math.Modf(e.Timestamp)
	at := time.Unix(int64(whole), int64(part*1e9))
	if age := signed.Sub(at); age < -time.Minute || age > maxAge {
		return signed
	}
	return at
}

// messageID gives the id as sends answer it, with its angle brackets; events have
// none.
func (e *event) messageID() string {
	var message struct {
		Headers struct {
			ID string `json:"message-id"`
		} `json:"headers"`
	}
	if json.Unmarshal(e.Message, &message) != nil || message.Headers.ID == "" {
		return ""
	}
	return "<" + strings.Trim(message.Headers.ID, "<>") + ">"
}

// reason is Mailgun's word for what went wrong, such as "suppress-bounce". The
// body is not signed, so nothing else may come in this way.
func (e *event) reason() string {
	const letters, maxReason = "abcdefghijklmnopqrstuvwxyz-_", 40
	switch {
	case e.Event == "complained" || e.Event == "rejected":
		return e.Event
	case e.Reason == "" || len(e.Reason) > maxReason || strings.Trim(e.Reason, letters) != "":
		return "other"
	}
	return e.Reason
}
