package mailgun

import (
	"cmp"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"time"

	"mailgun-connector/connector"
)

// event is the part of a report that says what happened. What is not needed is not
// decoded, as Mailgun writes empty objects as lists in places.
type event struct {
	Event     string          `json:"event"`
	Timestamp json.Number     `json:"timestamp"` // Unix seconds, with a fraction
	Recipient string          `json:"recipient"`
	Severity  string          `json:"severity"`
	Reason    string          `json:"reason"`
	Message   json.RawMessage `json:"message"`
	Status    json.RawMessage `json:"delivery-status"`
}

// delivery returns what an event means for its message. The token is that of the
// report, which was signed at the given time.
func (e *event) delivery(token string, signed time.Time) (connector.DeliveryEvent, error) {
	d := connector.DeliveryEvent{Token: token, Recipient: e.Recipient, State: e.state(), At: e.at(signed)}
	if d.State == "" {
		return d, nil
	}
	if d.ProviderID = e.messageID(); d.ProviderID == "" {
		return connector.DeliveryEvent{}, errors.New("the report names no message")
	}
	code, text := e.status()
	if d.State == connector.Delivered {
		if d.Reason = connector.ReasonDelivered; code == codeTestMode {
			d.Reason = connector.ReasonTestMode
		}
		return d, nil
	}
	d.Error = e.mailgunReason()
	d.Code, d.Description = code, text
	d.Reason = reportReason(d.State, d.Error, d.Code, d.Description)
	return d, nil
}

// state is the one that an event brings its message to, "" for none: most events
// are of no consequence here, and there may be new ones.
func (e *event) state() connector.State {
	switch {
	case e.Event == "delivered":
		return connector.Delivered
	case e.Event == "failed" && e.Severity == "permanent", e.Event == "rejected":
		return connector.Bounced
	case e.Event == "failed" && e.Severity == "temporary":
		return connector.Delayed
	case e.Event == "complained":
		return connector.Complained
	}
	return ""
}

// at is when the event happened by its own word, however long ago: the sample that
// the control panel posts is years old, and freshly signed. An event that tells no
// time, or one after its signature, happened when it was signed.
func (e *event) at(signed time.Time) time.Time {
	const clockSkew = 60 // seconds
	seconds, err := e.Timestamp.Float64()
	if err != nil || seconds <= 0 || seconds > float64(signed.Unix()+clockSkew) {
		return signed
	}
	whole, part := math.Modf(seconds)
	return time.Unix(int64(whole), int64(part*1e9))
}

// messageID returns the id as sends answer it, with its angle brackets; events have
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

// status is what the recipient's server, or Mailgun in its place, answered: its code,
// and its words without addresses. The body is not signed, so no more of it comes in.
func (e *event) status() (code int, text string) {
	var status struct {
		Code        json.Number `json:"code"`
		Message     string      `json:"message"`
		Description string      `json:"description"`
	}
	if json.Unmarshal(e.Status, &status) != nil {
		return 0, ""
	}
	if n, err := status.Code.Int64(); err == nil && n > 0 && n < maxCode {
		code = int(n)
	}
	person, _, _ := strings.Cut(e.Recipient, "@") // servers name the mailbox alone, too
	return code, redact(oneLine(cmp.Or(status.Message, status.Description)), []string{e.Recipient, person})
}

// codeTestMode is that of a mail which is reported as delivered and was not
// (documentation.mailgun.com, "Pass sending options", o:testmode).
const codeTestMode = 650

const maxCode = 1000 // above SMTP's, and Mailgun's own from 600 on

// mailgunReason is Mailgun's word for what went wrong, such as "suppress-bounce". The
// body is not signed, so nothing else may come in this way.
func (e *event) mailgunReason() string {
	const letters, maxReason = "abcdefghijklmnopqrstuvwxyz-_", 40
	switch {
	case e.Event == "complained" || e.Event == "rejected":
		return e.Event
	case e.Reason == "" || len(e.Reason) > maxReason || strings.Trim(e.Reason, letters) != "":
		return "other"
	}
	return e.Reason
}
