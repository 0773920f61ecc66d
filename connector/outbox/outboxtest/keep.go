package outboxtest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"mailgun-connector/connector"
	"mailgun-connector/connector/outbox"
)

// keep adds a row whose end is known.
func keep(t *testing.T, s Store) {
	want := row(1)
	want.State, want.ProviderID, want.Test, want.Content = connector.Sent, "<p@mg.example.com>", true, nil
	want.Expires = time.Now().Add(life)
	attempt := connector.Attempt{
		Number: 1, Started: time.Now(), Duration: time.Second, Status: 400, Error: "general", Message: "…",
		Reason: connector.ReasonForbidden,
	}
	want.Attempts = []connector.Attempt{attempt}
	is(t, "Keep", s.Keep(t.Context(), []*outbox.Row{want}), nil)
	got := get(t, s, "id-001")
	near(t, "created", got.Created, time.Now())
	near(t, "expires", got.Expires, time.Now().Add(life))
	near(t, "started", got.Attempts[0].Started, time.Now())
	want.Created, want.Updated, want.Due, want.Expires = got.Created, got.Updated, got.Due, got.Expires
	want.Attempts[0].Started = got.Attempts[0].Started
	equal(t, "Get", got, want)
	equal(t, "claimed", claim(t, s, later, 9), []string{})
	_, fresh, err := s.Record(t.Context(), report("1", connector.Delivered))
	equal(t, "Record", []any{fresh, err}, []any{true, error(nil)})
	equal(t, "state", get(t, s, "id-001").State, connector.Delivered)
}

// keepRefusals counts requests alike in one row.
func keepRefusals(t *testing.T, s Store) {
	refused := func(n, requests int) *outbox.Row {
		r := row(n)
		r.State, r.Attempt, r.Content = connector.NotAccepted, 0, nil
		r.Reason, r.Error, r.Requests = connector.ReasonRecipientLimit, "rate_limit_exceeded", requests
		return r
	}
	is(t, "Keep", s.Keep(t.Context(), []*outbox.Row{refused(1, 3), refused(2, 1)}), nil)
	is(t, "Keep", s.Keep(t.Context(), []*outbox.Row{refused(1, 4)}), nil)
	is(t, "Keep nothing", s.Keep(t.Context(), nil), nil)
	rows, err := s.List(t.Context(), connector.MessageFilter{State: connector.NotAccepted, Limit: 9})
	is(t, "List", err, nil)
	var got []any
	for _, r := range rows {
		got = append(got, r.ID, r.Requests, r.Reason, r.Why())
	}
	equal(t, "refused", got, []any{
		"id-002", 1, connector.ReasonRecipientLimit, connector.ReasonRecipientLimit,
		"id-001", 7, connector.ReasonRecipientLimit, connector.ReasonRecipientLimit,
	})
	insert(t, s, later, queued(3)) // what is refused holds nobody up
	n, err := s.Purge(t.Context(), ago, 9)
	equal(t, "Purge", []any{n, err}, []any{2, error(nil)})
	_, err = s.Get(t.Context(), "id-001")
	is(t, "Get", err, connector.ErrNoMessage)
}

// steps are those of each message of a list, in order.
func steps(t *testing.T, s Store) {
	sent(t, s)
	first := row(2)
	first.Test = true
	insert(t, s, later, first)
	failed := settlement(1, connector.Queued)
	failed.ID, failed.Attempt.Reason = "id-002", connector.ReasonUnreachable
	is(t, "Settle", s.Settle(t.Context(), failed), nil)
	claim(t, s, later, 1)
	again := settlement(2, connector.Failed)
	again.ID, again.Attempt.Reason = "id-002", connector.ReasonForbidden
	is(t, "Settle", s.Settle(t.Context(), again), nil)
	_, _, err := s.Record(t.Context(), report("1", connector.Bounced))
	is(t, "Record", err, nil)
	rows, err := s.List(t.Context(), connector.MessageFilter{Limit: 9})
	is(t, "List", err, nil)
	var got []any
	for _, r := range rows {
		got = append(got, r.ID, r.Test, len(r.Attempts), len(r.Events), r.Why())
		equal(t, "as by itself", r.Attempts, get(t, s, r.ID).Attempts)
	}
	equal(t, "steps", got, []any{
		"id-002", true, 2, 0, connector.ReasonForbidden,
		"id-001", false, 1, 1, connector.ReasonBounced,
	})
}

