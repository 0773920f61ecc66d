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
	Kind  SuppressionKind `json:"kind"`
	Since time.Time       `json:"since"`
	// Code and Description are those of the mail that bounced; the latter is shortened and
	// without addresses.
	Code        string `json:"code,omitempty"`
	Description string `json:"description,omitempty"`
}

// ErrNoSuppression says that there is no such entry.
var ErrNoSuppression = errors.New("the address is not on this list")

// Suppressions looks up and lifts what keeps mails from an address. Errors are
// [*Error]s, or [ErrNoSuppression].
type Suppressions interface {
	// Find returns the entries of an address, at most one of a kind.
	Find(ctx context.Context, address string) ([]Suppression, error)
	// Lift removes one.
	Lift(ctx context.Context, kind SuppressionKind, address string) error
}
