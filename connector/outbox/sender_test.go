package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/outbox"
	"mailgun-connector/connector/outbox/outboxtest"
	"mailgun-connector/deliveries"
)

func TestSent(t *testing.T) {
	t.Parallel()
	store := outboxtest.NewMemory()
	o, _ := newOutbox(t, store)
	mail := email()
	receipt, err := o.Wrap(fake(func(ctx context.Context, m *connector.Email) (connector.Receipt, error) {
		if r := get(t, store, m.ID); r.State != connector.Sending || r.Content == nil {
			t.Errorf("state during Send = %v, want %v with content", r.State, connector.Sending)
		}
		return accepted(ctx, m)
	})).Send(t.Context(), mail)
	if err != nil || receipt.Queued || receipt.ProviderID != "<p@mg.example.com>" || receipt.Attempts != 1 {
		t.Errorf("Send = %+v, %v, want the sender's receipt", receipt, err)
	}
	r := get(t, store, mail.ID)
	if r.State != connector.Sent || r.Content != nil || r.ProviderID != "<p@mg.example.com>" {
		t.Errorf("Get = %v %q %q, want %v", r.State, r.Content, r.ProviderID, connector.Sent)
	}
	if len(r.Attempts) != 1 || r.Attempts[0].Number != 1 || r.Attempts[0].Status != 200 || r.Attempts[0].Error != "" {
		t.Errorf("attempts = %+v, want one with status 200", r.Attempts)
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	store := outboxtest.NewMemory()
	o, _ := newOutbox(t, store)
	refusal := &connector.Error{Code: connector.General, Outcome: connector.Refused, MailgunStatus: 400}
	mail := email()
	if _, err := o.Wrap(failing(refusal)).Send(t.Context(), mail); !errors.Is(err, error(refusal)) {
		t.Errorf("Send = %v, want %v", err, refusal)
	}
	r := get(t, store, mail.ID)
	if r.State != connector.Failed || r.Content != nil || r.Error != "general" || len(r.Attempts) != 1 ||
		r.Attempts[0].Status != 400 {
		t.Errorf("Get = %+v, want %v", r, connector.Failed)
	}
}

func TestQueuedAndSentLater(t *testing.T) {
	t.Parallel()
	const after = 90 * time.Second
	for name, failure := range map[string]*connector.Error{
		"not sent":   {Code: connector.General, Outcome: connector.NotSent, RetryAfter: after},
		"unknown":    {Code: connector.General, Outcome: connector.Unknown, RetryAfter: after},
		"rate limit": {Code: connector.RateLimitExceeded, Outcome: connector.Refused, RetryAfter: after},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T, store *outboxtest.Memory) {
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
				mail := email()
				if r, err := s.Send(t.Context(), mail); err != nil || !r.Queued || r.Attempts != 2 || r.ProviderID != "" {
					t.Errorf("Send = %+v, %v, want queued", r, err)
				}
				if r := get(t, store, mail.ID); r.State != connector.Queued || r.Content == nil || time.Until(r.Due) != after {
					t.Errorf("Get = %v due in %v, want %v in %v", r.State, time.Until(r.Due), connector.Queued, after)
				}
				start(t, o)
				time.Sleep(after - time.Millisecond)
				if n := calls.Load(); n != 1 {
					t.Errorf("attempts before it is due = %d, want 1", n)
				}
				inState(t, store, mail.ID, connector.Sent)
				m := later.Load()
				if m.To != mail.To || m.Subject != mail.Subject || m.Body() != mail.Body() || len(m.Redact) != 3 ||
					m.Type != mail.Type {
					t.Errorf("sent later = %+v, want %+v", m, mail)
				}
				if off := m.Expires.Sub(mail.Expires).Abs(); off > time.Millisecond {
					t.Errorf("it expires %v from when it did, want the same time", off)
				}
				if r := get(t, store, mail.ID); len(r.Attempts) != 2 || r.Content != nil || r.Error != "" {
					t.Errorf("Get = %+v, want two attempts and no content", r)
				}
			})
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
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T, store *outboxtest.Memory) {
				o, _ := newOutbox(t, &faulty{Store: store, insert: c.insert})
				_, err := o.Wrap(fake(func(ctx context.Context, m *connector.Email) (connector.Receipt, error) {
					t.Error("Send of the next sender = called, want nothing sent that is not stored")
					return accepted(ctx, m)
				})).Send(t.Context(), email())
				failure, ok := errors.AsType[*connector.Error](err)
				if !ok || !failure.Retryable() || failure.Outcome != c.outcome {
					t.Errorf("Send = %#v, want retryable with outcome %v", err, c.outcome)
				}
			})
		})
	}
}

// A caller may give up for a cause of its own: the mail may be stored all the same.
func TestStoreHangsCause(t *testing.T) {
	t.Parallel()
	o, _ := newOutbox(t, &faulty{Store: outboxtest.NewMemory(), insert: func(ctx context.Context, _ *outbox.Row) error {
		<-ctx.Done()
		return context.Cause(ctx)
	}})
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("the client went away"))
	_, err := o.Wrap(fake(accepted)).Send(ctx, email())
	if failure, ok := errors.AsType[*connector.Error](err); !ok || failure.Outcome != connector.Unknown {
		t.Errorf("Send = %#v, want outcome %v", err, connector.Unknown)
	}
}

