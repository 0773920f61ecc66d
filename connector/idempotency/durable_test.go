package idempotency_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mailgun-connector/connector/idempotency"
	"mailgun-connector/connector/keyring"
	"mailgun-connector/connector/outbox/sqlstore"
)

// What callers make keys of, and what they are answered, must not stand in a database.
const (
	callersKey = "ada.lovelace-481629"
	ourAnswer  = `{"id":"an-answer-of-ours"}`
)

func openTable(t *testing.T, path string) *sqlstore.SQLite {
	t.Helper()
	s, err := sqlstore.OpenSQLite(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func durable(t *testing.T, table idempotency.Table, keys string) *idempotency.Durable {
	t.Helper()
	ring, err := keyring.Parse(keys)
	if err != nil {
		t.Fatal(err)
	}
	d := idempotency.NewDurable(idempotency.DurableConfig{
		Table: table, Sealer: ring, RequestKeys: ring.Derive("request hash"), Stale: time.Minute,
	})
	t.Cleanup(d.Wait)
	return d
}

func TestAnswersOutliveTheProcess(t *testing.T) {
	t.Parallel()
	first, second := strings.Repeat("01", 32), strings.Repeat("09", 32)
	path := filepath.Join(t.TempDir(), "outbox.db")
	table := openTable(t, path)
	d := durable(t, table, first)
	request := idempotency.RequestHash{7}
	if got, err := d.Begin(t.Context(), callersKey, request, idempotency.Life); got != nil || err != nil {
		t.Fatalf("Begin = %v, %v, want the key", got, err)
	}
	if _, err := d.Begin(t.Context(), callersKey, request, idempotency.Life); !errors.Is(err, idempotency.ErrBusy) {
		t.Errorf("Begin in progress = %v, want %v", err, idempotency.ErrBusy)
	}
	answer := &idempotency.Answer{Status: 200, ContentType: "application/json", Body: []byte(ourAnswer)}
	if err := d.Finish(t.Context(), callersKey, answer); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, path + "-wal"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{callersKey, "an-answer-of-ours"} {
			if bytes.Contains(text, []byte(secret)) {
				t.Errorf("%s holds %q in plain text", name, secret)
			}
		}
	}
	if err := table.Close(); err != nil {
		t.Fatal(err)
	}

	d = durable(t, openTable(t, path), second+","+first) // another seals now
	got, err := d.Begin(t.Context(), callersKey, request, idempotency.Life)
	if err != nil || got == nil || string(got.Body) != ourAnswer || got.Status != 200 {
		t.Errorf("Begin in the next process = %+v, %v, want %+v", got, err, answer)
	}
	if _, err := d.Begin(t.Context(), callersKey, idempotency.RequestHash{8}, idempotency.Life); !errors.Is(err, idempotency.ErrReused) {
		t.Errorf("Begin of another request = %v, want %v", err, idempotency.ErrReused)
	}
}

// A key that is given back is there for the next request, also for one whose caller
// has left.
func TestKeyIsFreed(t *testing.T) {
	t.Parallel()
	d := durable(t, openTable(t, filepath.Join(t.TempDir(), "outbox.db")), strings.Repeat("01", 32))
	if _, err := d.Begin(t.Context(), callersKey, idempotency.RequestHash{1}, idempotency.Life); err != nil {
		t.Fatal(err)
	}
	left, cancel := context.WithCancel(t.Context())
	cancel()
	_ = d.Finish(left, callersKey, nil)
	d.Wait()
	if got, err := d.Begin(t.Context(), callersKey, idempotency.RequestHash{2}, idempotency.Life); got != nil || err != nil {
		t.Errorf("Begin = %v, %v, want the key", got, err)
	}
}

// A key that another process holds may be that of a dead one: it is told apart from one
// whose request is known to be alive. So is one whose answer can't be opened any more.
func TestKeyOfAnotherProcess(t *testing.T) {
	t.Parallel()
	table := openTable(t, filepath.Join(t.TempDir(), "outbox.db"))
	one, other := durable(t, table, strings.Repeat("01", 32)), durable(t, table, strings.Repeat("01", 32))
	request := idempotency.RequestHash{1}
	if _, err := one.Begin(t.Context(), callersKey, request, idempotency.Life); err != nil {
		t.Fatal(err)
	}
	for who, c := range map[*idempotency.Durable]error{one: idempotency.ErrBusy, other: idempotency.ErrElsewhere} {
		if _, err := who.Begin(t.Context(), callersKey, request, idempotency.Life); !errors.Is(err, c) {
			t.Errorf("Begin = %v, want %v", err, c)
		}
	}
	if err := one.Finish(t.Context(), callersKey, &idempotency.Answer{Status: 200}); err != nil {
		t.Fatal(err)
	}
	stranger := durable(t, table, strings.Repeat("09", 32))
	stranger.RequestKeys = one.RequestKeys
	if _, err := stranger.Begin(t.Context(), callersKey, request, idempotency.Life); !errors.Is(err, idempotency.ErrElsewhere) {
		t.Errorf("Begin without the key of the answer = %v, want %v", err, idempotency.ErrElsewhere)
	}
}
