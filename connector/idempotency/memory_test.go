package idempotency_test

import (
	"testing"
	"time"

	"mailgun-connector/connector/idempotency"
)

// Each key lives as long as who asks says.
func TestMemoryKeyLife(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_795_617_834, 0)
	m, err := idempotency.NewMemory(func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	begin := func(life time.Duration) *idempotency.Answer {
		t.Helper()
		answer, err := m.Begin(t.Context(), "key", idempotency.RequestHash{1}, life)
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
	begin(time.Minute)
	if err := m.Finish(t.Context(), "key", &idempotency.Answer{Status: 200}); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Minute)
	if begin(2*time.Minute) == nil {
		t.Error("the key is free before its life has ended")
	}
	if begin(time.Minute) != nil {
		t.Error("the key is kept beyond its life")
	}
}
