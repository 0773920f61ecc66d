package sqlstore

import (
	"context"
	"database/sql"
	"time"

	"mailgun-connector/connector/idempotency"
	"mailgun-connector/connector/keyring"
	"mailgun-connector/connector/outbox"
)

// Get implements [outbox.Store].
func (s *store) Get(ctx context.Context, id string) (*outbox.Row, error) {
	return s.withSteps(ctx, "SELECT "+columns+" FROM messages WHERE id = ?1", id)
}

// withSteps returns the row of a query, with what happened to it.
func (s *store) withSteps(ctx context.Context, query string, args ...any) (*outbox.Row, error) {
	r, err := scanRow(s.read.QueryRowContext(ctx, query, args...).Scan)
	if err != nil {
		return nil, err
	}
	return r, addSteps(ctx, s.read, []*outbox.Row{r})
}

// FindKey implements [outbox.Store].
func (s *store) FindKey(ctx context.Context, key string) (*outbox.Row, error) {
	return s.withSteps(ctx, "SELECT "+columns+" FROM messages WHERE "+withKey+" ORDER BY id DESC LIMIT 1",
		key, idempotency.Life.Microseconds())
}

// Depth implements [outbox.Store].
func (s *store) Depth(ctx context.Context) (n int, oldest time.Duration, err error) {
	var age sql.NullInt64
	err = s.read.QueryRowContext(ctx, selectDepth).Scan(&n, &age)
	return n, time.Duration(age.Int64) * time.Microsecond, err
}

const selectDepth = "SELECT count(*), :now - min(created) FROM messages WHERE state IN ('sending', 'queued')"

// SealedBy returns the ids of the keys that sealed the mails which still wait to be sent
// in time.
func (s *store) SealedBy(ctx context.Context) (ids []keyring.ID, err error) {
	rows, err := s.read.QueryContext(ctx,
		"SELECT DISTINCT substr(content, 1, 4) FROM messages WHERE state IN ('sending', 'queued') AND expires > :now")
	all, err := readAll(rows, err, column[[]byte])
	for _, id := range all {
		if len(id) == len(keyring.ID{}) {
			ids = append(ids, keyring.ID(id))
		}
	}
	return ids, err
}
