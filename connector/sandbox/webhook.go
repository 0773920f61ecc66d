package sandbox

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Webhook says where the [Sandbox] posts what becomes of messages, as Mailgun
// does to the URLs set for a domain. All events go to the one URL. The zero
// Webhook posts nothing.
type Webhook struct {
	URL string
	// SigningKey is the account's webhook signing key, which is not the API
	// key.
	SigningKey string
	// Delay is the time from a message's "accepted" to what follows.
	Delay time.Duration
	// Retry is the time between two tries, 1s when 0. Mailgun's own is five
	// minutes and grows to four hours.
	Retry time.Duration
}

// SetWebhook replaces the webhook for all posts that are not made yet.
func (s *Sandbox) SetWebhook(w Webhook) {
	if w.Retry == 0 {
		w.Retry = time.Second
	}
	s.webhooks.setTarget(w)
}

// Report posts an event about message n, at any time and as often as called:
// events may be late, repeated, out of order, or contradict each other. It
// returns the posts, of which none has been tried. Without a webhook, or without
// such a message, there is an error.
func (s *Sandbox) Report(n int, e Event) ([]Post, error) {
	m, ok := s.inbox.find(n)
	if !ok {
		return nil, fmt.Errorf("no message %d in the inbox", n)
	}
	posts := s.webhooks.report(&m, e, 0)
	if len(posts) == 0 {
		return nil, errors.New("no webhook is set")
	}
	return posts, nil
}

// Posts returns the kept posts, oldest first. Twice as many posts are kept as
// messages.
func (s *Sandbox) Posts() []Post { return s.webhooks.posts() }

// WaitPosts returns [Sandbox.Posts] once n of them are no longer pending. When
// ctx or the Sandbox ends first, it returns what is there and an error that
// wraps the cause.
func (s *Sandbox) WaitPosts(ctx context.Context, n int) ([]Post, error) {
	err := s.webhooks.wait(ctx, n)
	return s.Posts(), err
}

// reportOutcome posts what Mailgun reports by itself about a message that it
// just accepted: first that it did, and later what became of it. Whether
// anything follows a missing template is not known; here, nothing does.
func (s *Sandbox) reportOutcome(m *Message) {
	for _, recipient := range m.Recipients {
		s.webhooks.report(m, Event{Event: EventAccepted, Recipient: recipient}, 0)
		e := Event{Event: EventDelivered, Recipient: recipient}
		state, code := s.outcome(m.Form, recipient)
		switch e.Code = code; state {
		case StateTemplateMissing:
			continue
		case StateSuppressed:
			e.Event, e.Reason = EventFailed, suppressions[code].reason
		}
		s.webhooks.report(m, e, s.webhooks.target().Delay)
	}
}

// signature is the block with which Mailgun signs a webhook. It covers its own
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
