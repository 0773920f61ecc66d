package outboxtest

import (
	"testing"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/outbox"
)

// settlement ends attempt number of message 1, which began two seconds ago.
func settlement(number int, state connector.State) *outbox.Settlement {
	s := &outbox.Settlement{
		ID: "id-001", State: state, Wait: ago,
		Attempt: connector.Attempt{
			Number: number, Started: time.Now().Add(-2 * time.Second), Duration: 5 * time.Millisecond, Status: 200,
			Way: connector.OtherWay, BeforeStatus: 403, BeforeReason: connector.ReasonAccountDisabled,
		},
	}
	if state == connector.Sent {
		s.ProviderID = "<p@mg.example.com>"
	} else {
		s.Attempt.Status, s.Attempt.Error, s.Error = 500, "general", "general"
		s.Attempt.Message = "Internal Server Error"
	}
	return s
}

// wantAttempts compares attempts but for when they began.
func wantAttempts(t *testing.T, r *outbox.Row, want ...connector.Attempt) {
	t.Helper()
	for i := range r.Attempts {
		near(t, "started", r.Attempts[i].Started, r.Updated)
		r.Attempts[i].Started = time.Time{}
	}
	for i := range want {
		want[i].Started = time.Time{}
	}
	equal(t, "attempts", r.Attempts, want)
}

func settle(t *testing.T, s Store) {
	first := row(1)
	first.IdempotencyKey = "key"
	insert(t, s, later, first)
	is(t, "Settle(queued)", s.Settle(t.Context(), settlement(1, connector.Queued)), nil)
	r := get(t, s, "id-001")
	equal(t, "queued", []any{r.State, r.Due.Sub(r.Updated), r.Error, len(r.Content)},
		[]any{connector.Queued, ago, "general", 3})
	claim(t, s, later, 1)
	is(t, "Settle(sent)", s.Settle(t.Context(), settlement(2, connector.Sent)), nil)
	r = get(t, s, "id-001")
	equal(t, "sent", []any{r.State, r.ProviderID, r.Error, len(r.Content)},
		[]any{connector.Sent, "<p@mg.example.com>", "", 0})
	if began := r.Updated.Sub(r.Attempts[1].Started); began < 2*time.Second || began > time.Minute {
		t.Errorf("attempt began %v before it was settled, want two seconds", began)
	}
	found, err := s.FindKey(t.Context(), "key")
	is(t, "FindKey(sent)", err, nil)
	equal(t, "FindKey(sent)", found, r)
	wantAttempts(t, r, settlement(1, connector.Queued).Attempt, settlement(2, connector.Sent).Attempt)
	equal(t, "sent is not due", claim(t, s, later, 9), []string{})
}

// wait is never beyond the message's end.
func wait(t *testing.T, s Store) {
	insert(t, s, later, row(1))
	long := settlement(1, connector.Queued)
	long.Wait = life + time.Second
	is(t, "Settle", s.Settle(t.Context(), long), nil)
	r := get(t, s, "id-001")
	equal(t, "due", r.Due, r.Expires)
}

func staleSettlement(t *testing.T, s Store) {
	insert(t, s, ago, row(1))
	claim(t, s, later, 1) // somebody else's attempt 2
	for _, state := range []connector.State{connector.Queued, connector.Failed, connector.Expired} {
		is(t, "Settle(1, "+string(state)+")", s.Settle(t.Context(), settlement(1, state)), outbox.ErrStale)
	}
	is(t, "Settle(2)", s.Settle(t.Context(), settlement(2, connector.Failed)), nil)
	is(t, "Settle(2) again", s.Settle(t.Context(), settlement(2, connector.Queued)), outbox.ErrStale)
	is(t, "Settle(none)", s.Settle(t.Context(), &outbox.Settlement{ID: "none", State: connector.Sent}), outbox.ErrStale)
	r := get(t, s, "id-001")
	equal(t, "row", []any{r.State, len(r.Content), len(r.Attempts)}, []any{connector.Failed, 0, 2})
}

func sentCounts(t *testing.T, s Store) {
	insert(t, s, ago, row(1))
	claim(t, s, later, 1)
	is(t, "Settle(2, failed)", s.Settle(t.Context(), settlement(2, connector.Failed)), nil)
	is(t, "Settle(1, sent)", s.Settle(t.Context(), settlement(1, connector.Sent)), nil)
	equal(t, "state", get(t, s, "id-001").State, connector.Sent)
	is(t, "Settle(1, sent) again", s.Settle(t.Context(), settlement(1, connector.Sent)), outbox.ErrStale)
}

// untried ends a claim as if it had not been.
func untried(t *testing.T, s Store) {
	insert(t, s, ago, queued(1))
	claim(t, s, later, 1)
	back := &outbox.Settlement{
		ID: "id-001", State: connector.Queued, Wait: ago, Attempt: connector.Attempt{Number: 1}, Untried: true,
	}
	is(t, "Settle(untried)", s.Settle(t.Context(), back), nil)
	got := get(t, s, "id-001")
	equal(t, "as before", []any{got.State, got.Attempt, len(got.Attempts), len(got.Content)},
		[]any{connector.Queued, 0, 0, 3})
	claim(t, s, later, 1)
	is(t, "Settle(1, sent)", s.Settle(t.Context(), settlement(1, connector.Sent)), nil)
	wantAttempts(t, get(t, s, "id-001"), settlement(1, connector.Sent).Attempt)
}

// takeover records the attempt that was lost, until its holder tells more.
func takeover(t *testing.T, s Store) {
	insert(t, s, ago, row(1), queued(2))
	rows, err := s.Claim(t.Context(), later, 9)
	is(t, "Claim", err, nil)
	taken := map[string]bool{}
	for _, r := range rows {
		taken[r.ID] = r.TakenOver
	}
	equal(t, "taken over", taken, map[string]bool{"id-001": true, "id-002": false})
	r := get(t, s, "id-001")
	equal(t, "lost", r.Attempts[0].Started, r.Created)
	wantAttempts(t, r, connector.Attempt{Number: 1, Duration: r.Updated.Sub(r.Created),
		Error: outbox.Lost, Reason: connector.ReasonLost})
	late := settlement(1, connector.Sent)
	is(t, "Settle(1, sent)", s.Settle(t.Context(), late), nil)
	wantAttempts(t, get(t, s, "id-001"), late.Attempt)
}
