package sandbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// errClosed ends the waiting for posts that will never be made.
var errClosed = errors.New("the sandbox is closed")

// posts keeps the newest posts, and queues the pending ones for the postman.
type posts struct {
	capacity int
	postman  *postman

	mu        sync.Mutex
	webhook   Webhook
	kept      []*Post      // oldest first
	queue     []queuedPost // the soonest first; posts that were dropped are still here
	last      int          // number of the newest post
	completed int          // posts that are no longer pending
	epoch     int          // counts the clears
	closed    bool
	changed   chan struct{}
}

// queuedPost is a post and when to try it.
type queuedPost struct {
	*Post
	due   time.Time
	epoch int // a post of an earlier one is forgotten
}

// newPosts returns an empty record. Two posts follow a message as a rule.
func newPosts(messages int) *posts {
	return &posts{capacity: 2 * messages, postman: newPostman(), changed: make(chan struct{})}
}

// target returns the webhook to post to; after close, none.
func (ps *posts) target() Webhook {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if ps.closed {
		return Webhook{}
	}
	return ps.webhook
}

func (ps *posts) setTarget(w Webhook) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	ps.webhook = w
}

// add numbers p, keeps it, drops the oldest if need be, and has it posted when
// it is due. From here on p belongs to the record; the caller gets a copy.
func (ps *posts) add(p *Post, due time.Time) Post {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if ps.closed {
		return p.clone()
	}
	ps.last++
	p.Seq = ps.last
	if len(ps.kept) == ps.capacity {
		ps.kept = slices.Delete(ps.kept, 0, 1)
	}
	ps.kept = append(ps.kept, p)
	ps.enqueue(p, due)
	ps.postman.start(ps)
	return p.clone()
}

// enqueue puts p behind all that is due as soon.
func (ps *posts) enqueue(p *Post, due time.Time) {
	p.Next = due
	i, _ := slices.BinarySearchFunc(ps.queue, due, func(q queuedPost, due time.Time) int {
		if q.due.After(due) {
			return 1
		}
		return -1
	})
	ps.queue = slices.Insert(ps.queue, i, queuedPost{p, due, ps.epoch})
	ps.postman.ring()
}

// next takes a post that is due out of the queue. When none is, it reports
// false, and the channel says when to ask again.
func (ps *posts) next() (q queuedPost, ok bool, later <-chan time.Time) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if len(ps.queue) == 0 {
		return queuedPost{}, false, nil
	}
	q = ps.queue[0]
	if wait := time.Until(q.due); wait > 0 {
		return queuedPost{}, false, time.After(wait)
	}
	ps.queue[0] = queuedPost{} // so that its memory can go
	ps.queue = ps.queue[1:]
	q.Next = time.Time{}
	return q, true, nil
}

// finish notes how a try ended, and queues the next one if there is one.
func (ps *posts) finish(q queuedPost, status int, err error) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if q.epoch != ps.epoch {
		return
	}
	if minutes := q.answered(status, err); minutes > 0 {
		ps.enqueue(q.Post, time.Now().Add(time.Duration(minutes)*ps.webhook.Minute))
		return
	}
	ps.completed++
	ps.announce()
}

// announce wakes the waiting.
func (ps *posts) announce() {
	close(ps.changed)
	ps.changed = make(chan struct{})
}

// all returns copies, oldest first; never nil.
func (ps *posts) all() []Post {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	list := make([]Post, len(ps.kept))
	for i, p := range ps.kept {
		list[i] = p.clone()
	}
	return list
}

// clear forgets all posts, pending ones too, and counts from 1 again.
func (ps *posts) clear() {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	ps.kept, ps.queue, ps.last, ps.completed = nil, nil, 0, 0
	ps.epoch++
}

// wait returns nil once n posts were completed since the last clear.
func (ps *posts) wait(ctx context.Context, n int) error {
	for {
		ps.mu.Lock()
		completed, closed, changed := ps.completed, ps.closed, ps.changed
		ps.mu.Unlock()
		var err error
		switch {
		case completed >= n:
			return nil
		case closed:
			err = errClosed
		default:
			select {
			case <-changed:
				continue
			case <-ctx.Done():
				err = context.Cause(ctx)
			}
		}
		return fmt.Errorf("waiting for %d posts, completed %d: %w", n, completed, err)
	}
}

// close ends everything that runs, and waits for it.
func (ps *posts) close() {
	ps.mu.Lock()
	ps.closed = true
	ps.announce()
	ps.mu.Unlock()
	ps.postman.stop()
}
