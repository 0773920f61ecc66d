package outbox

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/idempotency"
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
	// shared is set for an engine with several writers at a time. They lock the
	// rows that they read before they change them.
	shared bool
	// clock reads the time that all users share; nil for this process's own.
	clock func(ctx context.Context) (time.Time, error)
	close func() error
}

// lock is what a query ends with whose rows are changed next.
func (s *sqlStore) lock(how string) string {
	if s.shared {
		return " FOR UPDATE" + how
	}
	return ""
}

func (s *sqlStore) Now(ctx context.Context) (time.Time, error) {
	if s.clock == nil {
		return time.Now(), nil
	}
	return s.clock(ctx)
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

// refused runs fn as write does. What fn gives first is no failure of the store:
// it must not undo the writes that share the transaction.
func (s *sqlStore) refused(ctx context.Context, fn func(ctx context.Context, q queryer) (refusal, err error)) error {
	refusal, err := written(ctx, s, fn)
	return cmp.Or(err, refusal)
}

// changed gives the number of rows that a statement has changed.
func changed(res sql.Result, err error) (int, error) {
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	return int(n), err
}

const insert = "INSERT INTO messages (" + columns + ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"

func (s *sqlStore) Insert(ctx context.Context, r *Row) error {
	return s.refused(ctx, func(ctx context.Context, q queryer) (refusal, err error) {
		if r.IdempotencyKey != "" {
			if taken, err := s.taken(ctx, q, r); taken || err != nil {
				return ErrDuplicate, err
			}
		}
		_, err = q.ExecContext(ctx, insert, r.values()...)
		return nil, err
	})
}

// values gives the row in the order of columns.
func (r *Row) values() []any {
	return []any{
		r.ID, string(r.State), r.Type, r.Source, r.Recipient[:], micros(r.Created), micros(r.Updated), micros(r.Expires), micros(r.Due),
		r.Attempt, r.ProviderID, r.Error, r.IdempotencyKey, r.Content,
	}
}

// taken reports whether a message has the idempotency key of a new one. Of two that
// come at once, one waits for the other.
func (s *sqlStore) taken(ctx context.Context, q queryer, r *Row) (bool, error) {
	if s.shared {
		if _, err := q.ExecContext(ctx, "SELECT pg_advisory_xact_lock(hashtextextended(?1, 0))", r.IdempotencyKey); err != nil {
			return false, err
		}
	}
	var n int
	err := q.QueryRowContext(ctx, "SELECT count(*) FROM messages WHERE idempotency = ?1 AND idempotency <> '' AND created > ?2",
		r.IdempotencyKey, micros(r.Created.Add(-idempotency.Life))).Scan(&n)
	return n > 0, err
}

const due = "SELECT " + columns + " FROM messages WHERE state IN ('sending', 'queued') AND due <= ?1 ORDER BY due LIMIT ?2"

func (s *sqlStore) Claim(ctx context.Context, now, lease time.Time, limit int) ([]*Row, error) {
	return written(ctx, s, func(ctx context.Context, q queryer) ([]*Row, error) {
		rows, err := scanRows(q.QueryContext(ctx, due+s.lock(" SKIP LOCKED"), micros(now), limit))
		if err != nil || len(rows) == 0 {
			return nil, err
		}
		args := []any{micros(now), micros(lease)}
		for _, r := range rows {
			args = append(args, r.ID)
		}
		_, err = q.ExecContext(ctx, "UPDATE messages SET state = 'sending', updated = ?1, due = ?2, attempts = attempts + 1 WHERE id IN ("+marks(3, len(rows))+")", args...)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			if lost := r.claim(now, lease); lost != nil {
				if err := recordAttempt(ctx, q, r.ID, *lost); err != nil {
					return nil, err
				}
			}
		}
		return rows, nil
	})
}

// claim brings a row to its next attempt, as the store has it then, and gives the
// attempt before if that was lost.
func (r *Row) claim(now, lease time.Time) (lost *connector.Attempt) {
	if r.State == connector.Sending {
		r.TakenOver = true
		lost = &connector.Attempt{Number: r.Attempt, Started: r.Updated, Duration: now.Sub(r.Updated), Error: Lost}
	}
	r.State, r.Updated, r.Due = connector.Sending, now, lease
	r.Attempt++
	return lost
}

