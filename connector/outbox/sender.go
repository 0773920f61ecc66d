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
	place *place // to be left in any case
	wait  time.Duration
}

// enter prepares a mail's row, and takes a place for its first attempt if Mailgun is well.
// The error says that the mail is not worth to be kept.
func (s *sender) enter(mail *connector.Email) (*entry, error) {
	n := &entry{mail: mail, wait: firstDelay, row: &Row{
		Message: connector.Message{
			ID: mail.ID, State: connector.Queued, Type: mail.Type, Source: mail.Source, Recipient: mail.Recipient,
		},
		IdempotencyKey: idempotency.HashKey(mail.IdempotencyKey),
		Content:        s.seal(mail), // before the breaker's place is taken: it may have work to do
	}}
	var well bool
	n.place, well = s.breaker.enter()
	if well {
		n.row.State, n.row.Attempt, n.wait = connector.Sending, 1, s.lease()
		return n, nil
	}
	n.place = nil
	if time.Until(mail.Expires) <= firstDelay {
		return n, &connector.Error{
			Code: connector.General, Outcome: connector.NotSent, RetryAfter: breakerPause,
			Message: "Mailgun is failing, and the code ends before it is tried again; the mail was not sent.",
		}
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
		return connector.Receipt{Queued: true}, nil
	}
	receipt, err := s.attempt(ctx, s.next, &attempt{row: n.row, mail: n.mail, leased: leased, place: n.place})
	if errors.Is(err, errQueued) {
		receipt.Queued = true
		receipt.Cause, _ = errors.AsType[*connector.Error](err)
		return receipt, nil
	}
	return receipt, err
}

// notStored is the answer when nothing was promised: the mail may be stored and
// be sent all the same if the store did not tell in time.
func notStored(err error, late bool) error {
	failure := &connector.Error{
		Code: connector.General, Outcome: connector.NotSent, RetryAfter: time.Second,
		Message: "The mail could not be stored; it was not sent.", Err: err,
	}
	if late || errors.Is(err, ErrUnsure) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		failure.Outcome = connector.Unknown
		failure.Message = "The mail could not be stored in time; it may or may not be sent."
	}
	return failure
}
