package connector

import (
	"context"
	"errors"
	"time"
)

// Caller is an identity server that calls in its own language. It is a translation: it
// sends nothing and keeps nothing. Implementations are safe for concurrent use.
type Caller interface {
	// Type is that of the config, such as "kratos".
	Type() string
	// Read proves a call and says what it asks for. The error is an [*UnprovenError]
	// where the call may be anybody's, [ErrMethod], or an [*Error] of a call that is
	// the caller's own and makes no sense: the order then has the mails it was about whose
	// recipients could be told, or is nil.
	Read(ctx context.Context, call *Call) (*Order, error)
	// Answer says how the caller is told that it was understood and no mail was sent: by
	// a status, and by a JSON body if the caller reads one. A status of 2xx is success to
	// it, for what another call would not make better.
	Answer(failure *CallFailure) (status int, body any)
}

// Call is a request of a [Caller].
type Call struct {
	Method string
	Header map[string][]string // by canonical names
	Body   []byte
}

// Order is what a call asks for.
type Order struct {
	Mails []Ordered
	// Nothing says why there are no mails.
	Nothing CallReason
	// UnknownType is what the caller calls the kind of mail, where that is not known here.
	UnknownType string
	// Advice says what the operator could do better, in a sentence without a capital.
	Advice string
	// KeyLife is how long the call may be repeated.
	KeyLife time.Duration
}

// Ordered is a mail that a call asks for. The IdempotencyKey of its request is set.
type Ordered struct {
	*Request
	// SourceType is what the caller calls the kind of mail.
	SourceType string
	// Life is what was left of the code's life when the call was read, and perhaps
	// negative; 0 if the caller does not tell. It stands for the request's ExpiresAt.
	Life time.Duration
}

// CallFailure is why a call that was understood came to nothing.
type CallFailure struct {
	*Error
	Status   int    // that /send-code would answer with
	Sentence string // for the person who waits, in their language if that is known
	Notice   bool   // the mail was a notice, for which nobody waits
}

// Final reports whether the same call would come to the same: Mailgun has refused the
// mail, there is no content for it, its recipient has had too many, its code is dead.
func (f *CallFailure) Final() bool {
	return f.Outcome == Refused || f.Code == RateLimitExceeded && f.MailgunStatus == 0
}

// UnprovenError says that a call has not proven to be the caller's. The caller is told
// none of it: which part was wrong would help who tries.
type UnprovenError struct {
	Reason CallReason
	// Later says that the call could not be checked, rather than that it was wrong.
	Later bool
}

// Error returns the reason.
func (e *UnprovenError) Error() string { return "the call is not proven: " + string(e.Reason) }

// ErrMethod says that the caller does not call by this method.
var ErrMethod = errors.New("the caller does not call by this method")
