package outbox_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"mailgun-connector/connector"
	"mailgun-connector/connector/outbox"
	"mailgun-connector/deliveries"
)

// fake is a Mailgun that does what the test says.
type fake func(context.Context, *connector.Email) (connector.Receipt, error)

func (f fake) Send(ctx context.Context, mail *connector.Email) (connector.Receipt, error) {
	return f(ctx, mail)
}

func accepted(context.Context, *connector.Email) (connector.Receipt, error) {
	return connector.Receipt{ProviderID: "<p@mg.example.com>", Message: "Queued.", Attempts: 1}, nil
}

func failing(failure *connector.Error) fake {
	return func(context.Context, *connector.Email) (connector.Receipt, error) {
		return connector.Receipt{Attempts: 1}, failure
	}
}

// faulty is a store some of whose methods are replaced.
type faulty struct {
	outbox.Store
	insert func(context.Context, *outbox.Row) error
	settle func(context.Context, *outbox.Settlement) error
}

func (f *faulty) Insert(ctx context.Context, r *outbox.Row) error {
	if f.insert != nil {
		return f.insert(ctx, r)
	}
	return f.Store.Insert(ctx, r)
}

func (f *faulty) Settle(ctx context.Context, s *outbox.Settlement, now time.Time) error {
	if f.settle != nil {
		return f.settle(ctx, s)
	}
	return f.Store.Settle(ctx, s, now)
}

const testKey = "0101010101010101010101010101010101010101010101010101010101010101"

func config(t testing.TB, store outbox.Store, reg *prometheus.Registry) outbox.Config {
	t.Helper()
	return outbox.Config{
		Store: store, Keys: parseKeys(t, testKey), SendTimeout: 5 * time.Second, Retention: time.Hour,
		Logger: slog.New(slog.DiscardHandler), Metrics: outbox.NewMetrics(reg),
	}
}

func newOutbox(t *testing.T, store outbox.Store) (*outbox.Outbox, *prometheus.Registry) {
	t.Helper()
	reg := prometheus.NewRegistry()
	return newWith(t, config(t, store, reg)), reg
}

func newWith(t testing.TB, cfg outbox.Config) *outbox.Outbox {
	t.Helper()
	o, err := outbox.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func start(t *testing.T, o *outbox.Outbox) {
	t.Helper()
	o.Start()
	t.Cleanup(func() {
		if err := o.Stop(); err != nil {
			t.Errorf("Stop(%q) = %v, want %v", "outbox", err, nil)
		}
	})
}

// secrets are in every mail, and nowhere in a store.
var secrets = []string{"ada.lovelace@example.org", "481629", "Your subject line", "body of the mail", "noreply@example.net"}

func email() *connector.Email {
	return &connector.Email{
		ID: uuid.Must(uuid.NewV7()).String(), Type: "SignIn", Source: "deliveries/SignIn",
		Head: deliveries.Head{From: secrets[4], Subject: secrets[2]}, To: secrets[0], Recipient: connector.RecipientHash{1},
		Body: func() deliveries.Body {
			return deliveries.Body{Text: secrets[3] + " " + secrets[1], HTML: "<p>" + secrets[3]}
		},
		Redact: secrets[:3], Expires: time.Now().Add(10 * time.Minute),
	}
}

// queuedRow is a mail as it waits, sealed by keys.
func queuedRow(keys *outbox.Keys, mail *connector.Email) *outbox.Row {
	text, _ := json.Marshal(map[string]any{"head": mail.Head, "body": mail.Body(), "to": mail.To, "private": mail.Redact})
	now := time.Now()
	return &outbox.Row{
		Message: connector.Message{
			ID: mail.ID, State: connector.Queued, Type: mail.Type, Source: mail.Source, Recipient: mail.Recipient,
			Created: now, Updated: now, Expires: mail.Expires,
		},
		Due: now, Content: keys.Seal(text, mail.ID),
	}
}

func get(t *testing.T, store outbox.Store, id string) *outbox.Row {
	t.Helper()
	r, err := store.Get(t.Context(), id)
	if err != nil {
		t.Fatalf("Get(%q) = %v, want %v", id, err, nil)
	}
	return r
}

// within polls until ok, for at most ten seconds.
func within(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline:
			t.Fatalf("within(%q) = %v, want %v", what, false, true)
		case <-tick.C:
		}
	}
}

func inState(t *testing.T, store outbox.Store, id string, want connector.State) {
	t.Helper()
	within(t, id+" "+string(want), func() bool { return get(t, store, id).State == want })
}

// metric gives the sum of a counter or gauge.
func metric(t *testing.T, reg *prometheus.Registry, name string) (sum float64) {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			for _, m := range f.GetMetric() {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return sum
}

func insertRow(t *testing.T, store outbox.Store, row *outbox.Row) {
	t.Helper()
	if err := store.Insert(t.Context(), row); err != nil {
		t.Fatalf("Insert(%q) = %v, want %v", row.ID, err, nil)
	}
}
