package outbox_test

import (
	"context"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"mailgun-connector/connector"
	"mailgun-connector/connector/outbox"
	"mailgun-connector/connector/outbox/outboxtest"
)

// clocks are what a process knows of the time: the store's clock, which tests set,
// and how much time has gone by, which runs on whatever is set.
type clocks struct {
	outbox.Store
	mu           sync.Mutex
	set, elapsed time.Duration
}

// advance lets time go by.
func (c *clocks) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.set, c.elapsed = c.set+d, c.elapsed+d
}

// step sets the store's clock.
func (c *clocks) step(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.set += d
}

func (c *clocks) Now(ctx context.Context) (time.Time, error) {
	at, err := c.Store.Now(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	return at.Add(c.set), err
}

func (c *clocks) sinceBoot() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Since(testStart) + c.elapsed
}

var testStart = time.Now()

// newClocks gives an outbox on a SQLite file of its own.
func newClocks(t *testing.T) (*clocks, *outbox.Outbox) {
	t.Helper()
	c := &clocks{Store: openSQLite(t, filepath.Join(t.TempDir(), "outbox.db"))}
	return c, c.outbox(t)
}

func (c *clocks) outbox(t *testing.T) *outbox.Outbox {
	t.Helper()
	cfg := config(t, c, prometheus.NewRegistry())
	cfg.Elapsed = c.sinceBoot
	return newWith(t, cfg)
}

// queue sends a mail that Mailgun can't take now.
func queue(t *testing.T, o *outbox.Outbox) *connector.Email {
	t.Helper()
	mail := email()
	r, err := o.Wrap(failing(&connector.Error{Code: connector.General, Outcome: connector.NotSent})).Send(t.Context(), mail)
	if err != nil || !r.Queued {
		t.Fatalf("Send = %+v %v, want queued", r, err)
	}
	return mail
}

// The database's clock and ours may differ from the start: a code's life is as long
// as it is.
func TestClocksThatDiffer(t *testing.T) {
	t.Parallel()
	for _, ahead := range []time.Duration{-3 * time.Hour, 3 * time.Hour} {
		c := &clocks{Store: outboxtest.NewMemory()}
		c.step(ahead)
		o := c.outbox(t)
		mail := queue(t, o)
		if life := get(t, c, mail.ID).Expires.Sub(time.Now().Add(ahead)); life < 9*time.Minute || life > 10*time.Minute {
			t.Errorf("life(%v) = %v, want ten minutes on the store's clock", ahead, life)
		}
		left := make(chan time.Duration, 1)
		o.Wrap(fake(func(ctx context.Context, m *connector.Email) (connector.Receipt, error) {
			left <- time.Until(m.Expires)
			return accepted(ctx, m)
		}))
		start(t, o)
		if d := <-left; d < 9*time.Minute || d > 10*time.Minute {
			t.Errorf("life left(%v) = %v, want some ten minutes", ahead, d)
		}
	}
}

// A clock that is set while the process runs moves nothing: what waits is sent when
// it is due and not before, and what comes afterwards has its whole life.
func TestClockIsSet(t *testing.T) {
	t.Parallel()
	for _, step := range []time.Duration{-3 * time.Hour, 3 * time.Hour} {
		c, o := newClocks(t)
		mail := queue(t, o)
		before := get(t, c, mail.ID)
		c.step(step)
		start(t, o) // looks at the clock at once
		o.Wrap(fake(accepted))
		inState(t, c, mail.ID, connector.Sent)
		if sent := get(t, c, mail.ID).Updated; sent.Before(before.Due) || sent.After(before.Due.Add(time.Minute)) {
			t.Errorf("sent at %v, want it when due, at %v", sent, before.Due)
		}
		after := queue(t, o)
		r := get(t, c, after.ID)
		if life := r.Expires.Sub(r.Created); life < 9*time.Minute || life > 10*time.Minute || r.Created.Sub(before.Created).Abs() > time.Minute {
			t.Errorf("after a step of %v: created %v, life %v, want the time to go on as before", step, r.Created, life)
		}
		o.Wrap(fake(accepted))
		inState(t, c, after.ID, connector.Sent)
	}
}

// A clock that is set during an attempt ends no lease: one request, one mail.
func TestClockIsSetDuringAnAttempt(t *testing.T) {
	t.Parallel()
	c, o := newClocks(t)
	var calls atomic.Int32
	s := o.Wrap(fake(func(ctx context.Context, m *connector.Email) (connector.Receipt, error) {
		calls.Add(1)
		c.step(time.Hour)
		o.Start()
		time.Sleep(600 * time.Millisecond) // two claims
		return accepted(ctx, m)
	}))
	t.Cleanup(func() { _ = o.Stop() })
	if _, err := s.Send(t.Context(), email()); err != nil {
		t.Fatal(err)
	}
	if n := calls.Load(); n != 1 {
		t.Errorf("mails = %d, want 1", n)
	}
}

// When time really has gone by, though nothing was done meanwhile, a code is over; and
// what comes after a sleep is sent as ever.
func TestMachineSleeps(t *testing.T) {
	t.Parallel()
	c, o := newClocks(t)
	mail := queue(t, o)
	c.advance(30 * time.Minute)
	o.Wrap(fake(func(ctx context.Context, m *connector.Email) (connector.Receipt, error) {
		if m.ID == mail.ID {
			t.Errorf("Send(%q) = called, want a code that is over never sent", m.ID)
		}
		return accepted(ctx, m)
	}))
	start(t, o)
	inState(t, c, mail.ID, connector.Expired)
	next := queue(t, o)
	o.Wrap(fake(accepted))
	inState(t, c, next.ID, connector.Sent)
}

// What Mailgun asks to wait for may be longer than the code lives.
func TestCodeEndsWhileItWaits(t *testing.T) {
	t.Parallel()
	store := outboxtest.NewMemory()
	o, _ := newOutbox(t, store)
	mail := email()
	mail.Expires = time.Now().Add(time.Second)
	busy := &connector.Error{Code: connector.RateLimitExceeded, Outcome: connector.NotSent, RetryAfter: 20 * time.Minute}
	if _, err := o.Wrap(failing(busy)).Send(t.Context(), mail); err != nil {
		t.Fatal(err)
	}
	start(t, o)
	inState(t, store, mail.ID, connector.Expired)
}

// A clock that was set back between two runs keeps nothing waiting for hours.
func TestClockSetBackBetweenRuns(t *testing.T) {
	t.Parallel()
	store := outboxtest.NewMemory()
	row := queuedRow(parseKeys(t, testKey), email())
	row.Due, row.Expires = row.Due.Add(5*time.Hour), row.Expires.Add(5*time.Hour)
	insertRow(t, store, row)
	o, _ := newOutbox(t, store)
	if n, err := o.Recover(t.Context()); n != 1 || err != nil {
		t.Fatalf("Recover = %d, %v, want 1", n, err)
	}
	o.Wrap(fake(accepted))
	start(t, o)
	inState(t, store, row.ID, connector.Sent)
}
