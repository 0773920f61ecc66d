package outbox

import (
	"context"
	"log/slog"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/health"
)

// EventStore keeps delivery events beside the messages that they are about.
type EventStore interface {
	// Record remembers an event's token, and with it brings the event's message
	// to its state if that is ahead. It returns the message as it was before, and
	// false if the token was seen before, which changes nothing. An event without
	// a state is only remembered. If the message is not known, nothing is, and the
	// error is [connector.ErrNoMessage].
	Record(ctx context.Context, event connector.DeliveryEvent) (before connector.Message, fresh bool, err error)
}

// Events takes Mailgun's reports of what became of sent messages. It implements
// [connector.Events].
type Events struct {
	Store       EventStore
	SendTimeout time.Duration // bounds the waiting for the store, as for sends
	Logger      *slog.Logger
	Metrics     *Metrics
	Health      *health.Monitor // may be nil
}

// Record implements [connector.Events]. The first event that brings a message to
// its state stands in the log and the metrics.
func (e *Events) Record(ctx context.Context, event connector.DeliveryEvent) error {
	ctx, cancel := context.WithTimeout(ctx, min(storeTimeout, e.SendTimeout))
	defer cancel()
	before, fresh, err := e.Store.Record(ctx, event)
	if err != nil || !fresh || !before.State.CanBecome(event.State) {
		return unavailable(err)
	}
	e.Metrics.moved(before.State, event.State)
	e.Health.Count(string(event.State))
	after := max(0, event.At.Sub(before.Created))
	level, message := slog.LevelWarn, string(event.State)
	if event.State == connector.Delivered {
		level = slog.LevelInfo
		e.Metrics.delivery.Observe(after.Seconds())
		e.Health.Delivered(after)
	}
	attrs := []slog.Attr{
		slog.String("id", before.ID), slog.String("type", before.Type),
		slog.String("recipient", before.Recipient.String()),
		slog.String("provider_id", before.ProviderID), slog.Int64("after_ms", after.Milliseconds()),
	}
	if event.State != connector.Delivered {
		words := event.Reason.Words()
		attrs = append(attrs, slog.String("reason", string(event.Reason)), slog.String("detail", words.What),
			slog.String("hint", words.Hint), slog.String("mailgun_reason", event.Error),
			slog.Int("mailgun_code", event.Code), slog.String("mailgun_message", event.Description))
	}
	e.Logger.LogAttrs(ctx, level, message, attrs...)
	return nil
}
