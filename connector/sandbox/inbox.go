package sandbox

import (
	"slices"
	"sync"
)

// inbox keeps the newest messages. A message in it is never changed, only
// cloned on its way out.
type inbox struct {
	capacity int

	mu   sync.Mutex
	kept []*Message // oldest first
	last int        // number of the newest message ever added
}

// add numbers m, keeps it, and drops the oldest if need be. From here on m
// belongs to the inbox.
func (b *inbox) add(m *Message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last++
	m.Seq = b.last
	if len(b.kept) == b.capacity {
		b.kept = slices.Delete(b.kept, 0, 1)
	}
	b.kept = append(b.kept, m)
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

// clear drops the messages. Numbers go on, so that the address of an old message
// does not come to show another one.
func (b *inbox) clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.kept = nil
}
