package ratelimit

import (
	"context"

	"mailgun-connector/connector"
)

// Sender is a [connector.Sender] that asks a limiter before it hands a mail to the
// next sender. It fails open: a limiter that can't tell must not keep people from
// signing in.
type Sender struct {
	Next     connector.Sender
	Limiter  Limiter
	OnRefuse func()      // called for each mail that is over the limit
	OnError  func(error) // called when the limiter can't tell
}

// Send implements [connector.Sender].
func (s *Sender) Send(ctx context.Context, mail *connector.Email) (connector.Receipt, error) {
	wait, err := s.Limiter.Allow(ctx, mail.Recipient)
	switch {
	case err != nil:
		s.OnError(err)
	case wait > 0:
		s.OnRefuse()
		return connector.Receipt{}, &connector.Error{
			Code:       connector.RateLimitExceeded,
			Message:    "This recipient was sent too many mails in a short time; the mail was not sent.",
			Hint:       "The limit is the process option --recipient-limit.",
			Outcome:    connector.NotSent,
			RetryAfter: wait,
		}
	}
	return s.Next.Send(ctx, mail)
}
