package sandbox

import (
	"context"
	"fmt"
	"slices"
	"sync"
)

// inbox keeps the newest messages. A message in it is never changed, only
// cloned on its way out.
type inbox struct {
	capacity int

	mu      sync.Mutex
	kept    []*Message // oldest first
	last    int        // number of the newest message ever added
	cleared int        // last, at the time of the last clear
	changed chan struct{}
}

// newInbox returns an empty inbox; a capacity below 1 means defaultCapacity.
func newInbox(capacity int) *inbox {
	if capacity < 1 {
		capacity = defaultCapacity
	}
	return &inbox{capacity: capacity, changed: make(chan struct{})}
}

// add numbers m, keeps it, drops the oldest if need be, and wakes the waiting.
// From here on m belongs to the inbox.
func (b *inbox) add(m *Message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last++
	m.Seq = b.last
	if len(b.kept) == b.capacity {
		b.kept = slices.Delete(b.kept, 0, 1)
	}
	b.kept = append(b.kept, m)
	close(b.changed)
	b.changed = make(chan struct{})
}

// all returns copies, oldest first; never nil.
func (b *inbox) all() []Message {
	b.mu.Lock()
	kept := slices.Clone(b.kept)
	b.mu.Unlock()
	list := make([]Message, len(kept))
	for i, m := range kept {
		list[i] = m.clone()
	}
	return list
}

// find returns a copy of message n and reports whether it is still kept.
func (b *inbox) find(n int) (Message, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range b.kept {
		if m.Seq == n {
			return m.clone(), true
		}
	}
	return Message{}, false
}

// clear drops the messages. Numbers go on unless renumber is true, so that the
// address of an old message does not come to show another one.
func (b *inbox) clear(renumber bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if renumber {
		b.last = 0
	}
	b.kept, b.cleared = nil, b.last
}

// wait returns nil once n messages were added since the last clear.
func (b *inbox) wait(ctx context.Context, n int) error {
	for {
		b.mu.Lock()
		received, changed := b.last-b.cleared, b.changed
		b.mu.Unlock()
		if received >= n {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("waiting for %d messages, received %d: %w", n, received, context.Cause(ctx))
		}
	}
}
