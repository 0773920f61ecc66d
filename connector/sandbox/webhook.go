package sandbox

import (
	"errors"
	"net/url"
	"time"
)

// The defaults of a Webhook's durations. How long the real Mailgun waits for an
// answer is not known.
const (
	defaultDelay   = 200 * time.Millisecond
	defaultTimeout = 10 * time.Second
)

// Webhook says where the [Sandbox] posts what becomes of messages, as Mailgun
// does to the URLs set for a domain. All kinds of events go to the one URL. The
// zero Webhook posts nothing.
type Webhook struct {
	// URL is where to post, http or https. It is required.
	URL string `json:"url"`
	// SigningKey is the account's webhook signing key, another one than the
	// API key. It is required, and stays out of JSON.
	SigningKey string `json:"-"`
	// Delay is the time from a message's "accepted" to what follows, 200ms
	// when 0.
	Delay time.Duration `json:"-"`
	// Minute is how long one minute of Mailgun's retry schedule takes, a
	// minute when 0. With 10ms, the 8 hours take less than 5 seconds.
	Minute time.Duration `json:"-"`
	// Timeout ends a try that gets no answer, 10s when 0.
	Timeout time.Duration `json:"-"`
	// Manual leaves all events to [Sandbox.Report].
	Manual bool `json:"manual"`
}

// isSet reports whether w posts at all.
func (w Webhook) isSet() bool { return w.URL != "" }

// check says what is wrong with w, or nil.
func (w Webhook) check() error {
	if w == (Webhook{}) {
		return nil
	}
	// The errors do not quote the URL, as it may hold a password.
	u, err := url.Parse(w.URL)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return errors.New("webhook: want a URL that starts with http:// or https://")
	case w.SigningKey == "":
		return errors.New("webhook: needs a signing key")
	case w.Delay < 0 || w.Minute < 0 || w.Timeout < 0:
		return errors.New("webhook: delay, minute and timeout may not be negative")
	}
	return nil
}

// withDefaults fills in the durations that are 0.
func (w Webhook) withDefaults() Webhook {
	if w.Delay == 0 {
		w.Delay = defaultDelay
	}
	if w.Minute == 0 {
		w.Minute = time.Minute
	}
	if w.Timeout == 0 {
		w.Timeout = defaultTimeout
	}
	return w
}

// SetWebhook replaces the webhook; the zero one turns it off. Posts that are
// pending keep their body and signature and go to the new URL; with none, they
// count as unanswered. It panics when w makes no sense, as that is a mistake in
// the calling code.
func (s *Sandbox) SetWebhook(w Webhook) {
	if err := w.check(); err != nil {
		panic("sandbox: " + err.Error())
	}
	s.posts.setTarget(w.withDefaults())
}
