package outbox

import (
	"context"
	"errors"
	"time"

	"mailgun-connector/connector"
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
}

// Settlement is how an attempt ended.
type Settlement struct {
	ID         string
	Attempt    connector.Attempt
	State      connector.State // Sent, Queued, Failed or Expired
	ProviderID string          // for Sent
	Error      string          // a code, unless Sent
	Due        time.Time       // for Queued
	// Untried says that there was no attempt after all: none is recorded.
	Untried bool
}

// Store keeps messages durably. What a method has returned without an error has
// survived a crash of the process and of the machine. Methods are safe for
// concurrent use, and an error that is none of the named ones is passing.
//
// outboxtest.Run is the definition: a new store passes it.
type Store interface {
	// Insert adds a row in state Sending or Queued.
	Insert(ctx context.Context, row *Row) error
	// Claim takes up to limit rows that are due at now, oldest due first, for
	// sending until lease. Each row is claimed once, whoever else claims.
	Claim(ctx context.Context, now, lease time.Time, limit int) ([]*Row, error)
	// Settle ends an attempt. It changes nothing and gives ErrStale if the
	// message has been claimed by another meanwhile, is queued again or in a
	// final state; but Sent always counts, unless the message is sent already.
	Settle(ctx context.Context, s *Settlement, now time.Time) error
	// Get gives a row with its attempts, or [connector.ErrNoMessage].
	Get(ctx context.Context, id string) (*Row, error)
	// FindKey gives the row that was inserted with an idempotency key, or
	// [connector.ErrNoMessage].
	FindKey(ctx context.Context, key string) (*Row, error)
	// List gives rows without attempts, newest first, at most filter.Limit; the
	// filter's cursor is the id of the last row of the page before.
	List(ctx context.Context, filter connector.MessageFilter) ([]*Row, error)
	// Move brings a queued message to Queued (due at once) or Cancelled. The
	// error may be [connector.ErrNoMessage] or [connector.ErrConflict].
	Move(ctx context.Context, id string, to connector.State, now time.Time) error
	// Record brings the message of an event to its state if that is ahead, and
	// remembers the event's token with it; a token that was seen before changes
	// nothing. It gives the message as it was before, or [connector.ErrNoMessage].
	Record(ctx context.Context, event connector.DeliveryEvent, now time.Time) (connector.Message, error)
	// BeginKey reserves an idempotency key. It gives the answer kept for it, and
	// whether the caller now holds the key; neither means that another does.
	// A reservation without an answer is void after stale.
	BeginKey(ctx context.Context, key string, request connector.RequestHash, now time.Time, stale time.Duration) (answer []byte, held bool, err error)
	// FinishKey keeps an answer, or frees the key if it is nil.
	FinishKey(ctx context.Context, key string, answer []byte) error
	// CountSince counts the messages to a recipient since a time, and gives the
	// time of the oldest of them.
	CountSince(ctx context.Context, to connector.RecipientHash, since time.Time) (n int, oldest time.Time, err error)
	// Depth gives the number of messages not yet in a final state, and when the
	// oldest of them was created.
	Depth(ctx context.Context) (n int, oldest time.Time, err error)
	// Recover makes every leased message due at once. Only the sole user of a
	// store may call it.
	Recover(ctx context.Context, now time.Time) (n int, err error)
	// Purge removes up to limit messages in a final state that were last changed
	// before messages, and keys and tokens older than keys and tokens.
	Purge(ctx context.Context, messages, keys, tokens time.Time, limit int) (n int, err error)
	// Close gives the store up; once is enough, more does no harm.
	Close() error
}

// ErrStale says that an attempt's outcome came too late to count.
var ErrStale = errors.New("the message went on without this attempt")
