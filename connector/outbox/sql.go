package outbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"mailgun-connector/connector"
)

// queryer runs statements: a database, a connection or a transaction.
type queryer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// sqlStore is the [Store] on both engines. Its statements are written with
// SQLite's ?1 for the first parameter; PostgreSQL's queryer writes them $1.
type sqlStore struct {
	read queryer
	// write runs fn in a transaction and returns when that is durable. fn may be
	// run twice, and may share its transaction with others'.
	write func(ctx context.Context, fn func(ctx context.Context, q queryer) error) error
	// skipLocked keeps claims of several processes apart, where there can be
	// several.
	skipLocked string
	close      func() error
}

const columns = "id, state, type, source, recipient, created, updated, expires, due, attempts, provider_id, error, idempotency, content"

func micros(t time.Time) int64 { return t.UnixMicro() }

func fromMicros(us int64) time.Time { return time.UnixMicro(us).UTC() }

// scanRow reads columns.
func scanRow(scan func(...any) error) (*Row, error) {
	r := &Row{}
	var recipient []byte
	var created, updated, expires, due int64
	err := scan(&r.ID, &r.State, &r.Type, &r.Source, &recipient, &created, &updated, &expires, &due,
		&r.Attempt, &r.ProviderID, &r.Error, &r.IdempotencyKey, &r.Content)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, connector.ErrNoMessage
	}
	if err != nil {
		return nil, err
	}
	copy(r.Recipient[:], recipient)
	r.Created, r.Updated, r.Expires, r.Due = fromMicros(created), fromMicros(updated), fromMicros(expires), fromMicros(due)
	return r, nil
}

func scanRows(rows *sql.Rows, err error) ([]*Row, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []*Row
	for rows.Next() {
		r, err := scanRow(rows.Scan)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

func (s *sqlStore) Insert(ctx context.Context, r *Row) error {
	return s.write(ctx, func(ctx context.Context, q queryer) error {
		_, err := q.ExecContext(ctx, "INSERT INTO messages ("+columns+") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
			r.ID, string(r.State), r.Type, r.Source, r.Recipient[:], micros(r.Created), micros(r.Updated), micros(r.Expires), micros(r.Due),
			r.Attempt, r.ProviderID, r.Error, r.IdempotencyKey, r.Content)
		return err
	})
}

// The claim is materialised: a plan that ran it again for each row would claim
// more than it returns.
const claim = `WITH next AS MATERIALIZED (
	SELECT id FROM messages WHERE state IN ('sending', 'queued') AND due <= ?1 ORDER BY due LIMIT ?3%s
) UPDATE messages SET state = 'sending', due = ?2, updated = ?1, attempts = attempts + 1
FROM next WHERE messages.id = next.id RETURNING `

// written runs fn as write does. What fn gives is read only if write says that fn
// has ended: a caller that gives up leaves it behind.
func written[T any](ctx context.Context, s *sqlStore, fn func(ctx context.Context, q queryer) (T, error)) (T, error) {
	var kept, none T
	err := s.write(ctx, func(ctx context.Context, q queryer) (err error) {
		kept, err = fn(ctx, q)
		return err
	})
	if err != nil {
		return none, err
	}
	return kept, nil
}

func (s *sqlStore) Claim(ctx context.Context, now, lease time.Time, limit int) ([]*Row, error) {
	query := fmt.Sprintf(claim, s.skipLocked) + "messages." + strings.ReplaceAll(columns, ", ", ", messages.")
	return written(ctx, s, func(ctx context.Context, q queryer) ([]*Row, error) {
		return scanRows(q.QueryContext(ctx, query, micros(now), micros(lease), limit))
	})
}

const settle = `UPDATE messages SET state = ?3, updated = ?4, provider_id = ?5, error = ?6,
	due = CASE WHEN ?3 = 'queued' THEN ?7 ELSE due END,
	content = CASE WHEN ?3 = 'queued' THEN content ELSE NULL END
WHERE id = ?1 AND (state = 'sending' AND attempts = ?2
	OR ?3 = 'sent' AND state IN ('sending', 'queued', 'failed', 'expired', 'cancelled'))`

func (s *sqlStore) Settle(ctx context.Context, t *Settlement, now time.Time) error {
	return s.write(ctx, func(ctx context.Context, q queryer) error {
		res, err := q.ExecContext(ctx, settle, t.ID, t.Attempt.Number, string(t.State), micros(now), t.ProviderID, t.Error, micros(t.Due))
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, ErrStale)
		}
		if t.Untried {
			return nil
		}
		a := t.Attempt
		_, err = q.ExecContext(ctx, "INSERT INTO attempts (message, number, started, duration, status, error) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
			t.ID, a.Number, micros(a.Started), a.Duration.Microseconds(), a.Status, a.Error)
		return err
	})
}

