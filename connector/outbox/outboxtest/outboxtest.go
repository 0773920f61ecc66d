// Package outboxtest is the definition of an [outbox.Store]: every store passes
// [Run].
package outboxtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/connector"
	"mailgun-connector/connector/outbox"
)

// Run tests a kind of store; open gives an empty one that closes with the test.
func Run(t *testing.T, open func(t *testing.T) outbox.Store) {
	for name, test := range map[string]func(*testing.T, outbox.Store){
		"insert and get":        insertAndGet,
		"claim":                 claimOnce,
		"claim order and limit": claimOrder,
		"lease runs out":        leaseRunsOut,
		"settle":                settle,
		"stale settlement":      staleSettlement,
		"sent always counts":    sentCounts,
		"list":                  list,
		"move":                  move,
		"record":                record,
		"record nothing":        recordNothing,
		"concurrent records":    concurrentRecords,
		"keys":                  keys,
		"same idempotency key":  duplicates,
		"allow":                 allow,
		"concurrent allow":      concurrentAllow,
		"untried":               untried,
		"takeover":              takeover,
		"clock":                 clock,
		"depth and recover":     depthAndRecover,
		"purge":                 purge,
		"concurrent claims":     concurrentClaims,
		"concurrent keys":       concurrentKeys,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

// start is when the tests' time begins, whole microseconds as stores keep them.
var start = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// at gives a time some seconds after start.
func at(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }

// row makes a message that is being sent until second 10.
func row(n int) *outbox.Row {
	return &outbox.Row{
		Message: connector.Message{
			ID: fmt.Sprintf("id-%03d", n), State: connector.Sending, Type: "SignIn", Source: "deliveries/SignIn",
			Recipient: connector.RecipientHash{byte(n)}, Created: at(n), Updated: at(n), Expires: at(600),
		},
		Due: at(10), Attempt: 1, Content: []byte{0, 1, byte(n)},
	}
}

func insert(t *testing.T, s outbox.Store, rows ...*outbox.Row) {
	t.Helper()
	for _, r := range rows {
		if err := s.Insert(t.Context(), r); err != nil {
			t.Fatalf("Insert(%s): %v", r.ID, err)
		}
	}
}

func get(t *testing.T, s outbox.Store, id string) *outbox.Row {
	t.Helper()
	r, err := s.Get(t.Context(), id)
	if err != nil {
		t.Fatalf("Get(%s): %v", id, err)
	}
	return r
}

func claim(t *testing.T, s outbox.Store, now, lease time.Time, limit int) []string {
	t.Helper()
	rows, err := s.Claim(t.Context(), now, lease, limit)
	if err != nil {
		t.Fatalf("Claim: %v", err)
	}
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	slices.Sort(ids)
	return ids
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func is(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s = %v, want %v", what, got, want)
	}
}

func insertAndGet(t *testing.T, s outbox.Store) {
	r := row(1)
	r.IdempotencyKey = "key"
	insert(t, s, r, row(2))
	equal(t, "Get", get(t, s, r.ID), r)
	found, err := s.FindKey(t.Context(), "key", at(0))
	is(t, "FindKey", err, nil)
	equal(t, "FindKey", found, r)
	_, err = s.FindKey(t.Context(), "key", at(1))
	is(t, "FindKey of an older one", err, connector.ErrNoMessage)
	if err := s.Insert(t.Context(), r); err == nil {
		t.Error("Insert of an id again = nil, want an error")
	}
	_, err = s.Get(t.Context(), "none")
	is(t, "Get(none)", err, connector.ErrNoMessage)
	_, err = s.FindKey(t.Context(), "", at(0))
	is(t, `FindKey("")`, err, connector.ErrNoMessage)
}

func claimOnce(t *testing.T, s outbox.Store) {
	insert(t, s, row(1))
	equal(t, "before the lease ends", claim(t, s, at(9), at(30), 10), []string{})
	equal(t, "when it ends", claim(t, s, at(10), at(30), 10), []string{"id-001"})
	equal(t, "again", claim(t, s, at(10), at(30), 10), []string{})
	r := get(t, s, "id-001")
	equal(t, "row", []any{r.State, r.Attempt, r.Due, r.Updated}, []any{connector.Sending, 2, at(30), at(10)})
}

func claimOrder(t *testing.T, s outbox.Store) {
	for n, due := range map[int]int{1: 3, 2: 1, 3: 2} {
		r := row(n)
		r.State, r.Due = connector.Queued, at(due)
		insert(t, s, r)
	}
	equal(t, "the two longest due", claim(t, s, at(5), at(30), 2), []string{"id-002", "id-003"})
	equal(t, "the rest", claim(t, s, at(5), at(30), 2), []string{"id-001"})
}

func leaseRunsOut(t *testing.T, s outbox.Store) {
	insert(t, s, row(1))
	claim(t, s, at(10), at(20), 1)
	equal(t, "within", claim(t, s, at(19), at(40), 1), []string{})
	equal(t, "after", claim(t, s, at(20), at(40), 1), []string{"id-001"})
	equal(t, "attempt", get(t, s, "id-001").Attempt, 3)
}

// settlement ends attempt number of message 1.
func settlement(number int, state connector.State) *outbox.Settlement {
	s := &outbox.Settlement{
		ID: "id-001", State: state, Due: at(50),
		Attempt: connector.Attempt{Number: number, Started: at(1), Duration: 5 * time.Millisecond, Status: 200},
	}
	if state == connector.Sent {
		s.ProviderID = "<p@mg.example.com>"
	} else {
		s.Attempt.Status, s.Attempt.Error, s.Error = 500, "general", "general"
	}
	return s
}

func settle(t *testing.T, s outbox.Store) {
	insert(t, s, row(1))
	is(t, "Settle(queued)", s.Settle(t.Context(), settlement(1, connector.Queued), at(2)), nil)
	r := get(t, s, "id-001")
	equal(t, "queued", []any{r.State, r.Due, r.Error, len(r.Content)}, []any{connector.Queued, at(50), "general", 3})
	claim(t, s, at(50), at(70), 1)
	is(t, "Settle(sent)", s.Settle(t.Context(), settlement(2, connector.Sent), at(61)), nil)
	r = get(t, s, "id-001")
	equal(t, "sent", []any{r.State, r.ProviderID, r.Error, r.Updated, len(r.Content)}, []any{connector.Sent, "<p@mg.example.com>", "", at(61), 0})
	equal(t, "attempts", r.Attempts, []connector.Attempt{settlement(1, connector.Queued).Attempt, settlement(2, connector.Sent).Attempt})
	equal(t, "sent is not due", claim(t, s, at(500), at(600), 9), []string{})
}

func staleSettlement(t *testing.T, s outbox.Store) {
	insert(t, s, row(1))
	claim(t, s, at(10), at(20), 1) // somebody else's attempt 2
	for _, state := range []connector.State{connector.Queued, connector.Failed, connector.Expired} {
		is(t, "Settle(1, "+string(state)+")", s.Settle(t.Context(), settlement(1, state), at(11)), outbox.ErrStale)
	}
	is(t, "Settle(2)", s.Settle(t.Context(), settlement(2, connector.Failed), at(12)), nil)
	is(t, "Settle(2) again", s.Settle(t.Context(), settlement(2, connector.Queued), at(13)), outbox.ErrStale)
	is(t, "Settle(none)", s.Settle(t.Context(), &outbox.Settlement{ID: "none", State: connector.Sent}, at(13)), outbox.ErrStale)
	r := get(t, s, "id-001")
	equal(t, "row", []any{r.State, len(r.Content), len(r.Attempts)}, []any{connector.Failed, 0, 2})
}

func sentCounts(t *testing.T, s outbox.Store) {
	insert(t, s, row(1))
	claim(t, s, at(10), at(20), 1)
	is(t, "Settle(2, failed)", s.Settle(t.Context(), settlement(2, connector.Failed), at(12)), nil)
	is(t, "Settle(1, sent)", s.Settle(t.Context(), settlement(1, connector.Sent), at(13)), nil)
	equal(t, "state", get(t, s, "id-001").State, connector.Sent)
	is(t, "Settle(1, sent) again", s.Settle(t.Context(), settlement(1, connector.Sent), at(14)), outbox.ErrStale)
}

func list(t *testing.T, s outbox.Store) {
	for n := 1; n <= 5; n++ {
		r := row(n)
		if n%2 == 0 {
			r.State, r.Type = connector.Queued, "Register"
		}
		insert(t, s, r)
	}
	for _, c := range []struct {
		filter connector.MessageFilter
		want   []string
	}{
		{connector.MessageFilter{}, []string{"id-005", "id-004", "id-003", "id-002", "id-001"}},
		{connector.MessageFilter{Limit: 2}, []string{"id-005", "id-004"}},
		{connector.MessageFilter{Limit: 2, Cursor: "id-004"}, []string{"id-003", "id-002"}},
		{connector.MessageFilter{State: connector.Queued}, []string{"id-004", "id-002"}},
		{connector.MessageFilter{Type: "SignIn", Since: at(3)}, []string{"id-005", "id-003"}},
		{connector.MessageFilter{Recipients: []connector.RecipientHash{{1}, {4}}}, []string{"id-004", "id-001"}},
		{connector.MessageFilter{Recipients: []connector.RecipientHash{{9}}}, []string{}},
	} {
		if c.filter.Limit == 0 {
			c.filter.Limit = 100
		}
		rows, err := s.List(t.Context(), c.filter)
		is(t, "List", err, nil)
		ids := []string{}
		for _, r := range rows {
			ids = append(ids, r.ID)
		}
		equal(t, fmt.Sprintf("List(%+v)", c.filter), ids, c.want)
	}
}

func move(t *testing.T, s outbox.Store) {
	queued := row(1)
	queued.State = connector.Queued
	insert(t, s, queued, row(2))
	is(t, "Move(queued)", s.Move(t.Context(), "id-001", connector.Queued, at(3)), nil)
	equal(t, "due", get(t, s, "id-001").Due, at(3))
	is(t, "Move(cancelled)", s.Move(t.Context(), "id-001", connector.Cancelled, at(4)), nil)
	r := get(t, s, "id-001")
	equal(t, "cancelled", []any{r.State, len(r.Content)}, []any{connector.Cancelled, 0})
	is(t, "Move again", s.Move(t.Context(), "id-001", connector.Queued, at(5)), connector.ErrConflict)
	is(t, "Move(sending)", s.Move(t.Context(), "id-002", connector.Cancelled, at(5)), connector.ErrConflict)
	is(t, "Move(none)", s.Move(t.Context(), "none", connector.Cancelled, at(5)), connector.ErrNoMessage)
}

func concurrentClaims(t *testing.T, s outbox.Store) {
	const messages = 60
	for n := range messages {
		insert(t, s, row(n))
	}
	var mu sync.Mutex
	seen := map[string]int{}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for {
				rows, err := s.Claim(context.WithoutCancel(t.Context()), at(10), at(99), 3)
				if err != nil {
					t.Errorf("Claim: %v", err)
				}
				if len(rows) == 0 {
					return
				}
				mu.Lock()
				for _, r := range rows {
					seen[r.ID]++
				}
				mu.Unlock()
			}
		})
	}
	group.Wait()
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s was claimed %d times, want 1", id, n)
		}
	}
	equal(t, "claimed", len(seen), messages)
}
