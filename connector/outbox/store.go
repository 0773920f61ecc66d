package outbox

import (
	"context"
	"errors"
	"time"

	"mailgun-connector/connector"
)

// Row is a message as a [Store] keeps it. Its times are by the store's clock, which
// all users of the store share: only their differences mean something elsewhere.
type Row struct {
	connector.Message // Updated is also when the row was claimed
	// Due is the end of the lease of a message that is being sent, and the next
	// attempt of one that is queued.
	Due time.Time
	// Attempt counts the attempts begun. It also fences: what a holder whose
	// lease has run out wants to settle no longer fits.
	Attempt        int
	IdempotencyKey string // its hash, "" for none
	// Content is the sealed mail, nil in a final state.
	Content []byte
	// TakenOver says of a claimed row that the attempt before was lost: its
	// holder's lease ran out. It is not stored.
	TakenOver bool
}

// Lost is the error of an attempt whose outcome nobody told: its holder died, or
// was frozen beyond its lease.
const Lost = "lost"

// Lease brings a row that is claimed at a time to its next attempt, and returns the
// attempt before if that was lost.
func (r *Row) Lease(now time.Time, length time.Duration) (lost *connector.Attempt) {
	if r.State == connector.Sending {
		r.TakenOver = true
		lost = &connector.Attempt{
			Number: r.Attempt, Started: r.Updated, Duration: now.Sub(r.Updated),
			Error: Lost, Reason: connector.ReasonLost,
		}
	}
	r.State, r.Updated, r.Due = connector.Sending, now, now.Add(length)
	r.Attempt++
	return lost
}

// Join makes a new row one that waits behind others.
func (r *Row) Join() { r.State, r.Attempt = connector.Queued, 0 }

// NewRow is a row to insert, see [Store].
type NewRow struct {
	*Row
	Wait, Life time.Duration
}

// Settlement is how an attempt ended.
type Settlement struct {
	ID string
	// Attempt began at Started by this process's clock; the store keeps it by its own.
	Attempt    connector.Attempt
	State      connector.State // Sent, Queued, Failed or Expired
	ProviderID string          // for Sent
	Error      string          // a code, unless Sent
	// Wait is how long a queued message waits, but not beyond its end.
	Wait time.Duration
	// Untried says that there was no attempt after all: none is recorded, and
	// the next one has its number.
	Untried bool
}

// Store keeps messages durably. What a method has returned without an error has
// survived a crash of the process and of the machine. Methods are safe for
// concurrent use, and an error that is none of the named ones is passing.
//
// outboxtest.Run is the definition: a new store passes it.
type Store interface {
	// Insert adds a row in state Sending or Queued: created now, due after wait,
	// worthless after life, whatever times it has. If the recipient has earlier rows
	// not yet in a final state, it is Queued behind them and row says so; and what they
	// wait for is due now, unless Mailgun has asked for the wait. The error is
	// ErrDuplicate, and nothing is added, if a message has its idempotency key. It is
	// ErrUnsure if the row may have been added.
	Insert(ctx context.Context, row *Row, wait, life time.Duration) error
	// InsertAll is Insert for several rows, all in one step: either all are added or none.
	InsertAll(ctx context.Context, rows []NewRow) error
	// Claim takes up to limit rows that are due, oldest due first, for sending in the
	// time of a lease. Each row is claimed once, whoever else claims, and none while its
	// recipient has an earlier one not yet in a final state, unless its own life is
	// over. Of a row that is taken over, the attempt before is recorded as [Lost].
	Claim(ctx context.Context, lease time.Duration, limit int) ([]*Row, error)
	// Settle ends an attempt. It changes nothing and returns ErrStale if the
	// message has been claimed by another meanwhile, is queued again or in a
	// final state; but Sent always counts, unless the message is sent already.
	Settle(ctx context.Context, s *Settlement) error
	// Keep adds rows in a final state as they are, with their attempts, created now. Of a
	// row that is there already it adds the requests to those.
	Keep(ctx context.Context, rows []*Row) error
	// Move brings a queued message to Queued (due at once, as is what it waits behind)
	// or Cancelled. The error may be [connector.ErrNoMessage] or [connector.ErrConflict].
	Move(ctx context.Context, id string, to connector.State) error
	// Get returns a row with its attempts and events, or [connector.ErrNoMessage].
	Get(ctx context.Context, id string) (*Row, error)
	// FindKey returns the row with an idempotency key as Get does, or
	// [connector.ErrNoMessage]. A key lives for [idempotency.Life].
	FindKey(ctx context.Context, key string) (*Row, error)
	// List returns rows with their attempts and events, the last created first, at most
	// filter.Limit; the filter's cursor is the id of the last row of the page before.
	// There is nothing after a row that is not there any more: older ones went before it.
	List(ctx context.Context, filter connector.MessageFilter) ([]*Row, error)
	// Depth returns the number of messages not yet in a final state, and the age of
	// the oldest of them.
	Depth(ctx context.Context) (n int, oldest time.Duration, err error)
	// Purge removes messages in a final state that were created longer ago than the
	// retention, and what else the store no longer needs: at most limit of each
	// kind. It returns the most that it has removed of a kind.
	Purge(ctx context.Context, retention time.Duration, limit int) (most int, err error)
}

var (
	// ErrStale says that an attempt's outcome came too late to count.
	ErrStale = errors.New("the message went on without this attempt")
	// ErrUnsure says that a write may have been made all the same.
	ErrUnsure = errors.New("the database did not say whether it has written")
	// ErrDuplicate says that there is a message with the idempotency key.
	ErrDuplicate = errors.New("a message has this idempotency key")
)
