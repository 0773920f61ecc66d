package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	_ "modernc.org/sqlite" // registers the driver "sqlite"
)

// SQLite is a store in a file, for this process alone.
type SQLite struct {
	store
	file      *sqliteFile
	db        *sql.DB
	conn      *preparedConn // the committer's
	committer *groupCommitter
	closing   func() error

	// Recovered is the number of messages whose sending the last process did not
	// live to end, or that were due too late: all are due now.
	Recovered int
}

const (
	maxReaders  = 3
	busyTimeout = 2 * time.Second // for locks of other programs, such as a backup's
)

// OpenSQLite opens or creates a store in a file and keeps other processes of ours out
// of it. It writes ahead with full synchronisation and overwrites what is deleted, and
// fails if SQLite does not confirm that: with less, a power cut takes accepted messages
// with it, and sent mails can be read from the file. As its sole user it makes due what
// the last process was sending, and frees the idempotency keys of requests that died
// with it.
func OpenSQLite(ctx context.Context, path string) (*SQLite, error) {
	file, err := openSQLiteFile(path)
	if err != nil {
		return nil, err
	}
	s := &SQLite{file: file}
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("opening %s: %w", path, err), s.Close())
	}
	return s, nil
}

func (s *SQLite) open(ctx context.Context) (err error) {
	s.closing = sync.OnceValue(s.close)
	dsn := "file:" + (&url.URL{Path: s.file.path}).EscapedPath() +
		"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)" +
		"&_pragma=secure_delete(1)&_pragma=foreign_keys(1)" +
		"&_pragma=busy_timeout(" + strconv.FormatInt(busyTimeout.Milliseconds(), 10) + ")"
	if s.db, err = sql.Open("sqlite", dsn); err != nil {
		return err
	}
	s.db.SetMaxOpenConns(maxReaders + 1)
	s.db.SetMaxIdleConns(maxReaders + 1)
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	s.conn = &preparedConn{conn: conn, statements: map[string]*sql.Stmt{}}
	if err := checkPragmas(ctx, conn); err != nil {
		return err
	}
	starter := &sqliteQueryer{q: conn}
	err = transact(ctx, starter, "BEGIN IMMEDIATE", func() error {
		if err := migrate(ctx, starter, "SQLite"); err != nil {
			return err
		}
		s.Recovered, err = recoverQueue(ctx, starter)
		return err
	})
	if err != nil {
		return err
	}
	if err := s.file.identify(); err != nil {
		return err
	}
	s.committer = newGroupCommitter(&sqliteQueryer{q: s.conn}, s.file.check)
	s.store = store{
		read: &sqliteQueryer{q: s.db},
		snapshot: func(ctx context.Context, fn func(queryer) error) error {
			return transactOn(ctx, s.db, "BEGIN", func(q queryer) error { return fn(&sqliteQueryer{q: q}) })
		},
		write: s.committer.do,
	}
	return nil
}

// Close writes everything into the file and gives it up; once is enough, more does no
// harm.
func (s *SQLite) Close() error {
	if s.closing == nil {
		return s.file.unlock()
	}
	return s.closing()
}

func (s *SQLite) close() error {
	var err error
	if s.committer != nil {
		s.committer.stop()
		err = s.truncateWAL(context.Background())
	}
	if s.conn != nil { // with a statement left, SQLite would close later and keep the log
		err = errors.Join(err, s.conn.close())
	}
	if s.db != nil {
		err = errors.Join(err, s.db.Close())
	}
	return errors.Join(err, s.file.unlock())
}

func checkPragmas(ctx context.Context, conn *sql.Conn) error {
	var journal string
	var synchronous, secureDelete int
	for pragma, value := range map[string]any{
		"journal_mode": &journal, "synchronous": &synchronous, "secure_delete": &secureDelete,
	} {
		if err := conn.QueryRowContext(ctx, "PRAGMA "+pragma).Scan(value); err != nil {
			return err
		}
	}
	const full = 2 // sqlite.org/pragma.html#pragma_synchronous
	if journal != "wal" || synchronous != full || secureDelete != 1 {
		return fmt.Errorf("SQLite does not promise durability and erasure: "+
			"journal_mode is %s, synchronous %d, secure_delete %d",
			journal, synchronous, secureDelete)
	}
	return nil
}

