// Package outbox keeps accepted mails until they are sent or their failure is
// known, through crashes, outages and several replicas. An [Outbox] wraps a
// connector.Sender and is one itself, so that the connector does not know it. It
// knows no database: its [Store] does.
//
// It is one noun with a life: accepted, attempted, settled, recovered, a file for each.
package outbox

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/health"
	"mailgun-connector/connector/keyring"
)

// Config is what an [Outbox] is made of. Every field is required.
type Config struct {
	Store Store
	Keys  *keyring.Keyring // seal the mails
	// Recipients make the hashes of recipients, the first one those of new messages.
	Recipients []*connector.RecipientHasher
	// SendTimeout bounds one attempt.
	SendTimeout time.Duration
	Retention   time.Duration // of what is known of messages in a final state
	Logger      *slog.Logger
	Metrics     *Metrics
	// Health is told what comes of mails after their requests were answered; may be nil.
	Health *health.Monitor
}

// Outbox keeps mails and sees them through. It is safe for concurrent use.
type Outbox struct {
	Config
	breaker  *breaker
	refusals refusals

	mu      sync.Mutex
	current connector.Sender // for what is sent later

	running context.Context //nolint:containedctx // the outbox's own life
	quit    context.CancelFunc
	done    sync.WaitGroup

	lookups chan struct{} // holds one element for each list that is being made
}

// New returns an outbox that does not work on queued messages yet: see
// [Outbox.Start].
func New(cfg Config) *Outbox {
	o := &Outbox{
		Config: cfg, breaker: newBreaker(cfg.Logger, cfg.Metrics),
		refusals: refusals{rows: map[connector.Refusal]*refusalRow{}},
		lookups:  make(chan struct{}, maxLookups),
	}
	o.running, o.quit = context.WithCancel(context.Background())
	return o
}

// Start works on queued messages until [Outbox.Stop].
func (o *Outbox) Start() {
	o.done.Go(func() { o.work(o.running) })
	o.done.Go(func() { o.maintain(o.running) })
	o.done.Go(func() { o.recordRefusals(o.running) })
}

// StopClaiming begins no more attempts. What is claimed and not begun is given back.
func (o *Outbox) StopClaiming() { o.quit() }

// Stop returns when no attempt is under way any more. Requests must have ended before;
// the store may be closed then.
func (o *Outbox) Stop() {
	o.StopClaiming()
	o.done.Wait()
	o.storeRefusals()
}

// storeTimeout bounds what the store may take, well within what callers wait.
const storeTimeout = 2 * time.Second

// lease is twice as long as an attempt, so that it ends only for a holder that died or
// froze.
func (o *Outbox) lease() time.Duration { return 2*o.SendTimeout + time.Second }

// latest is the sender that was wrapped last.
func (o *Outbox) latest() connector.Sender {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.current
}
