package outbox

import (
	"context"
	"log/slog"

	"mailgun-connector/connector"
)

// Sending implements [connector.Events].
func (o *Outbox) Sending(ctx context.Context, address string) (bool, error) {
	found, _, err := o.List(ctx, connector.MessageFilter{State: connector.Sending, Limit: 1}, address)
	return len(found) > 0, err
}

// Record implements [connector.Events]. The first event that brings a message to
// its state stands in the log and the metrics.
func (o *Outbox) Record(ctx context.Context, event connector.DeliveryEvent) error {
	before, fresh, err := o.Store.Record(ctx, event, o.clock.now())
	if err != nil || !fresh || !before.State.CanBecome(event.State) {
		return err
	}
	o.Metrics.moved(before.State, event.State)
	after := max(0, event.At.Sub(before.Created))
	level, message := slog.LevelWarn, string(event.State)
	if event.State == connector.Delivered {
		level = slog.LevelInfo
		o.Metrics.delivery.Observe(after.Seconds())
	}
	attrs := []slog.Attr{
		slog.String("id", before.ID), slog.String("type", before.Type), slog.String("recipient", before.Recipient.String()),
		slog.String("provider_id", before.ProviderID), slog.Int64("after_ms", after.Milliseconds()),
	}
	if event.Error != "" {
		attrs = append(attrs, slog.String("reason", event.Error))
	}
	o.Logger.LogAttrs(ctx, level, message, attrs...)
	return nil
}
