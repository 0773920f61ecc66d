package outbox

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"
	"golang.org/x/time/rate"

	"mailgun-connector/connector"
	"mailgun-connector/connector/idempotency"
)

const (
	pollEvery  = 250 * time.Millisecond
	tidyEvery  = 15 * time.Second
	workers    = 64  // attempts at a time, beside those of requests
	drainRate  = 600 // attempts a second, so that a Mailgun that recovers is not flooded
	firstDelay = time.Second
	maxDelay   = 30 * time.Second
	maxPause   = time.Hour       // of a message, however long Mailgun asks to wait
	slowPause  = 5 * time.Second // of all messages, when Mailgun asks to slow down
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
	o.done.Go(func() { o.work(o.running) })
	o.done.Go(func() { o.tidy(o.running) })
}

// Halt claims no more. What is claimed and not begun is given back.
func (o *Outbox) Halt() { o.quit() }

// Stop halts, waits for attempts under way, and closes the store. Requests must
// have ended before.
func (o *Outbox) Stop() error {
	o.Halt()
	o.done.Wait()
	return o.Store.Close()
}

// work claims what is due until ctx ends.
func (o *Outbox) work(ctx context.Context) {
	w := &worker{
		Outbox: o, limit: rate.NewLimiter(drainRate, workers),
		hands: make(chan struct{}, workers), freed: make(chan struct{}, 1),
	}
	defer w.group.Wait()
	for ctx.Err() == nil {
		if n := w.wanted(); n > 0 && w.claim(ctx, n) == n && n > 1 {
			continue // there may be more
		}
		select {
		case <-ctx.Done():
		case <-w.freed:
		case <-time.After(pollEvery):
		}
	}
}

// worker hands claimed messages out, as many at a time as it has hands.
type worker struct {
	*Outbox
	limit   *rate.Limiter
	hands   chan struct{} // holds one element for each attempt
	freed   chan struct{} // gets one when there are enough hands again
	group   sync.WaitGroup
	failing bool // the last claim
}

// enoughHands are worth a claim: one for each hand that is free would be many.
const enoughHands = workers / 2

func (w *worker) free() int { return workers - len(w.hands) }

// wanted is how much is worth a claim: as much as there are hands for, one while
// Mailgun is probed and no probe is under way, and nothing while it is down or has
// asked for a pause.
func (w *worker) wanted() int {
	state := w.breaker.State()
	switch {
	case state == gobreaker.StateOpen, micros(w.clock.now()) < w.pausedUntil.Load(), w.free() < enoughHands:
		return 0
	case state == gobreaker.StateHalfOpen:
		probes := w.breaker.Counts()
		return max(0, 1-int(probes.Requests-probes.TotalExclusions))
	}
	return w.free()
}

// claim takes up to limit messages, and gives how much that was. It is not
// given up when the outbox stops: the rows would be claimed all the same, and wait
// for the end of their lease.
func (w *worker) claim(ctx context.Context, limit int) int {
	claiming, cancel := context.WithTimeout(context.WithoutCancel(ctx), acceptTimeout)
	defer cancel()
	now := w.clock.now()
	rows, err := w.Store.Claim(claiming, now, now.Add(w.lease()), limit)
	w.tell(err)
	for _, row := range rows {
		w.hands <- struct{}{}
		w.group.Go(func() {
			defer w.release()
			w.handle(ctx, row)
		})
	}
	return len(rows)
}

func (w *worker) release() {
	<-w.hands
	if w.free() >= enoughHands {
		select {
		case w.freed <- struct{}{}:
		default: // it knows
		}
	}
}

// tell logs that claims fail, or work again: once, not four times a second.
func (w *worker) tell(err error) {
	switch failing := err != nil; {
	case failing == w.failing:
		return
	case failing:
		w.Logger.Error("messages can't be claimed", "error", err)
	default:
		w.Logger.Info("messages can be claimed again")
	}
	w.failing = err != nil
}

// handle makes one attempt at a claimed message, or gives it back. A panic leaves
// the message to the end of its lease, and the others alone.
func (w *worker) handle(ctx context.Context, row *Row) {
	defer func() {
		if r := recover(); r != nil {
			w.Logger.Error("panic while sending later", "id", row.ID, "type", fmt.Sprintf("%T", r), "stack", string(debug.Stack()))
		}
	}()
	if row.TakenOver {
		w.Metrics.takeovers.Inc()
	} else {
		w.Metrics.moved(connector.Queued, connector.Sending)
	}
	s := &Settlement{ID: row.ID, State: connector.Queued, Attempt: connector.Attempt{Number: row.Attempt}, Untried: true}
	if !row.Expires.After(w.clock.now()) {
		s.State, s.Error = connector.Expired, "expired"
		w.settle(ctx, row, s)
		w.Logger.Warn("expired", "id", row.ID, "type", row.Type, "recipient", row.Recipient.String(), "attempts", row.Attempt-1)
		return
	}
	mail, err := w.mail(row)
	if err != nil { // perhaps another replica has the key, or this one after its next start
		w.Logger.Error("a stored mail can't be opened", "id", row.ID, "error", err)
		s.Error, s.Due = "sealed", w.clock.now().Add(maxDelay)
		w.settle(ctx, row, s)
		return
	}
	if err := w.limit.Wait(ctx); err != nil { // stopping: hand the lease back
		s.Due = w.clock.now()
		w.settle(ctx, row, s)
		return
	}
	settled, open := w.breaker.Allow()
	if open != nil {
		s.Due = w.clock.now().Add(breakerPause)
		w.settle(ctx, row, s)
		return
	}
	receipt, err := w.attempt(context.WithoutCancel(ctx), w.latest(), mail, row, settled)
	w.log(row, receipt, err)
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
		o.purge(ctx)
		select {
		case <-ctx.Done():
			return
		case <-time.After(tidyEvery):
		}
	}
}

// purge goes on while there is a batch to remove.
func (o *Outbox) purge(ctx context.Context) {
	for ctx.Err() == nil {
		n, err := o.Store.Purge(ctx, o.horizon(), purgeLimit)
		if err != nil && ctx.Err() == nil {
			o.Logger.Warn("purging the outbox", "error", err)
		}
		if n < purgeLimit {
			return
		}
	}
}

func (o *Outbox) horizon() Horizon {
	now := o.clock.now()
	return Horizon{
		Messages: now.Add(-o.Retention), Keys: now.Add(-idempotency.Life),
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
