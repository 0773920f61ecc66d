package ratelimit

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Rate is a number of sends in a stretch of time. The zero Rate is no limit.
type Rate struct {
	Sends int // at most 1000
	Per   time.Duration
}

const maxRate = 1000

// UnmarshalText reads "20/10m", or "0" for no limit.
func (r *Rate) UnmarshalText(text []byte) error {
	*r = Rate{}
	if string(text) == "0" {
		return nil
	}
	sends, per, ok := strings.Cut(string(text), "/")
	if !ok {
		return fmt.Errorf("%q is not a rate: write it like 20/10m, or 0 for no limit", text)
	}
	n, err := strconv.Atoi(sends)
	if err != nil || n < 1 || n > maxRate {
		return fmt.Errorf("%q is not a rate: the number of sends must be from 1 to %d", text, maxRate)
	}
	d, err := time.ParseDuration(per)
	if err != nil || d <= 0 {
		return fmt.Errorf("%q is not a rate: the time must be a duration like 10m", text)
	}
	*r = Rate{n, d}
	return nil
}

// String returns what [Rate.UnmarshalText] reads.
func (r Rate) String() string {
	if r.Sends == 0 {
		return "0"
	}
	return fmt.Sprintf("%d/%s", r.Sends, r.Per)
}

// Interval is the time in which one send is free again.
func (r Rate) Interval() time.Duration { return r.Per / time.Duration(r.Sends) }

// Tolerance is how far ahead of now a recipient's theoretical arrival time may be for
// one more send: all sends of the rate may be made at once.
func (r Rate) Tolerance() time.Duration { return r.Per - r.Interval() }
