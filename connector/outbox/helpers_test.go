package outbox_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"mailgun-connector/connector"
	"mailgun-connector/connector/keyring"
	"mailgun-connector/connector/outbox"
	"mailgun-connector/connector/outbox/outboxtest"
	"mailgun-connector/deliveries"
)

const testKey = "0101010101010101010101010101010101010101010101010101010101010101"

func parseKeys(t testing.TB, text string) *keyring.Keyring {
	t.Helper()
	k, err := keyring.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

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

// down is what a Mailgun that fails says.
var down = &connector.Error{Code: connector.General, Outcome: connector.NotSent, MailgunStatus: 500, MailgunMessage: "Internal Server Error"}

// faulty is a store some of whose methods are replaced.
type faulty struct {
	outbox.Store
	insert func(context.Context, *outbox.Row) error
	settle func(context.Context, *outbox.Settlement) error
}

func (f *faulty) Insert(ctx context.Context, r *outbox.Row, wait, life time.Duration) error {
	if f.insert != nil {
		return f.insert(ctx, r)
	}
	return f.Store.Insert(ctx, r, wait, life)
}

func (f *faulty) InsertAll(ctx context.Context, rows []outbox.NewRow) error {
	if f.insert != nil {
		return f.insert(ctx, rows[0].Row)
	}
	return f.Store.InsertAll(ctx, rows)
}

func (f *faulty) Settle(ctx context.Context, s *outbox.Settlement) error {
	if f.settle != nil {
		return f.settle(ctx, s)
	}
	return f.Store.Settle(ctx, s)
}

func config(t testing.TB, store outbox.Store, reg *prometheus.Registry) outbox.Config {
	t.Helper()
	return outbox.Config{
		Store: store, Keys: parseKeys(t, testKey), Recipients: []*connector.RecipientHasher{connector.NewRecipientHasher(nil)},
		SendTimeout: 5 * time.Second, Retention: time.Hour, Logger: slog.New(slog.DiscardHandler), Metrics: outbox.NewMetrics(reg),
	}
}

func newOutbox(t testing.TB, store outbox.Store) (*outbox.Outbox, *prometheus.Registry) {
	t.Helper()
	reg := prometheus.NewRegistry()
	return outbox.New(config(t, store, reg)), reg
}

// inBubble runs a test with a store in memory and a time that passes when nothing
// else happens.
func inBubble(t *testing.T, test func(t *testing.T, store *outboxtest.Memory)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, outboxtest.NewMemory()) })
}

// start works on the queue until the test ends.
func start(t *testing.T, o *outbox.Outbox) {
	t.Helper()
	o.Start()
	t.Cleanup(o.Stop)
}

// secrets are in every mail, and nowhere in a store.
var secrets = []string{"ada.lovelace@example.org", "481629", "Your subject line", "body of the mail", "noreply@example.net"}

// email makes a mail to a recipient of its own.
func email() *connector.Email {
	id := uuid.Must(uuid.NewV7())
	return &connector.Email{
		ID: id.String(), Type: "SignIn", Source: "deliveries/SignIn",
		Head: deliveries.Head{From: secrets[4], Subject: secrets[2]}, To: secrets[0], Recipient: connector.RecipientHash(id),
		Body: func() deliveries.Body {
			return deliveries.Body{Text: secrets[3] + " " + secrets[1], HTML: "<p>" + secrets[3]}
		},
		Redact: secrets[:3], Expires: time.Now().Add(10 * time.Minute),
	}
}

// queue adds a mail as it waits, sealed by keys and due.
func queue(t testing.TB, store outbox.Store, keys *keyring.Keyring, mail *connector.Email) {
	t.Helper()
	text, err := json.Marshal(map[string]any{"head": mail.Head, "body": mail.Body(), "to": mail.To, "private": mail.Redact})
	if err != nil {
		t.Fatal(err)
	}
	row := &outbox.Row{
		Message: connector.Message{ID: mail.ID, State: connector.Queued, Type: mail.Type, Source: mail.Source, Recipient: mail.Recipient},
		Content: keys.Seal(text, mail.ID),
	}
	if err := store.Insert(t.Context(), row, 0, time.Until(mail.Expires)); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, store outbox.Store, id string) *outbox.Row {
	t.Helper()
	r, err := store.Get(t.Context(), id)
	if err != nil {
		t.Fatalf("Get(%q) = %v, want nil", id, err)
	}
	return r
}

// within polls until ok, for at most a minute of the bubble's time.
func within(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 12_000 {
		if ok() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("%s: not within a minute", what)
}

func inState(t *testing.T, store outbox.Store, id string, want connector.State) {
	t.Helper()
	within(t, id+" "+string(want), func() bool { return get(t, store, id).State == want })
}

// metric returns the sum of a counter or gauge.
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
