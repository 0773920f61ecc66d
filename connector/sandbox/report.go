package sandbox

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// ErrNoWebhook says that there is nowhere to post an event to.
var ErrNoWebhook = errors.New("no webhook is set")

// Posts returns copies of the kept posts, oldest first. Twice as many posts
// are kept as messages.
func (s *Sandbox) Posts() []Post { return s.posts.all() }

// WaitPosts returns [Sandbox.Posts] once at least n posts were completed since
// the start or the last [Sandbox.Reset]; completed are those that are no longer
// pending. When ctx or the Sandbox ends first, it returns what is there and an
// error that wraps the cause.
func (s *Sandbox) WaitPosts(ctx context.Context, n int) ([]Post, error) {
	err := s.posts.wait(ctx, n)
	return s.posts.all(), err
}

// Report posts an event about message n, at any time and as often as called:
// events may be late, repeated, out of order, or contradict each other. It
// returns the posts, of which none has been tried. The error wraps
// [ErrNoWebhook] when none is set.
func (s *Sandbox) Report(n int, e Event) ([]Post, error) {
	m, ok := s.inbox.find(n)
	if !ok {
		return nil, fmt.Errorf("no message %d in the inbox", n)
	}
	return s.report(&m, e)
}

func (s *Sandbox) report(m *Message, e Event) ([]Post, error) {
	e = e.withDefaults(m)
	if !has(m.Recipients, e.Recipient) {
		return nil, fmt.Errorf("event: message %d has no recipient %s", m.Seq, e.Recipient)
	}
	w := s.posts.target()
	if !w.isSet() {
		return nil, ErrNoWebhook
	}
	first := newPost(m, e, w.SigningKey, s.account.Now())
	list := make([]Post, e.Times)
	for i := range list {
		p := *first // the bodies are never changed
		list[i] = s.posts.add(&p, time.Now())
	}
	return list, nil
}

// reportFate posts what Mailgun reports by itself about a message that it just
// accepted: first that it did, and later what became of it.
func (s *Sandbox) reportFate(m *Message) {
	w := s.posts.target()
	if !w.isSet() || w.Manual {
		return
	}
	now, due := s.account.Now(), time.Now()
	for _, recipient := range m.Recipients {
		accepted := Event{Event: EventAccepted, Recipient: recipient}
		s.posts.add(newPost(m, accepted, w.SigningKey, now), due)
		if e, ok := s.outcome(m, recipient); ok {
			s.posts.add(newPost(m, e.withDefaults(m), w.SigningKey, now.Add(w.Delay)), due.Add(w.Delay))
		}
	}
}

// outcome is the event that tells what became of a message for a recipient. It
// reports false when none does: it is not known that any follows a missing
// template.
func (s *Sandbox) outcome(m *Message, recipient string) (Event, bool) {
	code := s.suppressed(recipient)
	switch {
	case m.State == StateTemplateMissing:
		return Event{}, false
	case m.State == StateTestMode:
		return Event{Event: EventDelivered, Recipient: recipient, Code: codeTestMode}, true
	case code == 0:
		return Event{Event: EventDelivered, Recipient: recipient}, true
	}
	return Event{Event: EventFailed, Recipient: recipient, Code: code, Reason: suppressions[code].reason}, true
}

// suppressions are the codes with which Mailgun fails mail to a suppressed
// recipient (documentation.mailgun.com, "Suppressions").
var suppressions = map[int]struct{ reason, description string }{
	605: {"suppress-bounce", "Not delivering to previously bounced address"},
	606: {"suppress-unsubscribe", "Not delivering to unsubscribed address"},
	607: {"suppress-complaint", "Not delivering to a user who marked your messages as spam"},
}

// suppressed returns the code with which mail to an address fails, or 0.
func (s *Sandbox) suppressed(address string) int {
	for listed, code := range s.account.Suppressed {
		if strings.EqualFold(listed, address) {
			return code
		}
	}
	return 0
}
