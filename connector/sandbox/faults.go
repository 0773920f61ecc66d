package sandbox

import (
	"context"
	"math"
	"net/http"
	"sync"
	"time"
)

// faults decides which request meets which fault.
type faults struct {
	mu   sync.Mutex
	list []*activeFault
}

// activeFault is a Fault and what it has seen so far.
type activeFault struct {
	Fault
	seen   int         // requests that Share counts
	hits   int         // requests hit
	recent []time.Time // requests let through in the last second
}

// set replaces the faults.
func (fs *faults) set(list []Fault) {
	active := make([]*activeFault, len(list))
	for i, f := range list {
		active[i] = &activeFault{Fault: f}
	}
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.list = active
}

// next returns the fault for a request that arrives now, the zero Fault for
// none.
func (fs *faults) next(now time.Time) Fault {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for _, f := range fs.list {
		if f.hit(now) {
			return f.Fault
		}
	}
	return Fault{}
}

// spent reports whether f has hit as often as it may.
func (f *activeFault) spent() bool { return f.Times > 0 && f.hits >= f.Times }

// hit reports whether f hits the request that arrives now, and counts it.
func (f *activeFault) hit(now time.Time) bool {
	if f.spent() || f.PerSecond > 0 && f.letThrough(now) {
		return false
	}
	f.seen++
	if f.Share > 0 && due(f.seen, f.Share) == due(f.seen-1, f.Share) {
		return false
	}
	f.hits++
	return true
}

// due is the number of hits among n requests. The small term makes up for
// shares that binary fractions miss from below: 100 × 0.29 is 29 hits, not 28.
func due(n int, share float64) float64 { return math.Floor(float64(n)*share + 1e-9) }

// letThrough reports whether fewer than PerSecond requests were let through in
// the second before now, and if so counts this one among them.
func (f *activeFault) letThrough(now time.Time) bool {
	for len(f.recent) > 0 && now.Sub(f.recent[0]) >= time.Second {
		f.recent = f.recent[1:]
	}
	if len(f.recent) >= f.PerSecond {
		return false
	}
	f.recent = append(f.recent, now)
	return true
}

// inject does to a request what the fault asks, as far as it comes before
// Mailgun's own work, and reports whether the request is answered.
func (s *Sandbox) inject(w http.ResponseWriter, in submission, f Fault) bool {
	ctx := in.request.Context()
	if f.Delay > 0 {
		s.hold(ctx, time.After(f.Delay))
	}
	switch {
	case f.Hang:
		s.hold(ctx, nil)
	case f.Drop == DropBefore:
		panic(http.ErrAbortHandler)
	case f.Status != 0 || f.PerSecond > 0 && f.Drop == "":
		f.answer(in.domain, time.Now()).write(w)
		return true
	}
	return false
}

// hold waits until the time has come. If the client leaves or the Sandbox is
// closed before, it cuts the connection and does not return.
func (s *Sandbox) hold(ctx context.Context, until <-chan time.Time) {
	select {
	case <-until:
	case <-ctx.Done():
		panic(http.ErrAbortHandler)
	case <-s.closed:
		panic(http.ErrAbortHandler)
	}
}
