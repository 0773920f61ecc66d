package outboxtest

import (
	"testing"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/outbox"
)

// untried gives a claim back as if it had not been.
func untried(t *testing.T, s outbox.Store) {
	r := row(1)
	r.State, r.Attempt = connector.Queued, 0
	insert(t, s, r)
	claim(t, s, at(10), at(20), 1)
	back := &outbox.Settlement{ID: "id-001", State: connector.Queued, Due: at(30), Attempt: connector.Attempt{Number: 1}, Untried: true}
	is(t, "Settle(untried)", s.Settle(t.Context(), back, at(11)), nil)
	got := get(t, s, "id-001")
	equal(t, "given back", []any{got.State, got.Attempt, len(got.Attempts), len(got.Content)}, []any{connector.Queued, 0, 0, 3})
	claim(t, s, at(30), at(40), 1)
	is(t, "Settle(1, sent)", s.Settle(t.Context(), settlement(1, connector.Sent), at(31)), nil)
	equal(t, "attempts", get(t, s, "id-001").Attempts, []connector.Attempt{settlement(1, connector.Sent).Attempt})
}

// takeover records the attempt that was lost, until its holder tells more.
func takeover(t *testing.T, s outbox.Store) {
	queued := row(2)
	queued.State, queued.Attempt = connector.Queued, 0
	insert(t, s, row(1), queued)
	rows, err := s.Claim(t.Context(), at(12), at(30), 9)
	is(t, "Claim", err, nil)
	taken := map[string]bool{}
	for _, r := range rows {
		taken[r.ID] = r.TakenOver
	}
	equal(t, "taken over", taken, map[string]bool{"id-001": true, "id-002": false})
	lost := connector.Attempt{Number: 1, Started: at(1), Duration: 11 * time.Second, Error: outbox.Lost}
	equal(t, "lost", get(t, s, "id-001").Attempts, []connector.Attempt{lost})
	late := settlement(1, connector.Sent)
	is(t, "Settle(1, sent)", s.Settle(t.Context(), late, at(13)), nil)
	equal(t, "told after all", get(t, s, "id-001").Attempts, []connector.Attempt{late.Attempt})
}

// clock is near the time of day: all engines run on this machine.
func clock(t *testing.T, s outbox.Store) {
	now, err := s.Now(t.Context())
	if d := time.Since(now).Abs(); err != nil || d > time.Minute {
		t.Errorf("Now = %v, %v, want the time of day", now, err)
	}
}

func depthAndRecover(t *testing.T, s outbox.Store) {
	queued, far, failed := row(2), row(3), row(4)
	queued.State, queued.Due = connector.Queued, at(99)
	far.State, far.Due = connector.Queued, at(7200)
	failed.State = connector.Failed
	insert(t, s, row(1), queued, far, failed)
	n, oldest, err := s.Depth(t.Context())
	equal(t, "Depth", []any{n, oldest, err}, []any{3, at(1), error(nil)})
	n, err = s.Recover(t.Context(), at(5), at(3600))
	equal(t, "Recover", []any{n, err}, []any{2, error(nil)})
	equal(t, "due after Recover", claim(t, s, at(5), at(30), 9), []string{"id-001", "id-003"})
}
