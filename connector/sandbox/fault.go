package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// The values of [Fault.Drop].
const (
	DropBefore = "before"
	DropAfter  = "after"
)

// The values of [Fault.WaitAs].
const (
	WaitSeconds = "seconds" // "try again after 120 seconds"
	WaitDate    = "date"    // "try again after Mon, 25 Aug 2025 07:00:31 UTC"
)

// Fault is one way in which Mailgun, or the network before it, misbehaves on
// the messages route. It strikes before the key is checked. In JSON a duration
// is a string as in Go, such as "1.5s".
//
// A Fault needs exactly one of Status, Hang and Drop, except that one with
// Delay or PerSecond can do without. Times, Share and PerSecond say which
// requests it hits; all of them must hold.
type Fault struct {
	// Status is the status to answer with, 200 to 599, in Mailgun's own words:
	// 200 the text of an unknown route, 400 sending too fast on probation, 401,
	// 403 account disabled, 404, 413, 420 and 429 limit exceeded, 500 as JSON,
	// 502 to 504 a gateway's HTML page, any other its name as JSON.
	Status int
	// Body replaces those words, ContentType the type that its first byte
	// suggests.
	Body, ContentType string
	// RetryAfter and Location are the values of these headers. Mailgun
	// documents neither.
	RetryAfter, Location string
	// Wait is the time that a 420 or 429 names in its text, rounded up to
	// whole seconds. The default is Mailgun's sample, 2m; 1s with PerSecond.
	Wait time.Duration
	// WaitAs is the form of that time. The default is WaitDate for 420, as
	// recorded, and WaitSeconds for 429, as in the OpenAPI document.
	WaitAs string

	// Delay passes before anything else happens. A client that leaves
	// meanwhile has sent nothing.
	Delay time.Duration
	// Hang never answers and stores nothing. It ends when the client leaves
	// or [Sandbox.Close] is called.
	Hang bool
	// Drop cuts the connection without an answer: DropBefore with nothing
	// stored, DropAfter once the message is stored, so that the client cannot
	// know. A request that Mailgun refuses is answered despite DropAfter.
	Drop string

	// Times is the number of requests to hit; 0 means until replaced.
	Times int
	// Share is the share of requests to hit, 0 to 1; 0 means all, like 1. The
	// hits are spread evenly, not drawn: of the first n requests it hits the
	// whole part of n × Share, so 0.25 hits every fourth.
	Share float64
	// PerSecond lets this many requests through in any second and hits those
	// beyond, with a 429 unless another Status, Hang or Drop is given.
	PerSecond int
}

// check returns what is wrong with f, or nil.
func (f Fault) check() error {
	effects := 0
	for _, set := range []bool{f.Status != 0, f.Hang, f.Drop != ""} {
		if set {
			effects++
		}
	}
	switch {
	case effects > 1:
		return errors.New("status, hang and drop exclude each other")
	case effects == 0 && f.Delay == 0 && f.PerSecond == 0:
		return errors.New("does nothing: needs status, hang, drop, delay or perSecond")
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return fmt.Errorf("status %d is not in 200 to 599", f.Status)
	case f.Drop != "" && f.Drop != DropBefore && f.Drop != DropAfter:
		return fmt.Errorf("drop %q is neither %q nor %q", f.Drop, DropBefore, DropAfter)
	case f.WaitAs != "" && f.WaitAs != WaitSeconds && f.WaitAs != WaitDate:
		return fmt.Errorf("waitAs %q is neither %q nor %q", f.WaitAs, WaitSeconds, WaitDate)
	case !(f.Share >= 0 && f.Share <= 1): // also refuses NaN
		return fmt.Errorf("share %v is not in 0 to 1", f.Share)
	case f.Times < 0 || f.PerSecond < 0 || f.Delay < 0 || f.Wait < 0:
		return errors.New("times, perSecond, delay and wait may not be negative")
	}
	return nil
}

// withDefaults fills in what PerSecond and Status leave open.
func (f Fault) withDefaults() Fault {
	if f.Wait == 0 {
		f.Wait = 2 * time.Minute
		if f.PerSecond > 0 {
			f.Wait = time.Second
		}
	}
	if f.PerSecond > 0 && f.Status == 0 && !f.Hang && f.Drop == "" {
		f.Status = http.StatusTooManyRequests
	}
	return f
}

// UnmarshalJSON reads durations as Go spells them, and refuses unknown members.
func (f *Fault) UnmarshalJSON(data []byte) error {
	type plain Fault // has no methods
	var in struct {
		plain
		Wait, Delay duration
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return err
	}
	*f = Fault(in.plain)
	f.Wait, f.Delay = time.Duration(in.Wait), time.Duration(in.Delay)
	return nil
}

// duration is a time.Duration that JSON has as a string.
type duration time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	*d = duration(parsed)
	return err
}
