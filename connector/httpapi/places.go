package httpapi

import (
	"context"
	"time"
)

// places bound how many requests do something at the same time. A place is taken for
// the work alone, never while the rest of a request is awaited: whoever sends half a
// body would hold it.
type places chan struct{}

func newPlaces(n int) places { return make(places, n) }

// take takes a place if one is free; the caller then owes a leave.
func (p places) take() bool {
	select {
	case p <- struct{}{}:
		return true
	default:
		return false
	}
}

// await takes a place as soon as one is free, if that is within d and before ctx ends.
func (p places) await(ctx context.Context, d time.Duration) bool {
	if p.take() {
		return true
	}
	late := time.NewTimer(d)
	defer late.Stop()
	select {
	case p <- struct{}{}:
		return true
	case <-late.C:
	case <-ctx.Done():
	}
	return false
}

func (p places) leave() { <-p }