// byTypeAndState finds the same messages by either as by both.
func byTypeAndState(t *testing.T, s Store) {
	states := []connector.State{connector.NotAccepted, connector.Sent, connector.Failed}
	var kept []*outbox.Row
	for n := range 30 {
		r := row(n)
		r.State, r.Type, r.Content = states[n%3], string(rune('A'+n%5)), nil
		kept = append(kept, r)
	}
	is(t, "Keep", s.Keep(t.Context(), kept), nil)
	waiting := queued(30)
	waiting.Type = "A"
	insert(t, s, later, waiting)
	kept = append(kept, waiting)
	for _, state := range append(states, connector.Queued, "") {
		for _, usageType := range []string{"A", "E", "F", ""} {
			var want []string
			for _, r := range slices.Backward(kept) {
				if (state == "" || r.State == state) && (usageType == "" || r.Type == usageType) {
					want = append(want, r.ID)
				}
			}
			var got []string
			filter := connector.MessageFilter{State: state, Type: usageType, Limit: 4}
			for range 20 {
				rows, err := s.List(t.Context(), filter)
				is(t, "List", err, nil)
				for _, r := range rows {
					got = append(got, r.ID)
					filter.Cursor = r.ID
				}
				if len(rows) < filter.Limit {
					break
				}
			}
			equal(t, fmt.Sprintf("state %q, type %q", state, usageType), got, want)
		}
	}
}

// listOrder is that in which messages were created, whatever ids clocks that differ have
// made of it, and a list goes on after any message that is still there.
func listOrder(t *testing.T, s Store) {
	recipient := connector.RecipientHash{7}
	var want []string
	for _, n := range []int{3, 1, 4, 2} {
		r := row(n)
		r.Recipient = recipient // so that one is being sent, and the others wait for it
		insert(t, s, later, r)
		want = append([]string{r.ID}, want...)
		time.Sleep(2 * time.Millisecond) // no two in a microsecond
	}
	for _, f := range []connector.MessageFilter{
		{}, {Recipients: []connector.RecipientHash{recipient, recipient}}, {Hash: recipient[:6]}, {Type: "SignIn"},
	} {
		for after := range 4 {
			f.Limit = 9
			if after > 0 {
				f.Cursor = want[after-1]
			}
			rows, err := s.List(t.Context(), f)
			is(t, "List", err, nil)
			got := []string{}
			for _, r := range rows {
				got = append(got, r.ID)
			}
			equal(t, fmt.Sprintf("List(%+v)", f), got, want[after:])
		}
	}
	rows, err := s.List(t.Context(), connector.MessageFilter{Cursor: "id-009", Limit: 9})
	equal(t, "List after a purged message", []any{len(rows), err}, []any{0, error(nil)})
}

// until is the end of what is listed.
func until(t *testing.T, s Store) {
	var ids []string
	for n := range 4 {
		r := row(n)
		r.ID = uuid.Must(uuid.NewV7()).String()
		insert(t, s, later, r)
		ids = append(ids, r.ID)
		time.Sleep(2 * time.Millisecond) // no two in a microsecond
	}
	for n, id := range ids {
		at := get(t, s, id).Created
		for _, f := range []connector.MessageFilter{{Until: at, Limit: 1}, {Since: at, Until: at, Limit: 9}} {
			rows, err := s.List(t.Context(), f)
			if err != nil || len(rows) != 1 || rows[0].ID != id {
				t.Errorf("List until message %d (%+v) = %d rows, %v, want that message", n, f, len(rows), err)
			}
		}
	}
	rows, err := s.List(t.Context(), connector.MessageFilter{Until: time.Now().Add(-time.Hour), Limit: 9})
	equal(t, "List until an hour ago", []any{len(rows), err}, []any{0, error(nil)})
}
