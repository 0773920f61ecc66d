package connector

import (
	"context"
)

// Limited is a [Sender] that asks a limiter before it hands a mail to the next
// sender. It fails open: a limiter that can't tell must not keep people from
// signing in.
type Limited struct {
	Next     Sender
	Limiter  RecipientLimiter
	OnRefuse func()      // called for each mail that is over the limit
	OnError  func(error) // called when the limiter can't tell
}

// Send implements [Sender].
func (l *Limited) Send(ctx context.Context, mail *Email) (Receipt, error) {
	wait, err := l.Limiter.Allow(ctx, mail.Recipient)
	switch {
	case err != nil:
		l.OnError(err)
	case wait > 0:
		l.OnRefuse()
		return Receipt{}, &Error{
			Code:       RateLimitExceeded,
			Message:    "This recipient was sent too many mails in a short time; the mail was not sent.",
			Hint:       "The limit is the process option --recipient-limit.",
			Outcome:    NotSent,
			RetryAfter: wait,
		}
	}
	return l.Next.Send(ctx, mail)
}
