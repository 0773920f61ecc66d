package sqlstore_test

import (
	"sync"
	"testing"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/ratelimit"
)

func take(t *testing.T, l ratelimit.Limiter, to connector.RecipientHash) time.Duration {
	t.Helper()
	wait, err := l.Take(t.Context(), to)
	if err != nil {
		t.Fatalf("Take = %v, want no error", err)
	}
	return wait
}

// Places are counted for all who share the database, and one that is given back is
// there for any of them.
func TestLimiterPostgres(t *testing.T) {
	t.Parallel()
	store := newPostgres(t)
	rate := ratelimit.Rate{Sends: 3, Per: 30 * time.Minute}
	one, other := store.Limiter(rate), store.Limiter(rate)
	to := connector.RecipientHash{1}
	for n := range 3 {
		if wait := take(t, []ratelimit.Limiter{one, other}[n%2], to); wait != 0 {
			t.Fatalf("Take %d = %v, want 0", n+1, wait)
		}
	}
	if wait := take(t, other, to); wait < 9*time.Minute || wait > 10*time.Minute {
		t.Errorf("Take over the rate = %v, want ten minutes: an interval", wait)
	}
	if err := one.GiveBack(t.Context(), to); err != nil {
		t.Fatal(err)
	}
	if first, second := take(t, other, to), take(t, other, to); first != 0 || second == 0 {
		t.Errorf("Take after one was given back = %v, then %v, want one more", first, second)
	}
	if wait := take(t, one, connector.RecipientHash{2}); wait != 0 {
		t.Errorf("Take for another = %v, want 0", wait)
	}
}

// Whoever waits as told is let through, and an idle recipient has the whole rate again.
func TestLimiterRefillsPostgres(t *testing.T) {
	t.Parallel()
	l := newPostgres(t).Limiter(ratelimit.Rate{Sends: 2, Per: 200 * time.Millisecond})
	to := connector.RecipientHash{1}
	for range 3 {
		take(t, l, to)
		for wait := take(t, l, to); wait > 0; wait = take(t, l, to) {
			if wait > 100*time.Millisecond {
				t.Fatalf("Take = %v, want at most an interval", wait)
			}
			time.Sleep(wait)
		}
	}
}

// Of a flood from several sides at once the rate is let through, and nothing fails.
func TestLimiterFloodPostgres(t *testing.T) {
	t.Parallel()
	l := newPostgres(t).Limiter(ratelimit.Rate{Sends: 10, Per: time.Hour})
	var mu sync.Mutex
	allowed := 0
	var group sync.WaitGroup
	for range 200 {
		group.Go(func() {
			wait, err := l.Take(t.Context(), connector.RecipientHash{1})
			mu.Lock()
			defer mu.Unlock()
			if err != nil || wait < 0 || wait > time.Hour {
				t.Errorf("Take = %v, %v, want 0 or a wait", wait, err)
			}
			if wait == 0 {
				allowed++
			}
		})
	}
	group.Wait()
	if allowed != 10 {
		t.Errorf("allowed = %d, want 10", allowed)
	}
}

// Rows that count nothing any more are purged, and no others.
func TestLimiterPurgePostgres(t *testing.T) {
	t.Parallel()
	store := newPostgres(t)
	short, long := store.Limiter(ratelimit.Rate{Sends: 1, Per: time.Millisecond}), store.Limiter(ratelimit.Rate{Sends: 1, Per: time.Hour})
	for n := range byte(5) {
		take(t, short, connector.RecipientHash{n})
	}
	take(t, long, connector.RecipientHash{9})
	time.Sleep(10 * time.Millisecond)
	for _, want := range []int{3, 2, 0} {
		if n, err := store.Purge(t.Context(), time.Hour, 3); n != want || err != nil {
			t.Errorf("Purge = %d, %v, want %d", n, err, want)
		}
	}
	if take(t, long, connector.RecipientHash{9}) == 0 {
		t.Error("Take after the purge = 0, want a wait")
	}
}
