// Package outbox keeps accepted mails until they are sent or their failure is
// known, through crashes, outages and several replicas. An [Outbox] wraps a
// connector.Sender and is one itself, so that the connector does not know it; a
// [Store] holds the messages: SQLite for one process, PostgreSQL for several,
// memory for tests.
package outbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"

	"mailgun-connector/connector"
	"mailgun-connector/connector/idempotency"
	"mailgun-connector/deliveries"
)

// Config is what an [Outbox] is made of. Every field but Elapsed is required.
type Config struct {
	Store Store
	Keys  *Keys
	// SendTimeout bounds one attempt. A lease is twice as long, so that it ends
	// only for a holder that died or froze.
	SendTimeout time.Duration
	Retention   time.Duration // of what is known of messages in a final state
	Logger      *slog.Logger
	Metrics     *Metrics
	// Elapsed tells how much time has gone by, from any beginning; nil for that since
	// the machine was started.
	Elapsed func() time.Duration
}

// Outbox keeps mails and sees them through. It is safe for concurrent use.
type Outbox struct {
	Config
	breaker  *gobreaker.TwoStepCircuitBreaker[any]
	clock    *clock
	countFor time.Duration // how long a send counts for the recipient limit

	mu      sync.Mutex
	current connector.Sender // for what is sent later

	running context.Context //nolint:containedctx // the outbox's own life
	quit    context.CancelFunc
	done    sync.WaitGroup

	lookups     chan struct{} // holds one element for each list that is being made
	pausedUntil atomic.Int64  // microseconds on the store's clock, as Mailgun asks for
}

// New makes an outbox that does not work on queued messages yet: see
// [Outbox.Start]. It fails if the store does not tell its time.
func New(ctx context.Context, cfg Config) (*Outbox, error) {
	if cfg.Elapsed == nil {
		cfg.Elapsed = sinceBoot
	}
	clock, err := newClock(ctx, cfg.Store, cfg.Elapsed)
	if err != nil {
		return nil, fmt.Errorf("reading the database's clock: %w", err)
	}
	o := &Outbox{Config: cfg, clock: clock, lookups: make(chan struct{}, maxLookups)}
	o.running, o.quit = context.WithCancel(context.Background())
	o.breaker = gobreaker.NewTwoStepCircuitBreaker[any](gobreaker.Settings{
		MaxRequests: 1, // single probes, no stampede on a Mailgun that recovers
		Timeout:     breakerPause,
		IsExcluded:  func(err error) bool { return errors.Is(err, errNothing) },
		ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= breakerFailures },
		OnStateChange: func(_ string, from, to gobreaker.State) {
			cfg.Logger.Warn("mailgun breaker", "from", from.String(), "to", to.String())
			cfg.Metrics.breakerOpen.Set(map[gobreaker.State]float64{gobreaker.StateOpen: 1}[to])
		},
	})
	return o, nil
}

// Recover makes due what was under way when the last process ended. Only the sole
// user of a store may call it.
func (o *Outbox) Recover(ctx context.Context) (int, error) {
	now := o.clock.now()
	return o.Store.Recover(ctx, now, now.Add(maxPause))
}

// errNothing says that an attempt told nothing of Mailgun.
var errNothing = errors.New("nothing is known of Mailgun")

const (
	breakerFailures = 5
	breakerPause    = time.Second
)

func (o *Outbox) lease() time.Duration { return 2*o.SendTimeout + time.Second }

// Wrap gives a sender that stores each mail durably before it hands it to next.
// What next can't send now stays queued: the receipt says so. Messages are sent
// later through the sender that was wrapped last.
func (o *Outbox) Wrap(next connector.Sender) connector.Sender {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.current = next
	return &sender{o, next}
}

func (o *Outbox) latest() connector.Sender {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.current
}

type sender struct {
	*Outbox
	next connector.Sender
}

// acceptTimeout bounds the storing of a mail, well within what callers wait.
const acceptTimeout = 2 * time.Second

// Send implements [connector.Sender].
func (s *sender) Send(ctx context.Context, mail *connector.Email) (connector.Receipt, error) {
	sealed := s.seal(mail) // before the breaker's place is taken: it may have work to do
	settled, open := s.breaker.Allow()
	row := s.row(mail, sealed, open == nil)
	accept, cancel := context.WithTimeout(ctx, acceptTimeout)
	defer cancel()
	if err := s.Store.Insert(accept, row); err != nil {
		if settled != nil {
			settled(errNothing)
		}
		if errors.Is(err, ErrDuplicate) {
			return s.repeat(accept, row)
		}
		return connector.Receipt{}, notStored(err, accept.Err() != nil)
	}
	s.Metrics.moved("", connector.Accepted)
	s.Metrics.moved(connector.Accepted, row.State)
	if open != nil {
		return connector.Receipt{Queued: true}, nil
	}
	receipt, err := s.attempt(ctx, s.next, mail, row, settled)
	if errors.Is(err, errQueued) {
		return connector.Receipt{Queued: true, Attempts: receipt.Attempts}, nil
	}
	return receipt, err
}

