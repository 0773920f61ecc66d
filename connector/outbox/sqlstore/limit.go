package sqlstore

import (
	"context"
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

// take counts a send unless the recipient's row, as it stands, forbids it. What is
// over the limit is told from a snapshot and so waits for nobody; what is not is
// held against the row once more when that is locked. The last column is how long to
// wait, by the snapshot.
const take = `WITH before AS (SELECT tat FROM recipient_limits WHERE recipient = ?1),
taken AS (
	INSERT INTO recipient_limits AS r (recipient, tat)
	SELECT ?1, :now + ?2 WHERE NOT EXISTS (SELECT 1 FROM before WHERE tat > :now + ?3)
	ON CONFLICT (recipient) DO UPDATE SET tat = greatest(r.tat, :now) + ?2 WHERE r.tat <= :now + ?3
	RETURNING 1)
SELECT (SELECT count(*) FROM taken), coalesce((SELECT tat FROM before) - :now - ?3, 0)`

// Take implements [ratelimit.Limiter].
func (l *limiter) Take(ctx context.Context, to connector.RecipientHash) (time.Duration, error) {
	var taken int
	var wait int64
	interval, tolerance := l.rate.Interval(), l.rate.Tolerance()
	row := l.store.read.QueryRowContext(ctx, take, to[:], interval.Microseconds(), tolerance.Microseconds())
	if err := row.Scan(&taken, &wait); err != nil || taken > 0 {
		return 0, err
	}
	if wait <= 0 { // others took the last places at the same time
		return interval, nil
	}
	return time.Duration(wait) * time.Microsecond, nil
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
