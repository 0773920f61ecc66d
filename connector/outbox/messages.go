package outbox

import (
	"context"
	"errors"
	"fmt"

	"mailgun-connector/connector"
	"mailgun-connector/connector/idempotency"
)

// maxLookups is how many lists are made at a time, so that enough connections are left.
const maxLookups = 2

// timed bounds what a caller waits for the store, below what a send may take.
func (o *Outbox) timed(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, min(storeTimeout, o.SendTimeout))
}

// unavailable marks an error of the store that is none of those with a meaning.
func unavailable(err error) error {
	if err == nil || errors.Is(err, connector.ErrNoMessage) || errors.Is(err, connector.ErrConflict) {
		return err
	}
	return fmt.Errorf("%w: %w", connector.ErrUnavailable, err)
}

// Get implements [connector.Messages].
func (o *Outbox) Get(ctx context.Context, id string) (connector.Message, error) {
	ctx, cancel := o.timed(ctx)
	defer cancel()
	row, err := o.Store.Get(ctx, id)
	if err != nil {
		return connector.Message{}, unavailable(err)
	}
	return row.message(), nil
}

// Repeat implements [connector.Messages].
func (o *Outbox) Repeat(ctx context.Context, idempotencyKey string) (connector.Receipt, error) {
	ctx, cancel := o.timed(ctx)
	defer cancel()
	row, err := o.Store.FindKey(ctx, idempotency.HashKey(idempotencyKey))
	if err != nil {
		return connector.Receipt{}, unavailable(err)
	}
	return row.receipt()
}

// receipt is what a later request with the row's idempotency key gets.
func (r *Row) receipt() (connector.Receipt, error) {
	switch r.State {
	case connector.Failed, connector.Expired, connector.Cancelled:
		failure := connector.NewError(connector.General, connector.Refused, r.Why())
		if r.State == connector.Expired {
			failure.Err = connector.ErrExpired
		} else if n := len(r.Attempts); r.State == connector.Failed && n > 0 {
			failure.MailgunStatus, failure.MailgunMessage = r.Attempts[n-1].Status, r.Attempts[n-1].Message
		}
		return connector.Receipt{MessageID: r.ID, Stored: true}, failure
	}
	return connector.Receipt{
		MessageID: r.ID, ProviderID: r.ProviderID, Queued: !r.State.Final(), Stored: true,
	}, nil
}

// message is what may be told of a row.
func (r *Row) message() connector.Message {
	m := r.Message
	if m.State == connector.Queued {
		m.NextAttempt = &r.Due
	}
	return m
}

// List implements [connector.Messages].
func (o *Outbox) List(
	ctx context.Context, filter connector.MessageFilter, address string,
) ([]connector.Message, string, error) {
	if address != "" {
		for _, hasher := range o.Recipients { // which one made the hash of an old message is not known
			filter.Recipients = append(filter.Recipients, hasher.Hash(address))
		}
	}
	ctx, cancel := o.timed(ctx)
	defer cancel()
	select { // sends need the connections more
	case o.lookups <- struct{}{}:
		defer func() { <-o.lookups }()
	case <-ctx.Done():
		return nil, "", unavailable(context.Cause(ctx))
	}
	limit := filter.Limit
	filter.Limit++ // one more tells whether there is a next page
	rows, err := o.Store.List(ctx, filter)
	if err != nil {
		return nil, "", unavailable(err)
	}
	next := ""
	if len(rows) > limit {
		rows = rows[:limit]
		next = rows[limit-1].ID
	}
	messages := make([]connector.Message, len(rows))
	for i, r := range rows {
		messages[i] = r.message()
	}
	return messages, next, nil
}

// Queue tells how what waits to be sent is doing.
func (o *Outbox) Queue(ctx context.Context) (connector.QueueState, error) {
	ctx, cancel := o.timed(ctx)
	defer cancel()
	n, oldest, err := o.Store.Depth(ctx)
	state := connector.QueueState{Messages: n, Oldest: oldest, Breaker: o.breaker.circuit.State().String()}
	return state, unavailable(err)
}

// Retry implements [connector.Messages].
func (o *Outbox) Retry(ctx context.Context, id string) error {
	return o.move(ctx, id, connector.Queued)
}

// Cancel implements [connector.Messages].
func (o *Outbox) Cancel(ctx context.Context, id string) error {
	err := o.move(ctx, id, connector.Cancelled)
	if err == nil {
		o.Metrics.moved(connector.Queued, connector.Cancelled)
		o.Logger.Info("cancelled", "id", id)
	}
	return err
}

func (o *Outbox) move(ctx context.Context, id string, to connector.State) error {
	ctx, cancel := o.timed(ctx)
	defer cancel()
	return unavailable(o.Store.Move(ctx, id, to))
}
