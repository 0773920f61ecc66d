package outbox

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"mailgun-connector/connector"
)

const (
	firstDelay = time.Second
	maxDelay   = 30 * time.Second
	maxPause   = time.Hour // of a message, however long Mailgun asks to wait
)

// backoff returns the pause after an attempt: a second, doubled each time up to
// half a minute, give or take a quarter. With a life of ten minutes that is some
// twenty attempts.
func backoff(attempt int) time.Duration {
	d := min(firstDelay<<min(max(attempt-1, 0), 10), maxDelay)
	return d*3/4 + rand.N(d/2) //nolint:gosec // jitter is no secret
}

// attempt is one try at handing a leased message over.
type attempt struct {
	row    *Row
	mail   *connector.Email
	leased time.Time // before the store did so, by this process's clock
	place  *place
	// promised says that a caller was told already that the mail will be sent.
	promised bool
}

// errQueued says that a message will be tried again.
var errQueued = errors.New("queued")

// attempt hands a message over and settles what comes of it. The error joins errQueued
// and the failure, or is that of a refusal. An outcome that can't be stored is left to
// the end of the lease: the message is then sent again rather than lost.
func (o *Outbox) attempt(caller context.Context, next connector.Sender, a *attempt) (connector.Receipt, error) {
	end := a.leased.Add(o.lease())
	ctx, cancel := context.WithDeadline(caller, end.Add(-o.SendTimeout/2)) // frozen beyond its lease, it must not send
	defer cancel()
	began := time.Now()
	receipt, err := next.Send(ctx, a.mail)
	s := &Settlement{
		ID: a.row.ID, State: connector.Sent, ProviderID: receipt.ProviderID,
		Attempt: connector.Attempt{Number: a.row.Attempt, Started: began, Duration: time.Since(began), Status: 200},
	}
	gone(&s.Attempt, receipt)
	if err != nil {
		o.settlementFor(s, a, err)
	}
	if !errors.Is(caller.Err(), context.Canceled) { // cut short, it would tell nothing of Mailgun
		a.place.outcome = verdict(err)
	}
	o.settleInTime(caller, s, end)
	if s.State == connector.Queued {
		return receipt, errors.Join(errQueued, err)
	}
	return receipt, err
}

// failed makes an attempt one that came to a failure.
func failed(a *connector.Attempt, failure *connector.Error) {
	a.Error, a.Reason = string(failure.Code), failure.Reason
	a.Status, a.Message = failure.MailgunStatus, failure.MailgunMessage
}

// gone notes which way an attempt went.
func gone(a *connector.Attempt, receipt connector.Receipt) {
	a.Way = receipt.Way
	before := receipt.Before
	if before == nil {
		return
	}
	a.BeforeStatus, a.BeforeReason, a.Reason = before.MailgunStatus, before.Reason, connector.ReasonOtherWay
	if receipt.Twice {
		a.Reason = connector.ReasonBothWays
	}
}

// settlementFor makes a settlement that of a failure: queued again if it may pass. Where
// nothing is promised yet it must pass in time, by what Mailgun says: a promise that is
// known to be empty is not made.
func (o *Outbox) settlementFor(s *Settlement, a *attempt, err error) {
	failure := connector.ErrorOf(err)
	s.Error = string(failure.Code)
	failed(&s.Attempt, failure)
	wait := max(backoff(s.Attempt.Number), failure.RetryAfter)
	if failure.Code == connector.RateLimitExceeded { // not this message alone is too much
		o.breaker.pause(failure.RetryAfter)
	}
	switch {
	case !failure.Retryable(), failure.MailgunStatus/100 == 2: // the latter is no Mailgun, or has sent it
		s.State = connector.Failed
	case !a.promised && wait >= time.Until(a.mail.Expires):
		s.State = connector.Failed
	default:
		s.State, s.Wait = connector.Queued, min(wait, maxPause)
	}
}
