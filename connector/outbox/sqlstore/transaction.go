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

// snapshot runs fn in a transaction that sees the database as it is at one moment.
func snapshot(ctx context.Context, db *sql.DB, fn func(q queryer) error) error {
	tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return err
	}
	return errors.Join(fn(tx), tx.Rollback()) // nothing was written
}

// commitError is what became of a commit.
type commitError struct{ error }

func (e *commitError) Unwrap() error { return e.error }
