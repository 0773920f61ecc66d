package outbox

import (
	"context"
	"time"

	"mailgun-connector/connector"
)

// limiter counts sends in the store.
type limiter struct {
	*Outbox
	rate connector.Rate
}

// limitTimeout bounds the counting: without an answer the mail is sent, and that
// needs time too.
const limitTimeout = 500 * time.Millisecond

// Limiter gives a limiter that counts for all users of the store together.
func (o *Outbox) Limiter(rate connector.Rate) connector.RecipientLimiter {
	o.counted = rate.Per
	return limiter{o, rate}
}

// Allow implements [connector.RecipientLimiter].
func (l limiter) Allow(ctx context.Context, to connector.RecipientHash) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, limitTimeout)
	defer cancel()
	return l.Store.Allow(ctx, to, l.rate, l.clock.now())
}
