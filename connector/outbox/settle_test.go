package outbox_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/outbox"
	"mailgun-connector/connector/outbox/outboxtest"
	"mailgun-connector/deliveries"
)

// A database that can't store an outcome now may do so a moment later: a mail that is
// known to be sent must not be sent again.
func TestOutcomeIsStoredLater(t *testing.T) {
	t.Parallel()
	inner := openSQLite(t, filepath.Join(t.TempDir(), "outbox.db"))
	store := &faulty{Store: inner}
	var tries atomic.Int32
	store.settle = func(ctx context.Context, s *outbox.Settlement) error {
		if tries.Add(1) <= 3 {
			return errors.New("disk full")
		}
		return inner.Settle(ctx, s, time.Now())
	}
	o, reg := newOutbox(t, store)
	var calls atomic.Int32
	s := o.Wrap(fake(func(ctx context.Context, m *connector.Email) (connector.Receipt, error) {
		calls.Add(1)
		return accepted(ctx, m)
	}))
	start(t, o)
	mail := email()
	if r, err := s.Send(t.Context(), mail); err != nil || r.Queued {
		t.Fatalf("Send = %+v %v, want sent", r, err)
	}
	inState(t, inner, mail.ID, connector.Sent)
	if calls.Load() != 1 || metric(t, reg, "mailgun_connector_outbox_duplicates_total") != 0 {
		t.Errorf("mails = %d, duplicates %v, want one mail and no duplicate", calls.Load(), metric(t, reg, "mailgun_connector_outbox_duplicates_total"))
	}
}

// An outcome that was stored although the store said otherwise is no second mail.
func TestOutcomeWasStored(t *testing.T) {
	t.Parallel()
	inner := outboxtest.NewMemory()
	store := &faulty{Store: inner}
	var tries atomic.Int32
	store.settle = func(ctx context.Context, s *outbox.Settlement) error {
		err := inner.Settle(ctx, s, time.Now())
		if tries.Add(1) == 1 {
			return errors.New("the connection broke")
		}
		return err
	}
	o, reg := newOutbox(t, store)
	if _, err := o.Wrap(fake(accepted)).Send(t.Context(), email()); err != nil {
		t.Fatal(err)
	}
	within(t, "tried again", func() bool { return tries.Load() == 2 })
	if err := o.Stop(); err != nil {
		t.Fatal(err)
	}
	if got := metric(t, reg, "mailgun_connector_outbox_duplicates_total"); got != 0 {
		t.Errorf("duplicates = %v, want none", got)
	}
}

// What answers 2xx without an id is no Mailgun, or has sent the mail: to ask it again
// and again would be no use, or many mails.
func TestSuccessWithoutAnID(t *testing.T) {
	t.Parallel()
	store := outboxtest.NewMemory()
	o, _ := newOutbox(t, store)
	failure := &connector.Error{Code: connector.General, Outcome: connector.Unknown, MailgunStatus: 200}
	mail := email()
	if r, err := o.Wrap(failing(failure)).Send(t.Context(), mail); !errors.Is(err, error(failure)) || r.Queued {
		t.Errorf("Send = %+v %v, want the failure", r, err)
	}
	if r := get(t, store, mail.ID); r.State != connector.Failed {
		t.Errorf("state = %v, want failed", r.State)
	}
}

// A mail that can't be rendered takes no probe's place with it.
func TestPanicWhileRendering(t *testing.T) {
	t.Parallel()
	store := outboxtest.NewMemory()
	o, _ := newOutbox(t, store)
	s := o.Wrap(failing(&connector.Error{Code: connector.General, Outcome: connector.NotSent}))
	for range 5 {
		_, _ = s.Send(t.Context(), email())
	}
	time.Sleep(1100 * time.Millisecond) // the breaker lets a probe through
	broken := email()
	broken.Body = func() deliveries.Body { panic("a defect") }
	func() {
		defer func() { _ = recover() }()
		_, _ = s.Send(t.Context(), broken)
	}()
	if r, err := o.Wrap(fake(accepted)).Send(t.Context(), email()); err != nil || r.Queued {
		t.Errorf("the next Send = %+v %v, want sent", r, err)
	}
}

// While a probe hangs, the queue is left alone: nothing is claimed to be given back.
func TestQueueRestsDuringAProbe(t *testing.T) {
	t.Parallel()
	inner := openSQLite(t, filepath.Join(t.TempDir(), "outbox.db"))
	store := &claims{Store: inner}
	o, _ := newOutbox(t, store)
	s := o.Wrap(failing(&connector.Error{Code: connector.General, Outcome: connector.NotSent}))
	for range 60 {
		_, _ = s.Send(t.Context(), email())
	}
	hung := make(chan struct{})
	t.Cleanup(func() { close(hung) })
	var probes atomic.Int32
	o.Wrap(fake(func(context.Context, *connector.Email) (connector.Receipt, error) {
		probes.Add(1)
		<-hung
		return connector.Receipt{}, &connector.Error{Code: connector.General, Outcome: connector.Unknown}
	}))
	o.Start()
	t.Cleanup(func() { go func() { _ = o.Stop() }() })
	within(t, "a probe", func() bool { return probes.Load() == 1 })
	before := store.rows.Load()
	time.Sleep(time.Second)
	if n := store.rows.Load() - before; n > 0 || probes.Load() != 1 {
		t.Errorf("%d messages claimed and %d probes while one hangs, want none and one", n, probes.Load())
	}
}

// claims counts the rows that were claimed.
type claims struct {
	outbox.Store
	rows atomic.Int32
}

func (c *claims) Claim(ctx context.Context, now, lease time.Time, limit int) ([]*outbox.Row, error) {
	rows, err := c.Store.Claim(ctx, now, lease, limit)
	c.rows.Add(int32(len(rows))) //nolint:gosec // some sixty
	return rows, err
}
