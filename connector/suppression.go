package connector

import (
	"context"
	"errors"
	"time"
)

// SuppressionKind is the list of Mailgun's that keeps mails from an address.
type SuppressionKind string

// The kinds.
const (
	SuppressedBounce      SuppressionKind = "bounce"
	SuppressedUnsubscribe SuppressionKind = "unsubscribe"
	SuppressedComplaint   SuppressionKind = "complaint"
)

// SuppressionKinds are all kinds.
var SuppressionKinds = []SuppressionKind{SuppressedBounce, SuppressedUnsubscribe, SuppressedComplaint}

// Reason returns what a mail to a suppressed address ends with.
func (k SuppressionKind) Reason() Reason {
	switch k {
	case SuppressedBounce:
		return ReasonSuppressedBounce
	case SuppressedUnsubscribe:
		return ReasonSuppressedUnsubscribe
	}
	return ReasonSuppressedComplaint
}

// Suppression is an entry that keeps mails from an address.
type Suppression struct {
	Kind SuppressionKind `json:"kind"`
	// Way is the one whose domain has the entry, "" where there is only one.
	Way   Way       `json:"way,omitempty"`
	Since time.Time `json:"since"`
	// Code and Description are those of the mail that bounced; the latter is shortened and
	// without addresses.
	Code        string `json:"code,omitempty"`
	Description string `json:"description,omitempty"`
}

// ErrNoSuppression says that there is no such entry.
var ErrNoSuppression = errors.New("the address is not on this list")

// ErrNoWay says that the config has no such way.
var ErrNoWay = errors.New("there is no such way")

// Suppressed is what there is to say of an address.
type Suppressed struct {
	Entries []Suppression  // at most one of a kind and way
	Unknown map[Way]*Error // why ways could not be asked, if others could
}

// Suppressions looks up and lifts what keeps mails from an address. Errors are
// [*Error]s, [ErrNoSuppression] or [ErrNoWay].
type Suppressions interface {
	// Find asks for the entries of an address. It fails if no way can be asked.
	Find(ctx context.Context, address string) (Suppressed, error)
	// Lift removes one of a way, "" for the main one.
	Lift(ctx context.Context, way Way, kind SuppressionKind, address string) error
}
