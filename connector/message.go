package connector

import (
	"context"
	"errors"
	"slices"
	"time"
)

// State is where a message stands on its way. docs/states.md draws the ways
// between them.
type State string

// The states. Those up to Queued are passing; of a message in a later one no body
// is kept.
const (
	Accepted   State = "accepted" // durably stored
	Sending    State = "sending"  // an attempt is under way, or died and is waited for
	Queued     State = "queued"   // to be tried again
	Sent       State = "sent"     // Mailgun has it
	Failed     State = "failed"   // refused for good
	Expired    State = "expired"  // the code's life ended first
	Cancelled  State = "cancelled"
	Delivered  State = "delivered"  // the recipient's server has it
	Bounced    State = "bounced"    // the recipient's server, or Mailgun, refused it for good
	Complained State = "complained" // the recipient called it spam

	// NotAccepted is a request that was refused before it became a mail to send.
	NotAccepted State = "refused"
	// Delayed is of an [Event] only: the recipient's server puts the mail off.
	Delayed State = "delayed"
)

// States are all states in the order of a message's life.
var States = []State{
	NotAccepted, Accepted, Sending, Queued, Sent, Failed, Expired, Cancelled, Delivered, Bounced, Complained,
}

var nextStates = map[State][]State{
	Accepted:  {Sending, Queued},
	Sending:   {Sent, Queued, Failed, Expired},
	Queued:    {Sending, Expired, Failed, Cancelled},
	Sent:      {Delivered, Bounced, Complained},
	Delivered: {Bounced, Complained}, // servers also bounce late, and people complain later
	Bounced:   {Complained},
	// The news that Mailgun has a mail overrules the end that was made of it meanwhile.
	Failed:    {Sent},
	Expired:   {Sent},
	Cancelled: {Sent},
}

// Final reports whether the message will not be sent any more.
func (s State) Final() bool { return !slices.Contains([]State{Accepted, Sending, Queued}, s) }

// CanBecome reports whether a message may go from s to next.
func (s State) CanBecome(next State) bool { return slices.Contains(nextStates[s], next) }

// Message is what is known of a mail that was accepted, or of requests that were
// refused: everything but its content and its address.
type Message struct {
	ID        string        `json:"id"`
	State     State         `json:"state"`
	Type      string        `json:"type"` // usage type
	Source    string        `json:"source"`
	Recipient RecipientHash `json:"recipient"`
	Created   time.Time     `json:"createdAt"`
	Updated   time.Time     `json:"updatedAt"`
	Expires   time.Time     `json:"expiresAt"`
	// NextAttempt is set while the message is queued.
	NextAttempt *time.Time `json:"nextAttemptAt,omitempty"`
	ProviderID  string     `json:"providerId,omitempty"`
	// Error is a code that says why a message is not sent, or bounced.
	Error string `json:"error,omitempty"`
	// Reason is why the request was refused, of one that was; see [Message.Why].
	Reason Reason `json:"-"`
	// Requests is how many refused requests alike the message stands for, 0 for a mail.
	Requests int `json:"requests,omitempty"`
	// Test says that it was asked for to try the service.
	Test     bool      `json:"test,omitempty"`
	Attempts []Attempt `json:"attempts,omitempty"`
	Events   []Event   `json:"events,omitempty"`
}

// Why returns the reason for the state that a message with its attempts and events is in.
func (m *Message) Why() Reason {
	switch m.State {
	case NotAccepted:
		return m.Reason
	case Accepted, Sending:
		return ReasonSending
	case Sent:
		return ReasonNotReported
	case Expired:
		return ReasonUntimely
	case Cancelled:
		return ReasonCancelled
	case Delivered, Bounced, Complained:
		for _, e := range slices.Backward(m.Events) {
			if e.State == m.State {
				return e.Reason
			}
		}
		return ""
	}
	if n := len(m.Attempts); n > 0 {
		return m.Attempts[n-1].Reason
	}
	return ReasonWaiting
}

