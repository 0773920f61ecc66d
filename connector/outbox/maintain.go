package outbox

import (
	"context"
	"time"
)

const (
	maintainInterval = 15 * time.Second
	purgeLimit       = 500 // rows of a kind at a time: others write meanwhile
)

// maintain looks at the queue, and removes what has been kept long enough.
func (o *Outbox) maintain(ctx context.Context) {
	for {
		o.measure(ctx)
		o.purge(ctx)
		select {
		case <-ctx.Done():
			return
		case <-time.After(maintainInterval):
		}
	}
}

// purge goes on while there is as much to remove as may be removed at a time, and
// rests in between for as long as that took: sends come first.
func (o *Outbox) purge(ctx context.Context) {
	for {
		began := time.Now()
		n, err := o.Store.Purge(ctx, o.Retention, purgeLimit)
		if err != nil && ctx.Err() == nil {
			o.Logger.Warn("purging the outbox", "error", err)
		}
		if n < purgeLimit || err != nil {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Since(began)):
		}
	}
}

func (o *Outbox) measure(ctx context.Context) {
	n, oldest, err := o.Store.Depth(ctx)
	if err != nil {
		return // the purge tells
	}
	o.Metrics.depth.Set(float64(n))
	o.Metrics.oldest.Set(oldest.Seconds())
}
