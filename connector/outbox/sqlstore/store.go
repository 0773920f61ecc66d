// Package sqlstore keeps an outbox in a database: SQLite for one process, PostgreSQL
// for several. It also keeps what must outlive a process beside the queue: idempotency
// keys, delivery events, and on PostgreSQL the sends that the recipient limit counts.
// It knows nothing of sending, and of sealed content only which key sealed it.
//
// All times in it are by one clock, so that processes whose clocks differ agree: the
// server's on PostgreSQL, this process's on SQLite, whose only user it is. Callers
// name durations.
//
// It is large because it is two databases behind one interface; the statements are shared,
// and what differs stands in files that begin with the engine's name.
package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/outbox"
)

// queryer runs statements: a database, a connection or a transaction.
type queryer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// store is what both engines share. Its statements are written with ?1 for the first
// parameter and :now for the time in microseconds since 1970; each engine's queryers
// know what to make of that.
type store struct {
	read queryer
	// snapshot runs fn on the database as it is at one moment.
	snapshot func(ctx context.Context, fn func(q queryer) error) error
	// write runs fn in a transaction and returns when that is durable. fn may be
	// run twice, and may share its transaction with others'.
	write func(ctx context.Context, fn func(ctx context.Context, q queryer) error) error
	// shared is set for an engine with several writers at a time. They lock the
	// rows that they read before they change them.
	shared bool
}

// lock is what a query ends with whose rows are changed next.
func (s *store) lock(how string) string {
	if s.shared {
		return " FOR UPDATE" + how
	}
	return ""
}

// inTxWithResult runs fn as write does. What fn returns is read only if write says
// that fn has ended: a caller that gives up leaves it behind.
func inTxWithResult[T any](
	ctx context.Context, s *store, fn func(ctx context.Context, q queryer) (T, error),
) (T, error) {
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

// inTx runs fn as write does. A refusal is no failure of the store: it must not undo
// the writes that share the transaction.
func (s *store) inTx(ctx context.Context, fn func(ctx context.Context, q queryer) (refusal, err error)) error {
	refusal, err := inTxWithResult(ctx, s, fn)
	return cmp.Or(err, refusal)
}

// exec runs a statement by itself and returns the number of rows it changed.
func (s *store) exec(ctx context.Context, query string, args ...any) (int, error) {
	return inTxWithResult(ctx, s, func(ctx context.Context, q queryer) (int, error) {
		return rowsAffected(q.ExecContext(ctx, query, args...))
	})
}

func rowsAffected(res sql.Result, err error) (int, error) {
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	return int(n), err
}

// placeholders lists n parameters, from the first on.
func placeholders(first, n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("?%d", first+i)
	}
	return strings.Join(list, ", ")
}

// What a send inserts; the rest has defaults, so that it costs a send nothing.
const insertedColumns = "id, state, type, source, recipient, created, updated, expires, due, attempts, " +
	"provider_id, error, idempotency, content"

const columns = insertedColumns + ", reason, requests, test"

func fromMicros(us int64) time.Time { return time.UnixMicro(us).UTC() }

// scanRow reads columns, and what a query has after them.
func scanRow(scan func(...any) error, more ...any) (*outbox.Row, error) {
	r := &outbox.Row{}
	var recipient []byte
	var created, updated, expires, due int64
	err := scan(append([]any{&r.ID, &r.State, &r.Type, &r.Source, &recipient, &created, &updated, &expires, &due,
		&r.Attempt, &r.ProviderID, &r.Error, &r.IdempotencyKey, &r.Content,
		&r.Reason, &r.Requests, &r.Test}, more...)...)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, connector.ErrNoMessage
	}
	if err != nil {
		return nil, err
	}
	copy(r.Recipient[:], recipient)
	r.Created, r.Updated = fromMicros(created), fromMicros(updated)
	r.Expires, r.Due = fromMicros(expires), fromMicros(due)
	return r, nil
}

func scanRows(rows *sql.Rows, err error, more ...any) ([]*outbox.Row, error) {
	return readAll(rows, err, func(scan func(...any) error) (*outbox.Row, error) { return scanRow(scan, more...) })
}

// readAll reads what a query has found, row by row.
func readAll[T any](rows *sql.Rows, err error, read func(scan func(...any) error) (T, error)) (all []T, _ error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		v, err := read(rows.Scan)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, rows.Err()
}

// column reads a row that is one value.
func column[T any](scan func(...any) error) (v T, err error) {
	err = scan(&v)
	return v, err
}
