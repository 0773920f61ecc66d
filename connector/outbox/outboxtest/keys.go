package outboxtest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/idempotency"
	"mailgun-connector/connector/outbox"
	"mailgun-connector/connector/ratelimit"
)

func keys(t *testing.T, s outbox.Store) {
	one, two := idempotency.RequestHash{1}, idempotency.RequestHash{2}
	begin := func(key string, now time.Time, hashes ...idempotency.RequestHash) string {
		answer, held, err := s.BeginKey(t.Context(), key, hashes, now, 30*time.Second)
		return fmt.Sprintf("%s %v %v", answer, held, err)
	}
	free, busy := " true <nil>", " false <nil>"
	reused := fmt.Sprintf(" false %v", idempotency.ErrReused)
	equal(t, "first", begin("k", at(0), one), free)
	equal(t, "in progress", begin("k", at(1), one), busy)
	equal(t, "other request", begin("k", at(1), two), reused)
	equal(t, "another key's hash first", begin("k", at(1), two, one), busy)
	equal(t, "stale", begin("k", at(30), one), free)
	is(t, "FinishKey(nil)", s.FinishKey(t.Context(), "k", nil), nil)
	equal(t, "freed", begin("k", at(31), two), free)
	is(t, "FinishKey", s.FinishKey(t.Context(), "k", []byte("answer")), nil)
	equal(t, "kept", begin("k", at(3600), two), "answer false <nil>")
	is(t, "FinishKey(nil) of an answered one", s.FinishKey(t.Context(), "k", nil), nil)
	equal(t, "still kept", begin("k", at(3600), one, two), "answer false <nil>")
	equal(t, "kept, other request", begin("k", at(3600), one), reused)
	equal(t, "another key", begin("l", at(31), one), free)
	equal(t, "after its life", begin("k", at(31).Add(idempotency.Life), one), free)
}

func concurrentKeys(t *testing.T, s outbox.Store) {
	var mu sync.Mutex
	holders := 0
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			_, held, err := s.BeginKey(t.Context(), "k", []idempotency.RequestHash{{1}}, at(0), time.Minute)
			if err != nil {
				t.Errorf("BeginKey: %v", err)
			}
			mu.Lock()
			defer mu.Unlock()
			if held {
				holders++
			}
		})
	}
	group.Wait()
	equal(t, "holders", holders, 1)
}

// duplicates lets one message through, however many come with a key that is held.
func duplicates(t *testing.T, s outbox.Store) {
	_, held, err := s.BeginKey(t.Context(), "k", []idempotency.RequestHash{{1}}, at(0), time.Minute)
	equal(t, "BeginKey", []any{held, err}, []any{true, error(nil)})
	var mu sync.Mutex
	got := map[error]int{}
	var group sync.WaitGroup
	for n := range 20 {
		group.Go(func() {
			r := row(n)
			r.IdempotencyKey = "k"
			err := s.Insert(context.WithoutCancel(t.Context()), r)
			mu.Lock()
			defer mu.Unlock()
			got[err]++
		})
	}
	group.Wait()
	equal(t, "Inserts", fmt.Sprint(got), fmt.Sprint(map[error]int{nil: 1, outbox.ErrDuplicate: 19}))
	later := row(99)
	later.IdempotencyKey, later.Created = "k", at(20).Add(idempotency.Life)
	insert(t, s, later)
}

func allow(t *testing.T, s outbox.Store) {
	rate := ratelimit.Rate{Sends: 2, Per: 10 * time.Second}
	try := func(who byte, seconds int) string {
		wait, err := s.Allow(t.Context(), connector.RecipientHash{who}, rate, at(seconds))
		return fmt.Sprint(wait, err)
	}
	equal(t, "first", try(1, 0), "0s <nil>")
	equal(t, "second", try(1, 4), "0s <nil>")
	equal(t, "third", try(1, 5), "5s <nil>")
	equal(t, "somebody else", try(2, 5), "0s <nil>")
	equal(t, "when the first is over", try(1, 10), "0s <nil>")
	equal(t, "again", try(1, 11), "3s <nil>")
	_, err := s.Purge(t.Context(), outbox.Horizon{Sends: at(12)}, 9)
	is(t, "Purge", err, nil)
	equal(t, "forgotten", try(1, 12), "0s <nil>")
}

func concurrentAllow(t *testing.T, s outbox.Store) {
	var mu sync.Mutex
	allowed := 0
	var group sync.WaitGroup
	for range 40 {
		group.Go(func() {
			wait, err := s.Allow(t.Context(), connector.RecipientHash{1}, ratelimit.Rate{Sends: 10, Per: time.Minute}, at(0))
			if err != nil {
				t.Errorf("Allow: %v", err)
			}
			mu.Lock()
			defer mu.Unlock()
			if wait == 0 {
				allowed++
			}
		})
	}
	group.Wait()
	equal(t, "allowed", allowed, 10)
}
