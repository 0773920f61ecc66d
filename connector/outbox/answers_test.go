package outbox_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"mailgun-connector/connector"
	"mailgun-connector/connector/idempotency"
	"mailgun-connector/connector/outbox"
)

const callersKey = "ada.lovelace-481629"

func TestAnswersOutliveTheProcess(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "outbox.db")
	store := openSQLite(t, path)
	o, _ := newOutbox(t, store)
	request := idempotency.RequestHash{7}
	if got, err := o.Idempotency().Begin(t.Context(), callersKey, request); got != nil || err != nil {
		t.Fatalf("Begin = %v, %v, want the key", got, err)
	}
	if _, err := o.Idempotency().Begin(t.Context(), callersKey, request); !errors.Is(err, idempotency.ErrBusy) {
		t.Errorf("Begin in progress = %v, want %v", err, idempotency.ErrBusy)
	}
	answer := &idempotency.Answer{Status: 200, ContentType: "application/json", Body: []byte(`{"id":"an-answer-of-ours"}`)}
	if err := o.Idempotency().Finish(t.Context(), callersKey, answer); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, path + "-wal"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(text, []byte(callersKey)) || bytes.Contains(text, []byte("an-answer-of-ours")) {
			t.Errorf("%s holds the key or the answer in plain text", name)
		}
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}

	cfg := config(t, openSQLite(t, path), prometheus.NewRegistry())
	cfg.Keys = parseKeys(t, strings.Repeat("09", 32)+","+testKey) // another seals now
	o = newWith(t, cfg)
	got, err := o.Idempotency().Begin(t.Context(), callersKey, request)
	if err != nil || got == nil || string(got.Body) != string(answer.Body) || got.Status != 200 {
		t.Errorf("Begin in the next process = %+v, %v, want %+v", got, err, answer)
	}
	if _, err := o.Idempotency().Begin(t.Context(), callersKey, idempotency.RequestHash{8}); !errors.Is(err, idempotency.ErrReused) {
		t.Errorf("Begin of another request = %v, want %v", err, idempotency.ErrReused)
	}
}

// A process that dies between promise and answer has promised all the same: the
// repeated request gets the message that is there, and makes no second one.
func TestKeyAfterDeath(t *testing.T) {
	t.Parallel()
	for state, want := range map[connector.State]string{
		connector.Queued: "queued", connector.Sent: "sent", connector.Failed: "refused", connector.Delivered: "sent", connector.Expired: "refused",
	} {
		store := outbox.NewMemory()
		o, _ := newOutbox(t, store)
		first := email()
		first.IdempotencyKey = callersKey
		_, err := o.Wrap(fake(func(context.Context, *connector.Email) (connector.Receipt, error) {
			return connector.Receipt{}, &connector.Error{Code: connector.General, Outcome: connector.NotSent}
		})).Send(t.Context(), first)
		if err != nil {
			t.Fatal(err)
		}
		bring(t, store, first.ID, state)
		again := email()
		again.IdempotencyKey = callersKey
		receipt, err := o.Wrap(fake(func(ctx context.Context, m *connector.Email) (connector.Receipt, error) {
			t.Errorf("Send(%v) = called, want no second mail", state)
			return accepted(ctx, m)
		})).Send(t.Context(), again)
		got := "sent"
		if failure, ok := errors.AsType[*connector.Error](err); ok && !failure.Retryable() {
			got = "refused"
		} else if receipt.Queued {
			got = "queued"
		}
		if got != want || receipt.MessageID != first.ID || got == "sent" && receipt.ProviderID == "" {
			t.Errorf("Send again(%v) = %+v, %v, want %s with the first id", state, receipt, err, want)
		}
		other := email()
		other.IdempotencyKey = "another"
		if r, err := o.Wrap(fake(accepted)).Send(t.Context(), other); err != nil || r.MessageID != "" {
			t.Errorf("Send with another key = %+v, %v, want a mail of its own", r, err)
		}
	}
}

// While the database is down, a request with a key is to be tried again, like one
// without.
func TestKeysWithoutADatabase(t *testing.T) {
	t.Parallel()
	store := openSQLite(t, filepath.Join(t.TempDir(), "outbox.db"))
	o, _ := newOutbox(t, store)
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := o.Idempotency().Begin(t.Context(), callersKey, idempotency.RequestHash{1})
	if failure, ok := errors.AsType[*connector.Error](err); !ok || !failure.Retryable() || failure.Outcome != connector.NotSent {
		t.Errorf("Begin = %v, want a retryable failure", err)
	}
}

// bring brings a queued message to a state.
func bring(t *testing.T, store outbox.Store, id string, state connector.State) {
	t.Helper()
	if state == connector.Queued {
		return
	}
	later := time.Now().Add(time.Minute)
	if _, err := store.Claim(t.Context(), later, later.Add(time.Minute), 1); err != nil {
		t.Fatal(err)
	}
	s := &outbox.Settlement{ID: id, State: state, Attempt: connector.Attempt{Number: 2}}
	if state == connector.Sent || state == connector.Delivered {
		s.State, s.ProviderID = connector.Sent, "<p@mg.example.com>"
	}
	if err := store.Settle(t.Context(), s, later); err != nil {
		t.Fatal(err)
	}
	if state == connector.Delivered {
		if _, _, err := store.Record(t.Context(), connector.DeliveryEvent{Token: "t", ProviderID: s.ProviderID, State: state}, later); err != nil {
			t.Fatal(err)
		}
	}
}
