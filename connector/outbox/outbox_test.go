package outbox_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/outbox"
)

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
			if m.To != mail.To || m.Subject != mail.Subject || m.Body() != mail.Body() || len(m.Redact) != 3 || m.Type != mail.Type {
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
