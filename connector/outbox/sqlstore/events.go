package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"

	"mailgun-connector/connector"
)

// recorded is what [store.Record] has found.
type recorded struct {
	before  connector.Message
	fresh   bool
	unknown error
}

// Record implements [outbox.EventStore].
func (s *store) Record(ctx context.Context, e connector.DeliveryEvent) (connector.Message, bool, error) {
	got, err := inTxWithResult(ctx, s, func(ctx context.Context, q queryer) (recorded, error) {
		return s.record(ctx, q, e)
	})
	return got.before, got.fresh, cmp.Or(err, got.unknown)
}

const (
	selectReported = "SELECT " + columns + " FROM messages WHERE provider_id = ?1 AND provider_id <> ''"
	insertEvent    = `INSERT INTO events (token, seen, message, state, error, happened, reason, code, description)
	VALUES (?1, :now, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (token) DO NOTHING`
	advance = "UPDATE messages SET state = ?2, error = ?3, updated = :now WHERE id = ?1"
)

func (s *store) record(ctx context.Context, q queryer, e connector.DeliveryEvent) (got recorded, err error) {
	var of sql.NullString // the event's message
	if e.State != "" {
		r, err := scanRow(q.QueryRowContext(ctx, selectReported+s.lock(""), e.ProviderID).Scan)
		if errors.Is(err, connector.ErrNoMessage) {
			got.unknown = err
			return got, nil
		}
		if err != nil {
			return got, err
		}
		got.before, of = r.Message, sql.NullString{String: r.ID, Valid: true}
	}
	n, err := rowsAffected(q.ExecContext(ctx, insertEvent, e.Token, of, string(e.State), e.Error, e.At.UnixMicro(),
		string(e.Reason), e.Code, e.Description))
	if got.fresh = n > 0; !got.fresh || err != nil || !got.before.State.CanBecome(e.State) {
		return got, err
	}
	_, err = q.ExecContext(ctx, advance, got.before.ID, string(e.State), e.Error)
	return got, err
}
