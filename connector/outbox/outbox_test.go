package outbox_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
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
	return outbox.New(config(t, store, reg)), reg
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
		Private: secrets[:3], Expires: time.Now().Add(10 * time.Minute),
	}
}

// queuedRow is a mail as it waits, sealed by keys.
func queuedRow(keys *outbox.Keys, mail *connector.Email) *outbox.Row {
	text, _ := json.Marshal(map[string]any{"head": mail.Head, "body": mail.Body(), "to": mail.To, "private": mail.Private})
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

func TestSent(t *testing.T) {
	t.Parallel()
	for name, store := range map[string]outbox.Store{
		"memory": outbox.NewMemory(), "sqlite": openSQLite(t, filepath.Join(t.TempDir(), "outbox.db")),
	} {
		o, _ := newOutbox(t, store)
		mail := email()
		receipt, err := o.Wrap(fake(func(ctx context.Context, m *connector.Email) (connector.Receipt, error) {
			if r := get(t, store, m.ID); r.State != connector.Sending || r.Content == nil {
				t.Errorf("Get(%q) during Send = %v, want %v with content", name, r.State, connector.Sending)
			}
			return accepted(ctx, m)
		})).Send(t.Context(), mail)
		if err != nil || receipt.Queued || receipt.ProviderID != "<p@mg.example.com>" || receipt.Attempts != 1 {
			t.Errorf("Send(%q) = %+v %v, want the sender's receipt", name, receipt, err)
		}
		r := get(t, store, mail.ID)
		if r.State != connector.Sent || r.Content != nil || r.ProviderID != "<p@mg.example.com>" {
			t.Errorf("Get(%q) = %v %q %q, want %v", name, r.State, r.Content, r.ProviderID, connector.Sent)
		}
		if len(r.Attempts) != 1 || r.Attempts[0].Number != 1 || r.Attempts[0].Status != 200 || r.Attempts[0].Error != "" {
			t.Errorf("Attempts(%q) = %+v, want %v", name, r.Attempts, "one with status 200")
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	store := outbox.NewMemory()
	o, _ := newOutbox(t, store)
	refusal := &connector.Error{Code: connector.General, Outcome: connector.Refused, MailgunStatus: 400}
	mail := email()
	if _, err := o.Wrap(failing(refusal)).Send(t.Context(), mail); !errors.Is(err, error(refusal)) {
		t.Errorf("Send(%q) = %v, want %v", "refused", err, refusal)
	}
	r := get(t, store, mail.ID)
	if r.State != connector.Failed || r.Content != nil || r.Error != "general" || len(r.Attempts) != 1 || r.Attempts[0].Status != 400 {
		t.Errorf("Get(%q) = %+v, want %v", "refused", r, connector.Failed)
	}
}

func TestQueuedAndSentLater(t *testing.T) {
	t.Parallel()
	const after = 1500 * time.Millisecond
	for name, failure := range map[string]*connector.Error{
		"not sent":   {Code: connector.General, Outcome: connector.NotSent, RetryAfter: after},
		"unknown":    {Code: connector.General, Outcome: connector.Unknown, RetryAfter: after},
		"rate limit": {Code: connector.RateLimitExceeded, Outcome: connector.Refused, RetryAfter: after},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := openSQLite(t, filepath.Join(t.TempDir(), "outbox.db"))
			o, _ := newOutbox(t, store)
			var calls atomic.Int32
			var later atomic.Pointer[connector.Email]
			s := o.Wrap(fake(func(ctx context.Context, m *connector.Email) (connector.Receipt, error) {
				if calls.Add(1) == 1 {
					return connector.Receipt{Attempts: 2}, failure
				}
				later.Store(m)
				return accepted(ctx, m)
			}))
			mail, began := email(), time.Now()
			receipt, err := s.Send(t.Context(), mail)
			if err != nil || receipt != (connector.Receipt{Queued: true, Attempts: 2}) {
				t.Errorf("Send(%q) = %+v %v, want queued", name, receipt, err)
			}
			r := get(t, store, mail.ID)
			if r.State != connector.Queued || r.Content == nil || r.Due.Before(began.Add(after).Truncate(time.Microsecond)) {
				t.Errorf("Get(%q) = %v due after %v, want %v after %v", name, r.State, r.Due.Sub(began), connector.Queued, after)
			}
			start(t, o)
			inState(t, store, mail.ID, connector.Sent)
			m := later.Load()
			if m.To != mail.To || m.Subject != mail.Subject || m.Body() != mail.Body() || len(m.Private) != 3 || m.Type != mail.Type {
				t.Errorf("Send later(%q) = %+v, want %+v", name, m, mail)
			}
			if r := get(t, store, mail.ID); len(r.Attempts) != 2 || r.Content != nil || r.Error != "" {
				t.Errorf("Get(%q) = %+v, want %v", name, r, "two attempts and no content")
			}
		})
	}
}

func TestStoreFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk full")
	for name, c := range map[string]struct {
		insert  func(context.Context, *outbox.Row) error
		outcome connector.Outcome
	}{
		"fails": {func(context.Context, *outbox.Row) error { return broken }, connector.NotSent},
		"hangs": {func(ctx context.Context, _ *outbox.Row) error {
			<-ctx.Done()
			return context.Cause(ctx)
		}, connector.Unknown},
	} {
		o, _ := newOutbox(t, &faulty{Store: outbox.NewMemory(), insert: c.insert})
		_, err := o.Wrap(fake(func(ctx context.Context, m *connector.Email) (connector.Receipt, error) {
			t.Errorf("Send(%q) = %v, want %v", name, "called", "not called")
			return accepted(ctx, m)
		})).Send(t.Context(), email())
		failure, ok := errors.AsType[*connector.Error](err)
		if !ok || !failure.Retryable() || failure.Outcome != c.outcome {
			t.Errorf("Send(%q) = %#v, want retryable with outcome %v", name, err, c.outcome)
		}
	}
}

