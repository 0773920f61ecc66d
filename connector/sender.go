package connector

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"mailgun-connector/deliveries"
)

// Email is a mail ready to be handed over, to exactly one recipient. Empty
// members are not sent.
type Email struct {
	ID     string // of the message, a UUID of version 7: they sort by time
	Type   string // usage type
	Source string // the content's place in the config
	// IdempotencyKey and Test are those of [Request].
	IdempotencyKey string
	Test           bool

	deliveries.Head // From is always set
	To              string
	Recipient       RecipientHash // of To

	// Body renders the bodies, the same each time. A sender asks for them when
	// it needs them and lets them go: a thousand mails that wait for Mailgun
	// would otherwise hold a thousand bodies.
	Body func() deliveries.Body

	// Redact is what no text of Mailgun's may give away: code, link, subject
	// and address, the longest first, as one may hold another.
	Redact []string

	// Expires is when the code's life ends: the mail is worthless afterwards.
	Expires time.Time
}

// Receipt is Mailgun's word that it has taken a mail.
type Receipt struct {
	// MessageID is the id of the message that stands for the mail, if that is
	// another's: one with the same idempotency key was there before.
	MessageID  string
	ProviderID string // Mailgun's message id, with its angle brackets
	Message    string // Mailgun's words, "Queued. Thank you."
	Attempts   int    // requests made, at least 1 unless queued
	// MailgunTime is how long all attempts took, without the pauses between.
	MailgunTime time.Duration
	// Way is the one that took the mail, or, where none did, whose failure the error is;
	// "" where there is only one. Before is what the way that was tried before it came
	// to, nil for none.
	Way    Way
	Before *Error
	// Twice says that both ways may have taken the mail: the same code may arrive twice.
	Twice bool
	// Queued says that the mail is not sent yet, but will be, or its failure
	// known. ProviderID and Message are empty then.
	Queued bool
	// Stored says that a message stands for the mail, whatever came of it.
	Stored bool
	// Cause is why a mail is queued: what its first attempt came to, nil if none was
	// made.
	Cause *Error
}

// Handed is what a [Sender] says of a mail.
type Handed struct {
	Receipt Receipt
	Err     error
}

// TogetherSender is a [Sender] for which the mails of one call are more than several
// mails: it refuses all or none, or stores them in one step.
type TogetherSender interface {
	// SendTogether is Send for each mail, in their order.
	SendTogether(ctx context.Context, mails []*Email) []Handed
}

// SendTogether hands the mails of one call to a sender at the same time.
func SendTogether(ctx context.Context, sender Sender, mails []*Email) []Handed {
	if together, ok := sender.(TogetherSender); ok {
		return together.SendTogether(ctx, mails)
	}
	all := make([]Handed, len(mails))
	var group sync.WaitGroup
	for i, mail := range mails {
		group.Go(func() { all[i].Receipt, all[i].Err = sender.Send(ctx, mail) })
	}
	group.Wait()
	return all
}

// WayAttrs returns what a log may say of the way that a mail went, nothing where there is
// only one.
func (r Receipt) WayAttrs() []slog.Attr {
	if r.Way == "" {
		return nil
	}
	attrs := []slog.Attr{slog.String("way", string(r.Way))}
	if r.Twice {
		attrs = append(attrs, slog.Bool("twice", true))
	}
	if r.Before != nil {
		attrs = append(attrs, slog.GroupAttrs("before", r.Before.LogAttrs()...))
	}
	return attrs
}

// Way is a Mailgun endpoint, domain and key that mails can go out by.
type Way string

// The ways of a config with a failover.
const (
	MainWay  Way = "main"
	OtherWay Way = "failover"
)

// Sender hands mails over to Mailgun. Implementations are safe for concurrent
// use.
type Sender interface {
	// Send returns once the mail is taken, refused, or ctx is done. The error is
	// an [*Error], whose Outcome tells whether the mail may have been taken all
	// the same. The receipt counts attempts even then.
	Send(ctx context.Context, mail *Email) (Receipt, error)
}
