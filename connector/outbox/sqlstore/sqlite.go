package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync"

	"github.com/gofrs/flock"
	_ "modernc.org/sqlite" // registers the driver "sqlite"

	"mailgun-connector/connector/outbox"
)

// OpenSQLite opens or creates a store in a file, for this process alone: a lock
// beside the file keeps others out. It writes ahead with full synchronisation,
// and refuses to start if SQLite does not confirm both: with less, a power cut
// takes accepted messages with it.
func OpenSQLite(ctx context.Context, path string) (outbox.Store, error) {
	lock := flock.New(path + ".lock")
	locked, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("locking %s: %w", path, err)
	}
	if !locked {
		return nil, fmt.Errorf("%s is in use by another process; use PostgreSQL to share a database", path)
	}
	if err := private(path); err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+
		"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(2000)&_pragma=foreign_keys(1)")
	if err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	db.SetMaxOpenConns(maxReaders + 1)
	db.SetMaxIdleConns(maxReaders + 1)
	s, err := newSQLite(ctx, db, lock)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening %s: %w", path, err), db.Close(), lock.Unlock())
	}
	return s, nil
}

// private makes the file, if there is none, for its owner only; SQLite gives those
// beside it the same mode.
func private(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

const maxReaders = 3

func newSQLite(ctx context.Context, db *sql.DB, lock *flock.Flock) (*sqlStore, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkPragmas(ctx, conn); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	err = inTransaction(ctx, conn, func() error { return migrate(ctx, conn, "SQLite") })
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	g := newGroup(&preparing{conn: conn, statements: map[string]*sql.Stmt{}})
	return &sqlStore{
		read:  db,
		write: g.do,
		close: sync.OnceValue(func() error {
			g.stop()
			return errors.Join(conn.Close(), db.Close(), lock.Unlock())
		}),
	}, nil
}

func checkPragmas(ctx context.Context, conn *sql.Conn) error {
	var journal string
	var synchronous int
	if err := conn.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&journal); err != nil {
		return err
	}
	if err := conn.QueryRowContext(ctx, "PRAGMA synchronous").Scan(&synchronous); err != nil {
		return err
	}
	const full = 2 // sqlite.org/pragma.html#pragma_synchronous
	if journal != "wal" || synchronous != full {
		return fmt.Errorf("the database does not promise durability: journal_mode is %s, synchronous is %d", journal, synchronous)
	}
	return nil
}

// inTransaction runs fn between BEGIN and COMMIT of a connection.
func inTransaction(ctx context.Context, q queryer, fn func() error) error {
	if _, err := q.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	err := fn()
	if err == nil {
		if _, err = q.ExecContext(ctx, "COMMIT"); err == nil {
			return nil
		}
	}
	_, rollbackErr := q.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
	return errors.Join(err, rollbackErr)
}

// preparing is a connection that prepares each statement once. It serves one
// caller at a time.
type preparing struct {
	conn       *sql.Conn
	statements map[string]*sql.Stmt
}

func (p *preparing) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	if s, ok := p.statements[query]; ok {
		return s, nil
	}
	s, err := p.conn.PrepareContext(ctx, query)
	if err == nil {
		p.statements[query] = s
	}
	return s, err
}

func (p *preparing) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	s, err := p.prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(ctx, args...)
}

func (p *preparing) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s, err := p.prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(ctx, args...)
}

func (p *preparing) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	s, err := p.prepare(ctx, query)
	if err != nil { // a row that carries an error comes from the connection only
		return p.conn.QueryRowContext(ctx, query, args...)
	}
	return s.QueryRowContext(ctx, args...)
}
