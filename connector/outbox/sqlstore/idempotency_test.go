package sqlstore_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"mailgun-connector/connector/idempotency"
)

func TestKeysSQLite(t *testing.T) {
	t.Parallel()
	keys(t, newSQLite(t))
	concurrentKeys(t, newSQLite(t))
}

func TestKeysPostgres(t *testing.T) {
	t.Parallel()
	keys(t, newPostgres(t))
	concurrentKeys(t, newPostgres(t))
}

// keys is what a table does with reservations.
func keys(t *testing.T, table idempotency.Table) {
	t.Helper()
	one, two := idempotency.RequestHash{1}, idempotency.RequestHash{2}
	begin := func(key string, stale time.Duration, hashes ...idempotency.RequestHash) string {
		answer, held, err := table.BeginKey(t.Context(), key, hashes, stale, idempotency.Life)
		return fmt.Sprintf("%s %v %v", answer, held, err)
	}
	finish := func(key string, answer []byte) string { return fmt.Sprint(table.FinishKey(t.Context(), key, answer)) }
	const long = time.Hour
	free, busy, reused := " true <nil>", " false <nil>", fmt.Sprintf(" false %v", idempotency.ErrReused)
	for _, step := range []struct{ what, got, want string }{
		{"first", begin("k", long, one), free},
		{"in progress", begin("k", long, one), busy},
		{"other request", begin("k", long, two), reused},
		{"another key's hash first", begin("k", long, two, one), busy},
		{"stale", begin("k", 0, one), free},
		{"free it", finish("k", nil), "<nil>"},
		{"freed", begin("k", long, two), free},
		{"keep", finish("k", []byte("answer")), "<nil>"},
		{"kept", begin("k", 0, two), "answer false <nil>"},
		{"free an answered one", finish("k", nil), "<nil>"},
		{"still kept", begin("k", 0, one, two), "answer false <nil>"},
		{"kept, other request", begin("k", 0, one), reused},
		{"another key", begin("l", long, one), free},
	} {
		if step.got != step.want {
			t.Errorf("%s: %q, want %q", step.what, step.got, step.want)
		}
	}
}

// concurrentKeys gives a key to one of many.
func concurrentKeys(t *testing.T, table idempotency.Table) {
	t.Helper()
	var mu sync.Mutex
	holders := 0
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			_, held, err := table.BeginKey(t.Context(), "k", []idempotency.RequestHash{{1}}, time.Minute, idempotency.Life)
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
	if holders != 1 {
		t.Errorf("holders = %d, want 1", holders)
	}
}
