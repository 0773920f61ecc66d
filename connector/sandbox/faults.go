package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
	case f.Status != 0 || f.PerSecond > 0 && f.Drop == "":
		f.response(r.PathValue("domain"), time.Now()).write(w)
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
	case <-s.ctx.Done():
		panic(http.ErrAbortHandler)
	}
}

func (s *Sandbox) putFaults(w http.ResponseWriter, r *http.Request) {
	list, err := readFaults(http.MaxBytesReader(w, r.Body, maxFaults))
	if err != nil {
		bad("%v", err).write(w)
		return
	}
	s.faults.set(list)
	w.WriteHeader(http.StatusNoContent)
}

func (s *Sandbox) clearFaults(w http.ResponseWriter, _ *http.Request) {
	s.faults.set(nil)
	w.WriteHeader(http.StatusNoContent)
}

// readFaults reads exactly one JSON array of valid faults.
func readFaults(r io.Reader) ([]Fault, error) {
	var list []Fault
	d := json.NewDecoder(r)
	if err := d.Decode(&list); err != nil {
		return nil, fmt.Errorf("reading faults: %w", err)
	}
	if _, err := d.Token(); list == nil || !errors.Is(err, io.EOF) {
		return nil, errors.New("reading faults: want one JSON array and nothing else")
	}
	return list, checkFaults(list)
}
