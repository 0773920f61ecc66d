package sqlstore

import (
	"context"
	"errors"
	"slices"
	"time"
)

// groupCommitter commits the writes of many callers together: SQLite has one writer,
// and each commit waits for the disk. While one transaction is being committed, the
// next collects whatever arrives. Commits that would follow each other closely are
// held apart a little, which costs a busy caller some milliseconds and saves most of
// the processor time; after a quiet moment there is no delay.
type groupCommitter struct {
	conn   queryer
	check  func() error // called before each transaction, which its error stops
	writes chan *write
	quit   chan struct{} // closed to end
	done   chan struct{} // closed when nothing more will be committed
	last   time.Time     // when the last commit ended; run's own
}

const (
	// commitInterval is the least time between two commits, unless minBatch writes
	// are waiting.
	commitInterval = 3 * time.Millisecond
	minBatch       = 32
	maxBatch       = 256 // writes in one transaction
)

// write is one caller's.
type write struct {
	ctx    context.Context //nolint:containedctx // of the caller, who may have left when its turn comes
	fn     func(ctx context.Context, q queryer) error
	result chan error // buffered: the committer never waits for a caller
}

var errClosed = errors.New("the database is closed")

func newGroupCommitter(conn queryer, check func() error) *groupCommitter {
	g := &groupCommitter{
		conn: conn, check: check, writes: make(chan *write, maxBatch),
		quit: make(chan struct{}), done: make(chan struct{}),
	}
	go g.run()
	return g
}

// do runs fn in a transaction and returns when that is committed. When ctx ends
// first, the write may still be made: its outcome is unknown to the caller, and
// never half.
func (g *groupCommitter) do(ctx context.Context, fn func(ctx context.Context, q queryer) error) error {
	w := &write{ctx, fn, make(chan error, 1)}
	select {
	case g.writes <- w:
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-g.quit:
		return errClosed
	}
	select {
	case err := <-w.result:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-g.done:
		select {
		case err := <-w.result:
			return err
		default: // handed in after the last commit
			return errClosed
		}
	}
}

// stop commits what was handed in before, and ends.
func (g *groupCommitter) stop() {
	close(g.quit)
	<-g.done
}

func (g *groupCommitter) run() {
	defer close(g.done)
	for {
		select {
		case w := <-g.writes:
			g.commit(g.waitForMore(w))
			g.last = time.Now()
		case <-g.quit:
			for {
				select {
				case w := <-g.writes:
					g.commit(g.drain([]*write{w}))
				default:
					return
				}
			}
		}
	}
}

// abandoned tells a caller that has given up so, and reports whether it has.
func (w *write) abandoned() bool {
	if w.ctx.Err() == nil {
		return false
	}
	w.result <- context.Cause(w.ctx)
	return true
}

// waitForMore adds what comes until the next commit may follow.
func (g *groupCommitter) waitForMore(first *write) []*write {
	batch := g.drain([]*write{first})
	left := commitInterval - time.Since(g.last)
	if left <= 0 {
		return batch
	}
	over := time.NewTimer(left)
	defer over.Stop()
	for len(batch) < minBatch {
		select {
		case w := <-g.writes:
			batch = append(batch, w)
		case <-over.C:
			return batch
		case <-g.quit:
			return batch
		}
	}
	return g.drain(batch)
}

// drain adds what is waiting already.
func (g *groupCommitter) drain(batch []*write) []*write {
	for len(batch) < maxBatch {
		select {
		case w := <-g.writes:
			batch = append(batch, w)
		default:
			return batch
		}
	}
	return batch
}

// commit runs a batch in one transaction, on a context of its own: a caller that
// gives up must not take the others' writes with it. If anything fails, each write
// is run again alone, so that it is answered for itself only. What nobody waits for
// any more is not begun: a claim would be in nobody's hands.
func (g *groupCommitter) commit(batch []*write) {
	ctx := context.Background()
	batch = slices.DeleteFunc(batch, (*write).abandoned)
	if len(batch) == 0 {
		return
	}
	err := g.transact(ctx, batch...)
	if err == nil || len(batch) == 1 {
		for _, w := range batch {
			w.result <- err
		}
		return
	}
	for _, w := range batch {
		if !w.abandoned() {
			w.result <- g.transact(ctx, w)
		}
	}
}

// transact runs writes in one transaction, until one fails.
func (g *groupCommitter) transact(ctx context.Context, writes ...*write) error {
	if err := g.check(); err != nil {
		return err
	}
	return transact(ctx, g.conn, "BEGIN IMMEDIATE", func() error {
		for _, w := range writes {
			if err := w.fn(ctx, g.conn); err != nil {
				return err
			}
		}
		return nil
	})
}
