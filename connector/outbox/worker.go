package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"mailgun-connector/connector"
)

const (
	pollInterval = 250 * time.Millisecond
	workers      = 64  // attempts at a time, beside those of requests
	drainRate    = 600 // attempts a second, so that a Mailgun that recovers is not flooded

	// minFree slots are worth a claim: one for each slot that is free would be many.
	minFree = workers / 2
)

// work claims what is due until ctx ends.
func (o *Outbox) work(ctx context.Context) {
	w := &worker{
		Outbox: o, limit: rate.NewLimiter(drainRate, workers),
		slots: make(chan struct{}, workers), slotFreed: make(chan struct{}, 1),
	}
	defer w.group.Wait()
	for ctx.Err() == nil {
		n := w.claimLimit()
		if w.latest() == nil { // there is no config yet
			n = 0
		}
		if n > 0 && w.claim(ctx, n) == n && n > 1 {
			continue // there may be more
		}
		select {
		case <-ctx.Done():
		case <-w.slotFreed:
		case <-time.After(pollInterval):
		}
	}
}

// worker makes attempts at claimed messages, as many at a time as it has slots.
type worker struct {
	*Outbox
	limit     *rate.Limiter
	slots     chan struct{} // holds one element for each attempt
	slotFreed chan struct{} // gets one when minFree slots are free again
	group     sync.WaitGroup
	failing   bool // the last claim
}

func (w *worker) free() int { return workers - len(w.slots) }

// claimLimit is how much is worth a claim: as much as there are free slots for, and
// as Mailgun is to be asked.
func (w *worker) claimLimit() int {
	if free := w.free(); free >= minFree {
		return w.breaker.room(free)
	}
	return 0
}

// claim takes up to limit messages, and returns how much that was. It is not
// given up when the outbox stops: the rows would be claimed all the same, and wait
// for the end of their lease.
func (w *worker) claim(ctx context.Context, limit int) int {
	claiming, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	leased := time.Now()
	rows, err := w.Store.Claim(claiming, w.lease(), limit)
	w.logClaimState(err)
	for _, row := range rows {
		w.slots <- struct{}{}
		w.group.Go(func() {
			defer w.release()
			w.handle(ctx, &attempt{row: row, leased: leased, promised: true})
		})
	}
	return len(rows)
}

func (w *worker) release() {
	<-w.slots
	if w.free() >= minFree {
		select {
		case w.slotFreed <- struct{}{}:
		default: // it knows
		}
	}
}

// logClaimState logs that claims fail, or work again: once, not four times a second.
func (w *worker) logClaimState(err error) {
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
func (w *worker) handle(ctx context.Context, a *attempt) {
	row := a.row
	defer func() {
		if r := recover(); r != nil {
			w.Logger.Error("panic while sending later", "id", row.ID,
				"type", fmt.Sprintf("%T", r), "stack", string(debug.Stack()))
		}
	}()
	if row.TakenOver {
		w.Metrics.takeovers.Inc()
	} else {
		w.Metrics.moved(connector.Queued, connector.Sending)
	}
	expires := a.leased.Add(row.Expires.Sub(row.Updated))
	if !time.Now().Before(expires) {
		w.giveBack(ctx, a, &Settlement{State: connector.Expired, Error: "expired"})
		w.logExpired(ctx, row)
		return
	}
	var err error
	if a.mail, err = w.open(row); err != nil { // perhaps another replica has the key, or this one after its next start
		w.Logger.Error("a stored mail can't be opened", "id", row.ID, "error", err)
		w.giveBack(ctx, a, &Settlement{State: connector.Queued, Error: "sealed", Wait: maxDelay})
		return
	}
	a.mail.Expires = expires
	if err := w.limit.Wait(ctx); err != nil { // stopping: hand the lease back
		w.giveBack(ctx, a, &Settlement{State: connector.Queued, Error: row.Error})
		return
	}
	var well bool
	if a.place, well = w.breaker.enter(); !well {
		w.giveBack(ctx, a, &Settlement{State: connector.Queued, Error: row.Error, Wait: breakerPause})
		return
	}
	defer a.place.leave()
	receipt, err := w.attempt(context.WithoutCancel(ctx), w.latest(), a)
	w.log(ctx, a, receipt, err)
}

// giveBack ends a lease without an attempt.
func (w *worker) giveBack(ctx context.Context, a *attempt, s *Settlement) {
	s.ID, s.Attempt.Number, s.Untried = a.row.ID, a.row.Attempt, true
	w.settle(ctx, s, a.leased.Add(w.lease()))
}

// attrs says which message a line is about.
func (r *Row) attrs() []slog.Attr {
	return []slog.Attr{
		slog.String("id", r.ID), slog.String("type", r.Type), slog.String("recipient", r.Recipient.String()),
	}
}

// logExpired says that a message was not sent in time, and what its last attempt came to.
func (w *worker) logExpired(ctx context.Context, row *Row) {
	w.Health.Count("expired")
	attrs := append(row.attrs(), slog.Int("attempts", row.Attempt-1))
	known, err := w.Get(context.WithoutCancel(ctx), row.ID)
	if err == nil && len(known.Attempts) > 0 {
		last := known.Attempts[len(known.Attempts)-1]
		words := last.Reason.Words()
		attrs = append(attrs, slog.String("code", last.Error), slog.String("reason", string(last.Reason)),
			slog.String("detail", words.What), slog.String("hint", words.Hint),
			slog.Int("mailgun_status", last.Status), slog.String("mailgun_message", last.Message))
	}
	w.Logger.LogAttrs(ctx, slog.LevelWarn, "expired", attrs...)
}

func (w *worker) log(ctx context.Context, a *attempt, receipt connector.Receipt, err error) {
	attrs := append(a.row.attrs(), slog.Int("attempt", a.row.Attempt))
	attrs = append(attrs, receipt.WayAttrs()...)
	failure, known := errors.AsType[*connector.Error](err)
	switch {
	case err == nil:
		after := a.row.Updated.Sub(a.row.Created) + time.Since(a.leased)
		attrs = append(attrs,
			slog.Int64("after_ms", after.Milliseconds()), slog.String("provider_id", receipt.ProviderID))
		w.Health.Count("sent_later")
		w.Health.Accepted(after)
		w.Logger.LogAttrs(ctx, slog.LevelInfo, "sent later", attrs...)
	case errors.Is(err, errQueued): // the end will be told, and the breaker
		w.Health.Failed(failure)
	case known:
		w.Health.Count("refused_later")
		w.Health.Failed(failure)
		w.Logger.LogAttrs(ctx, slog.LevelWarn, "refused later", append(attrs, failure.LogAttrs()...)...)
	default:
		w.Logger.LogAttrs(ctx, slog.LevelWarn, "refused later", append(attrs, slog.String("error", err.Error()))...)
	}
}
