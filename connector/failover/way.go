package failover

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"

	"mailgun-connector/connector"
)

const (
	breakerFailures = 3 // in a row
	// probePause and probeTimeout bound how long a way is passed over that is well again.
	probePause   = 2 * time.Second
	probeTimeout = 1500 * time.Millisecond
)

// way is what is known of one way. While its breaker is open, mails go by it only where
// the other one fails as well, and it is probed until it is there again: by requests
// without a mail, so that nobody waits for a way that is down or gets a code twice.
type way struct {
	name    connector.Way
	id      any
	ways    *Ways
	circuit *gobreaker.TwoStepCircuitBreaker[any]
	sender  atomic.Pointer[Sender] // of the latest config
	last    atomic.Pointer[error]  // that a mail failed with

	probed context.Context //nolint:containedctx // the time in which it is probed while it is open
	retire context.CancelFunc
}

func (w *Ways) newWay(name connector.Way, id any) *way {
	one := &way{name: name, id: id, ways: w}
	one.probed, one.retire = context.WithCancel(w.running)
	one.circuit = gobreaker.NewTwoStepCircuitBreaker[any](gobreaker.Settings{
		MaxRequests:   1,
		Timeout:       probePause / 2, // over when the next probe is due
		IsExcluded:    func(err error) bool { return errors.Is(err, errNothing) },
		ReadyToTrip:   func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= breakerFailures },
		OnStateChange: func(_ string, from, to gobreaker.State) { one.changed(from, to) },
	})
	w.metrics.open.WithLabelValues(string(name)).Set(0)
	return one
}

// well reports whether the breaker is closed.
func (w *way) well() bool { return w.circuit.State() == gobreaker.StateClosed }

// changed tells of a breaker that opens or closes, and has the way probed while it is
// open. What the states between are is nobody's business.
func (w *way) changed(from, to gobreaker.State) {
	attrs := []slog.Attr{slog.String("way", string(w.name)), slog.String("to", to.String())}
	switch {
	case from == gobreaker.StateClosed:
		w.ways.metrics.open.WithLabelValues(string(w.name)).Set(1)
		attrs = append(attrs, failureAttrs(w.last.Load())...)
		w.ways.probes.Go(func() { w.probe(w.probed) })
	case to == gobreaker.StateClosed:
		w.ways.metrics.open.WithLabelValues(string(w.name)).Set(0)
	default:
		return
	}
	w.ways.logger.LogAttrs(context.Background(), slog.LevelWarn, "way breaker", attrs...)
}

// failureAttrs returns what a log may say of what a way failed with.
func failureAttrs(err *error) []slog.Attr {
	if err == nil {
		return nil
	}
	if failure, ok := errors.AsType[*connector.Error](*err); ok {
		return failure.LogAttrs()
	}
	return []slog.Attr{slog.String("detail", (*err).Error())}
}

// probe looks whether the way is there again, until it is.
func (w *way) probe(ctx context.Context) {
	for !w.well() {
		select {
		case <-ctx.Done():
			return
		case <-time.After(probePause):
		}
		report, err := w.circuit.Allow()
		if err != nil { // a mail is on its way
			continue
		}
		asking, cancel := context.WithTimeout(ctx, probeTimeout)
		err = (*w.sender.Load()).Probe(asking)
		cancel()
		if ctx.Err() != nil {
			err = errNothing
		}
		report(err)
	}
}

var (
	// errNothing says that a send told nothing of its way.
	errNothing = errors.New("nothing is known of the way")
	errSlow    = errors.New("the way did not answer in the time that it has before the other one is tried")
)

// path is a way with the sender of one config.
type path struct {
	*way
	next     Sender
	patience time.Duration // 0 for no limit but that of the send
}

// by returns the way as one config goes it.
func (w *way) by(next Sender, patience time.Duration) path {
	w.sender.Store(&next)
	return path{w, next, patience}
}

// send sends a mail, and notes what that tells of the way.
func (p path) send(ctx context.Context, mail *connector.Email) result {
	report, err := p.circuit.Allow()
	told := errNothing
	if err == nil {
		defer func() { report(told) }()
	}
	began := time.Now()
	receipt, err := p.next.Send(ctx, mail)
	receipt.Way = p.name
	r := result{receipt, connector.ErrorOf(err)}
	told = p.verdict(ctx, r.failure, time.Since(began))
	if told != nil {
		p.last.Store(&told)
	}
	p.ways.metrics.count(p.name, r.failure)
	return r
}

// verdict is what a send tells of its way: nil if it is there, whatever it thinks of the
// mail.
func (p path) verdict(ctx context.Context, failure *connector.Error, took time.Duration) error {
	switch {
	case p.patience > 0 && took >= p.patience:
		return errSlow
	case errors.Is(ctx.Err(), context.Canceled):
		return errNothing
	case failure != nil && failure.OfWay:
		return failure
	}
	return nil
}
