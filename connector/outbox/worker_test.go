package outbox_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"mailgun-connector/connector"
	"mailgun-connector/connector/outbox"
	"mailgun-connector/connector/outbox/outboxtest"
)

func TestExpiredLater(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, store *outboxtest.Memory) {
		o, _ := newOutbox(t, store)
		o.Wrap(fake(func(ctx context.Context, m *connector.Email) (connector.Receipt, error) {
			t.Error("Send = called, want nothing sent after the code's life")
			return accepted(ctx, m)
		}))
		mail := email()
		mail.Expires = time.Now().Add(-time.Second)
		queue(t, store, parseKeys(t, testKey), mail)
		start(t, o)
		inState(t, store, mail.ID, connector.Expired)
		if r := get(t, store, mail.ID); r.Error != "expired" || r.Content != nil || len(r.Attempts) != 0 {
			t.Errorf("Get = %+v, want it expired without an attempt", r)
		}
	})
}

// What Mailgun asks to wait for may be longer than the code lives.
func TestCodeEndsWhileItWaits(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, store *outboxtest.Memory) {
		o, _ := newOutbox(t, store)
		mail := email()
		queue(t, store, parseKeys(t, testKey), mail)
		o.Wrap(failing(&connector.Error{Code: connector.RateLimitExceeded, Outcome: connector.NotSent, RetryAfter: 20 * time.Minute}))
		start(t, o)
		time.Sleep(10*time.Minute - time.Second)
		if r := get(t, store, mail.ID); r.State != connector.Queued || !r.Due.Equal(r.Expires) {
			t.Errorf("Get = %v due %v, want it queued until its end", r.State, r.Due)
		}
		inState(t, store, mail.ID, connector.Expired)
	})
}

// A replica that does not know the newest key yet must not give up what the others
// have sealed with it.
func TestSealedByAnother(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, store *outboxtest.Memory) {
		other := strings.Repeat("02", 32)
		mail := email()
		queue(t, store, parseKeys(t, other), mail)
		o, _ := newOutbox(t, store)
		o.Wrap(fake(accepted))
		start(t, o)
		within(t, "tried", func() bool { return get(t, store, mail.ID).Error == "sealed" })
		if r := get(t, store, mail.ID); r.State != connector.Queued || r.Content == nil || r.Attempt != 0 {
			t.Errorf("Get = %+v, want it queued as before", r)
		}
		cfg := config(t, store, prometheus.NewRegistry())
		cfg.Keys = parseKeys(t, other+","+testKey)
		knowing := outbox.New(cfg)
		knowing.Wrap(fake(accepted))
		start(t, knowing)
		within(t, "sent by one that has the key", func() bool {
			_ = knowing.Retry(t.Context(), mail.ID) // whichever of the two comes first
			return get(t, store, mail.ID).State == connector.Sent
		})
	})
}

// What is claimed when the outbox stops is sent or given back.
func TestStop(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, store *outboxtest.Memory) {
		const messages = 200
		for range messages {
			queue(t, store, parseKeys(t, testKey), email())
		}
		o, _ := newOutbox(t, store)
		var calls atomic.Int32
		o.Wrap(fake(func(ctx context.Context, m *connector.Email) (connector.Receipt, error) {
			calls.Add(1)
			time.Sleep(time.Millisecond)
			return accepted(ctx, m)
		}))
		o.Start()
		within(t, "more than a burst", func() bool { return calls.Load() > 70 })
		o.Stop()
		rows, err := store.List(t.Context(), connector.MessageFilter{Limit: 2 * messages})
		if err != nil {
			t.Fatal(err)
		}
		states := map[connector.State]int{}
		for _, r := range rows {
			states[r.State]++
		}
		if sent := int(calls.Load()); states[connector.Sent] != sent || states[connector.Queued] != messages-sent {
			t.Errorf("Stop left %v, want %d sent and the others queued", states, sent)
		}
	})
}

// A purge that has much to remove does so in steps and rests between them: others
// write meanwhile.
func TestPurgeInSteps(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, memory *outboxtest.Memory) {
		store := &purges{Store: memory, left: 1700}
		o, _ := newOutbox(t, store)
		start(t, o)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if store.left != 0 || store.most > 500 || store.calls != 4 {
			t.Errorf("%d left after %d steps of at most %d, want none, and no step above 500", store.left, store.calls, store.most)
		}
		if want := 100 * time.Millisecond; store.rest < want {
			t.Errorf("least rest between two steps = %v, want as long as one takes, %v", store.rest, want)
		}
	})
}

// purges has so many rows to remove, in a tenth of a second for each call.
type purges struct {
	outbox.Store
	left, most, calls int
	ended             time.Time
	rest              time.Duration
}

func (p *purges) Purge(_ context.Context, _ time.Duration, limit int) (int, error) {
	if rest := time.Since(p.ended); p.calls == 1 || p.calls > 1 && rest < p.rest {
		p.rest = rest
	}
	n := min(limit, p.left)
	p.left, p.most, p.calls = p.left-n, max(p.most, n), p.calls+1
	time.Sleep(100 * time.Millisecond)
	p.ended = time.Now()
	return n, nil
}
