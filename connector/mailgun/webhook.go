package mailgun

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
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

	maxReport     = 64 << 10 // bytes; Mailgun's have 2 to 6 KiB
	maxSignature  = 4 << 10  // bytes of its member; two signatures have 400
	maxToken      = 200      // bytes; Mailgun's have 50
	maxCandidates = 8        // members called signature that are looked at
)

var (
	errNoReport  = errors.New("the body is not a report of Mailgun's")
	errNotSigned = errors.New("the signature is by none of the signing keys")
)

// Read returns the event of a report of up to 64 KiB. Until the signature has
// proved to be Mailgun's, nothing but the signature is decoded: anybody may post
// here. The error says why the report is none of Mailgun's, in words that may be
// shown.
func (w *Webhook) Read(body []byte) (connector.DeliveryEvent, error) {
	if len(body) > maxReport {
		return connector.DeliveryEvent{}, fmt.Errorf("the report is larger than %d KiB", maxReport>>10)
	}
	signed, err := w.authenticate(body)
	if err != nil {
		return connector.DeliveryEvent{}, err
	}
	at, err := w.time(signed.Timestamp.String())
	if err != nil {
		return connector.DeliveryEvent{}, err
	}
	var report struct {
		Event event `json:"event-data"`
	}
	if err := json.Unmarshal(body, &report); err != nil {
		return connector.DeliveryEvent{}, errNoReport
	}
	return report.Event.delivery(signed.Token, at)
}

// signature is one of a report. Mailgun writes the timestamp as a string; some that
// pass reports on make a number of it, which [json.Number] takes as well.
type signature struct {
	Timestamp json.Number `json:"timestamp"` // Unix seconds
	Token     string      `json:"token"`
	Signature string      `json:"signature"`
}

// authenticate returns the signature in a report that is by one of the keys. It
// looks for the member by its name wherever it stands, and decodes no more than it:
// to scan 64 KiB of JSON for a stranger would cost many times as much. What it finds
// inside of other members is no signature of Mailgun's, or as good as one.
func (w *Webhook) authenticate(body []byte) (signature, error) {
	failure, rest := errNoReport, body
	for range maxCandidates {
		var found bool
		if _, rest, found = bytes.Cut(rest, []byte(`"signature"`)); !found {
			break
		}
		var signed struct {
			signature
			Parent signature `json:"parent-signature"` // of the account above a subaccount
		}
		value := bytes.TrimLeft(rest[:min(len(rest), maxSignature)], ": \t\r\n")
		if json.NewDecoder(bytes.NewReader(value)).Decode(&signed) != nil {
			continue
		}
		failure = errNotSigned
		for _, s := range []signature{signed.signature, signed.Parent} {
			if w.signed(s) {
				return s, nil
			}
		}
	}
	return signature{}, failure
}

func (w *Webhook) signed(s signature) bool {
	if s.Token == "" || len(s.Token) > maxToken {
		return false
	}
	claim := mg.Signature{TimeStamp: s.Timestamp.String(), Token: s.Token, Signature: s.Signature}
	for _, key := range w.keys {
		if ok, err := key.VerifyWebhookSignature(claim); ok && err == nil {
			return true
		}
	}
	return false
}

// time returns a signature's time if it is one of these hours. It also keeps digits
// from being moved between time and token, which the signature would not show.
func (w *Webhook) time(text string) (time.Time, error) {
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}, errors.New("the signature's timestamp is not a time")
	}
	at := time.Unix(seconds, 0)
	if age := w.now().Sub(at); age > maxAge || age < -maxAhead {
		return time.Time{}, fmt.Errorf("the signature is older than %d hours, or from the future", int(maxAge.Hours()))
	}
	return at, nil
}
