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
	counted, err := s.count(ctx, mail.Recipient)
	if err != nil {
		return connector.Receipt{}, err
	}
	receipt, err := s.Next.Send(ctx, mail)
	if counted && notSent(receipt, err) {
		s.giveBack(ctx, mail.Recipient)
	}
	return receipt, err
}

// SendTogether implements [connector.TogetherSender]: over the limit of one recipient,
// none of the mails is sent.
func (s *Sender) SendTogether(ctx context.Context, mails []*connector.Email) []connector.Handed {
	counted := make([]bool, len(mails))
	for i, mail := range mails {
		var err error
		if counted[i], err = s.count(ctx, mail.Recipient); err == nil {
			continue
		}
		all := make([]connector.Handed, len(mails))
		for j := range all {
			all[j].Err = err
			if counted[j] {
				s.giveBack(ctx, mails[j].Recipient)
			}
		}
		return all
	}
	all := connector.SendTogether(ctx, s.Next, mails)
	for i, handed := range all {
		if counted[i] && notSent(handed.Receipt, handed.Err) {
			s.giveBack(ctx, mails[i].Recipient)
		}
	}
	return all
}

// count takes a place of a recipient, and reports whether that is to be given back if
// nothing comes of it. The error is that of a mail which is one too many.
func (s *Sender) count(ctx context.Context, to connector.RecipientHash) (counted bool, _ error) {
	wait, err := s.take(ctx, to)
	switch {
	case err != nil:
		s.OnError(err)
		return false, nil
	case wait <= 0:
		return true, nil
	}
	s.OnRefuse()
	failure := connector.NewError(connector.RateLimitExceeded, connector.NotSent, connector.ReasonRecipientLimit)
	failure.RetryAfter = wait
	return false, failure
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
