package outbox

import (
	"context"
	"errors"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/idempotency"
	"mailgun-connector/connector/ratelimit"
)

// Row is a message as a [Store] keeps it.
type Row struct {
	connector.Message
	// Due is the end of the lease of a message that is being sent, and the next
	// attempt of one that is queued.
	Due time.Time
	// Attempt counts the attempts begun. It also fences: what a holder whose
	// lease has run out wants to settle no longer fits.
	Attempt        int
	IdempotencyKey string
	// Content is the sealed mail, nil in a final state.
	Content []byte
	// TakenOver says of a claimed row that the attempt before was lost: its
	// holder's lease ran out. It is not stored.
	TakenOver bool
}

// Lost is the error of an attempt whose outcome nobody told: its holder died, or
// was frozen beyond its lease.
const Lost = "lost"

// Settlement is how an attempt ended.
type Settlement struct {
	ID         string
	Attempt    connector.Attempt
	State      connector.State // Sent, Queued, Failed or Expired
	ProviderID string          // for Sent
	Error      string          // a code, unless Sent
	Due        time.Time       // for Queued
	// Untried says that there was no attempt after all: none is recorded, and
	// the next one has its number.
	Untried bool
}

// Horizon says how long things are kept: what is older may go.
type Horizon struct {
	Messages time.Time // in a final state, by their creation
	Keys     time.Time // of idempotency
	Tokens   time.Time // of events that belong to no message
	Sends    time.Time // counted for the recipient limit
}

// Store keeps messages durably. What a method has returned without an error has
// survived a crash of the process and of the machine. Methods are safe for
// concurrent use, and an error that is none of the named ones is passing.
//
// outboxtest.Run is the definition: a new store passes it.
type Store interface {
	// Now gives the time on the clock that all users of the store share.
	Now(ctx context.Context) (time.Time, error)
	// Insert adds a row in state Sending or Queued. The error is ErrDuplicate,
	// and nothing is added, if a message of the last 24 hours has its
	// idempotency key. It is ErrUnsure if the row may have been added.
	Insert(ctx context.Context, row *Row) error
	// Claim takes up to limit rows that are due at now, oldest due first, for
	// sending until lease. Each row is claimed once, whoever else claims. Of a
	// row that is taken over, the attempt before is recorded as [Lost].
	Claim(ctx context.Context, now, lease time.Time, limit int) ([]*Row, error)
	// Settle ends an attempt. It changes nothing and gives ErrStale if the
	// message has been claimed by another meanwhile, is queued again or in a
	// final state; but Sent always counts, unless the message is sent already.
	Settle(ctx context.Context, s *Settlement, now time.Time) error
	// Get gives a row with its attempts and events, or [connector.ErrNoMessage].
	Get(ctx context.Context, id string) (*Row, error)
	// FindKey gives the row that was inserted with an idempotency key since a
	// time, or [connector.ErrNoMessage].
	FindKey(ctx context.Context, key string, since time.Time) (*Row, error)
	// List gives rows without attempts and events, newest first, at most
	// filter.Limit; the filter's cursor is the id of the last row of the page
	// before.
	List(ctx context.Context, filter connector.MessageFilter) ([]*Row, error)
	// Move brings a queued message to Queued (due at once) or Cancelled. The
	// error may be [connector.ErrNoMessage] or [connector.ErrConflict].
	Move(ctx context.Context, id string, to connector.State, now time.Time) error
	// Record remembers an event's token, and with it brings the event's message
	// to its state if that is ahead. It gives the message as it was before, and
	// false if the token was seen before, which changes nothing. An event without
	// a state is only remembered. If the message is not known, nothing is, and the
	// error is [connector.ErrNoMessage].
	Record(ctx context.Context, event connector.DeliveryEvent, now time.Time) (before connector.Message, fresh bool, err error)
	// BeginKey reserves an idempotency key. It gives the answer kept for it, and
	// whether the caller now holds the key; neither means that another does.
	// The hashes are those of one request, a hash for each sealing key; the error
	// is [idempotency.ErrReused] if the key was used with none of them. A
	// reservation without an answer is void after stale.
	BeginKey(ctx context.Context, key string, hashes []idempotency.RequestHash, now time.Time, stale time.Duration) (answer []byte, held bool, err error)
	// FinishKey keeps an answer, or frees the key if it is nil and no answer is
	// kept.
	FinishKey(ctx context.Context, key string, answer []byte) error
	// Allow counts a send to a recipient and gives 0, or gives how long to wait
	// and counts nothing: no stretch of time as long as the rate's has more than
	// the rate's sends, whoever counts.
	Allow(ctx context.Context, to connector.RecipientHash, rate ratelimit.Rate, now time.Time) (wait time.Duration, err error)
	// Depth gives the number of messages not yet in a final state, and when the
	// oldest of them was created.
	Depth(ctx context.Context) (n int, oldest time.Time, err error)
	// Recover makes due at once every leased message, and every queued one that
	// is due later than latest: the clock was set back. Only the sole user of a
	// store may call it.
	Recover(ctx context.Context, now, latest time.Time) (n int, err error)
	// Purge removes what is beyond a horizon. Of the messages it looks at the limit
	// oldest and tells how many it has removed.
	Purge(ctx context.Context, before Horizon, limit int) (n int, err error)
	// Close gives the store up; once is enough, more does no harm.
	Close() error
}

var (
	// ErrStale says that an attempt's outcome came too late to count.
	ErrStale = errors.New("the message went on without this attempt")
	// ErrUnsure says that a write may have been made all the same.
	ErrUnsure = errors.New("the database did not say whether it has written")
	// ErrDuplicate says that there is a message with the idempotency key.
	ErrDuplicate = errors.New("a message has this idempotency key")
)
