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
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"mailgun-connector/connector/outbox"
)

// Postgres is a store in a PostgreSQL database that several processes may share. It
// keeps no state in a connection between two transactions, so a pooler in transaction
// mode, such as PgBouncer, may stand between.
type Postgres struct {
	store
	db *sql.DB
}

// OpenPostgres opens a store in a database of version 14 or later, and creates or
// migrates its tables.
func OpenPostgres(ctx context.Context, url string) (*Postgres, error) {
	cfg, err := parseAddress(url)
	if err != nil {
		return nil, err
	}
	if err := avoidNames(ctx, cfg); err != nil {
		return nil, fmt.Errorf("opening the database: %w", unreachable(err))
	}
	db := stdlib.OpenDB(*cfg)
	db.SetMaxOpenConns(maxConnections)
	db.SetMaxIdleConns(maxConnections)
	db.SetConnMaxIdleTime(5 * time.Minute)
	if err := migratePostgres(ctx, db); err != nil {
		return nil, errors.Join(fmt.Errorf("opening the database: %w", unreachable(err)), db.Close())
	}
	return &Postgres{
		store: store{
			read: &pgQueryer{db},
			snapshot: func(ctx context.Context, fn func(queryer) error) error {
				return transactOn(ctx, db, beginSnapshot, func(q queryer) error { return fn(&pgComposer{q}) })
			},
			write: func(ctx context.Context, fn func(context.Context, queryer) error) error {
				return pgTransact(ctx, db, fn)
			},
			shared: true,
		},
		db: db,
	}, nil
}

// Close gives the database up.
func (p *Postgres) Close() error { return p.db.Close() }

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
	return pgTransact(ctx, db, func(ctx context.Context, q queryer) error {
		if _, err := q.ExecContext(ctx, "SELECT pg_advisory_xact_lock(?1)", migrationLock); err != nil {
			return err
		}
		return migrate(ctx, q, "PostgreSQL")
	})
}

const (
	begin         = "BEGIN; " + limitIdle
	beginSnapshot = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; " + limitIdle

	// limitIdle lets a process that freezes or is cut off in a transaction keep its rows, or
	// what VACUUM may not clear for it, no longer than none of ours takes.
	limitIdle = "SET LOCAL idle_in_transaction_session_timeout = '3s'"
)

// pgTransact runs fn in a transaction. A connection that breaks during the commit
// leaves the outcome unknown.
func pgTransact(ctx context.Context, db *sql.DB, fn func(context.Context, queryer) error) error {
	err := transactOn(ctx, db, begin, func(q queryer) error { return fn(ctx, &pgQueryer{q}) })
	if failed, ok := errors.AsType[*commitError](err); ok {
		return unsure(failed)
	}
	return err
}

// unsure marks the error of a write that the server may have made: the connection
// broke before it said so.
func unsure(err error) error {
	_, answered := errors.AsType[*pgconn.PgError](err)
	if err == nil || answered || pgconn.SafeToRetry(err) {
		return err
	}
	if _, never := errors.AsType[*pgconn.ConnectError](err); never {
		return err
	}
	return fmt.Errorf("%w: %w", outbox.ErrUnsure, err)
}

// Insert implements [outbox.Store] in one exchange with the server where it can.
func (p *Postgres) Insert(ctx context.Context, r *outbox.Row, wait, life time.Duration) error {
	if r.IdempotencyKey != "" || r.Test {
		return p.store.Insert(ctx, r, wait, life)
	}
	behind, err := insertRow(ctx, p.read, r, wait, life)
	if behind { // it is stored, if perhaps what it waits for is not hurried
		r.Join()
		return nil
	}
	return unsure(err)
}

const settleAndRecord = `WITH settled AS (` + settle + ` RETURNING id)
` + insertAttempt + `SELECT id, ?2::integer, :now - ?8::bigint, ?9::bigint, ?10::integer, ?11::text, ?12::text, ?13::text,
	?14::text, ?15::integer, ?16::text
FROM settled` + overLost

// Settle implements [outbox.Store] in one exchange with the server.
func (p *Postgres) Settle(ctx context.Context, t *outbox.Settlement) error {
	statement, args := settle, settleValues(t)
	if !t.Untried {
		statement, args = settleAndRecord, append(args, attemptValues(t.Attempt)...)
	}
	n, err := rowsAffected(p.read.ExecContext(ctx, statement, args...))
	if err == nil && n == 0 {
		err = outbox.ErrStale
	}
	return err
}

// Purge implements [outbox.Store].
func (p *Postgres) Purge(ctx context.Context, retention time.Duration, limit int) (int, error) {
	n, err := p.store.Purge(ctx, retention, limit)
	if err != nil {
		return n, err
	}
	limits, err := rowsAffected(p.read.ExecContext(ctx, purgeLimits, limit))
	return max(n, limits), err
}

// pgQueryer writes parameters as PostgreSQL does, $1 for ?1, and asks the server for
// the time: that of its transaction.
type pgQueryer struct{ q queryer }

const serverTime = "(extract(epoch FROM now()) * 1000000)::bigint"

var rewritten sync.Map // statement → the same for PostgreSQL

func forPostgres(query string) string {
	if s, ok := rewritten.Load(query); ok {
		return s.(string)
	}
	s := pgText(query)
	rewritten.Store(query, s)
	return s
}

func pgText(query string) string {
	return strings.NewReplacer("?", "$", ":now", serverTime).Replace(query)
}

func (p *pgQueryer) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return p.q.ExecContext(ctx, forPostgres(query), args...)
}

func (p *pgQueryer) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return p.q.QueryContext(ctx, forPostgres(query), args...)
}

func (p *pgQueryer) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return p.q.QueryRowContext(ctx, forPostgres(query), args...)
}

// pgComposer is a pgQueryer for statements that are put together, of which there are too
// many to keep text and plan of each.
type pgComposer struct{ q queryer }

func (p *pgComposer) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return p.q.ExecContext(ctx, pgText(query), unkept(args)...)
}

func (p *pgComposer) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return p.q.QueryContext(ctx, pgText(query), unkept(args)...)
}

func (p *pgComposer) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return p.q.QueryRowContext(ctx, pgText(query), unkept(args)...)
}

func unkept(args []any) []any { return append([]any{pgx.QueryExecModeExec}, args...) }