// farOff is later than any message is due: it is that of a clock that was set back
// since.
const farOff = time.Hour

// recoverQueue makes due at once what was being sent, and frees the keys of requests
// without an answer: whoever worked on them is gone.
func recoverQueue(ctx context.Context, q queryer) (int, error) {
	if _, err := q.ExecContext(ctx, "DELETE FROM idempotency WHERE answer IS NULL"); err != nil {
		return 0, err
	}
	return rowsAffected(q.ExecContext(ctx, recoverDue, farOff.Microseconds()))
}

const recoverDue = `UPDATE messages SET due = :now WHERE state IN ('sending', 'queued')
	AND (state = 'sending' AND due > :now OR state = 'queued' AND due > :now + ?1)`

// Purge implements [outbox.Store]. It also empties the write-ahead log, which holds
// mails that are erased from the file itself.
func (s *SQLite) Purge(ctx context.Context, retention time.Duration, limit int) (int, error) {
	n, err := s.store.Purge(ctx, retention, limit)
	return n, errors.Join(err, s.truncateWAL(ctx))
}

// truncateWAL copies the log into the file and cuts it to nothing, unless a reader or
// writer is in its way for longer than a moment: then the next time will do.
func (s *SQLite) truncateWAL(ctx context.Context) error {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() {
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), setBusyTimeout(busyTimeout))
		_ = conn.Close() // back to the pool
	}()
	if _, err := conn.ExecContext(ctx, setBusyTimeout(50*time.Millisecond)); err != nil {
		return err
	}
	var busy, pages, copied int
	return conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &copied)
}

func setBusyTimeout(d time.Duration) string {
	return "PRAGMA busy_timeout = " + strconv.FormatInt(d.Milliseconds(), 10)
}

// sqliteQueryer gives statements the time: :now is one more parameter after theirs.
type sqliteQueryer struct {
	q       queryer
	written sync.Map // statement → the same with a number for :now
}

func (s *sqliteQueryer) bind(query string, args []any) (string, []any) {
	if !strings.Contains(query, ":now") {
		return query, args
	}
	text, ok := s.written.Load(query)
	if !ok {
		text = strings.ReplaceAll(query, ":now", "?"+strconv.Itoa(len(args)+1))
		s.written.Store(query, text)
	}
	return text.(string), append(args, time.Now().UnixMicro())
}

func (s *sqliteQueryer) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	query, args = s.bind(query, args)
	return s.q.ExecContext(ctx, query, args...)
}

func (s *sqliteQueryer) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	query, args = s.bind(query, args)
	return s.q.QueryContext(ctx, query, args...)
}

func (s *sqliteQueryer) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	query, args = s.bind(query, args)
	return s.q.QueryRowContext(ctx, query, args...)
}

// preparedConn is a connection that prepares each statement once. It serves one
// caller at a time.
type preparedConn struct {
	conn       *sql.Conn
	statements map[string]*sql.Stmt
}

func (p *preparedConn) close() error {
	var err error
	for _, s := range p.statements {
		err = errors.Join(err, s.Close())
	}
	return errors.Join(err, p.conn.Close())
}

func (p *preparedConn) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	if s, ok := p.statements[query]; ok {
		return s, nil
	}
	s, err := p.conn.PrepareContext(ctx, query)
	if err == nil {
		p.statements[query] = s
	}
	return s, err
}

func (p *preparedConn) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	s, err := p.prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(ctx, args...)
}

func (p *preparedConn) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s, err := p.prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(ctx, args...)
}

func (p *preparedConn) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	s, err := p.prepare(ctx, query)
	if err != nil { // a row that carries an error comes from the connection only
		return p.conn.QueryRowContext(ctx, query, args...)
	}
	return s.QueryRowContext(ctx, args...)
}
