// Package ratelimit bounds how many mails one recipient gets. Its [Sender] stands
// before another; who counts, and for how many processes, is a [Limiter]'s affair.
package ratelimit

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"mailgun-connector/connector"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// Rate is a number of sends in a stretch of time. The zero Rate is no limit.
type Rate struct {
	Sends int // at most 1000
	Per   time.Duration
}

const maxRate = 1000 // each recipient's log has room for so many

// UnmarshalText reads "10/10m", or "0" for no limit.
func (r *Rate) UnmarshalText(text []byte) error {
	*r = Rate{}
	if string(text) == "0" {
		return nil
	}
	sends, per, ok := strings.Cut(string(text), "/")
	if !ok {
		return fmt.Errorf("%q is no rate: write it like 10/10m, or 0 for no limit", text)
	}
	n, err := strconv.Atoi(sends)
	if err != nil || n < 1 || n > maxRate {
		return fmt.Errorf("%q is no rate: the number of sends must be from 1 to %d", text, maxRate)
	}
	d, err := time.ParseDuration(per)
	if err != nil || d <= 0 {
		return fmt.Errorf("%q is no rate: the time must be a duration like 10m", text)
	}
	*r = Rate{n, d}
	return nil
}

// String gives what [Rate.UnmarshalText] reads.
func (r Rate) String() string {
	if r.Sends == 0 {
		return "0"
	}
	return fmt.Sprintf("%d/%s", r.Sends, r.Per)
}

// Limiter bounds how many mails one recipient gets, against floods of
// codes that somebody else asks for.
type Limiter interface {
	// Allow counts a send and gives 0, or gives how long to wait and counts
	// nothing. An error means that it can't tell; the mail is then sent.
	Allow(ctx context.Context, to connector.RecipientHash) (wait time.Duration, err error)
}

// maxRecipients bounds the memory of a [Memory]; the recipients that were
// longest idle are forgotten first.
const maxRecipients = 100_000

// Memory counts within this process: in every stretch of time as long as
// the rate's, no recipient gets more than the rate's sends.
type Memory struct {
	rate Rate
	now  func() time.Time

	mu  sync.Mutex
	log *simplelru.LRU[connector.RecipientHash, []time.Time] // recipient → times of its latest sends, oldest first
}

// NewMemory makes a limiter that reads the time from now.
func NewMemory(rate Rate, now func() time.Time) (*Memory, error) {
	if rate.Sends <= 0 {
		return nil, errors.New("a limiter needs a rate")
	}
	log, err := simplelru.NewLRU[connector.RecipientHash, []time.Time](maxRecipients, nil)
	if err != nil {
		return nil, err
	}
	return &Memory{rate: rate, now: now, log: log}, nil
}

// Allow implements [Limiter]. It never fails.
func (l *Memory) Allow(_ context.Context, to connector.RecipientHash) (time.Duration, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	sends, _ := l.log.Get(to)
	for len(sends) > 0 && now.Sub(sends[0]) >= l.rate.Per {
		sends = sends[1:]
	}
	if len(sends) >= l.rate.Sends {
		l.log.Add(to, sends)
		return l.rate.Per - now.Sub(sends[0]), nil
	}
	l.log.Add(to, append(sends, now))
	return 0, nil
}