// repeat gives what became of the message that has the idempotency key of a new
// one: the first request died before it could tell.
func (o *Outbox) repeat(ctx context.Context, again *Row) (connector.Receipt, error) {
	row, err := o.Store.FindKey(ctx, again.IdempotencyKey, again.Created.Add(-idempotency.Life))
	if err != nil {
		return connector.Receipt{}, notStored(err, ctx.Err() != nil)
	}
	switch row.State {
	case connector.Failed, connector.Expired, connector.Cancelled:
		return connector.Receipt{MessageID: row.ID}, &connector.Error{
			Code: connector.General, Outcome: connector.Refused,
			Message: "The mail of the first request with this Idempotency-Key was not sent: " + string(row.State) + ".",
		}
	}
	return connector.Receipt{MessageID: row.ID, ProviderID: row.ProviderID, Queued: !row.State.Final()}, nil
}

// notStored is the answer when nothing was promised: the mail may be stored and
// be sent all the same if the store did not tell in time.
func notStored(err error, late bool) error {
	failure := &connector.Error{
		Code: connector.General, Outcome: connector.NotSent, RetryAfter: time.Second,
		Message: "The mail could not be stored; it was not sent.", Err: err,
	}
	if late || errors.Is(err, ErrUnsure) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		failure.Outcome = connector.Unknown
		failure.Message = "The mail could not be stored in time; it may or may not be sent."
	}
	return failure
}

// row makes the row of a new message, being sent or, if that is not worth
// trying now, queued.
func (o *Outbox) row(mail *connector.Email, sealed []byte, sending bool) *Row {
	now := o.clock.now()
	r := &Row{
		Message: connector.Message{
			ID: mail.ID, State: connector.Queued, Type: mail.Type, Source: mail.Source,
			Recipient: mail.Recipient, Created: now, Updated: now, Expires: now.Add(time.Until(mail.Expires)),
		},
		Due: now.Add(firstDelay), IdempotencyKey: hashKey(mail.IdempotencyKey), Content: sealed,
	}
	if sending {
		r.State, r.Due, r.Attempt = connector.Sending, now.Add(o.lease()), 1
	}
	return r
}

func (o *Outbox) seal(mail *connector.Email) []byte {
	return o.Keys.Seal(content{mail.Head, mail.Body(), mail.To, mail.Private}.encode(), mail.ID)
}

// content is the part of a mail that is sealed.
type content struct {
	Head    deliveries.Head `json:"head"`
	Body    deliveries.Body `json:"body"`
	To      string          `json:"to"`
	Private []string        `json:"private"`
}

// encode leaves HTML as it is: escaping it would cost more than the sealing.
func (c content) encode() []byte {
	var b bytes.Buffer
	b.Grow(len(c.Body.HTML) + len(c.Body.Text) + len(c.Body.Variables) + 512)
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(c) // strings always encode
	return b.Bytes()
}

// mail opens what row has sealed.
func (o *Outbox) mail(row *Row) (*connector.Email, error) {
	text, err := o.Keys.Open(row.Content, row.ID)
	if err != nil {
		return nil, err
	}
	var c content
	if err := json.Unmarshal(text, &c); err != nil {
		return nil, err
	}
	return &connector.Email{
		ID: row.ID, Type: row.Type, Source: row.Source, Head: c.Head, To: c.To, Recipient: row.Recipient,
		Body: func() deliveries.Body { return c.Body }, Private: c.Private,
		Expires: time.Now().Add(row.Expires.Sub(o.clock.now())),
	}, nil
}

// errQueued says that a message will be tried again.
var errQueued = errors.New("queued")

// attempt hands a leased message over and settles what comes of it. The error is
// errQueued, or that of a refusal. An outcome that can't be stored is left to the
// end of the lease: the message is then sent again rather than lost.
func (o *Outbox) attempt(ctx context.Context, next connector.Sender, mail *connector.Email, row *Row, settled func(error)) (connector.Receipt, error) {
	caller, began, local := ctx, o.clock.now(), time.Now()
	ctx, cancel := context.WithTimeout(ctx, row.Due.Sub(began)-o.SendTimeout/2) // frozen beyond its lease, it must not send
	defer cancel()
	told := errNothing
	defer func() { settled(told) }() // also after a panic: a probe's place must not stay taken
	receipt, err := next.Send(ctx, mail)
	s := &Settlement{
		ID: row.ID, State: connector.Sent, ProviderID: receipt.ProviderID,
		Attempt: connector.Attempt{Number: row.Attempt, Started: began, Duration: time.Since(local), Status: 200},
	}
	if err != nil {
		o.judge(s, err, row)
	}
	if !errors.Is(caller.Err(), context.Canceled) { // cut short, it would tell nothing of Mailgun
		told = verdict(err)
	}
	o.settleInTime(caller, row, s)
	switch {
	case err == nil:
		return receipt, nil
	case s.State == connector.Queued:
		return receipt, errQueued
	}
	return receipt, err
}