// marks gives the marks of n parameters, from the first on.
func marks(first, n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("?%d", first+i)
	}
	return strings.Join(list, ", ")
}

// A lost attempt may turn out not to be.
const attempt = `INSERT INTO attempts (message, number, started, duration, status, error) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (message, number) DO UPDATE SET duration = ?4, status = ?5, error = ?6`

func recordAttempt(ctx context.Context, q queryer, id string, a connector.Attempt) error {
	_, err := q.ExecContext(ctx, attempt, id, a.Number, micros(a.Started), a.Duration.Microseconds(), a.Status, a.Error)
	return err
}

const settle = `UPDATE messages SET state = ?3, updated = ?4, provider_id = ?5, error = ?6, attempts = attempts - ?8,
	due = CASE WHEN ?3 = 'queued' THEN ?7 ELSE due END,
	content = CASE WHEN ?3 = 'queued' THEN content ELSE NULL END
WHERE id = ?1 AND (state = 'sending' AND attempts = ?2
	OR ?3 = 'sent' AND state IN ('sending', 'queued', 'failed', 'expired', 'cancelled'))`

func (s *sqlStore) Settle(ctx context.Context, t *Settlement, now time.Time) error {
	return s.refused(ctx, func(ctx context.Context, q queryer) (refusal, err error) {
		n, err := changed(q.ExecContext(ctx, settle, t.values(now)...))
		if err != nil || n == 0 {
			return ErrStale, err
		}
		if t.Untried {
			return nil, nil
		}
		return nil, recordAttempt(ctx, q, t.ID, t.Attempt)
	})
}

// values gives the settlement in the order of settle's parameters.
func (t *Settlement) values(now time.Time) []any {
	untried := 0
	if t.Untried {
		untried = 1
	}
	return []any{t.ID, t.Attempt.Number, string(t.State), micros(now), t.ProviderID, t.Error, micros(t.Due), untried}
}

func (s *sqlStore) Move(ctx context.Context, id string, to connector.State, now time.Time) error {
	return s.refused(ctx, func(ctx context.Context, q queryer) (refusal, err error) {
		n, err := changed(q.ExecContext(ctx, `UPDATE messages SET state = ?2, due = ?3, updated = ?3,
			content = CASE WHEN ?2 = 'queued' THEN content ELSE NULL END WHERE id = ?1 AND state = 'queued'`, id, string(to), micros(now)))
		if err != nil || n > 0 {
			return nil, err
		}
		var found int
		err = q.QueryRowContext(ctx, "SELECT count(*) FROM messages WHERE id = ?1", id).Scan(&found)
		if found == 0 {
			return connector.ErrNoMessage, err
		}
		return connector.ErrConflict, err
	})
}

func (s *sqlStore) Recover(ctx context.Context, now, latest time.Time) (int, error) {
	return s.count(ctx, "UPDATE messages SET due = ?1 WHERE state = 'sending' AND due > ?1 OR state = 'queued' AND due > ?2", micros(now), micros(latest))
}

func (s *sqlStore) Purge(ctx context.Context, before Horizon, limit int) (int, error) {
	for statement, before := range map[string]time.Time{
		"DELETE FROM idempotency WHERE since < ?1":               before.Keys,
		"DELETE FROM events WHERE seen < ?1 AND message IS NULL": before.Tokens,
		"DELETE FROM sends WHERE sent < ?1":                      before.Sends,
	} {
		if _, err := s.count(ctx, statement, micros(before)); err != nil {
			return 0, err
		}
	}
	return s.count(ctx, `DELETE FROM messages WHERE id IN (
		SELECT id FROM (SELECT id, state, created FROM messages ORDER BY id LIMIT ?2) AS oldest
		WHERE state NOT IN ('sending', 'queued') AND created < ?1)`, micros(before.Messages), limit)
}

// count runs a statement and gives the number of rows it changed.
func (s *sqlStore) count(ctx context.Context, query string, args ...any) (int, error) {
	return written(ctx, s, func(ctx context.Context, q queryer) (int, error) {
		return changed(q.ExecContext(ctx, query, args...))
	})
}

func (s *sqlStore) Close() error { return s.close() }
