package outbox_test

import (
	"context"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/outbox"
	"mailgun-connector/connector/outbox/outboxtest"

	"github.com/prometheus/client_golang/prometheus"
)

func TestStaleLease(t *testing.T) {
	t.Parallel()
	store := openSQLite(t, filepath.Join(t.TempDir(), "outbox.db"))
	o, reg := newOutbox(t, store)
	mail := email()
	receipt, err := o.Wrap(fake(func(ctx context.Context, m *connector.Email) (connector.Receipt, error) {
		later := time.Now().Add(time.Hour) // another takes this process for dead
		rows, err := store.Claim(ctx, later, later.Add(time.Minute), 10)
		if err != nil || len(rows) != 1 || rows[0].Attempt != 2 {
			t.Errorf("Claim(%q) = %v %v, want %v", m.ID, rows, err, "attempt 2")
		}
		err = store.Settle(ctx, &outbox.Settlement{
			ID: m.ID, State: connector.Sent, ProviderID: "<other@mg.example.com>",
			Attempt: connector.Attempt{Number: 2, Started: later, Status: 200},
		}, later)
		if err != nil {
			t.Errorf("Settle(%q) = %v, want %v", m.ID, err, nil)
		}
		return accepted(ctx, m)
	})).Send(t.Context(), mail)
	if err != nil || receipt.Queued {
		t.Errorf("Send(%q) = %+v %v, want sent", "stale", receipt, err)
	}
	if got := metric(t, reg, "mailgun_connector_outbox_duplicates_total"); got != 1 {
		t.Errorf("metric(%q) = %v, want %v", "duplicates_total", got, 1)
	}
	if r := get(t, store, mail.ID); r.State != connector.Sent || r.ProviderID != "<other@mg.example.com>" || r.Content != nil {
		t.Errorf("Get(%q) = %+v, want %v", "stale", r, connector.Sent)
	}
}

func TestExpiredLater(t *testing.T) {
	t.Parallel()
	store := outboxtest.NewMemory()
	o, _ := newOutbox(t, store)
	o.Wrap(fake(func(ctx context.Context, m *connector.Email) (connector.Receipt, error) {
		t.Errorf("Send(%q) = %v, want %v", m.ID, "called", "not called")
		return accepted(ctx, m)
	}))
	mail := email()
	mail.Expires = time.Now().Add(-time.Second)
	row := queuedRow(parseKeys(t, testKey), mail)
	insertRow(t, store, row)
	start(t, o)
	inState(t, store, row.ID, connector.Expired)
	if r := get(t, store, row.ID); r.Error != "expired" || r.Content != nil || len(r.Attempts) != 0 {
		t.Errorf("Get = %+v, want it expired without an attempt", r)
	}
}

// A replica that does not know the newest key yet must not give up what the others
// have sealed with it.
func TestSealedByAnother(t *testing.T) {
	t.Parallel()
	store := outboxtest.NewMemory()
	other := strings.Repeat("02", 32)
	row := queuedRow(parseKeys(t, other), email())
	insertRow(t, store, row)
	o, _ := newOutbox(t, store)
	o.Wrap(fake(accepted))
	start(t, o)
	within(t, "tried", func() bool { return get(t, store, row.ID).Error == "sealed" })
	if r := get(t, store, row.ID); r.State != connector.Queued || r.Content == nil || r.Attempt != 0 {
		t.Errorf("Get = %+v, want it queued as before", r)
	}
	cfg := config(t, store, prometheus.NewRegistry())
	cfg.Keys = parseKeys(t, other+","+testKey)
	knowing := newWith(t, cfg)
	knowing.Wrap(fake(accepted))
	start(t, knowing)
	within(t, "sent by one that has the key", func() bool {
		_ = knowing.Retry(t.Context(), row.ID) // whichever of the two comes first
		return get(t, store, row.ID).State == connector.Sent
	})
}

// A crash loses nothing: what was stored is sent by the next process.
func TestDurable(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "outbox.db")
	store := openSQLite(t, path)
	o, _ := newOutbox(t, store)
	mail := email()
	_, _ = o.Wrap(failing(&connector.Error{Code: connector.General, Outcome: connector.NotSent})).Send(t.Context(), mail)
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	store = openSQLite(t, path)
	o, _ = newOutbox(t, store)
	o.Wrap(fake(accepted))
	start(t, o)
	inState(t, store, mail.ID, connector.Sent)
}

func TestStop(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "outbox.db")
	store := openSQLite(t, path)
	const messages = 200
	for range messages {
		insertRow(t, store, queuedRow(parseKeys(t, testKey), email()))
	}
	o, _ := newOutbox(t, store)
	var calls atomic.Int32
	o.Wrap(fake(func(ctx context.Context, m *connector.Email) (connector.Receipt, error) {
		calls.Add(1)
		return accepted(ctx, m)
	}))
	o.Start()
	within(t, "more than a burst", func() bool { return calls.Load() > 70 })
	if err := o.Stop(); err != nil {
		t.Errorf("Stop(%q) = %v, want %v", path, err, nil)
	}
	if err := store.Insert(t.Context(), queuedRow(parseKeys(t, testKey), email())); err == nil {
		t.Errorf("Insert(%q) = %v, want %v", "after Stop", err, "an error")
	}
	rows, err := openSQLite(t, path).List(t.Context(), connector.MessageFilter{Limit: 2 * messages})
	if err != nil {
		t.Fatal(err)
	}
	states := map[connector.State]int{}
	for _, r := range rows {
		states[r.State]++
	}
	if sent := int(calls.Load()); states[connector.Sent] != sent || states[connector.Queued] != messages-sent {
		t.Errorf("Stop(%q) = %v, want %d sent and the others queued", path, states, sent)
	}
}

// A caller that gives up must not see its answer change under it, nor rows that
// it was not given.
func TestClaimGivenUp(t *testing.T) {
	t.Parallel()
	store := openSQLite(t, filepath.Join(t.TempDir(), "outbox.db"))
	keys := parseKeys(t, testKey)
	for range 300 {
		insertRow(t, store, queuedRow(keys, email()))
		ctx, cancel := context.WithCancel(t.Context())
		go cancel()
		rows, err := store.Claim(ctx, time.Now(), time.Now().Add(time.Minute), 1)
		if err != nil && rows != nil {
			t.Errorf("Claim(%q) = %d rows, %v, want none with an error", "given up", len(rows), err)
		}
	}
}

// A sender that panics takes neither the worker nor the probe's place with it.
func TestPanicInAProbe(t *testing.T) {
	t.Parallel()
	store := outboxtest.NewMemory()
	o, _ := newOutbox(t, store)
	s := o.Wrap(failing(&connector.Error{Code: connector.General, Outcome: connector.NotSent}))
	var last string
	for range 5 {
		mail := email()
		last = mail.ID
		_, _ = s.Send(t.Context(), mail)
	}
	var calls atomic.Int32
	o.Wrap(fake(func(ctx context.Context, m *connector.Email) (connector.Receipt, error) {
		if calls.Add(1) == 1 {
			panic("a defect")
		}
		return accepted(ctx, m)
	}))
	start(t, o)
	within(t, "the others sent", func() bool { return calls.Load() >= 5 })
	if r := get(t, store, last); r.State == connector.Queued {
		inState(t, store, last, connector.Sent)
	}
}
