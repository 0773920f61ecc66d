package outbox

import (
	"context"
	"sync/atomic"
	"time"
)

// clock tells the time of a store. Between looks at the store's own clock it
// counts on, so that a clock which is set while the process runs moves no lease
// and no pause: a step is not followed (docs/reliability.md). Small differences
// are: clocks that are not kept right drift apart.
type clock struct {
	store func(context.Context) (time.Time, error)
	local func() time.Time
	base  atomic.Pointer[reading]
}

// reading is one look at both clocks.
type reading struct{ store, local time.Time }

// maxDrift is more than clocks drift apart between two looks.
const maxDrift = time.Second

// newClock looks at the store's clock for the first time.
func newClock(ctx context.Context, store Store, local func() time.Time) (*clock, error) {
	c := &clock{store: store.Now, local: local}
	at, err := store.Now(ctx)
	if err != nil {
		return nil, err
	}
	c.base.Store(&reading{at, local()})
	return c, nil
}

// now is the time for leases and pauses.
func (c *clock) now() time.Time {
	r := c.base.Load()
	return r.store.Add(c.local().Sub(r.local)) // by the monotonic reading
}

// latest is the time by which a code's life may be over. A machine that slept
// counts nothing meanwhile; the time of day then knows better.
func (c *clock) latest() time.Time {
	r, local := c.base.Load(), c.local()
	return r.store.Add(max(local.Sub(r.local), local.Round(0).Sub(r.local.Round(0))))
}

// adjust looks at the store's clock again. It follows a drift and gives 0, or
// gives the step that it does not follow.
func (c *clock) adjust(ctx context.Context) (step time.Duration, err error) {
	at, err := c.store(ctx)
	if err != nil {
		return 0, err
	}
	if step = at.Sub(c.now()); step.Abs() > maxDrift {
		return step, nil
	}
	c.base.Store(&reading{at, c.local()})
	return 0, nil
}
