package outbox_test

import (
	"context"
	"errors"
	"testing"

	"mailgun-connector/connector"
	"mailgun-connector/connector/outbox"
	"mailgun-connector/connector/outbox/outboxtest"
)

// together makes two mails of one call.
func together() []*connector.Email {
	mails := []*connector.Email{email(), email()}
	mails[0].IdempotencyKey, mails[1].IdempotencyKey = "call/0", "call/1"
	return mails
}

func TestSendTogether(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, store *outboxtest.Memory) {
		o, _ := newOutbox(t, store)
		sent := map[string]int{}
		sender := o.Wrap(fake(func(_ context.Context, mail *connector.Email) (connector.Receipt, error) {
			return connector.Receipt{ProviderID: "<" + mail.ID + ">"}, nil
		}))
		for range 2 { // the second call finds the mails of the first
			for i, handed := range connector.SendTogether(t.Context(), sender, together()) {
				if handed.Err != nil {
					t.Fatalf("mail %d: %v", i, handed.Err)
				}
				sent[handed.Receipt.ProviderID]++
			}
		}
		if len(sent) != 2 {
			t.Errorf("%d mails were sent, want 2", len(sent))
		}
	})
}

// Of mails that can't be stored none is sent.
func TestSendTogetherIsAllOrNone(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, store *outboxtest.Memory) {
		broken := errors.New("disk full")
		o, _ := newOutbox(t, &faulty{Store: store, insert: func(context.Context, *outbox.Row) error { return broken }})
		sender := o.Wrap(fake(func(context.Context, *connector.Email) (connector.Receipt, error) {
			t.Error("a mail was sent that is not stored")
			return connector.Receipt{}, nil
		}))
		for i, handed := range connector.SendTogether(t.Context(), sender, together()) {
			failure, ok := errors.AsType[*connector.Error](handed.Err)
			if !ok || failure.Outcome != connector.NotSent || !errors.Is(handed.Err, broken) {
				t.Errorf("mail %d: %v, want that it is not stored", i, handed.Err)
			}
		}
	})
}

// While Mailgun is down both mails wait.
func TestSendTogetherWhileMailgunIsDown(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, store *outboxtest.Memory) {
		o, _ := newOutbox(t, store)
		sender := o.Wrap(failing(down))
		for i, handed := range connector.SendTogether(t.Context(), sender, together()) {
			if handed.Err != nil || !handed.Receipt.Queued {
				t.Errorf("mail %d: %+v, want it queued", i, handed)
			}
		}
	})
}
