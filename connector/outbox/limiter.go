package outbox

import (
	"context"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"mailgun-connector/connector"
	"mailgun-connector/connector/ratelimit"
)

// limiter counts sends in the store. Of a flood for one recipient the store sees
// no more than the rate: many at once would wait for each other there, and those
// that wait too long are sent.
type limiter struct {
	*Outbox
	rate ratelimit.Rate

	mu   sync.Mutex
	seen *simplelru.LRU[connector.RecipientHash, *counted]
}

// counted is what this process knows of a recipient.
type counted struct {
	pending int       // being counted right now
	full    time.Time // until then the store allows no more
}

const (
	// limitTimeout bounds the counting: without an answer the mail is sent, and
	// that needs time too.
	limitTimeout = time.Second
	// maxSeen bounds what a process knows; the store knows all.
	maxSeen = 10_000
)

// Limiter gives a limiter that counts for all users of the store together.
func (o *Outbox) Limiter(rate ratelimit.Rate) (ratelimit.Limiter, error) {
	seen, err := simplelru.NewLRU[connector.RecipientHash, *counted](maxSeen, nil)
	if err != nil {
		return nil, err
	}
	o.countFor = rate.Per
	return &limiter{Outbox: o, rate: rate, seen: seen}, nil
}

// Allow implements [ratelimit.Limiter].
func (l *limiter) Allow(ctx context.Context, to connector.RecipientHash) (time.Duration, error) {
	now := l.clock.now()
	c, wait := l.begin(to, now)
	if wait > 0 {
		return wait, nil
	}
	ctx, cancel := context.WithTimeout(ctx, limitTimeout)
	defer cancel()
	wait, err := l.Store.Allow(ctx, to, l.rate, now)
	l.mu.Lock()
	defer l.mu.Unlock()
	c.pending--
	if wait > 0 {
		c.full = now.Add(wait)
	}
	return wait, err
}

// begin tells how long to wait if that is known without the store: it has said so
// before; or as many as are allowed are being counted right now.
func (l *limiter) begin(to connector.RecipientHash, now time.Time) (c *counted, wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c, ok := l.seen.Get(to)
	if !ok {
		c = &counted{}
		l.seen.Add(to, c)
	}
	if wait = c.full.Sub(now); wait > 0 {
		return c, wait
	}
	if c.pending >= l.rate.Sends {
		return c, limitTimeout
	}
	c.pending++
	return c, 0
}
