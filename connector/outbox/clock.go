package outbox

import (
	"context"
	"sync/atomic"
	"time"
)

// clock tells the time of a store. Between looks at the store's own clock it counts
// on by the time since this machine was started, which runs while the machine sleeps
// and which nobody sets: so a clock that is set while the process runs moves no lease,
// no pause and no code's life (docs/reliability.md). Small differences are followed:
// clocks drift apart.
type clock struct {
	store   func(context.Context) (time.Time, error)
	elapsed func() time.Duration
	base    atomic.Pointer[reading]
}

// reading is one look at both clocks.
type reading struct {
	store   time.Time
	elapsed time.Duration
}

// started is when the process was, for where nothing better is known.
var started = time.Now()

// maxDrift is more than clocks drift apart between two looks.
const maxDrift = time.Second

// newClock looks at the store's clock for the first time.
func newClock(ctx context.Context, store Store, elapsed func() time.Duration) (*clock, error) {
	c := &clock{store: store.Now, elapsed: elapsed}
	at, err := c.look(ctx)
	if err != nil {
		return nil, err
	}
	c.base.Store(at)
	return c, nil
}

func (c *clock) look(ctx context.Context) (*reading, error) {
	at, err := c.store(ctx)
	return &reading{at.Round(0), c.elapsed()}, err // no monotonic reading: the time of day is asked for
}

func (c *clock) now() time.Time {
	r := c.base.Load()
	return r.store.Add(c.elapsed() - r.elapsed)
}

// adjust looks at the store's clock again. It follows a drift and gives 0, or
// gives the step that it does not follow.
func (c *clock) adjust(ctx context.Context) (step time.Duration, err error) {
	at, err := c.look(ctx)
	if err != nil {
		return 0, err
	}
	if step = at.store.Sub(c.now()); step.Abs() > maxDrift {
		return step, nil
	}
	c.base.Store(at)
	return 0, nil
}
