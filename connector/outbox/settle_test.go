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

const duplicates = "mailgun_connector_outbox_duplicates_total"

// A database that can't store an outcome now may do so a moment later: a mail that is
// known to be sent must not be sent again.
func TestOutcomeIsStoredLater(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, inner *outboxtest.Memory) {
		var tries, calls atomic.Int32
		store := &faulty{Store: inner, settle: func(ctx context.Context, s *outbox.Settlement) error {
			if tries.Add(1) <= 3 {
				return errors.New("disk full")
			}
			return inner.Settle(ctx, s)
		}}
		o, reg := newOutbox(t, store)
		s := o.Wrap(fake(func(ctx context.Context, m *connector.Email) (connector.Receipt, error) {
			calls.Add(1)
			return accepted(ctx, m)
		}))
		start(t, o)
		mail := email()
		if r, err := s.Send(t.Context(), mail); err != nil || r.Queued {
			t.Fatalf("Send = %+v, %v, want sent", r, err)
		}
		inState(t, inner, mail.ID, connector.Sent)
		time.Sleep(time.Minute)
		if calls.Load() != 1 || metric(t, reg, duplicates) != 0 {
			t.Errorf("mails = %d, duplicates %v, want one mail and no duplicate", calls.Load(), metric(t, reg, duplicates))
		}
	})
}

// An outcome that was stored although the store said otherwise is no second mail.
func TestOutcomeWasStored(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, inner *outboxtest.Memory) {
		var tries atomic.Int32
		store := &faulty{Store: inner, settle: func(ctx context.Context, s *outbox.Settlement) error {
			err := inner.Settle(ctx, s)
			if tries.Add(1) == 1 {
				return errors.New("the connection broke")
			}
			return err
		}}
		o, reg := newOutbox(t, store)
		if _, err := o.Wrap(fake(accepted)).Send(t.Context(), email()); err != nil {
			t.Fatal(err)
		}
		within(t, "tried again", func() bool { return tries.Load() == 2 })
		o.Stop()
		if got := metric(t, reg, duplicates); got != 0 {
			t.Errorf("duplicates = %v, want none", got)
		}
	})
}

// Of an outcome that is never stored the caller is told all the same; the message is
// tried again when its lease ends.
func TestSettleFails(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, store *outboxtest.Memory) {
		o, _ := newOutbox(t, &faulty{Store: store, settle: func(context.Context, *outbox.Settlement) error { return errors.New("disk full") }})
		mail := email()
		if receipt, err := o.Wrap(fake(accepted)).Send(t.Context(), mail); err != nil || receipt.Queued {
			t.Errorf("Send = %+v, %v, want sent", receipt, err)
		}
		if r := get(t, store, mail.ID); r.State != connector.Sending || r.Content == nil {
			t.Errorf("state = %v, want %v with content", r.State, connector.Sending)
		}
		o.Stop()
	})
}

func TestStaleLease(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, store *outboxtest.Memory) {
		o, reg := newOutbox(t, store)
		mail := email()
		receipt, err := o.Wrap(fake(func(ctx context.Context, m *connector.Email) (connector.Receipt, error) {
			time.Sleep(12 * time.Second) // frozen beyond its lease: another takes this process for dead
			rows, err := store.Claim(context.WithoutCancel(ctx), time.Minute, 10)
			if err != nil || len(rows) != 1 || rows[0].Attempt != 2 {
				t.Errorf("Claim = %v, %v, want attempt 2", rows, err)
			}
			err = store.Settle(context.WithoutCancel(ctx), &outbox.Settlement{
				ID: m.ID, State: connector.Sent, ProviderID: "<other@mg.example.com>",
				Attempt: connector.Attempt{Number: 2, Status: 200},
			})
			if err != nil {
				t.Errorf("Settle = %v, want nil", err)
			}
			return accepted(ctx, m)
		})).Send(t.Context(), mail)
		if err != nil || receipt.Queued {
			t.Errorf("Send = %+v, %v, want sent", receipt, err)
		}
		if got := metric(t, reg, duplicates); got != 1 {
			t.Errorf("duplicates = %v, want 1", got)
		}
		if r := get(t, store, mail.ID); r.State != connector.Sent || r.ProviderID != "<other@mg.example.com>" || r.Content != nil {
			t.Errorf("Get = %+v, want %v by the other", r, connector.Sent)
		}
	})
}

// A process that was frozen must not begin to send when its lease is nearly over.
func TestFrozenProcess(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, store *outboxtest.Memory) {
		o, _ := newOutbox(t, store)
		var left time.Duration
		_, _ = o.Wrap(fake(func(ctx context.Context, m *connector.Email) (connector.Receipt, error) {
			end, _ := ctx.Deadline()
			left = get(t, store, m.ID).Due.Sub(end)
			return accepted(ctx, m)
		})).Send(t.Context(), email())
		if left < 2*time.Second || left > 5*time.Second {
			t.Errorf("an attempt ends %v before its lease, want half a send's time", left)
		}
	})
}
