package outbox

import (
	"context"
	"errors"
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

// Send implements [connector.Sender].
func (s *sender) Send(ctx context.Context, mail *connector.Email) (connector.Receipt, error) {
	row := newRow(mail)
	row.State, row.IdempotencyKey = connector.Queued, idempotency.HashKey(mail.IdempotencyKey)
	row.Content = s.seal(mail) // before the breaker's place is taken: it may have work to do
	place, well := s.breaker.enter()
	wait := firstDelay
	if well {
		defer place.leave()
		row.State, row.Attempt, wait = connector.Sending, 1, s.lease()
	} else if time.Until(mail.Expires) <= firstDelay {
		failure := connector.NewError(connector.General, connector.NotSent, connector.ReasonMailgunDown)
		failure.RetryAfter = breakerPause
		if last := s.breaker.lastFailure(); last != nil {
			failure.Err = last
		}
		return connector.Receipt{}, failure
	}
	leased := time.Now()
	accept, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	if err := s.Store.Insert(accept, row, wait, time.Until(mail.Expires)); err != nil {
		if errors.Is(err, ErrDuplicate) { // the first request died before it could tell
			first, err := s.Store.FindKey(accept, row.IdempotencyKey)
			if err != nil {
				return connector.Receipt{}, notStored(err, accept.Err() != nil)
			}
			return first.receipt()
		}
		return connector.Receipt{}, notStored(err, accept.Err() != nil)
	}
	s.Metrics.moved("", connector.Accepted)
	s.Metrics.moved(connector.Accepted, row.State)
	if row.State == connector.Queued {
		receipt := connector.Receipt{Queued: true, Stored: true}
		if !well {
			receipt.Cause = s.breaker.lastFailure()
		}
		return receipt, nil
	}
	receipt, err := s.attempt(ctx, s.next, &attempt{row: row, mail: mail, leased: leased, place: place})
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
