package outbox

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"time"

	"mailgun-connector/connector"
)

// recorded is what [sqlStore.Record] has found.
type recorded struct {
	before  connector.Message
	fresh   bool
	unknown error
}

func (s *sqlStore) Record(ctx context.Context, e connector.DeliveryEvent, now time.Time) (connector.Message, bool, error) {
	got, err := written(ctx, s, func(ctx context.Context, q queryer) (recorded, error) { return s.record(ctx, q, e, now) })
	return got.before, got.fresh, cmp.Or(err, got.unknown)
}

const event = `INSERT INTO events (token, seen, message, state, error, happened) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (token) DO NOTHING`

func (s *sqlStore) record(ctx context.Context, q queryer, e connector.DeliveryEvent, now time.Time) (got recorded, err error) {
	var of sql.NullString // the event's message
	if e.State != "" {
		r, err := scanRow(q.QueryRowContext(ctx, "SELECT "+columns+" FROM messages WHERE provider_id = ?1 AND provider_id <> ''"+s.lock(""), e.ProviderID).Scan)
		if errors.Is(err, connector.ErrNoMessage) {
			got.unknown = err
			return got, nil
		}
		if err != nil {
			return got, err
		}
		got.before, of = r.Message, sql.NullString{String: r.ID, Valid: true}
	}
	n, err := changed(q.ExecContext(ctx, event, e.Token, micros(now), of, string(e.State), e.Error, micros(e.At)))
	if got.fresh = n > 0; !got.fresh || err != nil || !got.before.State.CanBecome(e.State) {
		return got, err
	}
	_, err = q.ExecContext(ctx, "UPDATE messages SET state = ?2, error = ?3, updated = ?4 WHERE id = ?1", got.before.ID, string(e.State), e.Error, micros(now))
	return got, err
}
