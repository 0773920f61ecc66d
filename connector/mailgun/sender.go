// Package mailgun hands mails to Mailgun's messages API through mailgun-go, says
// what an answer means for the mail, and reads Mailgun's webhooks. It knows neither
// who asks for a mail nor what is done about a failure later. It is the only package
// that imports mailgun-go, and where that client's traps are dealt with: it sends
// empty fields, follows redirects, has no timeouts, and takes some failures for
// successes.
//
// It has all that is asked of Mailgun: mails, suppressions, what a doctor looks at.
package mailgun

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/cenkalti/backoff/v5"
	mg "github.com/mailgun/mailgun-go/v4"

	"mailgun-connector/connector"
	"mailgun-connector/connector/config"
)

// Config is what a [Sender] is made of. Every field but those of retries is required.
type Config struct {
	Connector *config.Config
	Client    *Client
	Timeout   time.Duration // for a send with all its retries
	RetryMax  int           // attempts after the first; 0 for none
	// RetryTime is the time in which further attempts begin, 0 for all of Timeout. The
	// last one may go on beyond it.
	RetryTime time.Duration
	Metrics   *Metrics
}

// Sender implements [connector.Sender] for one config. It is safe for concurrent
// use.
type Sender struct {
	client    *mg.MailgunImpl
	options   config.Options
	headers   map[string]string // that every mail gets
	timeout   time.Duration
	retryMax  int
	retryTime time.Duration
	metrics   *Metrics
}

// NewSender returns a sender for the endpoint, domain and key of the config.
func NewSender(cfg Config) *Sender {
	c := cfg.Connector
	return &Sender{
		client:    newClient(c, cfg.Client),
		options:   c.Options,
		headers:   mailHeaders(c.Options),
		timeout:   cfg.Timeout,
		retryMax:  cfg.RetryMax,
		retryTime: cmp.Or(cfg.RetryTime, cfg.Timeout),
		metrics:   cfg.Metrics,
	}
}

// newClient returns mailgun-go's client for the endpoint, domain and key of a config.
func newClient(c *config.Config, shared *Client) *mg.MailgunImpl {
	client := mg.NewMailgun(c.Domain, c.APIKey.Reveal())
	client.SetAPIBase(c.Endpoint + "/v3")
	client.SetClient(shared.http)
	return client
}

const (
	firstPause = 100 * time.Millisecond
	// minAttempt is the least time worth starting an attempt for.
	minAttempt = 200 * time.Millisecond
)

// Send implements [connector.Sender]. It tries again, within the config's
// timeout, what may pass: failed connections, Mailgun's own failures, and limits
// whose wait is short enough. An attempt that gets no answer takes all the time
// there is: cutting it short to try again would turn a slow Mailgun into a
// failing one.
func (s *Sender) Send(ctx context.Context, mail *connector.Email) (connector.Receipt, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	end, _ := ctx.Deadline()
	attempts, maybeSent := 0, false // maybeSent: Mailgun may have the mail of an earlier attempt
	var spent time.Duration
	var last *connector.Error
	attempt := func() (connector.Receipt, error) {
		attempts++
		began := time.Now()
		receipt, v := s.attempt(ctx, mail)
		spent += time.Since(began)
		maybeSent = maybeSent || last != nil && last.Outcome == connector.Unknown
		switch last = v.failure; {
		case last == nil:
			return receipt, nil
		case !v.again:
			return receipt, backoff.Permanent(last)
		case last.RetryAfter > 0:
			return receipt, errors.Join(last, &backoff.RetryAfterError{Duration: last.RetryAfter})
		}
		return receipt, last
	}
	pauses := backoff.NewExponentialBackOff()
	pauses.InitialInterval = firstPause
	receipt, err := backoff.Retry(ctx, attempt,
		backoff.WithBackOff(pauses),
		backoff.WithMaxTries(uint(1+s.retryMax)),
		backoff.WithMaxElapsedTime(max(1, min(s.retryTime, time.Until(end))-minAttempt)),
		backoff.WithNotify(func(error, time.Duration) { s.metrics.retries.Inc() }))
	receipt.Attempts, receipt.MailgunTime = attempts, spent
	if err != nil {
		if maybeSent {
			last.MarkMaybeSent()
		}
		return receipt, last
	}
	return receipt, nil
}

// attempt makes one request. The verdict has no failure if Mailgun took the mail.
func (s *Sender) attempt(ctx context.Context, mail *connector.Email) (connector.Receipt, verdict) {
	ex := &exchange{template: mail.Template != ""}
	message, id, err := s.client.Send(ex.context(ctx), s.message(mail))
	s.metrics.count(ex.status)
	private := slices.Concat(mail.Redact, []string{s.client.APIKey()})
	if err != nil || id == "" {
		return connector.Receipt{}, classify(ctx, ex, err, private)
	}
	return connector.Receipt{ProviderID: id, Message: redact(oneLine(message), private)}, verdict{}
}
