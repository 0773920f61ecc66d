package outbox

import (
	"context"
	"time"

	"mailgun-connector/connector"
)

// lookupTimeout bounds a look-up, and maxLookups how many lists are made at a time:
// one may have to read much.
const (
	lookupTimeout = 5 * time.Second
	maxLookups    = 2
)

// Get implements [connector.Messages].
func (o *Outbox) Get(ctx context.Context, id string) (connector.Message, error) {
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	row, err := o.Store.Get(ctx, id)
	if err != nil {
		return connector.Message{}, err
	}
	return row.message(), nil
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
func (o *Outbox) List(ctx context.Context, filter connector.MessageFilter, address string) ([]connector.Message, string, error) {
	if address != "" {
		for _, hasher := range o.Recipients { // which one made the hash of an old message is not known
			filter.Recipients = append(filter.Recipients, hasher.Hash(address))
		}
	}
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	select { // sends need the connections more
	case o.lookups <- struct{}{}:
		defer func() { <-o.lookups }()
	case <-ctx.Done():
		return nil, "", context.Cause(ctx)
	}
	limit := filter.Limit
	filter.Limit++ // one more tells whether there is a next page
	rows, err := o.Store.List(ctx, filter)
	if err != nil {
		return nil, "", err
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

// Retry implements [connector.Messages].
func (o *Outbox) Retry(ctx context.Context, id string) error {
	return o.Store.Move(ctx, id, connector.Queued)
}

// Cancel implements [connector.Messages].
func (o *Outbox) Cancel(ctx context.Context, id string) error {
	err := o.Store.Move(ctx, id, connector.Cancelled)
	if err == nil {
		o.Metrics.moved(connector.Queued, connector.Cancelled)
		o.Logger.Info("cancelled", "id", id)
	}
	return err
}
