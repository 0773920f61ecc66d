// Package failover sends mails by a second way when the main one fails: another Mailgun
// endpoint, domain or key. It knows which way is well, and what may be tried after what;
// it knows neither Mailgun's answers, which the ways' senders judge, nor who asks for a
// mail.
package failover

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"mailgun-connector/connector"
)

// Sender is one way.
type Sender interface {
	connector.Sender
	// Probe asks whether mails would be taken, without sending one. The error is nil if so.
	Probe(ctx context.Context) error
}

// Config says what [Ways.Sender] sends by. Every field but After is required.
type Config struct {
	Main, Other Sender
	// MainID and OtherID, which == compares, tell ways apart: one that has another id
	// than before is a new one, of which nothing is known yet.
	MainID, OtherID any
	// From returns the sender that a mail has when it goes the other way.
	From func(sender string) string
	// After is how long the main way is waited for before the other one is tried too;
	// 0 for as long as it takes.
	After   time.Duration
	Timeout time.Duration // for a send by both ways
}

// Ways is what is known of the ways of a process. It outlives configs. It is safe for
// concurrent use.
type Ways struct {
	logger  *slog.Logger
	metrics *Metrics

	running context.Context //nolint:containedctx // the life of what probes
	quit    context.CancelFunc
	probes  sync.WaitGroup

	mu          sync.Mutex
	main, other *way // nil before the first config that has two
}

// New returns ways of which nothing is known yet. [Ways.Close] them in the end.
func New(logger *slog.Logger, metrics *Metrics) *Ways {
	w := &Ways{logger: logger, metrics: metrics}
	w.running, w.quit = context.WithCancel(context.Background())
	return w
}

// Close ends all probing and returns when it has ended. Sends must have ended before.
func (w *Ways) Close() {
	w.quit()
	w.probes.Wait()
}

// Sender returns a sender by two ways. What is known of a way stays known, if it is the
// same one as in the config before.
func (w *Ways) Sender(cfg Config) connector.Sender {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.main = w.renew(w.main, connector.MainWay, cfg.MainID)
	w.other = w.renew(w.other, connector.OtherWay, cfg.OtherID)
	return &sender{
		main:  w.main.by(cfg.Main, cfg.After),
		other: w.other.by(cfg.Other, 0),
		from:  cfg.From, after: cfg.After, timeout: cfg.Timeout,
	}
}

// State tells which way the next mail tries first, and which ways are taken to be down. The
// way is "" without a config that has two.
func (w *Ways) State() (use connector.Way, down []connector.Way) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.main == nil {
		return "", nil
	}
	use = connector.MainWay
	for _, one := range []*way{w.main, w.other} {
		if !one.well() {
			down = append(down, one.name)
		}
	}
	if !w.main.well() && w.other.well() {
		use = connector.OtherWay
	}
	return use, down
}

// Forget ends what is done for a config with two ways, when the next one has not.
func (w *Ways) Forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, was := range []*way{w.main, w.other} {
		if was != nil {
			was.retire()
			w.metrics.open.DeleteLabelValues(string(was.name))
		}
	}
	w.main, w.other = nil, nil
}

// renew returns the way that was, or a new one if its id is another.
func (w *Ways) renew(was *way, name connector.Way, id any) *way {
	if was != nil && was.id == id {
		return was
	}
	if was != nil {
		was.retire()
	}
	return w.newWay(name, id)
}
