package outboxtest

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/outbox"
)

// to makes a message of a recipient's.
func to(recipient byte, r *outbox.Row) *outbox.Row {
	r.Recipient = connector.RecipientHash{recipient}
	return r
}

// joins puts a new message behind those that its recipient waits for, and no other.
func joins(t *testing.T, s Store) {
	insert(t, s, later, to(7, row(1)))
	second, third, other := to(7, row(2)), to(7, row(3)), to(8, row(4))
	insert(t, s, later, second, third, other)
	for _, r := range []*outbox.Row{second, third} {
		equal(t, "joined "+r.ID, []any{r.State, r.Attempt}, []any{connector.Queued, 0})
		stored := get(t, s, r.ID)
		equal(t, "stored "+r.ID,
			[]any{stored.State, stored.Attempt, len(stored.Content)}, []any{connector.Queued, 0, 3})
	}
	equal(t, "another recipient's", []any{other.State, other.Attempt}, []any{connector.Sending, 1})
	equal(t, "claimed while the first is under way", claim(t, s, later, 9), []string{})
	is(t, "Settle(1)", s.Settle(t.Context(), settlement(1, connector.Sent)), nil)
	equal(t, "when it is sent", claim(t, s, later, 9), []string{"id-002"})
	equal(t, "meanwhile", claim(t, s, later, 9), []string{})
	done := settlement(1, connector.Failed)
	done.ID = "id-002"
	is(t, "Settle(2)", s.Settle(t.Context(), done), nil)
	equal(t, "when it has failed", claim(t, s, later, 9), []string{"id-003"})
	done.ID = "id-003"
	is(t, "Settle(3)", s.Settle(t.Context(), done), nil)
	after := to(7, row(5))
	insert(t, s, later, after)
	equal(t, "when nothing waits", after.State, connector.State(connector.Sending))
}

// order holds a recipient's later messages back while an attempt at an earlier one is
// waited for, and nobody else's.
func order(t *testing.T, s Store) {
	insert(t, s, ago, to(7, queued(1)), to(7, queued(2)), to(8, queued(3)))
	equal(t, "the first of each", claim(t, s, later, 9), []string{"id-001", "id-003"})
	failed := settlement(1, connector.Queued)
	failed.Wait = later
	is(t, "Settle(1, queued)", s.Settle(t.Context(), failed), nil)
	equal(t, "while the first waits", claim(t, s, later, 9), []string{})
	is(t, "Move(2)", s.Move(t.Context(), "id-002", connector.Queued), nil)
	equal(t, "retried, with what it waits behind", claim(t, s, later, 9), []string{"id-001"})
	is(t, "Settle(1, queued)", s.Settle(t.Context(), settlement(2, connector.Queued)), nil)
	is(t, "Move(1, cancelled)", s.Move(t.Context(), "id-001", connector.Cancelled), nil)
	equal(t, "when the first is cancelled", claim(t, s, later, 9), []string{"id-002"})
}

// overtakes lets a message whose life is over have its end, whatever it waits behind.
func overtakes(t *testing.T, s Store) {
	insert(t, s, later, to(7, row(1)))
	if err := s.Insert(t.Context(), to(7, row(2)), later, ago); err != nil {
		t.Fatal(err)
	}
	equal(t, "claimed", claim(t, s, later, 9), []string{"id-002"})
}

// hurries makes due what a recipient waits for who asks for more, but for what Mailgun
// has asked to wait with.
func hurries(t *testing.T, s Store) {
	for n, code := range []connector.Code{connector.General, connector.RateLimitExceeded} {
		first, more := to(byte(7+n), row(10*n)), to(byte(7+n), row(10*n+1))
		insert(t, s, later, first)
		failed := settlement(1, connector.Queued)
		failed.ID, failed.Error, failed.Wait = first.ID, string(code), life/2
		is(t, "Settle", s.Settle(t.Context(), failed), nil)
		insert(t, s, later, more)
		waits := get(t, s, first.ID).Due.Sub(get(t, s, more.ID).Created) > time.Minute
		equal(t, "the first waits on after "+string(code), waits, code == connector.RateLimitExceeded)
	}
	equal(t, "claimed", claim(t, s, later, 9), []string{"id-000"})
}

// concurrentOrder has several processes send what a few recipients wait for, while some
// attempts fail: each gets its own in order, one at a time.
func concurrentOrder(t *testing.T, s Store) {
	const recipients, each = 4, 6
	for n := range recipients * each {
		insert(t, s, 0, to(byte(n%recipients), queued(n)))
		time.Sleep(time.Millisecond) // or two may be as old
	}
	var mu sync.Mutex
	got, busy, left := map[connector.RecipientHash][]string{}, map[connector.RecipientHash]bool{}, recipients*each
	try := func(r *outbox.Row) *outbox.Settlement {
		mu.Lock()
		defer mu.Unlock()
		end := &outbox.Settlement{
			ID: r.ID, State: connector.Queued,
			Attempt: connector.Attempt{Number: r.Attempt, Started: time.Now()},
		}
		if busy[r.Recipient] = false; rand.N(3) > 0 {
			end.State, end.ProviderID = connector.Sent, r.ID
			got[r.Recipient] = append(got[r.Recipient], r.ID)
			left--
		}
		return end
	}
	begin := func(rows []*outbox.Row) (done bool) {
		mu.Lock()
		defer mu.Unlock()
		for _, r := range rows {
			if busy[r.Recipient] {
				t.Errorf("%s was claimed while another to its recipient was under way", r.ID)
			}
			busy[r.Recipient] = true
		}
		return left == 0
	}
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			for range 2000 {
				rows, err := s.Claim(context.WithoutCancel(t.Context()), later, 3)
				if err != nil {
					t.Errorf("Claim: %v", err)
				}
				if begin(rows) {
					return
				}
				for _, r := range rows {
					if err := s.Settle(context.WithoutCancel(t.Context()), try(r)); err != nil {
						t.Errorf("Settle: %v", err)
					}
				}
			}
		})
	}
	group.Wait()
	for who, ids := range got {
		if len(ids) != each || !slices.IsSorted(ids) {
			t.Errorf("recipient %d got %v, want all %d in order", who[0], ids, each)
		}
	}
	equal(t, "recipients", len(got), recipients)
}
