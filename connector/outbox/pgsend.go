package outbox

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"mailgun-connector/connector"
	"mailgun-connector/connector/ratelimit"
)

// postgresStore does what each send needs in one exchange with the server, where
// [sqlStore] would make one for each statement and for begin and commit.
type postgresStore struct {
	db *sql.DB
	*sqlStore
}

// Insert implements [Store].
func (p *postgresStore) Insert(ctx context.Context, r *Row) error {
	if r.IdempotencyKey != "" {
		return p.sqlStore.Insert(ctx, r)
	}
	_, err := p.read.ExecContext(ctx, insert, r.values()...)
	return unsure(err)
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
	return fmt.Errorf("%w: %w", ErrUnsure, err)
}

const settleAndRecord = `WITH settled AS (` + settle + ` RETURNING id)
INSERT INTO attempts (message, number, started, duration, status, error)
SELECT id, ?2::integer, ?9::bigint, ?10::bigint, ?11::integer, ?12::text FROM settled
ON CONFLICT (message, number) DO UPDATE SET duration = excluded.duration, status = excluded.status, error = excluded.error`

// Settle implements [Store].
func (p *postgresStore) Settle(ctx context.Context, s *Settlement, now time.Time) error {
	statement, args := settle, s.values(now)
	if !s.Untried {
		a := s.Attempt
		statement, args = settleAndRecord, append(args, micros(a.Started), a.Duration.Microseconds(), a.Status, a.Error)
	}
	n, err := changed(p.read.ExecContext(ctx, statement, args...))
	if err == nil && n == 0 {
		err = ErrStale
	}
	return err
}

const countSend = `INSERT INTO sends (recipient, sent) SELECT $1::bytea, $2::bigint
WHERE (SELECT count(*) FROM sends WHERE recipient = $1 AND sent > $3) < $4`

// Allow implements [Store]. Counting is a statement of its own after the lock, as
// a statement sees what was there when it began.
func (p *postgresStore) Allow(ctx context.Context, to connector.RecipientHash, rate ratelimit.Rate, now time.Time) (time.Duration, error) {
	since := micros(now.Add(-rate.Per))
	batch := &pgx.Batch{}
	batch.Queue("SELECT pg_advisory_xact_lock($1)", int64(binary.BigEndian.Uint64(to[:]))) //nolint:gosec // any number will do
	batch.Queue(countSend, to[:], micros(now), since, rate.Sends)
	counted, err := p.batch(ctx, batch)
	if err != nil || counted > 0 {
		return 0, err
	}
	var oldest sql.NullInt64
	err = p.read.QueryRowContext(ctx, "SELECT min(sent) FROM sends WHERE recipient = ?1 AND sent > ?2", to[:], since).Scan(&oldest)
	return fromMicros(oldest.Int64).Add(rate.Per).Sub(now), err
}

// batch runs statements in one transaction and one exchange, and gives the number
// of rows that the last one has changed.
func (p *postgresStore) batch(ctx context.Context, b *pgx.Batch) (changed int64, err error) {
	conn, err := p.db.Conn(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close() }() // back to the pool
	err = conn.Raw(func(driver any) error {
		results := driver.(*stdlib.Conn).Conn().SendBatch(ctx, b)
		for range b.Len() {
			tag, err := results.Exec()
			if err != nil {
				return errors.Join(err, results.Close())
			}
			changed = tag.RowsAffected()
		}
		return results.Close()
	})
	return changed, err
}
