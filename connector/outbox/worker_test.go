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

func TestNotSentLater(t *testing.T) {
	t.Parallel()
	store := outbox.NewMemory()
	o, _ := newOutbox(t, store)
	o.Wrap(fake(func(ctx context.Context, m *connector.Email) (connector.Receipt, error) {
		t.Errorf("Send(%q) = %v, want %v", m.ID, "called", "not called")
		return accepted(ctx, m)
	}))
	mail := email()
	mail.Expires = time.Now().Add(-time.Second)
	expired := queuedRow(parseKeys(t, testKey), mail)
	sealed := queuedRow(parseKeys(t, strings.Repeat("02", 32)), email())
	garbage := queuedRow(parseKeys(t, testKey), email())
	garbage.Content = nil
	insertRow(t, store, expired)
	insertRow(t, store, sealed)
	insertRow(t, store, garbage)
	start(t, o)
	for _, c := range []struct {
		row   *outbox.Row
		state connector.State
		err   string
	}{{expired, connector.Expired, "expired"}, {sealed, connector.Failed, "sealed"}, {garbage, connector.Failed, "sealed"}} {
		inState(t, store, c.row.ID, c.state)
		if r := get(t, store, c.row.ID); r.Error != c.err || r.Content != nil || len(r.Attempts) != 0 {
			t.Errorf("Get(%q) = %+v, want error %q", c.state, r, c.err)
		}
	}
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
	store := outbox.NewMemory()
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