// A caller may give up for a cause of its own: the mail may be stored all the same.
func TestStoreHangsCause(t *testing.T) {
	t.Parallel()
	o, _ := newOutbox(t, &faulty{Store: outbox.NewMemory(), insert: func(ctx context.Context, _ *outbox.Row) error {
		<-ctx.Done()
		return context.Cause(ctx)
	}})
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("the client went away"))
	_, err := o.Wrap(fake(accepted)).Send(ctx, email())
	if failure, ok := errors.AsType[*connector.Error](err); !ok || failure.Outcome != connector.Unknown {
		t.Errorf("Send(%q) = %#v, want outcome %v", "cancelled with a cause", err, connector.Unknown)
	}
}

func TestSettleFails(t *testing.T) {
	t.Parallel()
	store := outbox.NewMemory()
	o, _ := newOutbox(t, &faulty{Store: store, settle: func(context.Context, *outbox.Settlement) error { return errors.New("disk full") }})
	mail := email()
	if receipt, err := o.Wrap(fake(accepted)).Send(t.Context(), mail); err != nil || receipt.Queued {
		t.Errorf("Send(%q) = %+v %v, want sent", "settle fails", receipt, err)
	}
	if r := get(t, store, mail.ID); r.State != connector.Sending || r.Content == nil {
		t.Errorf("Get(%q) = %v, want %v with content", "settle fails", r.State, connector.Sending)
	}
}