// Attempt is one try at handing a message to Mailgun.
type Attempt struct {
	Number   int           `json:"number"`
	Started  time.Time     `json:"startedAt"`
	Duration time.Duration `json:"-"`
	// Status is the HTTP status of Mailgun's answer, 0 for none, and Message what it
	// said in a refusal, shortened and without addresses.
	Status  int    `json:"status"`
	Error   string `json:"error,omitempty"`
	Message string `json:"message,omitempty"`
	Reason  Reason `json:"-"` // "" for a success by the first way tried
	// Way is the one that took the mail or whose failure this is, "" where there is only
	// one; BeforeStatus and BeforeReason are what the other one came to before, "" if it
	// was not tried.
	Way          Way    `json:"way,omitempty"`
	BeforeStatus int    `json:"-"`
	BeforeReason Reason `json:"-"`
}

// Event is what Mailgun has told of a message that it had taken.
type Event struct {
	State  State     `json:"state"`           // Delivered, Bounced, Complained or Delayed
	Error  string    `json:"error,omitempty"` // Mailgun's reason, if not delivered
	Reason Reason    `json:"-"`
	At     time.Time `json:"at"`
	// Code is the SMTP status, or one of Mailgun's own from 600 on, 0 for none;
	// Description is what the recipient's server or Mailgun said, shortened and without
	// addresses.
	Code        int    `json:"code,omitempty"`
	Description string `json:"description,omitempty"`
}

// MessageFilter chooses messages; zero members choose all.
type MessageFilter struct {
	State      State
	Type       string
	Recipients []RecipientHash // any of these: one address has a hash for each key
	// Hash is what the recipient's hash begins with, as the log has it.
	Hash         []byte
	Since, Until time.Time // when it was accepted, both included
	// Cursor is where the last page ended, "" for the first page.
	Cursor string
	Limit  int // 1 to 200
}

var (
	// ErrNoMessage says that there is no message with this id, or no more.
	ErrNoMessage = errors.New("no such message")
	// ErrUnavailable says that the messages can't be reached at the moment.
	ErrUnavailable = errors.New("the database does not answer")
	// ErrConflict says that the message is in a state that does not allow this.
	ErrConflict = errors.New("not possible in the message's state")
)

// Refusal is a request for a mail to a recipient that came to none.
type Refusal struct {
	Type      string // usage type
	Source    string // the content's place in the config, "" if it came to none
	Recipient RecipientHash
	Test      bool
	Reason    Reason
	Code      Code
}

// Refusals keeps what was refused.
type Refusals interface {
	// Refuse returns at once: what it is told is kept a little later, and not at all
	// when there is too much of it.
	Refuse(r Refusal)
}

// Messages looks accepted messages up and changes their course.
type Messages interface {
	// Get returns one message with its attempts, or [ErrNoMessage].
	Get(ctx context.Context, id string) (Message, error)
	// List returns messages without attempts, newest first, and the cursor of the
	// next page, "" for none. The address is looked for by its hash.
	List(ctx context.Context, filter MessageFilter, address string) ([]Message, string, error)
	// Retry makes a queued message due at once. The error may be [ErrNoMessage]
	// or [ErrConflict].
	Retry(ctx context.Context, id string) error
	// Cancel ends a queued message. The error is as for Retry.
	Cancel(ctx context.Context, id string) error
	// Repeat returns what became of the message of an earlier request with an
	// idempotency key: its receipt, or the [*Error] that it was refused with, or
	// [ErrNoMessage].
	Repeat(ctx context.Context, idempotencyKey string) (Receipt, error)
}

// QueueState tells how the messages are doing that wait to be sent.
type QueueState struct {
	Messages int           // not in a final state, those under way among them
	Oldest   time.Duration // age of the oldest of them
	// Breaker is closed, or open while Mailgun is left alone, or half-open for a probe.
	Breaker string
}

// DeliveryEvent is what Mailgun reports of a message after it has taken it.
type DeliveryEvent struct {
	Token      string // of the report, the same when it is repeated
	ProviderID string // with its angle brackets
	Recipient  string // the address, which the report's signature does not cover; "" if it names none
	// State is Delivered, Bounced, Complained or Delayed, or "" for an event that
	// changes nothing and is not shown.
	State State
	Error string // why, if not delivered: Mailgun's reason
	// Reason, Code and Description are those of an [Event].
	Reason      Reason
	Code        int
	Description string
	// At is when it happened by the report's own word, which may be years ago: the
	// sample that Mailgun's control panel posts is an old one.
	At time.Time
}

// Events takes delivery events.
type Events interface {
	// Record brings a message to the event's state, if that is ahead of its own.
	// An event that was seen before changes nothing. The error may be
	// [ErrNoMessage].
	Record(ctx context.Context, event DeliveryEvent) error
}
