package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"mailgun-connector/connector/outbox"
)

// OpenPostgres opens a store in a PostgreSQL database of version 14 or later,
// which several processes may share. It needs the right to create tables.
func OpenPostgres(ctx context.Context, url string) (outbox.Store, error) {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, errors.New("opening the database: the address is malformed") // it holds a password
	}
	db := stdlib.OpenDB(*cfg, stdlib.OptionAfterConnect(endIdleTransactions))
	db.SetMaxOpenConns(maxConnections)
	db.SetMaxIdleConns(maxConnections)
	db.SetConnMaxIdleTime(5 * time.Minute)
	if err := migratePostgres(ctx, db); err != nil {
		return nil, errors.Join(fmt.Errorf("opening the database: %w", err), db.Close())
	}
	q := &dollars{db}
	return &postgresStore{db, &sqlStore{
		read:   q,
		write:  func(ctx context.Context, fn func(context.Context, queryer) error) error { return transact(ctx, db, fn) },
		shared: true,
		clock:  func(ctx context.Context) (time.Time, error) { return databaseTime(ctx, db) },
		close:  db.Close,
	}}, nil
}

// endIdleTransactions lets a process that freezes or is cut off in a transaction
// keep its rows no longer than none of ours takes.
func endIdleTransactions(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, "SET idle_in_transaction_session_timeout = '3s'")
	return err
}

// databaseTime is the server's: the processes that share it may run on machines
// whose clocks differ.
func databaseTime(ctx context.Context, db *sql.DB) (now time.Time, err error) {
	err = db.QueryRowContext(ctx, "SELECT clock_timestamp()").Scan(&now)
	return now, err
}

const (
	// maxConnections of one process, well below PostgreSQL's usual 100 for all.
	maxConnections = 10

	minPostgres = 140000 // server_version_num

	// migrationLock keeps replicas that start together from migrating together.
	migrationLock = 0x6d61696c67756e // "mailgun"
)

func migratePostgres(ctx context.Context, db *sql.DB) error {
	var version int
	if err := db.QueryRowContext(ctx, "SELECT current_setting('server_version_num')::int").Scan(&version); err != nil {
		return err
	}
	if version < minPostgres {
		return fmt.Errorf("PostgreSQL 14 or later is needed, this is %d", version/10000)
	}
	return transact(ctx, db, func(ctx context.Context, q queryer) error {
		if _, err := q.ExecContext(ctx, "SELECT pg_advisory_xact_lock(?1)", migrationLock); err != nil {
			return err
		}
		return migrate(ctx, q, "PostgreSQL")
	})
}

// transact runs fn in a transaction. A connection that breaks during the commit
// leaves the outcome unknown; the error is then that of the connection.
func transact(ctx context.Context, db *sql.DB, fn func(context.Context, queryer) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := fn(ctx, &dollars{tx}); err != nil {
		_ = tx.Rollback()
		return err
	}
	return unsure(tx.Commit())
}

// dollars writes parameters as PostgreSQL does: $1 for ?1.
type dollars struct{ q queryer }

var rewritten sync.Map // statement → the same with $ for ?

func dollar(query string) string {
	if s, ok := rewritten.Load(query); ok {
		return s.(string)
	}
	s := strings.ReplaceAll(query, "?", "$")
	rewritten.Store(query, s)
	return s
}

func (d *dollars) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return d.q.ExecContext(ctx, dollar(query), args...)
}

func (d *dollars) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return d.q.QueryContext(ctx, dollar(query), args...)
}

func (d *dollars) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return d.q.QueryRowContext(ctx, dollar(query), args...)
}
