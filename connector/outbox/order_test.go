package outbox_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/outbox/outboxtest"
)

// arrivals is a Mailgun that keeps the order of what it takes, and may fail.
type arrivals struct {
	mu   sync.Mutex
	ids  []string
	fail func(mail *connector.Email, attempt int) error // nil to take all
	made map[string]int
}

func (a *arrivals) Send(_ context.Context, mail *connector.Email) (connector.Receipt, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.made[mail.ID]++
	if a.fail != nil {
		if err := a.fail(mail, a.made[mail.ID]); err != nil {
			return connector.Receipt{Attempts: 1}, err
		}
	}
	a.ids = append(a.ids, mail.ID)
	return connector.Receipt{ProviderID: "<" + mail.ID + ">", Attempts: 1}, nil
}

func (a *arrivals) got() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.ids)
}

// After an outage the mails of one recipient arrive as they were accepted, the newest
// last, also one that is asked for when Mailgun is well again, and if attempts fail in
// between. Nobody else waits for them.
func TestOrderAfterAnOutage(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, store *outboxtest.Memory) {
		o, _ := newOutbox(t, store)
		mailgun := &arrivals{made: map[string]int{}, fail: func(*connector.Email, int) error { return down }}
		s := o.Wrap(mailgun)
		start(t, o)
		var want []string
		send := func(to byte) connector.Receipt {
			mail := email()
			if mail.Recipient = (connector.RecipientHash{to}); to == 1 {
				want = append(want, mail.ID)
			}
			receipt, err := s.Send(t.Context(), mail)
			if err != nil {
				t.Fatal(err)
			}
			return receipt
		}
		for range 3 {
			if r := send(1); !r.Queued {
				t.Fatalf("Send while Mailgun fails = %+v, want queued", r)
			}
			time.Sleep(10 * time.Second)
		}
		mailgun.mu.Lock()
		mailgun.fail = func(m *connector.Email, n int) error { // of the second mail, one attempt more
			if m.ID == want[1] && n == 1 {
				return down
			}
			return nil
		}
		mailgun.mu.Unlock()
		if r := send(2); r.Queued {
			t.Errorf("Send to another = %+v, want sent at once", r)
		}
		if r := send(1); !r.Queued || r.Attempts != 0 {
			t.Errorf("Send behind others = %+v, want queued without an attempt", r)
		}
		began := time.Now()
		within(t, "all", func() bool { return len(mailgun.got()) == 5 })
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("all sent after %v, want it soon: a new request hurries what waits", took)
		}
		got := slices.DeleteFunc(mailgun.got(), func(id string) bool { return !slices.Contains(want, id) })
		if !slices.Equal(got, want) {
			t.Errorf("arrived as %v, want %v", got, want)
		}
		if r := send(1); r.Queued {
			t.Errorf("Send when nothing waits = %+v, want sent at once", r)
		}
	})
}

// A mail that is asked for while an earlier one is under way comes after it.
func TestOrderOfTwoAtOnce(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, store *outboxtest.Memory) {
		o, _ := newOutbox(t, store)
		mailgun := &arrivals{made: map[string]int{}}
		s := o.Wrap(fake(func(ctx context.Context, m *connector.Email) (connector.Receipt, error) {
			time.Sleep(time.Second)
			return mailgun.Send(ctx, m)
		}))
		start(t, o)
		first, second := email(), email()
		second.Recipient = first.Recipient
		var group sync.WaitGroup
		group.Go(func() {
			if r, err := s.Send(t.Context(), first); err != nil || r.Queued {
				t.Errorf("Send = %+v, %v, want sent", r, err)
			}
		})
		time.Sleep(time.Millisecond)
		if r, err := s.Send(t.Context(), second); err != nil || !r.Queued {
			t.Errorf("Send while one is under way = %+v, %v, want queued", r, err)
		}
		group.Wait()
		inState(t, store, second.ID, connector.Sent)
		if got, want := mailgun.got(), []string{first.ID, second.ID}; !slices.Equal(got, want) {
			t.Errorf("arrived as %v, want %v", got, want)
		}
	})
}
