package outbox

import (
	"context"
	"errors"
	"sync"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/idempotency"
)

// sender stores mails and makes their first attempts.
type sender struct {
	*Outbox
	next connector.Sender
}

// Wrap returns a sender that stores each mail durably before it hands it to next.
// What next can't send now stays queued: the receipt says so. Messages are sent
// later through the sender that was wrapped last.
func (o *Outbox) Wrap(next connector.Sender) connector.Sender {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.current = next
	return &sender{o, next}
}

// entry is a mail on its way into the store.
type entry struct {
	row   *Row
	mail  *connector.Email
	place *place // nil while Mailgun is left alone; else to be left in any case
	wait  time.Duration
}

// enter prepares a mail's row, and takes a place for its first attempt if Mailgun is well.
// The error says that the mail is not worth to be kept.
func (s *sender) enter(mail *connector.Email) (*entry, error) {
	row := newRow(mail)
	row.State, row.IdempotencyKey = connector.Queued, idempotency.HashKey(mail.IdempotencyKey)
	row.Content = s.seal(mail) // before the breaker's place is taken: it may have work to do
	n := &entry{row: row, mail: mail, wait: firstDelay}
	place, well := s.breaker.enter()
	if well {
		n.place = place
		row.State, row.Attempt, n.wait = connector.Sending, 1, s.lease()
	} else if time.Until(mail.Expires) <= firstDelay {
		failure := connector.NewError(connector.General, connector.NotSent, connector.ReasonMailgunDown)
		failure.RetryAfter = breakerPause
		if last := s.breaker.lastFailure(); last != nil {
			failure.Err = last
		}
		return n, failure
	}
	return n, nil
}

func (n *entry) leave() {
	if n.place != nil {
		n.place.leave()
	}
}

// Send implements [connector.Sender].
func (s *sender) Send(ctx context.Context, mail *connector.Email) (connector.Receipt, error) {
	n, err := s.enter(mail)
	defer n.leave()
	if err != nil {
		return connector.Receipt{}, err
	}
	leased := time.Now()
	accept, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	if err := s.Store.Insert(accept, n.row, n.wait, time.Until(mail.Expires)); err != nil {
		if errors.Is(err, ErrDuplicate) { // the first request died before it could tell
			first, err := s.Store.FindKey(accept, n.row.IdempotencyKey)
			if err != nil {
				return connector.Receipt{}, notStored(err, accept.Err() != nil)
			}
			return first.receipt()
		}
		return connector.Receipt{}, notStored(err, accept.Err() != nil)
	}
	return s.first(ctx, n, leased)
}

// SendTogether implements [connector.TogetherSender]: the mails are stored in one step.
func (s *sender) SendTogether(ctx context.Context, mails []*connector.Email) []connector.Handed {
	all := make([]connector.Handed, len(mails))
	rows, entered := make([]NewRow, len(mails)), make([]*entry, len(mails))
	failed := func(err error) []connector.Handed {
		for i := range all {
			all[i].Err = err
		}
		return all
	}
	for i, mail := range mails {
		n, err := s.enter(mail)
		defer n.leave()
		if err != nil {
			return failed(err)
		}
		entered[i] = n
		rows[i] = NewRow{Row: n.row, Wait: n.wait, Life: time.Until(mail.Expires)}
	}
	leased := time.Now()
	accept, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	err := s.Store.InsertAll(accept, rows)
	var group sync.WaitGroup
	for i := range mails {
		switch {
		case err == nil:
			group.Go(func() { all[i].Receipt, all[i].Err = s.first(ctx, entered[i], leased) })
		case errors.Is(err, ErrDuplicate): // an earlier call has stored them, or some
			entered[i].leave()
			entered[i].place = nil
			group.Go(func() { all[i].Receipt, all[i].Err = s.Send(ctx, mails[i]) })
		default:
			all[i].Err = notStored(err, accept.Err() != nil)
		}
	}
	group.Wait()
	return all
}

// first makes the first attempt at a mail that is stored, unless it waits.
func (s *sender) first(ctx context.Context, n *entry, leased time.Time) (connector.Receipt, error) {
	s.Metrics.moved("", connector.Accepted)
	s.Metrics.moved(connector.Accepted, n.row.State)
	if n.row.State == connector.Queued {
		receipt := connector.Receipt{Queued: true, Stored: true}
		if n.place == nil {
			receipt.Cause = s.breaker.lastFailure()
		}
		return receipt, nil
	}
	receipt, err := s.attempt(ctx, s.next, &attempt{row: n.row, mail: n.mail, leased: leased, place: n.place})
	receipt.Stored = true
	if errors.Is(err, errQueued) {
		receipt.Queued = true
		receipt.Cause, _ = errors.AsType[*connector.Error](err)
		return receipt, nil
	}
	return receipt, err
}

// newRow returns the row of a mail, without what becomes of it.
func newRow(mail *connector.Email) *Row {
	return &Row{Message: connector.Message{
		ID: mail.ID, Type: mail.Type, Source: mail.Source, Recipient: mail.Recipient, Test: mail.Test,
	}}
}

// notStored is the answer when nothing was promised: the mail may be stored and
// be sent all the same if the store did not tell in time.
func notStored(err error, late bool) error {
	failure := connector.NewError(connector.General, connector.NotSent, connector.ReasonNotStored)
	failure.RetryAfter, failure.Err = time.Second, err
	if late || errors.Is(err, ErrUnsure) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		failure.Outcome = connector.Unknown
		failure.Message = "The mail could not be stored in time; it may or may not be sent."
	}
	return failure
}
