package sandbox

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"sync"
	"time"
)

// maxFaults is the limit of a PUT /faults body, in bytes.
const maxFaults = 1 << 20

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

// set replaces the faults, unless one of them makes no sense.
func (fs *faults) set(list []Fault) error {
	active := make([]*activeFault, len(list))
	for i, f := range list {
		if err := f.check(); err != nil {
			return fmt.Errorf("fault %d: %w", i+1, err)
		}
		active[i] = &activeFault{Fault: f.withDefaults()}
	}
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.list = active
	return nil
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

// hit reports whether f hits the request that arrives now, and counts it.
func (f *activeFault) hit(now time.Time) bool {
	if f.Times > 0 && f.hits >= f.Times || f.PerSecond > 0 && f.letThrough(now) {
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

// strike does to a request what the fault asks, as far as it comes before
// Mailgun's own work, and reports whether the request is answered.
func (s *Sandbox) strike(w http.ResponseWriter, r *http.Request, f Fault) bool {
	if f.Delay > 0 {
		s.hold(r.Context(), time.After(f.Delay))
	}
	switch {
	case f.Hang:
		s.hold(r.Context(), nil)
	case f.Drop == DropBefore:
		panic(http.ErrAbortHandler)
	case f.Status == 0:
		return false
	}
	for name, value := range map[string]string{"Retry-After": f.RetryAfter, "Location": f.Location} {
		if value != "" {
			w.Header().Set(name, value)
		}
	}
	f.response(r.PathValue("domain"), time.Now()).write(w)
	return true
}

// hold waits until the time has come. If the client leaves or the Sandbox is
// closed before, it cuts the connection and does not return.
func (s *Sandbox) hold(ctx context.Context, until <-chan time.Time) {
	select {
	case <-until:
	case <-ctx.Done():
		panic(http.ErrAbortHandler)
	case <-s.ctx.Done():
		panic(http.ErrAbortHandler)
	}
}

// putFaults takes a JSON array.
func (s *Sandbox) putFaults(w http.ResponseWriter, r *http.Request) {
	var list []Fault
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxFaults)).Decode(&list)
	if err == nil {
		err = s.faults.set(list)
	}
	if err != nil {
		bad("reading faults: %v", err).write(w)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Sandbox) clearFaults(w http.ResponseWriter, _ *http.Request) {
	_ = s.faults.set(nil) // no fault is wrong
	w.WriteHeader(http.StatusNoContent)
}