// What answers 2xx without an id is no Mailgun, or has sent the mail: to ask it again
// and again would be no use, or many mails.
func TestSuccessWithoutAnID(t *testing.T) {
	t.Parallel()
	store := outboxtest.NewMemory()
	o, _ := newOutbox(t, store)
	failure := &connector.Error{Code: connector.General, Outcome: connector.Unknown, MailgunStatus: 200}
	mail := email()
	if r, err := o.Wrap(failing(failure)).Send(t.Context(), mail); !errors.Is(err, error(failure)) || r.Queued {
		t.Errorf("Send = %+v, %v, want the failure", r, err)
	}
	if r := get(t, store, mail.ID); r.State != connector.Failed {
		t.Errorf("state = %v, want failed", r.State)
	}
}

// A process that dies between promise and answer has promised all the same: the
// repeated request gets the message that is there, and makes no second one.
func TestKeyAfterDeath(t *testing.T) {
	t.Parallel()
	const key = "ada.lovelace-481629"
	for state, want := range map[connector.State]string{
		connector.Queued: "queued", connector.Sent: "sent", connector.Delivered: "sent",
		connector.Failed: "refused 401 credentials", connector.Expired: "refused 0 expired",
	} {
		store := outboxtest.NewMemory()
		o, _ := newOutbox(t, store)
		first := email()
		first.IdempotencyKey = key
		if _, err := o.Wrap(failing(down)).Send(t.Context(), first); err != nil {
			t.Fatal(err)
		}
		bring(t, store, first.ID, state)
		again := email()
		again.IdempotencyKey = key
		receipt, err := o.Wrap(fake(func(ctx context.Context, m *connector.Email) (connector.Receipt, error) {
			t.Errorf("Send(%v) = called, want no second mail", state)
			return accepted(ctx, m)
		})).Send(t.Context(), again)
		got := "sent"
		if failure, ok := errors.AsType[*connector.Error](err); ok && !failure.Retryable() {
			got = fmt.Sprint("refused ", failure.MailgunStatus, " ", failure.Reason)
			if words := failure.Reason.Words(); failure.Message != words.What || failure.Hint != words.Hint {
				t.Errorf("Send again(%v) = %q, %q, want the words of its reason", state, failure.Message, failure.Hint)
			}
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

// bring brings a queued message to a state.
func bring(t *testing.T, store *outboxtest.Memory, id string, state connector.State) {
	t.Helper()
	if state == connector.Queued {
		return
	}
	if err := store.Move(t.Context(), id, connector.Queued); err != nil { // due
		t.Fatal(err)
	}
	if _, err := store.Claim(t.Context(), time.Minute, 1); err != nil {
		t.Fatal(err)
	}
	s := &outbox.Settlement{ID: id, State: state, Attempt: connector.Attempt{Number: 2}}
	if state == connector.Failed {
		s.Attempt.Status, s.Attempt.Reason = 401, connector.ReasonCredentials
	}
	if state == connector.Sent || state == connector.Delivered {
		s.State, s.ProviderID = connector.Sent, "<p@mg.example.com>"
	}
	if err := store.Settle(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if state == connector.Delivered {
		if _, _, err := store.Record(t.Context(), connector.DeliveryEvent{Token: "t", ProviderID: s.ProviderID,
			State: state}); err != nil {
			t.Fatal(err)
		}
	}
}

// A mail that can't be rendered, or a store that panics, takes no probe's place with
// it: nothing would be sent until a restart.
func TestPanicBeforeAProbe(t *testing.T) {
	t.Parallel()
	defect := func() { panic("a defect") }
	for name, broken := range map[string]func(*faulty, *connector.Email){
		"rendering": func(_ *faulty, m *connector.Email) {
			m.Body = func() deliveries.Body { defect(); return deliveries.Body{} }
		},
		"storing": func(f *faulty, _ *connector.Email) {
			f.insert = func(context.Context, *outbox.Row) error { defect(); return nil }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T, store *outboxtest.Memory) {
				f := &faulty{Store: store}
				o, _ := newOutbox(t, f)
				for range 5 {
					_, _ = o.Wrap(failing(down)).Send(t.Context(), email())
				}
				time.Sleep(1100 * time.Millisecond) // the breaker lets a probe through
				mail := email()
				broken(f, mail)
				func() {
					defer func() {
						if recover() == nil {
							t.Error("Send = returned, want the panic")
						}
					}()
					_, _ = o.Wrap(fake(accepted)).Send(t.Context(), mail)
				}()
				f.insert = nil
				if r, err := o.Wrap(fake(accepted)).Send(t.Context(), email()); err != nil || r.Queued {
					t.Errorf("the next Send = %+v, %v, want sent", r, err)
				}
			})
		})
	}
}
