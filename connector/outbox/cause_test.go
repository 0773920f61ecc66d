package outbox_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"mailgun-connector/connector"
	"mailgun-connector/connector/outbox"
	"mailgun-connector/connector/outbox/outboxtest"
)

// What Mailgun says can't be sent within the code's life is not promised; what can be
// is. A promise that was made before is kept until its end.
func TestEmptyPromise(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		failure  connector.Error
		promised bool
	}{
		"a limit for eight hours":    {connector.Error{Code: connector.RateLimitExceeded, Outcome: connector.NotSent, RetryAfter: 8 * time.Hour}, false},
		"a limit until just the end": {connector.Error{Code: connector.RateLimitExceeded, Outcome: connector.NotSent, RetryAfter: 10 * time.Minute}, false},
		"a limit for nine minutes":   {connector.Error{Code: connector.RateLimitExceeded, Outcome: connector.NotSent, RetryAfter: 9 * time.Minute}, true},
		"failing for an hour":        {connector.Error{Code: connector.General, Outcome: connector.Unknown, MailgunStatus: 503, RetryAfter: time.Hour}, false},
		"failing for nobody knows":   {connector.Error{Code: connector.General, Outcome: connector.NotSent}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T, store *outboxtest.Memory) {
				o, _ := newOutbox(t, store)
				mail := email()
				receipt, err := o.Wrap(failing(&tt.failure)).Send(t.Context(), mail)
				row := get(t, store, mail.ID)
				if tt.promised {
					if err != nil || !receipt.Queued || receipt.Cause == nil || row.State != connector.Queued {
						t.Errorf("Send = %+v, %v and %v, want queued for its cause", receipt, err, row.State)
					}
					return
				}
				if !errors.Is(err, error(&tt.failure)) || receipt.Queued || row.State != connector.Failed || row.Content != nil {
					t.Errorf("Send = %+v, %v and %v, want the failure, and nothing kept", receipt, err, row.State)
				}
			})
		})
	}
}

// While Mailgun is known to be down, a code that ends before it is tried is not promised.
func TestEmptyPromiseDuringAnOutage(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, store *outboxtest.Memory) {
		o, _ := newOutbox(t, store)
		for range 5 {
			_, _ = o.Wrap(failing(down)).Send(t.Context(), email())
		}
		mail := email()
		mail.Expires = time.Now().Add(time.Second)
		receipt, err := o.Wrap(fake(accepted)).Send(t.Context(), mail)
		if failure, ok := errors.AsType[*connector.Error](err); !ok || failure.Outcome != connector.NotSent || !failure.Retryable() || receipt.Queued {
			t.Errorf("Send = %+v, %v, want not sent, to be tried again", receipt, err)
		}
		if _, err := store.Get(t.Context(), mail.ID); !errors.Is(err, connector.ErrNoMessage) {
			t.Errorf("Get = %v, want %v", err, connector.ErrNoMessage)
		}
	})
}

// The opening of the breaker, and the end of a mail that was never sent, are told with
// what Mailgun said.
func TestCausesAreLogged(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, store *outboxtest.Memory) {
		var logs bytes.Buffer
		cfg := config(t, store, prometheus.NewRegistry())
		cfg.Logger = slog.New(slog.NewJSONHandler(&logs, nil))
		o := outbox.New(cfg)
		for range 5 {
			if r, err := o.Wrap(failing(down)).Send(t.Context(), email()); err != nil || r.Cause != down || r.Attempts != 1 {
				t.Fatalf("Send = %+v, %v, want queued with the cause", r, err)
			}
		}
		o.Start()
		time.Sleep(11 * time.Minute)
		o.Stop()
		seen := map[string]int{}
		for line := range bytes.Lines(logs.Bytes()) {
			var l struct {
				Level, Msg, To string
				MailgunStatus  int    `json:"mailgun_status"`
				MailgunMessage string `json:"mailgun_message"`
				Code           string
			}
			if err := json.Unmarshal(line, &l); err != nil {
				t.Fatal(err)
			}
			if l.Msg != "expired" && (l.Msg != "mailgun breaker" || l.To != "open") {
				continue
			}
			seen[l.Msg]++
			if l.Level != "WARN" || l.MailgunStatus != 500 || l.MailgunMessage != "Internal Server Error" || l.Code != "general" {
				t.Errorf("line %s, want a warning with what Mailgun said", line)
			}
		}
		if seen["expired"] != 5 || seen["mailgun breaker"] == 0 {
			t.Errorf("lines = %v, want five ends and the breaker's opening", seen)
		}
	})
}
