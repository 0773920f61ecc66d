// Package ratelimit bounds how many mails one recipient gets. Its [Sender] stands
// before another; who counts, and for how many processes, is a [Limiter]'s affair.
//
// Limiters count by the generic cell rate algorithm (ITU-T I.371, annex A): of each
// recipient one time is kept, the theoretical arrival time. A send moves it on by the
// rate's interval, from now at the earliest, and is allowed while it is not further
// ahead than the rate's time. So a whole rate of sends may come at once, and each
// interval gives one place back; in no stretch as long as the rate's time there are
// more than twice its sends.
package ratelimit

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"mailgun-connector/connector"
)

// Limiter bounds how many mails one recipient gets, against floods of codes that
// somebody else asks for.
type Limiter interface {
	// Take counts a send and returns 0, or returns how long to wait and counts
	// nothing. An error means that it can't tell, and has counted nothing.
	Take(ctx context.Context, to connector.RecipientHash) (wait time.Duration, err error)
	// GiveBack uncounts a send that was counted and not made.
	GiveBack(ctx context.Context, to connector.RecipientHash) error
}

// maxRecipients bounds the memory of a [Memory]; the recipients that were
// longest idle are forgotten first.
const maxRecipients = 100_000

// Memory counts within this process.
type Memory struct {
	rate Rate

	mu  sync.Mutex
	tat *simplelru.LRU[connector.RecipientHash, time.Time] // theoretical arrival times
}

// NewMemory returns a limiter for a rate that is not zero.
func NewMemory(rate Rate) (*Memory, error) {
	if rate.Sends <= 0 {
		return nil, errors.New("a limiter needs a rate")
	}
	tat, err := simplelru.NewLRU[connector.RecipientHash, time.Time](maxRecipients, nil)
	if err != nil {
		return nil, err
	}
	return &Memory{rate: rate, tat: tat}, nil
}

// Take implements [Limiter]. It never fails.
func (m *Memory) Take(_ context.Context, to connector.RecipientHash) (time.Duration, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	tat, ok := m.tat.Get(to)
	if !ok || tat.Before(now) {
		tat = now
	}
	if wait := tat.Sub(now) - m.rate.Tolerance(); wait > 0 {
		return wait, nil
	}
	m.tat.Add(to, tat.Add(m.rate.Interval()))
	return 0, nil
}

// GiveBack implements [Limiter]. It never fails.
func (m *Memory) GiveBack(_ context.Context, to connector.RecipientHash) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if tat, ok := m.tat.Get(to); ok {
		m.tat.Add(to, tat.Add(-m.rate.Interval()))
	}
	return nil
}
