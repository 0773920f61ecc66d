package sqlstore

import (
	"context"
	"database/sql"
	"errors"
)

// transact runs fn between begin and COMMIT of one connection. Its error is fn's, or
// that of the commit as a [commitError].
func transact(ctx context.Context, conn queryer, begin string, fn func() error) error {
	if _, err := conn.ExecContext(ctx, begin); err != nil {
		return err
	}
	err := fn()
	if err == nil {
		if _, err = conn.ExecContext(ctx, "COMMIT"); err == nil {
			return nil
		}
		err = &commitError{err}
	}
	_, rollbackErr := conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
	return errors.Join(err, rollbackErr)
}

// transactOn runs fn in a transaction on a connection of a database.
func transactOn(ctx context.Context, db *sql.DB, begin string, fn func(q queryer) error) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // back to the pool
	return transact(ctx, conn, begin, func() error { return fn(conn) })
}

// commitError is what became of a commit.
type commitError struct{ error }

func (e *commitError) Unwrap() error { return e.error }