func TestBreaker(t *testing.T) {
	t.Parallel()
	store := outbox.NewMemory()
	o, reg := newOutbox(t, store)
	var calls atomic.Int32
	var up atomic.Bool
	s := o.Wrap(fake(func(ctx context.Context, m *connector.Email) (connector.Receipt, error) {
		calls.Add(1)
		if up.Load() {
			return accepted(ctx, m)
		}
		return connector.Receipt{Attempts: 1}, &connector.Error{Code: connector.General, Outcome: connector.NotSent}
	}))
	var ids []string
	for n := range 12 {
		mail := email()
		ids = append(ids, mail.ID)
		receipt, err := s.Send(t.Context(), mail)
		if err != nil || !receipt.Queued {
			t.Errorf("Send(%d) = %+v %v, want queued", n, receipt, err)
		}
		if got, want := int(calls.Load()), min(n+1, 5); got != want {
			t.Errorf("calls(%d) = %v, want %v", n, got, want)
		}
		if r := get(t, store, mail.ID); r.State != connector.Queued || n >= 5 && (r.Attempt != 0 || receipt.Attempts != 0) {
			t.Errorf("Get(%d) = %v attempt %d, want %v", n, r.State, r.Attempt, connector.Queued)
		}
	}
	if got := metric(t, reg, "mailgun_connector_outbox_breaker_open"); got != 1 {
		t.Errorf("metric(%q) = %v, want %v", "breaker_open", got, 1)
	}
	up.Store(true)
	start(t, o)
	for _, id := range ids {
		inState(t, store, id, connector.Sent)
	}
	if got := metric(t, reg, "mailgun_connector_outbox_breaker_open"); got != 0 {
		t.Errorf("metric(%q) = %v, want %v", "breaker_open", got, 0)
	}
	if got := calls.Load(); got != 17 {
		t.Errorf("calls(%q) = %v, want %v", "drained", got, 17)
	}
}

// A store that fails says nothing of Mailgun: four failures, one of the store and
// one more failure are five of Mailgun.
func TestStoreFailureLeavesBreaker(t *testing.T) {
	t.Parallel()
	store := &faulty{Store: outbox.NewMemory()}
	o, reg := newOutbox(t, store)
	s := o.Wrap(failing(&connector.Error{Code: connector.General, Outcome: connector.NotSent}))
	for range 4 {
		_, _ = s.Send(t.Context(), email())
	}
	store.insert = func(context.Context, *outbox.Row) error { return errors.New("disk full") }
	_, _ = s.Send(t.Context(), email())
	store.insert = nil
	_, _ = s.Send(t.Context(), email())
	if got := metric(t, reg, "mailgun_connector_outbox_breaker_open"); got != 1 {
		t.Errorf("metric(%q) = %v, want %v", "breaker_open", got, 1)
	}
}

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

func TestStoreKeepsSecrets(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "outbox.db")
	store := openSQLite(t, path)
	o, _ := newOutbox(t, store)
	failure := &connector.Error{
		Code: connector.General, Outcome: connector.NotSent, Err: errors.New(secrets[0]),
		Message: secrets[1], MailgunMessage: secrets[2], Hint: secrets[3],
	}
	mail := email()
	_, _ = o.Wrap(failing(failure)).Send(t.Context(), mail)
	_, _ = o.Wrap(fake(accepted)).Send(t.Context(), email())
	row, err := json.Marshal(get(t, store, mail.ID))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]byte{"row": row}
	for _, name := range []string{path, path + "-wal"} {
		if found[name], err = os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Contains(append(bytes.Clone(found[path]), found[path+"-wal"]...), []byte(mail.ID)) {
		t.Errorf("ReadFile(%q) = %v, want %v", path, "no id", "the message's id")
	}
	for name, text := range found {
		for _, secret := range secrets {
			if bytes.Contains(text, []byte(secret)) {
				t.Errorf("Contains(%q) = %v, want %v: %s", name, true, false, secret)
			}
		}
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

func TestCallersGiveUp(t *testing.T) {
	t.Parallel()
	o, reg := newOutbox(t, outbox.NewMemory())
	for range 6 {
		ctx, cancel := context.WithCancel(t.Context())
		_, _ = o.Wrap(fake(func(ctx context.Context, _ *connector.Email) (connector.Receipt, error) {
			cancel()
			<-ctx.Done()
			return connector.Receipt{Attempts: 1}, &connector.Error{Code: connector.General, Outcome: connector.Unknown, Err: ctx.Err()}
		})).Send(ctx, email())
	}
	if got := metric(t, reg, "mailgun_connector_outbox_breaker_open"); got != 0 {
		t.Errorf("metric(%q) = %v, want %v", "breaker_open", got, 0)
	}
}
