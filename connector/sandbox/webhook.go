package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	// maxTries is the number of tries that Mailgun makes
	// (documentation.mailgun.com, "Webhook retries").
	maxTries = 7
	// webhookTimeout and webhookConns bound the posts. Mailgun's bounds are not
	// known.
	webhookTimeout = 10 * time.Second
	webhookConns   = 8
	// maxReply is how much of an answer is read, in bytes, so that its
	// connection can be used again.
	maxReply = 64 << 10
)

// Webhook says where the [Sandbox] posts what becomes of messages. All events go
// to the one URL. The zero Webhook posts nothing.
type Webhook struct {
	URL string
	// SigningKey is the account's webhook signing key, which is not the API key.
	SigningKey string
	// Delay is the time from a message's "accepted" to what follows.
	Delay time.Duration
	// Retry is the time between two tries, 1s when 0. Mailgun's own is five
	// minutes and grows to four hours.
	Retry time.Duration
}

// webhookSender posts events to the webhook.
type webhookSender struct {
	Webhook
	client *http.Client
}

// SetWebhook replaces the webhook for all messages that are still to come. It
// follows no redirects, as a redirect is no 200, and uses no proxy, as the
// service is nearby.
func (s *Sandbox) SetWebhook(w Webhook) {
	if w.Retry == 0 {
		w.Retry = time.Second
	}
	s.webhook.Store(&webhookSender{w, &http.Client{
		Transport:     &http.Transport{MaxConnsPerHost: webhookConns, MaxIdleConnsPerHost: webhookConns},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       webhookTimeout,
	}})
}

// Report posts an event about message n once, and returns the status of the
// answer. Events may be late, repeated, out of order, or contradict each other.
func (s *Sandbox) Report(ctx context.Context, n int, e Event) (status int, err error) {
	w := s.webhook.Load()
	if w.URL == "" {
		return 0, errors.New("no webhook is set")
	}
	m, ok := s.inbox.find(n)
	if !ok {
		return 0, fmt.Errorf("no message %d in the inbox", n)
	}
	return w.post(ctx, newNotification(w.SigningKey, &m, e, time.Now()))
}

// reportOutcome posts what Mailgun reports by itself about a message that it
// just accepted: first that it did, and later what became of it. Whether
// anything follows a missing template is not known; here, nothing does.
func (s *Sandbox) reportOutcome(m *Message) {
	w := s.webhook.Load()
	if w.URL == "" {
		return
	}
	for _, recipient := range m.Recipients {
		go w.run(s.ctx, m, Event{Event: EventAccepted, Recipient: recipient}, 0)
		e := Event{Event: EventDelivered, Recipient: recipient}
		state, code := s.outcome(m.Form, recipient)
		switch e.Code = code; state {
		case StateTemplateMissing:
			continue
		case StateSuppressed:
			e.Event, e.Severity, e.Reason = EventFailed, SeverityPermanent, suppressions[code].reason
		}
		go w.run(s.ctx, m, e, w.Delay)
	}
}

// run posts an event after a time, which dates it. Like Mailgun it takes 200 for
// done and 406 for never, and after anything else tries again with the same body.
func (w *webhookSender) run(ctx context.Context, m *Message, e Event, wait time.Duration) {
	body := newNotification(w.SigningKey, m, e, time.Now().Add(wait))
	for range maxTries {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
		if status, _ := w.post(ctx, body); status == http.StatusOK || status == http.StatusNotAcceptable {
			return
		}
		wait = w.Retry
	}
}

func (w *webhookSender) post(ctx context.Context, body string) (status int, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL, strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", typeJSON)
	reply, err := w.client.Do(r)
	if err != nil {
		return 0, err
	}
	defer reply.Body.Close()
	_, _ = io.CopyN(io.Discard, reply.Body, maxReply) // the status is all that counts
	return reply.StatusCode, nil
}
