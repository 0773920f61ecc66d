package failover

import (
	"context"
	"errors"
	"time"

	"mailgun-connector/connector"
)

// result is what a send came to, by one way or both.
type result struct {
	receipt connector.Receipt
	failure *connector.Error // nil if the mail was taken
}

// worthAnother reports whether the other way may do what this one did not, in the time
// that is left.
func (r result) worthAnother(ctx context.Context) bool {
	if r.failure == nil || !r.failure.OfWay || errors.Is(ctx.Err(), context.Canceled) {
		return false
	}
	end, _ := ctx.Deadline()
	return time.Until(end) >= minAttempt
}

// orElse returns what a send came to: by the other way as well, if that may do what the
// first one did not.
func (r result) orElse(
	ctx context.Context, mail *connector.Email, send func(context.Context, *connector.Email) result,
) result {
	if !r.worthAnother(ctx) {
		return r
	}
	return join(r, send(ctx, mail))
}

// join returns what a send by a way and then by the other came to.
func join(first, second result) result {
	shown, before := second, first
	if second.failure != nil && !saysMore(second.failure, first.failure) {
		shown, before = first, second
	}
	unknown := before.failure.Outcome == connector.Unknown
	if shown.failure != nil && unknown {
		shown.failure.MarkMaybeSent()
	}
	r := &shown.receipt
	r.Before, r.Twice = before.failure, shown.failure == nil && unknown
	r.Attempts = first.receipt.Attempts + second.receipt.Attempts
	r.MailgunTime = first.receipt.MailgunTime + second.receipt.MailgunTime
	return shown
}

// saysMore reports whether the failure of the second way says better than that of the
// first what is to be done about the mail.
func saysMore(second, first *connector.Error) bool {
	if a, b := rank(second), rank(first); a != b {
		return a > b
	}
	return second.RetryAfter < first.RetryAfter // the earlier one may do
}

// rank orders failures: above all stands what is wrong with the mail itself, then that it
// may have been sent, then that it is worth trying again, and soon.
func rank(failure *connector.Error) int {
	switch {
	case !failure.OfWay:
		return 5
	case failure.Outcome == connector.Unknown && failure.MailgunStatus == 0:
		return 4
	case failure.Outcome == connector.Unknown && failure.MailgunStatus >= serverFailure:
		return 3
	case failure.Outcome == connector.NotSent && failure.Code != connector.RateLimitExceeded:
		return 2
	case failure.Outcome != connector.Refused:
		return 1
	}
	return 0
}

const serverFailure = 500 // the first HTTP status of a server's own failures
