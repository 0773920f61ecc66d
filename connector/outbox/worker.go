package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"
	"golang.org/x/time/rate"

	"mailgun-connector/connector"
)

const (
	pollEvery  = 250 * time.Millisecond
	tidyEvery  = 15 * time.Second
	workers    = 64  // attempts at a time, beside those of requests
	drainRate  = 600 // attempts a second, so that a Mailgun that recovers is not flooded
	firstDelay = time.Second
	maxDelay   = 30 * time.Second
	maxPause   = time.Hour // however long Mailgun asks to wait
	purgeLimit = 1000
	tokenLife  = 72 * time.Hour // of delivery events' tokens, beyond all repetition
)

// backoff gives the pause after an attempt: a second, doubled each time up to
// half a minute, give or take a quarter. With a life of ten minutes that is some
// twenty attempts.
func backoff(attempt int) time.Duration {
	d := min(firstDelay<<min(max(attempt-1, 0), 10), maxDelay)
	return d*3/4 + rand.N(d/2) //nolint:gosec // jitter is no secret
}

// Start works on queued messages until [Outbox.Stop].
func (o *Outbox) Start() {
	ctx, quit := context.WithCancel(context.Background())
	o.quit = quit
	o.done.Go(func() { o.work(ctx) })
	o.done.Go(func() { o.tidy(ctx) })
}

// Halt claims no more. What is claimed and not begun is given back.
func (o *Outbox) Halt() {
	if o.quit != nil {
		o.quit()
	}
}

// Stop halts, waits for attempts under way, and closes the store. Requests must
// have ended before.
func (o *Outbox) Stop() error {
	o.Halt()
	o.done.Wait()
	return o.Store.Close()
}

// work claims what is due, as much as there are hands for.
func (o *Outbox) work(ctx context.Context) {
	limit := rate.NewLimiter(drainRate, workers)
	hands := make(chan struct{}, workers)
	var group sync.WaitGroup
	defer group.Wait()
	failing := false
	for {
		claimed := 0
		if free := workers - len(hands); free > 0 && !o.down() {
			rows, err := o.claim(ctx, free)
			if failed := err != nil; failed != failing { // once, not four times a second
				failing = failed
				o.Logger.Log(ctx, map[bool]slog.Level{true: slog.LevelError}[failed], "claiming messages", "failing", failed, "error", err)
			}
			claimed = len(rows)
			for _, row := range rows {
				hands <- struct{}{}
				group.Go(func() {
					defer func() { <-hands }()
					o.handle(ctx, row, limit)
				})
			}
		}
		if claimed > 0 {
			continue // there may be more
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pollEvery):
		}
	}
}

// claim is not given up when the outbox stops: the rows would be claimed all the
// same, and wait for the end of their lease.
func (o *Outbox) claim(ctx context.Context, free int) ([]*Row, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), acceptTimeout)
	defer cancel()
	now := o.clock.now()
	return o.Store.Claim(ctx, now, now.Add(o.lease()), o.hold(free))
}

// handle makes one attempt at a claimed message, or gives it back. A panic leaves
// the message to the end of its lease, and the others alone.
func (o *Outbox) handle(ctx context.Context, row *Row, limit *rate.Limiter) {
	defer func() {
		if r := recover(); r != nil {
			o.Logger.Error("panic while sending later", "id", row.ID, "type", fmt.Sprintf("%T", r), "stack", string(debug.Stack()))
		}
	}()
	if row.TakenOver {
		o.Metrics.takeovers.Inc()
	} else {
		o.Metrics.moved(connector.Queued, connector.Sending)
	}
	s := &Settlement{ID: row.ID, State: connector.Queued, Attempt: connector.Attempt{Number: row.Attempt}, Untried: true}
	if !row.Expires.After(o.clock.latest()) {
		s.State, s.Error = connector.Expired, "expired"
		o.settle(ctx, row, s)
		o.Logger.Warn("expired", "id", row.ID, "type", row.Type, "recipient", row.Recipient.String(), "attempts", row.Attempt-1)
		return
	}
	mail, err := o.mail(row)
	if err != nil {
		o.Logger.Error("a stored mail can't be opened", "id", row.ID, "error", err)
		s.State, s.Error = connector.Failed, "sealed"
		o.settle(ctx, row, s)
		return
	}
	if err := limit.Wait(ctx); err != nil { // stopping: hand the lease back
		s.Due = o.clock.now()
		o.settle(ctx, row, s)
		return
	}
	settled, open := o.breaker.Allow()
	if open != nil {
		s.Due = o.clock.now().Add(breakerPause)
		o.settle(ctx, row, s)
		return
	}
	receipt, err := o.attempt(context.WithoutCancel(ctx), o.latest(), mail, row, settled)
	o.log(row, receipt, err)
}

func (o *Outbox) log(row *Row, receipt connector.Receipt, err error) {
	switch {
	case err == nil:
		o.Logger.Info("sent later", "id", row.ID, "type", row.Type, "recipient", row.Recipient.String(), "attempt", row.Attempt,
			"after_ms", o.clock.now().Sub(row.Created).Milliseconds(), "provider_id", receipt.ProviderID)
	case !errors.Is(err, errQueued):
		o.Logger.Warn("refused later", "id", row.ID, "type", row.Type, "recipient", row.Recipient.String(), "attempt", row.Attempt, "error", err)
	}
}

// down reports whether the breaker is open, so that nothing is worth claiming.
func (o *Outbox) down() bool { return o.breaker.State() == gobreaker.StateOpen }

// hold bounds a claim while the breaker lets only single probes through.
func (o *Outbox) hold(free int) int {
	if o.breaker.State() == gobreaker.StateHalfOpen {
		return 1
	}
	return free
}

// tidy looks at the clock and the queue, and removes what has been kept long
// enough.
func (o *Outbox) tidy(ctx context.Context) {
	for {
		switch step, err := o.clock.adjust(ctx); {
		case step != 0:
			o.Logger.Warn("the database's clock was set; it is followed from the next start", "step", step.String())
		case err != nil && ctx.Err() == nil:
			o.Logger.Warn("reading the database's clock", "error", err)
		}
		o.measure(ctx)
		if _, err := o.Store.Purge(ctx, o.horizon(), purgeLimit); err != nil && ctx.Err() == nil {
			o.Logger.Warn("purging the outbox", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(tidyEvery):
		}
	}
}

func (o *Outbox) horizon() Horizon {
	now := o.clock.now()
	return Horizon{
		Messages: now.Add(-o.Retention), Keys: now.Add(-connector.IdempotencyLife),
		Tokens: now.Add(-tokenLife), Sends: now.Add(-o.countFor),
	}
}

func (o *Outbox) measure(ctx context.Context) {
	n, oldest, err := o.Store.Depth(ctx)
	if err != nil {
		return // the purge tells
	}
	o.Metrics.depth.Set(float64(n))
	age := 0.0
	if !oldest.IsZero() {
		age = o.clock.now().Sub(oldest).Seconds()
	}
	o.Metrics.oldest.Set(age)
}
