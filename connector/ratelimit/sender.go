package ratelimit

import (
	"context"
	"errors"
	"time"

	"mailgun-connector/connector"
)

// Sender is a [connector.Sender] that asks a limiter before it hands a mail to the
// next sender. What was surely not sent gives its place back. It fails open: a limiter
// that can't tell must not keep people from signing in.
type Sender struct {
	Next     connector.Sender
	Limiter  Limiter
	OnRefuse func()      // called for each mail that is over the limit
	OnError  func(error) // called when the limiter can't tell
}

// The limiter's time comes out of the send's own: without an answer the mail is sent,
// and that needs time too.
const (
	takeTimeout     = time.Second
	giveBackTimeout = 200 * time.Millisecond
)

// Send implements [connector.Sender].
func (s *Sender) Send(ctx context.Context, mail *connector.Email) (connector.Receipt, error) {
	wait, err := s.take(ctx, mail.Recipient)
	if err != nil {
		s.OnError(err)
		return s.Next.Send(ctx, mail)
	}
	if wait > 0 {
		s.OnRefuse()
		failure := connector.NewError(connector.RateLimitExceeded, connector.NotSent, connector.ReasonRecipientLimit)
		failure.RetryAfter = wait
		return connector.Receipt{}, failure
	}
	receipt, err := s.Next.Send(ctx, mail)
	if notSent(receipt, err) {
		s.giveBack(ctx, mail.Recipient)
	}
	return receipt, err
}

func (s *Sender) take(ctx context.Context, to connector.RecipientHash) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, takeTimeout)
	defer cancel()
	return s.Limiter.Take(ctx, to)
}

// giveBack also works for a send whose time is up.
func (s *Sender) giveBack(ctx context.Context, to connector.RecipientHash) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), giveBackTimeout)
	defer cancel()
	if err := s.Limiter.GiveBack(ctx, to); err != nil {
		s.OnError(err)
	}
}

// notSent reports whether the mail was not sent and will not be. Mailgun's own word that
// it failed counts as well: that it took a mail all the same is too rare to lock people
// out for after an outage. A message id is that of another, earlier mail.
func notSent(receipt connector.Receipt, err error) bool {
	if failure, ok := errors.AsType[*connector.Error](err); ok {
		return failure.Outcome != connector.Unknown || failure.MailgunStatus >= serverFailure
	}
	return err == nil && receipt.MessageID != ""
}

const serverFailure = 500 // the first HTTP status of a server's own failures
