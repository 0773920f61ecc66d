package outbox

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"

	"mailgun-connector/connector"
)

const (
	breakerFailures = 5
	breakerPause    = time.Second
	slowPause       = 5 * time.Second // of all messages, when Mailgun asks to slow down
)

// breaker keeps attempts from a Mailgun that is down, but for single probes, and
// later attempts from one that has asked to slow down.
type breaker struct {
	circuit *gobreaker.TwoStepCircuitBreaker[any]
	logger  *slog.Logger
	metrics *Metrics

	mu          sync.Mutex
	pausedUntil time.Time
	last        *connector.Error // that an attempt failed with
}

func newBreaker(logger *slog.Logger, metrics *Metrics) *breaker {
	b := &breaker{logger: logger, metrics: metrics}
	b.circuit = gobreaker.NewTwoStepCircuitBreaker[any](gobreaker.Settings{
		MaxRequests:   1, // single probes, no stampede on a Mailgun that recovers
		Timeout:       breakerPause,
		IsExcluded:    func(err error) bool { return errors.Is(err, errNothing) },
		ReadyToTrip:   func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= breakerFailures },
		OnStateChange: func(_ string, from, to gobreaker.State) { b.changed(from, to) },
	})
	return b
}

// changed tells of a change, and of an opening the failure that it came by.
func (b *breaker) changed(from, to gobreaker.State) {
	attrs := []slog.Attr{slog.String("from", from.String()), slog.String("to", to.String())}
	opened := 0.
	if to == gobreaker.StateOpen {
		opened = 1
		if last := b.lastFailure(); last != nil {
			attrs = append(attrs, last.LogAttrs()...)
		}
	}
	b.metrics.breakerOpen.Set(opened)
	b.logger.LogAttrs(context.Background(), slog.LevelWarn, "mailgun breaker", attrs...)
}

// lastFailure returns what an attempt failed with last, nil for nothing.
func (b *breaker) lastFailure() *connector.Error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.last
}

// errNothing says that an attempt told nothing of Mailgun.
var errNothing = errors.New("nothing is known of Mailgun")

// place is the leave to make one attempt.
type place struct {
	breaker *breaker
	report  func(error)
	outcome error // what the attempt has told of Mailgun: nil if it is there
}

// enter returns a place, or false while Mailgun is to be left alone. Whoever has one
// leaves it in any case, also by a panic: it may be the only probe's.
func (b *breaker) enter() (*place, bool) {
	report, err := b.circuit.Allow()
	return &place{b, report, errNothing}, err == nil
}

// leave tells the breaker the outcome.
func (p *place) leave() {
	if failure, ok := errors.AsType[*connector.Error](p.outcome); ok {
		p.breaker.mu.Lock()
		p.breaker.last = failure
		p.breaker.mu.Unlock()
	}
	p.report(p.outcome)
}

// verdict is what an attempt's error tells of Mailgun: nil if it is there, whatever
// it thinks of the mail.
func verdict(err error) error {
	failure, known := errors.AsType[*connector.Error](err)
	if known && failure.Code == connector.General && failure.Outcome != connector.Refused {
		return err
	}
	return nil
}

// pause holds later attempts up, for a while or longer: a wait that is shorter than
// one before does not end that.
func (b *breaker) pause(wait time.Duration) {
	until := time.Now().Add(min(wait, slowPause))
	b.mu.Lock()
	defer b.mu.Unlock()
	if until.After(b.pausedUntil) {
		b.pausedUntil = until
	}
}

func (b *breaker) paused() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return time.Now().Before(b.pausedUntil)
}

// room is how many attempts are worth preparing, of a number that could be: one while
// Mailgun is probed and no probe is under way, and none while it is left alone.
func (b *breaker) room(most int) int {
	switch state := b.circuit.State(); {
	case state == gobreaker.StateOpen, b.paused():
		return 0
	case state == gobreaker.StateHalfOpen:
		probes := b.circuit.Counts()
		return min(most, max(0, 1-int(probes.Requests-probes.TotalExclusions)))
	}
	return most
}
