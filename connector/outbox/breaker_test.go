package outbox_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/outbox"
	"mailgun-connector/connector/outbox/outboxtest"
)

const breakerOpen = "mailgun_connector_outbox_breaker_open"

func TestBreaker(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, store *outboxtest.Memory) {
		o, reg := newOutbox(t, store)
		var calls atomic.Int32
		var up atomic.Bool
		s := o.Wrap(fake(func(ctx context.Context, m *connector.Email) (connector.Receipt, error) {
			calls.Add(1)
			if up.Load() {
				return accepted(ctx, m)
			}
			return connector.Receipt{Attempts: 1}, down
		}))
		var ids []string
		for n := range 12 {
			mail := email()
			ids = append(ids, mail.ID)
			receipt, err := s.Send(t.Context(), mail)
			if err != nil || !receipt.Queued {
				t.Errorf("Send(%d) = %+v, %v, want queued", n, receipt, err)
			}
			if got, want := int(calls.Load()), min(n+1, 5); got != want {
				t.Errorf("calls(%d) = %v, want %v", n, got, want)
			}
			if r := get(t, store, mail.ID); r.State != connector.Queued || n >= 5 && (r.Attempt != 0 || receipt.Attempts != 0) {
				t.Errorf("Get(%d) = %v attempt %d, want %v", n, r.State, r.Attempt, connector.Queued)
			}
		}
		if got := metric(t, reg, breakerOpen); got != 1 {
			t.Errorf("%s = %v, want 1", breakerOpen, got)
		}
		up.Store(true)
		start(t, o)
		for _, id := range ids {
			inState(t, store, id, connector.Sent)
		}
		if got := metric(t, reg, breakerOpen); got != 0 {
			t.Errorf("%s = %v, want 0", breakerOpen, got)
		}
		if got := calls.Load(); got != 17 {
			t.Errorf("calls = %v, want 17", got)
		}
	})
}

// A store that fails says nothing of Mailgun: four failures, one of the store and
// one more failure are five of Mailgun.
func TestStoreFailureLeavesBreaker(t *testing.T) {
	t.Parallel()
	store := &faulty{Store: outboxtest.NewMemory()}
	o, reg := newOutbox(t, store)
	s := o.Wrap(failing(down))
	for range 4 {
		_, _ = s.Send(t.Context(), email())
	}
	store.insert = func(context.Context, *outbox.Row) error { return errors.New("disk full") }
	_, _ = s.Send(t.Context(), email())
	store.insert = nil
	_, _ = s.Send(t.Context(), email())
	if got := metric(t, reg, breakerOpen); got != 1 {
		t.Errorf("%s = %v, want 1", breakerOpen, got)
	}
}

func TestCallersGiveUp(t *testing.T) {
	t.Parallel()
	o, reg := newOutbox(t, outboxtest.NewMemory())
	for range 6 {
		ctx, cancel := context.WithCancel(t.Context())
		_, _ = o.Wrap(fake(func(ctx context.Context, _ *connector.Email) (connector.Receipt, error) {
			cancel()
			<-ctx.Done()
			return connector.Receipt{Attempts: 1}, &connector.Error{Code: connector.General, Outcome: connector.Unknown, Err: ctx.Err()}
		})).Send(ctx, email())
	}
	if got := metric(t, reg, breakerOpen); got != 0 {
		t.Errorf("%s = %v, want 0", breakerOpen, got)
	}
}

// While a probe hangs, the queue is left alone: nothing is claimed to be given back.
func TestQueueRestsDuringAProbe(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, memory *outboxtest.Memory) {
		store := &claims{Store: memory}
		o, _ := newOutbox(t, store)
		s := o.Wrap(failing(down))
		for range 60 {
			_, _ = s.Send(t.Context(), email())
		}
		hung := make(chan struct{})
		var probes atomic.Int32
		o.Wrap(fake(func(context.Context, *connector.Email) (connector.Receipt, error) {
			probes.Add(1)
			<-hung
			return connector.Receipt{}, &connector.Error{Code: connector.General, Outcome: connector.Unknown}
		}))
		start(t, o)
		t.Cleanup(func() { close(hung) }) // before the outbox stops
		within(t, "a probe", func() bool { return probes.Load() == 1 })
		before := store.rows.Load()
		time.Sleep(time.Second)
		if n := store.rows.Load() - before; n > 0 || probes.Load() != 1 {
			t.Errorf("%d messages claimed and %d probes while one hangs, want none and one", n, probes.Load())
		}
	})
}

// claims counts the rows that were claimed.
type claims struct {
	outbox.Store
	rows atomic.Int32
}

func (c *claims) Claim(ctx context.Context, lease time.Duration, limit int) ([]*outbox.Row, error) {
	rows, err := c.Store.Claim(ctx, lease, limit)
	c.rows.Add(int32(len(rows))) //nolint:gosec // some sixty
	return rows, err
}

// A sender that panics takes neither the worker nor the probe's place with it.
func TestPanicInAProbe(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, store *outboxtest.Memory) {
		o, _ := newOutbox(t, store)
		var ids []string
		for range 5 {
			mail := email()
			ids = append(ids, mail.ID)
			_, _ = o.Wrap(failing(down)).Send(t.Context(), mail)
		}
		var calls atomic.Int32
		o.Wrap(fake(func(ctx context.Context, m *connector.Email) (connector.Receipt, error) {
			if calls.Add(1) == 1 {
				panic("a defect")
			}
			return accepted(ctx, m)
		}))
		start(t, o)
		for _, id := range ids { // the one that panicked too, after its lease
			inState(t, store, id, connector.Sent)
		}
	})
}

// Mailgun asks all mails to wait by what it answers to some. A shorter wait does not
// end a longer one.
func TestPauses(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, store *outboxtest.Memory) {
		o, _ := newOutbox(t, store)
		for _, wait := range []time.Duration{4 * time.Second, time.Second} {
			slow := &connector.Error{Code: connector.RateLimitExceeded, Outcome: connector.NotSent, RetryAfter: wait}
			if r, err := o.Wrap(failing(slow)).Send(t.Context(), email()); err != nil || !r.Queued {
				t.Fatalf("Send = %+v, %v, want queued", r, err)
			}
		}
		began := time.Now()
		var first atomic.Int64
		o.Wrap(fake(func(ctx context.Context, m *connector.Email) (connector.Receipt, error) {
			first.CompareAndSwap(0, int64(time.Since(began)))
			return accepted(ctx, m)
		}))
		start(t, o)
		within(t, "an attempt", func() bool { return first.Load() > 0 })
		if after := time.Duration(first.Load()); after < 4*time.Second || after > 5*time.Second {
			t.Errorf("first attempt after %v, want it after the longer wait of 4s", after)
		}
	})
}
