package httpapi

import (
	"sync"
	"time"
)

// tally reports what strangers can make happen as often as they like: the first time at
// once, and then after each period how often it happened in it. It must not be copied.
type tally struct {
	period time.Duration
	idle   func() // called after a period without anything; may be nil

	mu      sync.Mutex
	n       int // not reported yet
	report  func(n int)
	ticking bool // a period is under way
	touched bool // in this period
}

// count counts one more. The report is called with the number, once; only the last one
// of a period is. It must not count itself.
func (t *tally) count(report func(n int)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.n++
	t.report = report
	if !t.ticking {
		t.flush()
	}
}

// touch keeps the tally from being idle, and counts nothing.
func (t *tally) touch() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.touched = true
	if !t.ticking {
		t.begin()
	}
}

func (t *tally) flush() {
	t.report(t.n)
	t.n, t.report = 0, nil
	t.begin()
}

func (t *tally) begin() {
	t.ticking = true
	time.AfterFunc(t.period, t.end)
}

func (t *tally) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	touched := t.touched
	t.ticking, t.touched = false, false
	switch {
	case t.n > 0:
		t.flush()
	case touched:
		t.begin()
	case t.idle != nil:
		t.idle()
	}
}

// tallies has a tally for each of a few names.
type tallies struct {
	period time.Duration

	mu  sync.Mutex
	all map[string]*tally
}

func (t *tallies) of(name string) *tally {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.all[name] == nil {
		if t.all == nil {
			t.all = map[string]*tally{}
		}
		t.all[name] = &tally{period: t.period}
	}
	return t.all[name]
}