// verdict is what an attempt tells of Mailgun: nil if it is there, whatever it
// thinks of the mail.
func verdict(err error) error {
	failure, known := errors.AsType[*connector.Error](err)
	if known && failure.Code == connector.General && failure.Outcome != connector.Refused {
		return err
	}
	return nil
}

// judge makes a settlement of a failure: queued again if it may pass.
func (o *Outbox) judge(s *Settlement, err error, row *Row) {
	failure, known := errors.AsType[*connector.Error](err)
	s.Attempt.Status, s.Error = 0, "internal"
	if known {
		s.Attempt.Status, s.Error = failure.MailgunStatus, string(failure.Code)
	}
	s.Attempt.Error = s.Error
	if known && (!failure.Retryable() || failure.MailgunStatus/100 == 2) { // the latter is no Mailgun, or has sent it
		s.State = connector.Failed
		return
	}
	s.State = connector.Queued
	wait := backoff(row.Attempt)
	if known {
		wait = min(max(wait, failure.RetryAfter), maxPause)
		if failure.Code == connector.RateLimitExceeded { // not this message alone is too much
			o.pausedUntil.Store(micros(o.clock.now().Add(min(failure.RetryAfter, slowPause))))
		}
	}
	s.Due = o.clock.now().Add(wait)
	if row.Expires.Before(s.Due) { // so that its end is known when it comes
		s.Due = row.Expires
	}
}

// settleInTime is settle for a caller that may have too little time left to wait for
// it: the outcome is known then, if not stored yet.
func (o *Outbox) settleInTime(caller context.Context, row *Row, s *Settlement) {
	if end, ok := caller.Deadline(); !ok || time.Until(end) > acceptTimeout {
		o.settle(caller, row, s)
		return
	}
	settled := make(chan struct{})
	o.done.Go(func() {
		defer close(settled)
		o.settle(caller, row, s)
	})
	select {
	case <-settled:
	case <-caller.Done():
	}
}

// settle stores a settlement, even if the caller's time is up.
func (o *Outbox) settle(ctx context.Context, row *Row, s *Settlement) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), acceptTimeout)
	defer cancel()
	if err := o.store(ctx, row, s); err != nil {
		o.Logger.Error("an outcome could not be stored yet", "id", row.ID, "state", s.State, "error", err)
		o.done.Go(func() { o.settleLater(row, s) })
	}
}

// settleLater goes on trying to store an outcome until the lease ends: then somebody
// else sends the message again.
func (o *Outbox) settleLater(row *Row, s *Settlement) {
	for last := false; !last; {
		select {
		case <-o.running.Done():
			last = true
		case <-time.After(pollEvery):
		}
		ctx, cancel := context.WithTimeout(context.Background(), acceptTimeout)
		err := o.store(ctx, row, s)
		cancel()
		if err == nil {
			return
		}
		last = last || !o.clock.now().Before(row.Due)
	}
	o.Logger.Error("an outcome could not be stored; the message is tried again after its lease", "id", row.ID, "state", s.State)
}

// store stores a settlement. One that came too late is no error; if the mail was sent,
// it was sent twice, unless it is this very outcome that is stored already.
func (o *Outbox) store(ctx context.Context, row *Row, s *Settlement) error {
	err := o.Store.Settle(ctx, s, o.clock.now())
	if err == nil {
		o.Metrics.moved(row.State, s.State)
		return nil
	}
	if !errors.Is(err, ErrStale) || s.State != connector.Sent {
		return ignore(err, ErrStale)
	}
	stored, err := o.Store.Get(ctx, row.ID)
	if err != nil {
		return ignore(err, connector.ErrNoMessage)
	}
	if stored.ProviderID != s.ProviderID {
		o.Metrics.duplicates.Inc()
		o.Logger.Warn("a message was sent twice", "id", row.ID)
	}
	return nil
}

// ignore gives err unless it is the one that does not matter.
func ignore(err, harmless error) error {
	if errors.Is(err, harmless) {
		return nil
	}
	return err
}
