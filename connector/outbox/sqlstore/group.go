package sqlstore

import (
	"context"
	"errors"
	"slices"
	"time"
)

// group commits the writes of many callers together: SQLite has one writer, and
// each commit waits for the disk. While one transaction is being committed, the
// next collects whatever arrives. Commits that would follow each other closely
// are held apart a little, which costs a busy caller some milliseconds and saves most
// of the processor time; after a quiet moment there is no delay.
type group struct {
	conn queryer
	ops  chan *operation
	quit chan struct{} // closed to end
	done chan struct{} // closed when nothing more will be committed
	last time.Time     // when the last commit ended; run's own
}

const (
	// pause is the least time between two commits, unless enough is waiting.
	pause  = 3 * time.Millisecond
	enough = 32
)

// maxGroup bounds the writes in one transaction.
const maxGroup = 256

// operation is one caller's write.
type operation struct {
	ctx    context.Context //nolint:containedctx // of the caller, who may have left when its turn comes
	fn     func(ctx context.Context, q queryer) error
	result chan error // buffered: the writer never waits for a caller
}

var errClosed = errors.New("the database is closed")

func newGroup(conn queryer) *group {
	g := &group{conn: conn, ops: make(chan *operation, maxGroup), quit: make(chan struct{}), done: make(chan struct{})}
	go g.run()
	return g
}

// do runs fn in a transaction and returns when that is committed. When ctx ends
// first, the write may still be made: its outcome is unknown to the caller, and
// never half.
func (g *group) do(ctx context.Context, fn func(ctx context.Context, q queryer) error) error {
	op := &operation{ctx, fn, make(chan error, 1)}
	select {
	case g.ops <- op:
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-g.quit:
		return errClosed
	}
	select {
	case err := <-op.result:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-g.done:
		select {
		case err := <-op.result:
			return err
		default: // handed in after the last commit
			return errClosed
		}
	}
}

// stop commits what was handed in before, and ends.
func (g *group) stop() {
	close(g.quit)
	<-g.done
}

func (g *group) run() {
	defer close(g.done)
	for {
		select {
		case op := <-g.ops:
			g.commit(g.gather(op))
			g.last = time.Now()
		case <-g.quit:
			for {
				select {
				case op := <-g.ops:
					g.commit(g.collect([]*operation{op}))
				default:
					return
				}
			}
		}
	}
}

// abandoned tells a caller that has given up so, and reports whether it has.
func (op *operation) abandoned() bool {
	if op.ctx.Err() == nil {
		return false
	}
	op.result <- context.Cause(op.ctx)
	return true
}

// gather adds what comes until the next commit may follow.
func (g *group) gather(first *operation) []*operation {
	batch := g.collect([]*operation{first})
	left := pause - time.Since(g.last)
	if left <= 0 {
		return batch
	}
	over := time.NewTimer(left)
	defer over.Stop()
	for len(batch) < enough {
		select {
		case op := <-g.ops:
			batch = append(batch, op)
		case <-over.C:
			return batch
		case <-g.quit:
			return batch
		}
	}
	return g.collect(batch)
}

// collect adds what is waiting already.
func (g *group) collect(batch []*operation) []*operation {
	for len(batch) < maxGroup {
		select {
		case op := <-g.ops:
			batch = append(batch, op)
		default:
			return batch
		}
	}
	return batch
}

// commit runs a batch in one transaction, on a context of its own: a caller that
// gives up must not take the others' writes with it. If anything fails, each
// operation is run again alone, so that it is answered for itself only. What
// nobody waits for any more is not begun: a claim would be in nobody's hands.
func (g *group) commit(batch []*operation) {
	ctx := context.Background()
	batch = slices.DeleteFunc(batch, (*operation).abandoned)
	if len(batch) == 0 {
		return
	}
	results := make([]error, len(batch))
	err := inTransaction(ctx, g.conn, func() error {
		for i, op := range batch {
			if results[i] = op.fn(ctx, g.conn); results[i] != nil {
				return results[i]
			}
		}
		return nil
	})
	if err == nil || len(batch) == 1 {
		for _, op := range batch {
			op.result <- err
		}
		return
	}
	for _, op := range batch {
		if op.abandoned() {
			continue
		}
		op.result <- inTransaction(ctx, g.conn, func() error { return op.fn(ctx, g.conn) })
	}
}