func (s *sqlStore) Get(ctx context.Context, id string) (*Row, error) {
	r, err := scanRow(s.read.QueryRowContext(ctx, "SELECT "+columns+" FROM messages WHERE id = ?1", id).Scan)
	if err != nil {
		return nil, err
	}
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
		r.Attempts = append(r.Attempts, a)
	}
	return r, rows.Err()
}

func (s *sqlStore) FindKey(ctx context.Context, key string) (*Row, error) {
	return scanRow(s.read.QueryRowContext(ctx, "SELECT "+columns+" FROM messages WHERE idempotency = ?1 AND idempotency <> '' ORDER BY id DESC LIMIT 1", key).Scan)
}

func (s *sqlStore) List(ctx context.Context, f connector.MessageFilter) ([]*Row, error) {
	var where strings.Builder
	var args []any
	add := func(condition string, values ...any) {
		marks := make([]any, len(values))
		for i, v := range values {
			args = append(args, v)
			marks[i] = fmt.Sprintf("?%d", len(args))
		}
		fmt.Fprintf(&where, " AND "+condition, marks...)
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
	if n := len(f.Recipients); n > 0 {
		hashes := make([]any, n)
		for i := range f.Recipients {
			hashes[i] = f.Recipients[i][:]
		}
		add("recipient IN (%s"+strings.Repeat(", %s", n-1)+")", hashes...)
	}
	args = append(args, f.Limit)
	query := fmt.Sprintf("SELECT %s FROM messages WHERE 1 = 1%s ORDER BY id DESC LIMIT ?%d", columns, where.String(), len(args))
	return scanRows(s.read.QueryContext(ctx, query, args...))
}

func (s *sqlStore) Move(ctx context.Context, id string, to connector.State, now time.Time) error {
	return s.write(ctx, func(ctx context.Context, q queryer) error {
		res, err := q.ExecContext(ctx, `UPDATE messages SET state = ?2, due = ?3, updated = ?3,
			content = CASE WHEN ?2 = 'queued' THEN content ELSE NULL END WHERE id = ?1 AND state = 'queued'`, id, string(to), micros(now))
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n > 0 {
			return err
		}
		var found int
		if err := q.QueryRowContext(ctx, "SELECT count(*) FROM messages WHERE id = ?1", id).Scan(&found); err != nil {
			return err
		}
		if found == 0 {
			return connector.ErrNoMessage
		}
		return connector.ErrConflict
	})
}

func (s *sqlStore) Record(ctx context.Context, e connector.DeliveryEvent, now time.Time) (connector.Message, error) {
	return written(ctx, s, func(ctx context.Context, q queryer) (before connector.Message, err error) {
		r, err := scanRow(q.QueryRowContext(ctx, "SELECT "+columns+" FROM messages WHERE provider_id = ?1 AND provider_id <> ''", e.ProviderID).Scan)
		if err != nil {
			return before, err
		}
		before = r.Message
		res, err := q.ExecContext(ctx, "INSERT INTO events (token, seen) VALUES (?1, ?2) ON CONFLICT DO NOTHING", e.Token, micros(now))
		if err != nil {
			return before, err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 || !r.State.To(e.State) {
			return before, err
		}
		_, err = q.ExecContext(ctx, "UPDATE messages SET state = ?2, error = ?3, updated = ?4 WHERE id = ?1 AND state = ?5",
			r.ID, string(e.State), e.Error, micros(now), string(r.State))
		return before, err
	})
}

const beginKey = `INSERT INTO idempotency (key, request, answer, since) VALUES (?1, ?2, NULL, ?3)
ON CONFLICT (key) DO UPDATE SET request = ?2, answer = NULL, since = ?3
WHERE idempotency.since <= ?4 OR idempotency.answer IS NULL AND idempotency.request = ?2 AND idempotency.since <= ?5`

func (s *sqlStore) BeginKey(ctx context.Context, key string, request connector.RequestHash, now time.Time, stale time.Duration) ([]byte, bool, error) {
	type reservation struct {
		answer []byte
		held   bool
	}
	got, err := written(ctx, s, func(ctx context.Context, q queryer) (got reservation, err error) {
		res, err := q.ExecContext(ctx, beginKey, key, request[:], micros(now), micros(now.Add(-connector.IdempotencyLife)), micros(now.Add(-stale)))
		if err != nil {
			return got, err
		}
		if n, err := res.RowsAffected(); err != nil || n > 0 {
			got.held = n > 0
			return got, err
		}
		var kept []byte
		if err := q.QueryRowContext(ctx, "SELECT request, answer FROM idempotency WHERE key = ?1", key).Scan(&kept, &got.answer); err != nil {
			return got, err
		}
		if string(kept) != string(request[:]) {
			return got, connector.ErrKeyReused
		}
		return got, nil
	})
	return got.answer, got.held, err
}

func (s *sqlStore) FinishKey(ctx context.Context, key string, answer []byte) error {
	return s.write(ctx, func(ctx context.Context, q queryer) error {
		var err error
		if answer == nil {
			_, err = q.ExecContext(ctx, "DELETE FROM idempotency WHERE key = ?1 AND answer IS NULL", key)
		} else {
			_, err = q.ExecContext(ctx, "UPDATE idempotency SET answer = ?2 WHERE key = ?1", key, answer)
		}
		return err
	})
}

func (s *sqlStore) CountSince(ctx context.Context, to connector.RecipientHash, since time.Time) (n int, oldest time.Time, err error) {
	var first sql.NullInt64
	err = s.read.QueryRowContext(ctx, "SELECT count(*), min(created) FROM messages WHERE recipient = ?1 AND created >= ?2", to[:], micros(since)).Scan(&n, &first)
	if first.Valid {
		oldest = fromMicros(first.Int64)
	}
	return n, oldest, err
}

func (s *sqlStore) Depth(ctx context.Context) (n int, oldest time.Time, err error) {
	var first sql.NullInt64
	err = s.read.QueryRowContext(ctx, "SELECT count(*), min(created) FROM messages WHERE state IN ('sending', 'queued')").Scan(&n, &first)
	if first.Valid {
		oldest = fromMicros(first.Int64)
	}
	return n, oldest, err
}

func (s *sqlStore) Recover(ctx context.Context, now time.Time) (int, error) {
	return s.count(ctx, "UPDATE messages SET due = ?1 WHERE state = 'sending' AND due > ?1", micros(now))
}

func (s *sqlStore) Purge(ctx context.Context, messages, keys, tokens time.Time, limit int) (int, error) {
	if _, err := s.count(ctx, "DELETE FROM idempotency WHERE key IN (SELECT key FROM idempotency WHERE since < ?1 LIMIT ?2)", micros(keys), limit); err != nil {
		return 0, err
	}
	if _, err := s.count(ctx, "DELETE FROM events WHERE token IN (SELECT token FROM events WHERE seen < ?1 LIMIT ?2)", micros(tokens), limit); err != nil {
		return 0, err
	}
	return s.count(ctx, `DELETE FROM messages WHERE id IN (
		SELECT id FROM messages WHERE state NOT IN ('sending', 'queued') AND updated < ?1 LIMIT ?2)`, micros(messages), limit)
}

// count runs a statement and gives the number of rows it changed.
func (s *sqlStore) count(ctx context.Context, query string, args ...any) (int, error) {
	return written(ctx, s, func(ctx context.Context, q queryer) (int, error) {
		res, err := q.ExecContext(ctx, query, args...)
		if err != nil {
			return 0, err
		}
		changed, err := res.RowsAffected()
		return int(changed), err
	})
}

func (s *sqlStore) Close() error { return s.close() }
