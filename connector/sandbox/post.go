package sandbox

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

// The values of [Post.State].
const (
	PostPending  = "pending"
	PostDone     = "done"     // answered with 200
	PostRejected = "rejected" // answered with 406, so not tried again
	PostGivenUp  = "given-up" // never answered with either
)

// Post is an event on its way to the webhook.
type Post struct {
	// Seq counts from 1, in the order in which the events were made.
	Seq int `json:"seq"`
	// Message is the Seq of the message that the event is about.
	Message   int    `json:"message"`
	Event     string `json:"event"`
	Severity  string `json:"severity,omitempty"`
	Recipient string `json:"recipient"`
	// State is one of the Post constants.
	State string `json:"state"`
	// Tries is the number of tries that ended.
	Tries int `json:"tries"`
	// Status answered the last try; 0 means that nothing did, and Error says
	// why.
	Status int    `json:"status,omitempty"`
	Error  string `json:"error,omitempty"`
	// Next is when the next try is due, unless one is under way. It is in real
	// time, whatever [Config.Now] says.
	Next time.Time `json:"next,omitzero"`
	// Body is what is posted, the same at every try.
	Body json.RawMessage `json:"body"`
}

// clone returns a copy that shares nothing with p.
func (p *Post) clone() Post {
	c := *p
	c.Body = slices.Clone(p.Body)
	return c
}

// newPost makes the post of an event that happens to a message at a time. The
// event has its defaults.
func newPost(m *Message, e Event, signingKey string, at time.Time) *Post {
	body := encode(notification{sign(signingKey, at), newEventData(m, e, at)})
	return &Post{
		Message: m.Seq, Event: e.Event, Severity: e.Severity, Recipient: e.Recipient,
		State: PostPending, Body: json.RawMessage(body),
	}
}

// schedule is the number of minutes after each try before Mailgun makes the
// next (its page on webhook retries). They add up to its "8 hours", nearly.
var schedule = [...]int{5, 10, 15, 60, 120, 240}

// answered notes how a try ended, and returns the wait before the next one, in
// minutes; 0 means that there is none.
func (p *Post) answered(status int, err error) int {
	p.Tries++
	p.Status, p.Error = status, ""
	if err != nil {
		p.Error = err.Error()
	}
	switch {
	case status == http.StatusOK:
		p.State = PostDone
	case status == http.StatusNotAcceptable:
		p.State = PostRejected
	case p.Tries > len(schedule):
		p.State = PostGivenUp
	default:
		return schedule[p.Tries-1]
	}
	return 0
}
