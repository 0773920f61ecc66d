// Package outboxtest says what a store of an outbox must do: every one passes [Run].
// It has one in memory for tests, and finds a PostgreSQL for them.
//
// It is as large as a store's promises are many: a function for each, and the memory store
// keeps them all.
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

// Store is all that an outbox needs.
type Store interface {
	outbox.Store
	outbox.EventStore
}

// Run tests a kind of store; open returns an empty one that closes with the test.
func Run(t *testing.T, open func(t *testing.T) Store) {
	for name, test := range map[string]func(*testing.T, Store){
		"insert and get":       insertAndGet,
		"times":                times,
		"claim":                claimOnce,
		"claim order":          claimOrder,
		"lease runs out":       leaseRunsOut,
		"settle":               settle,
		"wait":                 wait,
		"stale settlement":     staleSettlement,
		"sent always counts":   sentCounts,
		"untried":              untried,
		"takeover":             takeover,
		"joins":                joins,
		"order":                order,
		"overtakes":            overtakes,
		"hurries":              hurries,
		"concurrent order":     concurrentOrder,
		"list":                 list,
		"move":                 move,
		"same idempotency key": duplicates,
		"all or none":          allOrNone,
		"depth":                depth,
		"purge":                purge,
		"record":               record,
		"record nothing":       recordNothing,
		"record delay":         recordDelay,
		"keep":                 keep,
		"keep refusals":        keepRefusals,
		"steps":                steps,
		"list order":           listOrder,
		"until":                until,
		"by type and state":    byTypeAndState,
		"concurrent records":   concurrentRecords,
		"concurrent claims":    concurrentClaims,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

const (
	ago   = -time.Second // a wait or lease that is over
	later = time.Hour
	life  = 10 * time.Minute
)

// row makes a message that is being sent.
func row(n int) *outbox.Row {
	return &outbox.Row{
		Message: connector.Message{
			ID: fmt.Sprintf("id-%03d", n), State: connector.Sending, Type: "SignIn", Source: "deliveries/SignIn",
			Recipient: connector.RecipientHash{byte(n)},
		},
		Attempt: 1, Content: []byte{0, 1, byte(n)},
	}
}

// queued makes a message that waits for its first attempt.
func queued(n int) *outbox.Row {
	r := row(n)
	r.State, r.Attempt = connector.Queued, 0
	return r
}

// insert adds rows that are due after a wait.
func insert(t *testing.T, s Store, wait time.Duration, rows ...*outbox.Row) {
	t.Helper()
	for _, r := range rows {
		if err := s.Insert(t.Context(), r, wait, life); err != nil {
			t.Fatalf("Insert(%s): %v", r.ID, err)
		}
	}
}

func get(t *testing.T, s Store, id string) *outbox.Row {
	t.Helper()
	r, err := s.Get(t.Context(), id)
	if err != nil {
		t.Fatalf("Get(%s): %v", id, err)
	}
	return r
}

// claim claims rows and returns their ids, sorted.
func claim(t *testing.T, s Store, lease time.Duration, limit int) []string {
	t.Helper()
	rows, err := s.Claim(t.Context(), lease, limit)
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

// near wants a time to be within a minute of another: all engines run on this machine.
func near(t *testing.T, what string, got, want time.Time) {
	t.Helper()
	if got.Sub(want).Abs() > time.Minute {
		t.Errorf("%s = %v, want about %v", what, got, want)
	}
}

func insertAndGet(t *testing.T, s Store) {
	want := row(1)
	want.IdempotencyKey = "key"
	insert(t, s, later, want, row(2))
	got := get(t, s, want.ID)
	want.Created, want.Updated, want.Due, want.Expires = got.Created, got.Updated, got.Due, got.Expires
	equal(t, "Get", got, want)
	found, err := s.FindKey(t.Context(), "key")
	is(t, "FindKey", err, nil)
	equal(t, "FindKey", found, want)
	if err := s.Insert(t.Context(), row(1), later, life); err == nil {
		t.Error("Insert of an id again = nil, want an error")
	}
	_, err = s.Get(t.Context(), "none")
	is(t, "Get(none)", err, connector.ErrNoMessage)
	_, err = s.FindKey(t.Context(), "")
	is(t, `FindKey("")`, err, connector.ErrNoMessage)
}

// times are the store's own, whatever a row brings.
func times(t *testing.T, s Store) {
	r := row(1)
	r.Created = time.Now().Add(24 * time.Hour)
	insert(t, s, ago, r)
	got := get(t, s, "id-001")
	near(t, "created", got.Created, time.Now())
	equal(t, "updated, due, expires",
		[]time.Duration{got.Updated.Sub(got.Created), got.Due.Sub(got.Created), got.Expires.Sub(got.Created)},
		[]time.Duration{0, ago, life})
	rows, err := s.Claim(t.Context(), later, 1)
	is(t, "Claim", err, nil)
	claimed := rows[0]
	near(t, "claimed", claimed.Updated, time.Now())
	equal(t, "lease", claimed.Due.Sub(claimed.Updated), later)
	equal(t, "created", claimed.Created, got.Created)
	equal(t, "kept", get(t, s, "id-001").Due, claimed.Due)
}

func claimOnce(t *testing.T, s Store) {
	insert(t, s, later, row(1))
	equal(t, "before it is due", claim(t, s, later, 10), []string{})
	insert(t, s, ago, row(2))
	equal(t, "when it is", claim(t, s, later, 10), []string{"id-002"})
	equal(t, "again", claim(t, s, later, 10), []string{})
	r := get(t, s, "id-002")
	equal(t, "row", []any{r.State, r.Attempt}, []any{connector.Sending, 2})
}

func claimOrder(t *testing.T, s Store) {
	for n, overdue := range map[int]time.Duration{1: 3, 2: 9, 3: 6} {
		insert(t, s, -overdue*time.Minute, queued(n))
	}
	equal(t, "the two longest due", claim(t, s, later, 2), []string{"id-002", "id-003"})
	equal(t, "the rest", claim(t, s, later, 2), []string{"id-001"})
}

func leaseRunsOut(t *testing.T, s Store) {
	insert(t, s, ago, row(1))
	equal(t, "first", claim(t, s, ago, 1), []string{"id-001"})
	equal(t, "after its lease", claim(t, s, later, 1), []string{"id-001"})
	equal(t, "within", claim(t, s, later, 1), []string{})
	equal(t, "attempt", get(t, s, "id-001").Attempt, 3)
}

func list(t *testing.T, s Store) {
	for n := 1; n <= 5; n++ {
		r := row(n)
		if n%2 == 0 {
			r.State, r.Type = connector.Queued, "Register"
		}
		insert(t, s, later, r)
	}
	since := get(t, s, "id-003").Created
	for _, c := range []struct {
		filter connector.MessageFilter
		want   []string
	}{
		{connector.MessageFilter{}, []string{"id-005", "id-004", "id-003", "id-002", "id-001"}},
		{connector.MessageFilter{Limit: 2}, []string{"id-005", "id-004"}},
		{connector.MessageFilter{Limit: 2, Cursor: "id-004"}, []string{"id-003", "id-002"}},
		{connector.MessageFilter{State: connector.Queued}, []string{"id-004", "id-002"}},
		{connector.MessageFilter{Type: "SignIn", Since: since}, []string{"id-005", "id-003"}},
		{connector.MessageFilter{Recipients: []connector.RecipientHash{{1}, {4}}}, []string{"id-004", "id-001"}},
		{connector.MessageFilter{Recipients: []connector.RecipientHash{{9}}}, []string{}},
		{connector.MessageFilter{Hash: []byte{4, 0, 0, 0, 0, 0}}, []string{"id-004"}},
		{connector.MessageFilter{Hash: []byte{4, 1}}, []string{}},
		{connector.MessageFilter{Hash: []byte{4, 0}, State: connector.Queued, Type: "Register"}, []string{"id-004"}},
		{connector.MessageFilter{Hash: []byte{4, 0}, State: connector.Sending}, []string{}},
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

func move(t *testing.T, s Store) {
	insert(t, s, later, queued(1), row(2))
	is(t, "Move(queued)", s.Move(t.Context(), "id-001", connector.Queued), nil)
	r := get(t, s, "id-001")
	equal(t, "due", r.Due, r.Updated)
	is(t, "Move(cancelled)", s.Move(t.Context(), "id-001", connector.Cancelled), nil)
	r = get(t, s, "id-001")
	equal(t, "cancelled", []any{r.State, len(r.Content)}, []any{connector.Cancelled, 0})
	is(t, "Move again", s.Move(t.Context(), "id-001", connector.Queued), connector.ErrConflict)
	is(t, "Move(sending)", s.Move(t.Context(), "id-002", connector.Cancelled), connector.ErrConflict)
	is(t, "Move(none)", s.Move(t.Context(), "none", connector.Cancelled), connector.ErrNoMessage)
}

// duplicates lets one message through, however many come with a key.
func duplicates(t *testing.T, s Store) {
	var mu sync.Mutex
	got := map[error]int{}
	var group sync.WaitGroup
	for n := range 20 {
		group.Go(func() {
			r := row(n)
			r.IdempotencyKey = "k"
			err := s.Insert(context.WithoutCancel(t.Context()), r, later, life)
			mu.Lock()
			defer mu.Unlock()
			got[err]++
		})
	}
	group.Wait()
	equal(t, "Inserts", fmt.Sprint(got), fmt.Sprint(map[error]int{nil: 1, outbox.ErrDuplicate: 19}))
}

func depth(t *testing.T, s Store) {
	n, oldest, err := s.Depth(t.Context())
	equal(t, "Depth of nothing", []any{n, oldest, err}, []any{0, time.Duration(0), error(nil)})
	failed := row(3)
	failed.State = connector.Failed
	insert(t, s, later, row(1), queued(2), failed)
	n, oldest, err = s.Depth(t.Context())
	equal(t, "Depth", []any{n, err}, []any{2, error(nil)})
	for begin := time.Now(); oldest == 0 && time.Since(begin) < time.Second; { // clocks may count in microseconds
		if _, oldest, err = s.Depth(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if oldest <= 0 || oldest > time.Minute {
		t.Errorf("age of the oldest = %v, want a moment", oldest)
	}
}

// purge keeps to its limit, and to what nothing is done with any more.
func purge(t *testing.T, s Store) {
	for n := 1; n <= 5; n++ {
		r := row(n)
		if n > 1 && n < 5 {
			r.State = connector.Failed
		}
		insert(t, s, later, r)
	}
	is(t, "Settle", s.Settle(t.Context(), settlement(1, connector.Sent)), nil)
	_, _, err := s.Record(t.Context(), report("kept with its message", connector.Delivered))
	is(t, "Record", err, nil)
	n, err := s.Purge(t.Context(), time.Hour, 9)
	equal(t, "Purge of nothing", []any{n, err}, []any{0, error(nil)})
	equal(t, "events left", len(get(t, s, "id-001").Events), 1)
	n, err = s.Purge(t.Context(), -time.Minute, 3)
	equal(t, "Purge of three", []any{n, err}, []any{3, error(nil)})
	n, err = s.Purge(t.Context(), -time.Minute, 3)
	equal(t, "Purge of the rest", []any{n, err}, []any{1, error(nil)})
	rows, err := s.List(t.Context(), connector.MessageFilter{Limit: 9})
	equal(t, "left", []any{len(rows), err}, []any{1, error(nil)})
}

func concurrentClaims(t *testing.T, s Store) {
	const messages = 60
	for n := range messages {
		insert(t, s, ago, row(n))
	}
	var mu sync.Mutex
	seen := map[string]int{}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for {
				rows, err := s.Claim(context.WithoutCancel(t.Context()), later, 3)
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
