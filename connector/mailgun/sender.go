// Package mailgun hands mails to Mailgun's messages API through mailgun-go. It
// is the only package that imports that client, and where its traps are dealt
// with: it sends empty fields, follows redirects, has no timeouts, and takes some
// failures for successes.
package mailgun

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
	mg "github.com/mailgun/mailgun-go/v4"

	"mailgun-connector/connector"
	"mailgun-connector/connector/config"
)

// Config is what a [Sender] is made of. Every field but RetryMax is required.
type Config struct {
	Connector *config.Config
	Client    *Client
	Timeout   time.Duration // for a send with all its retries
	RetryMax  int           // attempts after the first; 0 for none
	Metrics   *Metrics
}

// Sender implements [connector.Sender] for one config.
type Sender struct {
	client   *mg.MailgunImpl
	options  config.Options
	headers  map[string]string // that every mail gets
	timeout  time.Duration
	retryMax int
	metrics  *Metrics
}

// NewSender makes a sender for the endpoint, domain and key of the config.
func NewSender(cfg Config) *Sender {
	c := cfg.Connector
	client := mg.NewMailgun(c.Domain, c.APIKey.Reveal())
	client.SetAPIBase(c.Endpoint + "/v3")
	client.SetClient(cfg.Client.http)
	return &Sender{
		client:   client,
		options:  c.Options,
		headers:  headers(c.Options),
		timeout:  cfg.Timeout,
		retryMax: cfg.RetryMax,
		metrics:  cfg.Metrics,
	}
}

// headers gives the mail headers that do not depend on the mail. The two that
// keep out-of-office replies away are RFC 3834, section 5, and [MS-OXCMAIL],
// 2.1.3.2.20; a config may set them otherwise.
func headers(o config.Options) map[string]string {
	all := map[string]string{"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
	for name, value := range o.Headers {
		if value == "" {
			continue
		}
		for own := range all {
			if strings.EqualFold(own, name) {
				delete(all, own)
			}
		}
		all[name] = value
	}
	return all
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
	attempts, unsure := 0, false // unsure: Mailgun may have the mail of an earlier attempt
	var spent time.Duration
	var last *connector.Error
	attempt := func() (connector.Receipt, error) {
		attempts++
		began := time.Now()
		receipt, v := s.attempt(ctx, mail)
		spent += time.Since(began)
		unsure = unsure || last != nil && last.Outcome == connector.Unknown
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
		backoff.WithMaxElapsedTime(max(1, s.timeout-minAttempt)),
		backoff.WithNotify(func(error, time.Duration) { s.metrics.retries.Inc() }))
	receipt.Attempts, receipt.MailgunTime = attempts, spent
	if err != nil {
		return receipt, soften(last, unsure)
	}
	return receipt, nil
}

// soften takes back what the last attempt's failure says of the mail if an
// earlier attempt may have sent it.
func soften(last *connector.Error, unsure bool) *connector.Error {
	if !unsure || last.Outcome == connector.Unknown {
		return last
	}
	last.Outcome = connector.Unknown
	if start, ok := strings.CutSuffix(last.Message, "the mail was not sent."); ok {
		last.Message = start + "an earlier attempt may have sent the mail."
	} else {
		last.Message += " An earlier attempt may have sent the mail."
	}
	return last
}

// attempt makes one request. The verdict has no failure if Mailgun took the mail.
func (s *Sender) attempt(ctx context.Context, mail *connector.Email) (connector.Receipt, verdict) {
	ex := &exchange{template: mail.Template != ""}
	message, id, err := s.client.Send(ex.context(ctx), s.message(mail))
	s.metrics.count(ex.status)
	private := slices.Concat(mail.Private, []string{s.client.APIKey()})
	if err != nil || id == "" {
		return connector.Receipt{}, classify(ctx, ex, err, private, time.Now())
	}
	return connector.Receipt{ProviderID: id, Message: presentable(oneLine(message), private)}, verdict{}
}

// message builds mailgun-go's message. Messages are not shared: Send changes them.
func (s *Sender) message(mail *connector.Email) *mg.Message {
	body := mail.Body()
	m := mg.NewMessage(mail.From, mail.Subject, body.Text, mail.To)
	m.SetHTML(body.HTML)
	if mail.Template != "" {
		m.SetTemplate(mail.Template)
		m.SetTemplateVersion(mail.TemplateVersion)
		// As a header and not by AddTemplateVariable, which would encode the
		// JSON again and drop it without a word if that failed.
		m.AddHeader("X-Mailgun-Variables", body.Variables)
	}
	m.Specific = noEmpties{m.Specific, mail.Subject != "", body.Text != ""}
	for name, value := range s.headers {
		m.AddHeader(name, value)
	}
	if mail.ReplyTo != "" {
		m.AddHeader("Reply-To", mail.ReplyTo)
	}
	within := time.Duration(s.options.DeliverWithin)
	if !mail.Expires.IsZero() {
		within = time.Until(mail.Expires)
	}
	m.AddHeader("X-Mailgun-Deliver-Within", deliverWithin(within))
	_ = m.AddTag(s.options.Tags...) // the config's check has counted them; mailgun-go's limit is out of date
	clicks := "no"
	if s.options.Tracking {
		clicks = "yes"
	}
	m.SetTrackingOptions(&mg.TrackingOptions{Tracking: s.options.Tracking, TrackingClicks: clicks, TrackingOpens: s.options.Tracking})
	if s.options.TestMode {
		m.EnableTestMode()
	}
	m.SetRequireTLS(s.options.RequireTLS)
	return m
}

// deliverWithin writes a duration as Mailgun's [0-9]+h[0-9]+m; seconds are
// rounded, below Mailgun's least of five minutes that least is used.
func deliverWithin(d time.Duration) string {
	minutes := max(5, int((d + 30*time.Second).Minutes()))
	if minutes < 60 {
		return strconv.Itoa(minutes) + "m"
	}
	return strconv.Itoa(minutes/60) + "h" + strconv.Itoa(minutes%60) + "m"
}

// noEmpties keeps mailgun-go from sending an empty subject or text, which it
// always does: an empty subject may replace that of the stored template.
type noEmpties struct {
	mg.Specific
	subject, text bool // whether there is one
}

// AddValues relies on the order in which mailgun-go v4 adds from, subject and
// text, which it adds first; a test holds it to that.
func (n noEmpties) AddValues(p *mg.FormDataPayload) {
	n.Specific.AddValues(p)
	kept := p.Values[:1]
	if n.subject {
		kept = append(kept, p.Values[1])
	}
	if n.text {
		kept = append(kept, p.Values[2])
	}
	p.Values = append(kept, p.Values[3:]...)
}
