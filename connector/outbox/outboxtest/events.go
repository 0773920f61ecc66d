package outboxtest

import (
	"context"
	"sync"
	"testing"
	"time"

	"mailgun-connector/connector"
)

var happened = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// report makes an event of message 1.
func report(token string, state connector.State) connector.DeliveryEvent {
	e := connector.DeliveryEvent{Token: token, ProviderID: "<p@mg.example.com>", State: state, At: happened}
	if state != connector.Delivered {
		e.Error, e.Reason, e.Code, e.Description = "e-"+token, connector.ReasonBounced, 550, "no such … here"
	}
	return e
}

// sent adds message 1, which is sent.
func sent(t *testing.T, s Store) {
	t.Helper()
	insert(t, s, later, row(1))
	is(t, "Settle", s.Settle(t.Context(), settlement(1, connector.Sent)), nil)
}

func record(t *testing.T, s Store) {
	_, _, err := s.Record(t.Context(), report("early", connector.Delivered))
	is(t, "Record before sent", err, connector.ErrNoMessage)
	sent(t, s)
	before := connector.State(connector.Sent)
	for _, step := range []struct {
		token       string
		event, want connector.State
		fresh       bool
	}{
		{"early", connector.Delivered, connector.Delivered, true}, // not remembered while unknown
		{"early", connector.Bounced, connector.Delivered, false},
		{"late", connector.Delivered, connector.Delivered, true},
		{"complaint", connector.Complained, connector.Complained, true},
		{"out of order", connector.Bounced, connector.Complained, true},
	} {
		got, fresh, err := s.Record(t.Context(), report(step.token, step.event))
		is(t, "Record", err, nil)
		equal(t, "before "+step.token, []any{got.ID, got.State, fresh}, []any{"id-001", before, step.fresh})
		before = get(t, s, "id-001").State
		equal(t, "state after "+step.token, before, step.want)
	}
	r := get(t, s, "id-001")
	equal(t, "error", r.Error, "e-complaint")
	equal(t, "events", len(r.Events), 4)
	equal(t, "first event", r.Events[0], connector.Event{State: connector.Delivered, At: happened})
	equal(t, "third event", r.Events[2], connector.Event{
		State: connector.Complained, Error: "e-complaint", Reason: connector.ReasonBounced, At: happened,
		Code: 550, Description: "no such … here",
	})
}

// recordDelay keeps an event that changes no state.
func recordDelay(t *testing.T, s Store) {
	sent(t, s)
	before, fresh, err := s.Record(t.Context(), report("delay", connector.Delayed))
	equal(t, "Record(delayed)", []any{before.ID, fresh, err}, []any{"id-001", true, error(nil)})
	r := get(t, s, "id-001")
	equal(t, "state, error, events", []any{r.State, r.Error, len(r.Events)}, []any{connector.Sent, "", 1})
}

// recordNothing remembers an event of no consequence, so that its token is of no
// use for one of consequence.
func recordNothing(t *testing.T, s Store) {
	sent(t, s)
	_, fresh, err := s.Record(t.Context(), connector.DeliveryEvent{Token: "opened", At: happened})
	equal(t, "Record(opened)", []any{fresh, err}, []any{true, error(nil)})
	_, fresh, err = s.Record(t.Context(), report("opened", connector.Bounced))
	equal(t, "Record(bounced) with its token", []any{fresh, err}, []any{false, error(nil)})
	equal(t, "state", get(t, s, "id-001").State, connector.Sent)
}

// concurrentRecords lets each of several events at once count, and one of
// repetitions.
func concurrentRecords(t *testing.T, s Store) {
	sent(t, s)
	var mu sync.Mutex
	seen := 0
	var group sync.WaitGroup
	for n := range 30 {
		e := []connector.DeliveryEvent{
			report("d", connector.Delivered), report("c", connector.Complained), report("b", connector.Bounced),
		}[n%3]
		group.Go(func() {
			_, fresh, err := s.Record(context.WithoutCancel(t.Context()), e)
			if err != nil {
				t.Errorf("Record: %v", err)
			}
			mu.Lock()
			defer mu.Unlock()
			if fresh {
				seen++
			}
		})
	}
	group.Wait()
	r := get(t, s, "id-001")
	equal(t, "fresh, state, events",
		[]any{seen, r.State, len(r.Events)}, []any{3, connector.State(connector.Complained), 3})
}
