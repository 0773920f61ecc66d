package outboxtest

import (
	"context"
	"sync"
	"testing"

	"mailgun-connector/connector"
	"mailgun-connector/connector/outbox"
)

// report makes an event of message 1.
func report(token string, state connector.State) connector.DeliveryEvent {
	e := connector.DeliveryEvent{Token: token, ProviderID: "<p@mg.example.com>", State: state, At: at(20)}
	if state != connector.Delivered {
		e.Error = "e-" + token
	}
	return e
}

func record(t *testing.T, s outbox.Store) {
	insert(t, s, row(1))
	_, _, err := s.Record(t.Context(), report("early", connector.Delivered), at(20))
	is(t, "Record before sent", err, connector.ErrNoMessage)
	is(t, "Settle", s.Settle(t.Context(), settlement(1, connector.Sent), at(2)), nil)
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
		got, fresh, err := s.Record(t.Context(), report(step.token, step.event), at(21))
		is(t, "Record", err, nil)
		equal(t, "before "+step.token, []any{got.ID, got.State, fresh}, []any{"id-001", before, step.fresh})
		before = get(t, s, "id-001").State
		equal(t, "state after "+step.token, before, step.want)
	}
	r := get(t, s, "id-001")
	equal(t, "error", r.Error, "e-complaint")
	equal(t, "events", len(r.Events), 4)
	equal(t, "first event", r.Events[0], connector.Event{State: connector.Delivered, At: at(20)})
}

// recordNothing remembers an event of no consequence, so that its token is of no
// use for one of consequence.
func recordNothing(t *testing.T, s outbox.Store) {
	insert(t, s, row(1))
	is(t, "Settle", s.Settle(t.Context(), settlement(1, connector.Sent), at(2)), nil)
	_, fresh, err := s.Record(t.Context(), connector.DeliveryEvent{Token: "opened", At: at(3)}, at(3))
	equal(t, "Record(opened)", []any{fresh, err}, []any{true, error(nil)})
	_, fresh, err = s.Record(t.Context(), report("opened", connector.Bounced), at(4))
	equal(t, "Record(bounced) with its token", []any{fresh, err}, []any{false, error(nil)})
	equal(t, "state", get(t, s, "id-001").State, connector.Sent)
}

// concurrentRecords lets each of several events at once count, and one of
// repetitions.
func concurrentRecords(t *testing.T, s outbox.Store) {
	insert(t, s, row(1))
	is(t, "Settle", s.Settle(t.Context(), settlement(1, connector.Sent), at(2)), nil)
	var mu sync.Mutex
	seen := 0
	var group sync.WaitGroup
	for n := range 30 {
		e := []connector.DeliveryEvent{report("d", connector.Delivered), report("c", connector.Complained), report("b", connector.Bounced)}[n%3]
		group.Go(func() {
			_, fresh, err := s.Record(context.WithoutCancel(t.Context()), e, at(5))
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
	equal(t, "fresh, state, events", []any{seen, r.State, len(r.Events)}, []any{3, connector.State(connector.Complained), 3})
}

func purge(t *testing.T, s outbox.Store) {
	for n := 1; n <= 5; n++ {
		r := row(n)
		if n > 1 {
			r.State = connector.Failed
		}
		insert(t, s, r)
	}
	is(t, "Settle", s.Settle(t.Context(), settlement(1, connector.Sent), at(9)), nil)
	_, _, err := s.Record(t.Context(), report("kept with its message", connector.Delivered), at(9))
	is(t, "Record", err, nil)
	before := outbox.Horizon{Messages: at(0), Keys: at(0), Tokens: at(99), Sends: at(0)}
	n, err := s.Purge(t.Context(), before, 9)
	equal(t, "Purge of nothing", []any{n, err}, []any{0, error(nil)})
	equal(t, "events left", len(get(t, s, "id-001").Events), 1)
	before.Messages = at(5) // however late the last event was
	n, err = s.Purge(t.Context(), before, 3)
	equal(t, "Purge of three", []any{n, err}, []any{3, error(nil)})
	n, err = s.Purge(t.Context(), before, 3)
	equal(t, "Purge of the rest", []any{n, err}, []any{1, error(nil)})
	rows, err := s.List(t.Context(), connector.MessageFilter{Limit: 9})
	equal(t, "left", []any{len(rows), err}, []any{1, error(nil)})
}
