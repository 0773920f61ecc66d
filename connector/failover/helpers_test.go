package failover_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"mailgun-connector/connector"
	"mailgun-connector/connector/failover"
	"mailgun-connector/deliveries"
)

const (
	after   = 1500 * time.Millisecond
	timeout = 4 * time.Second
)

// answer is what a fake way does with a mail, after a time.
type answer struct {
	after   time.Duration
	failure *connector.Error // nil for taking it
	ignores bool             // the context
	panics  bool
}

// fake is a way that does what the test says, and what it says changes.
type fake struct {
	id     string
	answer atomic.Pointer[answer]
	sends  atomic.Int32 // begun
	probes atomic.Int32
	from   atomic.Pointer[string] // of the last mail
}

func newFake(id string, a answer) *fake {
	f := &fake{id: id}
	f.set(a)
	return f
}

func (f *fake) set(a answer) { f.answer.Store(&a) }

func (f *fake) Send(ctx context.Context, mail *connector.Email) (connector.Receipt, error) {
	f.sends.Add(1)
	f.from.Store(&mail.From)
	receipt := connector.Receipt{Attempts: 1}
	if err := f.do(ctx); err != nil {
		return receipt, err
	}
	receipt.ProviderID = "<1@" + f.id + ">"
	return receipt, nil
}

func (f *fake) Probe(ctx context.Context) error {
	f.probes.Add(1)
	return f.do(ctx)
}

func (f *fake) do(ctx context.Context) error {
	a := *f.answer.Load()
	if a.panics {
		panic("a defect")
	}
	done := ctx.Done()
	if a.ignores {
		done = nil
	}
	select {
	case <-time.After(a.after):
	case <-done:
		return silence(ctx.Err())
	}
	if a.failure != nil {
		failure := *a.failure
		return &failure
	}
	return nil
}

func silence(err error) error {
	return &connector.Error{
		Code: connector.General, Outcome: connector.Unknown, OfWay: true, Err: err,
		Message: "Mailgun did not answer in time; the mail may or may not have been sent.",
	}
}

// What a way may come to.
var (
	well        = answer{after: 100 * time.Millisecond}
	slow        = answer{after: 2 * time.Second}
	hang        = answer{after: time.Hour}
	unreachable = answer{failure: &connector.Error{
		Code: connector.General, Outcome: connector.NotSent, OfWay: true,
		Message: "Mailgun could not be reached; the mail was not sent.",
	}}
	failing = answer{failure: &connector.Error{
		Code: connector.General, Outcome: connector.Unknown, OfWay: true, MailgunStatus: 503, Message: "Mailgun is failing.",
	}}
	disabled = answer{failure: &connector.Error{
		Code: connector.General, OfWay: true, MailgunStatus: 403,
		Message: "Mailgun does not let this account or domain send; the mail was not sent.",
	}}
	badMail = answer{failure: &connector.Error{
		Code: connector.General, MailgunStatus: 400, Message: "Mailgun refused the mail.",
	}}
)

func limited(wait time.Duration) answer {
	return answer{failure: &connector.Error{
		Code: connector.RateLimitExceeded, Outcome: connector.NotSent, OfWay: true, MailgunStatus: 429, RetryAfter: wait,
		Message: "Mailgun asks to slow down; the mail was not sent.",
	}}
}

// pair is two ways and what is known of them.
type pair struct {
	main, other *fake
	ways        *failover.Ways
	registry    *prometheus.Registry
	logs        *strings.Builder
	connector.Sender
}

// newPair makes ways that are closed with the test. In a bubble its time passes when
// nothing else happens.
func newPair(t *testing.T, main, other answer, change func(*failover.Config)) *pair {
	t.Helper()
	p := &pair{main: newFake("main", main), other: newFake("other", other), registry: prometheus.NewRegistry(), logs: &strings.Builder{}}
	p.ways = failover.New(slog.New(slog.NewJSONHandler(p.logs, nil)), failover.NewMetrics(p.registry))
	t.Cleanup(p.ways.Close)
	p.configure(change)
	return p
}

// configure is a new config.
func (p *pair) configure(change func(*failover.Config)) {
	cfg := failover.Config{
		Main: p.main, Other: p.other, MainID: p.main.id, OtherID: p.other.id,
		From: func(from string) string { return "other " + from }, After: after, Timeout: timeout,
	}
	if change != nil {
		change(&cfg)
	}
	p.Sender = p.ways.Sender(cfg)
}

func neverOnSilence(cfg *failover.Config) { cfg.After = 0 }

// got is what a send came to.
type got struct {
	Way     connector.Way
	Taken   bool
	Outcome connector.Outcome // of a failure
	Status  int               // likewise, Mailgun's
	Before  int               // Mailgun's status of the way before, -1 for no answer, 0 for no way
	Twice   bool
	Took    time.Duration
	Main    int // mails that were sent by it, or tried to be
	Other   int
}

// send sends a mail.
func (p *pair) send(t *testing.T) got {
	t.Helper()
	p.main.sends.Store(0)
	p.other.sends.Store(0)
	began := time.Now()
	receipt, err := p.Send(t.Context(), &connector.Email{Head: deliveries.Head{From: "a@main.example"}})
	g := got{
		Way: receipt.Way, Taken: err == nil, Twice: receipt.Twice, Took: time.Since(began),
		Main: int(p.main.sends.Load()), Other: int(p.other.sends.Load()),
	}
	if before := receipt.Before; before != nil {
		if g.Before = before.MailgunStatus; g.Before == 0 {
			g.Before = -1
		}
	}
	if err != nil {
		var failure *connector.Error
		if !errors.As(err, &failure) {
			t.Fatalf("Send() = %v, want a *connector.Error", err)
		}
		g.Outcome, g.Status = failure.Outcome, failure.MailgunStatus
	} else if receipt.ProviderID == "" {
		t.Error("Send() gave no id of a mail that was taken")
	}
	return g
}

// metric returns the value of a metric with a way, -1 if there is none.
func (p *pair) metric(t *testing.T, name string, way connector.Way) float64 {
	t.Helper()
	families, err := p.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			for _, label := range m.GetLabel() {
				if f.GetName() == name && label.GetName() == "way" && label.GetValue() == string(way) {
					return m.GetGauge().GetValue() + m.GetCounter().GetValue()
				}
			}
		}
	}
	return -1
}
