package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/outbox"
)

func (s *sqlStore) Get(ctx context.Context, id string) (*outbox.Row, error) {
	r, err := scanRow(s.read.QueryRowContext(ctx, "SELECT "+columns+" FROM messages WHERE id = ?1", id).Scan)
	if err != nil {
		return nil, err
	}
	if r.Attempts, err = s.attempts(ctx, id); err != nil {
		return nil, err
	}
	r.Events, err = s.events(ctx, id)
	return r, err
}

func (s *sqlStore) attempts(ctx context.Context, id string) (all []connector.Attempt, err error) {
	rows, err := s.read.QueryContext(ctx, "SELECT number, started, duration, status, error FROM attempts WHERE message = ?1 ORDER BY number", id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var a connector.Attempt
		var started, duration int64
		if err := rows.Scan(&a.Number, &started, &duration, &a.Status, &a.Error); err != nil {
			return nil, err
		}
		a.Started, a.Duration = fromMicros(started), time.Duration(duration)*time.Microsecond
		all = append(all, a)
	}
	return all, rows.Err()
}

func (s *sqlStore) events(ctx context.Context, id string) (all []connector.Event, err error) {
	rows, err := s.read.QueryContext(ctx, "SELECT state, error, happened FROM events WHERE message = ?1 ORDER BY happened, seen", id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var e connector.Event
		var at int64
		if err := rows.Scan(&e.State, &e.Error, &at); err != nil {
			return nil, err
		}
		e.At = fromMicros(at)
		all = append(all, e)
	}
	return all, rows.Err()
}

func (s *sqlStore) FindKey(ctx context.Context, key string, since time.Time) (*outbox.Row, error) {
	return scanRow(s.read.QueryRowContext(ctx, "SELECT "+columns+" FROM messages WHERE idempotency = ?1 AND idempotency <> '' AND created > ?2 ORDER BY id DESC LIMIT 1",
		key, micros(since)).Scan)
}

func (s *sqlStore) List(ctx context.Context, f connector.MessageFilter) ([]*outbox.Row, error) {
	where := "1 = 1"
	var args []any
	add := func(condition string, values ...any) {
		where += fmt.Sprintf(" AND "+condition, marks(len(args)+1, len(values)))
		args = append(args, values...)
	}
	if f.State != "" {
		add("state = %s", string(f.State))
	}
	if f.Type != "" {
		add("type = %s", f.Type)
	}
	if !f.Since.IsZero() {
		add("created >= %s", micros(f.Since))
	}
	if f.Cursor != "" {
		add("id < %s", f.Cursor)
	}
	if len(f.Recipients) > 0 {
		hashes := make([]any, len(f.Recipients))
		for i := range f.Recipients {
			hashes[i] = f.Recipients[i][:]
		}
		add("recipient IN (%s)", hashes...)
	}
	query := fmt.Sprintf("SELECT %s FROM messages WHERE %s ORDER BY id DESC LIMIT ?%d", strings.Replace(columns, "content", "NULL", 1), where, len(args)+1)
	return scanRows(s.read.QueryContext(ctx, query, append(args, f.Limit)...))
}

func (s *sqlStore) Depth(ctx context.Context) (n int, oldest time.Time, err error) {
	var first sql.NullInt64
	err = s.read.QueryRowContext(ctx, "SELECT count(*), min(created) FROM messages WHERE state IN ('sending', 'queued')").Scan(&n, &first)
	if first.Valid {
		oldest = fromMicros(first.Int64)
	}
	return n, oldest, err
}
