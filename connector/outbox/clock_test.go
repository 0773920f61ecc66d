package outbox_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"mailgun-connector/connector"
	"mailgun-connector/connector/outbox"
)

// clocks are the store's clock and this process's, which tests move.
type clocks struct {
	outbox.Store
	mu           sync.Mutex
	store, local time.Duration // added to the time
}

func (c *clocks) move(store, local time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.store, c.local = c.store+store, c.local+local
}

func (c *clocks) Now(context.Context) (time.Time, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.store), nil
}

func (c *clocks) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.local)
}

func newClocks(t *testing.T) (*clocks, *outbox.Outbox) {
	t.Helper()
	c := &clocks{Store: outbox.NewMemory()}
	cfg := config(t, c, prometheus.NewRegistry())
	cfg.Clock = c.now
	return c, newWith(t, cfg)
}

// The database's clock and ours may differ from the start: a code's life and a
// lease are as long as they are.
func TestClocksThatDiffer(t *testing.T) {
	t.Parallel()
	for _, ahead := range []time.Duration{-3 * time.Hour, 3 * time.Hour} {
		c := &clocks{Store: outbox.NewMemory()}
		c.move(ahead, 0)
		o := newWith(t, config(t, c, prometheus.NewRegistry()))
		mail := email()
		if r, err := o.Wrap(failing(&connector.Error{Code: connector.General, Outcome: connector.NotSent})).Send(t.Context(), mail); err != nil || !r.Queued {
			t.Fatalf("Send(%v) = %+v %v, want queued", ahead, r, err)
		}
		r := get(t, c, mail.ID)
		at := time.Now().Add(ahead)
		if life := r.Expires.Sub(at); life < 9*time.Minute || life > 10*time.Minute {
			t.Errorf("life(%v) = %v, want ten minutes on the store's clock", ahead, life)
		}
		var left time.Duration
		o.Wrap(fake(func(ctx context.Context, m *connector.Email) (connector.Receipt, error) {
			left = time.Until(m.Expires)
			return accepted(ctx, m)
		}))
		start(t, o)
		inState(t, c, mail.ID, connector.Sent)
		if left < 9*time.Minute || left > 10*time.Minute {
			t.Errorf("life left(%v) = %v, want some ten minutes", ahead, left)
		}
	}
}

// A step of the database's clock while the process runs moves nothing: leases
// hold, and what waits is sent when it is due.
func TestClockSteps(t *testing.T) {
	t.Parallel()
	for _, step := range []time.Duration{-3 * time.Hour, 3 * time.Hour} {
		c, o := newClocks(t)
		mail := email()
		s := o.Wrap(fake(func(ctx context.Context, m *connector.Email) (connector.Receipt, error) {
			if m.ID != mail.ID {
				return accepted(ctx, m)
			}
			return connector.Receipt{Attempts: 1}, &connector.Error{Code: connector.General, Outcome: connector.NotSent}
		}))
		if _, err := s.Send(t.Context(), mail); err != nil {
			t.Fatal(err)
		}
		c.move(step, 0)
		o.Wrap(fake(accepted))
		start(t, o)
		inState(t, c, mail.ID, connector.Sent)
		after := email() // what comes after the step has its whole life
		if _, err := o.Wrap(fake(accepted)).Send(t.Context(), after); err != nil {
			t.Fatal(err)
		}
		r := get(t, c, after.ID)
		if life := r.Expires.Sub(r.Created); life < 9*time.Minute || life > 10*time.Minute {
			t.Errorf("life after a step of %v = %v, want ten minutes", step, life)
		}
	}
}

// When time really has passed, though nothing was done meanwhile, a code is over.
func TestTimeHasPassed(t *testing.T) {
	t.Parallel()
	c, o := newClocks(t)
	mail := email()
	if _, err := o.Wrap(failing(&connector.Error{Code: connector.General, Outcome: connector.NotSent})).Send(t.Context(), mail); err != nil {
		t.Fatal(err)
	}
	c.move(time.Hour, time.Hour)
	o.Wrap(fake(func(ctx context.Context, m *connector.Email) (connector.Receipt, error) {
		t.Errorf("Send(%q) = called, want a code that is over never sent", m.ID)
		return accepted(ctx, m)
	}))
	start(t, o)
	inState(t, c, mail.ID, connector.Expired)
}

// What Mailgun asks to wait for may be longer than the code lives.
func TestCodeEndsWhileItWaits(t *testing.T) {
	t.Parallel()
	store := outbox.NewMemory()
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
	store := outbox.NewMemory()
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
