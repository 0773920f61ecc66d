package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/ratelimit"
)

// limiter counts the sends to a recipient for all processes that share a PostgreSQL
// database, as [ratelimit.Memory] does for one.
type limiter struct {
	store *store
	rate  ratelimit.Rate
}

// Limiter returns a limiter that counts for all who share the database.
func (p *Postgres) Limiter(rate ratelimit.Rate) ratelimit.Limiter {
	return &limiter{&p.store, rate}
}

// take counts a send unless the recipient's row, as it stands, forbids it. What is over
// the limit is seen in a snapshot and so waits for nobody; what is not is held against
// the row once more when that is locked.
const take = `INSERT INTO recipient_limits AS r (recipient, tat)
	SELECT ?1, :now + ?2 WHERE NOT EXISTS (SELECT 1 FROM recipient_limits WHERE recipient = ?1 AND tat > :now + ?3)
	ON CONFLICT (recipient) DO UPDATE SET tat = greatest(r.tat, :now) + ?2 WHERE r.tat <= :now + ?3`

// selectWait returns how long to wait for a place.
const selectWait = "SELECT tat - :now - ?2 FROM recipient_limits WHERE recipient = ?1"

// Take implements [ratelimit.Limiter].
func (l *limiter) Take(ctx context.Context, to connector.RecipientHash) (time.Duration, error) {
	interval, tolerance := l.rate.Interval().Microseconds(), l.rate.Tolerance().Microseconds()
	n, err := rowsAffected(l.store.read.ExecContext(ctx, take, to[:], interval, tolerance))
	if err != nil || n > 0 {
		return 0, err
	}
	var wait int64
	err = l.store.read.QueryRowContext(ctx, selectWait, to[:], tolerance).Scan(&wait)
	if errors.Is(err, sql.ErrNoRows) { // purged in this moment
		return l.rate.Interval(), nil
	}
	return max(time.Duration(wait)*time.Microsecond, time.Millisecond), err
}

// GiveBack implements [ratelimit.Limiter].
func (l *limiter) GiveBack(ctx context.Context, to connector.RecipientHash) error {
	_, err := l.store.read.ExecContext(ctx, "UPDATE recipient_limits SET tat = tat - ?2 WHERE recipient = ?1",
		to[:], l.rate.Interval().Microseconds())
	return err
}

// purgeLimits removes at most ?1 rows that count nothing any more.
const purgeLimits = `DELETE FROM recipient_limits WHERE tat < :now AND recipient IN
	(SELECT recipient FROM recipient_limits WHERE tat < :now LIMIT ?1 FOR UPDATE SKIP LOCKED)`
