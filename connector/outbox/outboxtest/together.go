package outboxtest

import (
	"errors"
	"testing"

	"mailgun-connector/connector"
	"mailgun-connector/connector/outbox"
)

// allOrNone adds several rows in one step, of which one may have a key that is taken.
func allOrNone(t *testing.T, s Store) {
	keyed := func(n int, key string) outbox.NewRow {
		r := row(n)
		r.IdempotencyKey = key
		return outbox.NewRow{Row: r, Wait: later, Life: life}
	}
	if err := s.InsertAll(t.Context(), []outbox.NewRow{keyed(1, "a"), keyed(2, "b")}); err != nil {
		t.Fatalf("InsertAll() = %v, want nil", err)
	}
	err := s.InsertAll(t.Context(), []outbox.NewRow{keyed(3, "c"), keyed(4, "b"), keyed(5, "")})
	if !errors.Is(err, outbox.ErrDuplicate) {
		t.Errorf("InsertAll() with a key that is taken = %v, want %v", err, outbox.ErrDuplicate)
	}
	none := connector.ErrNoMessage
	for n, want := range map[int]error{1: nil, 2: nil, 3: none, 4: none, 5: none} {
		if _, err := s.Get(t.Context(), row(n).ID); !errors.Is(err, want) {
			t.Errorf("Get(%s) = %v, want %v", row(n).ID, err, want)
		}
	}
	// One that waits behind another of the same step says so.
	first, second := keyed(6, ""), keyed(7, "")
	second.Recipient = first.Recipient
	if err := s.InsertAll(t.Context(), []outbox.NewRow{first, second}); err != nil {
		t.Fatal(err)
	}
	if first.State != connector.Sending || second.State != connector.Queued || second.Attempt != 0 {
		t.Errorf("InsertAll() of two mails to one recipient: %s, %s, want the second queued", first.State, second.State)
	}
}
