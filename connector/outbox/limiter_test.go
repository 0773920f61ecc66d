package outbox_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"mailgun-connector/connector"
	"mailgun-connector/connector/outbox"
	"mailgun-connector/connector/ratelimit"
)

// counting is a store whose counting can be held up, or fail.
type counting struct {
	outbox.Store
	calls atomic.Int32
	hold  chan struct{}
	err   error
}

func (c *counting) Allow(ctx context.Context, to connector.RecipientHash, rate ratelimit.Rate, now time.Time) (time.Duration, error) {
	c.calls.Add(1)
	<-c.hold
	if c.err != nil {
		return 0, c.err
	}
	return c.Store.Allow(ctx, to, rate, now)
}

func newLimiter(t *testing.T, c *counting) ratelimit.Limiter {
	t.Helper()
	l, err := newWith(t, config(t, c, prometheus.NewRegistry())).Limiter(ratelimit.Rate{Sends: 10, Per: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// A flood for one recipient does not reach the store, where it would wait for
// itself until it is let through.
func TestFloodOfOneRecipient(t *testing.T) {
	t.Parallel()
	c := &counting{Store: outbox.NewMemory(), hold: make(chan struct{})}
	l := newLimiter(t, c)
	to := connector.RecipientHash{1}
	var allowed, refused atomic.Int32
	try := func() {
		switch wait, err := l.Allow(t.Context(), to); {
		case err != nil:
			t.Errorf("Allow = %v", err)
		case wait > 0:
			refused.Add(1)
		default:
			allowed.Add(1)
		}
	}
	var group sync.WaitGroup
	for range 200 {
		group.Go(try)
	}
	within(t, "all but ten refused at once", func() bool { return refused.Load() == 190 })
	close(c.hold)
	group.Wait()
	for range 50 {
		try()
	}
	if allowed.Load() != 10 || c.calls.Load() != 11 {
		t.Errorf("allowed %d with %d calls of the store, want 10 with 11: the last one tells that it is full", allowed.Load(), c.calls.Load())
	}
	if wait, err := l.Allow(t.Context(), connector.RecipientHash{2}); wait != 0 || err != nil {
		t.Errorf("Allow for another = %v, %v, want 0", wait, err)
	}
}

// A store that fails is told of, and no recipient stays taken by it.
func TestCountingFails(t *testing.T) {
	t.Parallel()
	c := &counting{Store: outbox.NewMemory(), hold: make(chan struct{}), err: errors.New("no connection")}
	close(c.hold)
	l := newLimiter(t, c)
	for range 20 {
		if wait, err := l.Allow(t.Context(), connector.RecipientHash{1}); wait != 0 || !errors.Is(err, c.err) {
			t.Errorf("Allow = %v, %v, want the error", wait, err)
		}
	}
}
