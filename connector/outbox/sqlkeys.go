package outbox

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/idempotency"
	"mailgun-connector/connector/ratelimit"
)

// reservation is what a store has under an idempotency key.
type reservation struct {
	request []byte // a hash
	answer  []byte // nil while the request is in progress
	since   time.Time
}

// meet says what a request with the key gets: the kept answer, or the key.
func (r reservation) meet(hashes []idempotency.RequestHash, now time.Time, stale time.Duration) (answer []byte, held bool, err error) {
	age := now.Sub(r.since)
	same := slices.ContainsFunc(hashes, func(h idempotency.RequestHash) bool { return string(h[:]) == string(r.request) })
	switch {
	case age >= idempotency.Life:
		return nil, true, nil
	case !same:
		return nil, false, idempotency.ErrReused
	}
	return r.answer, r.answer == nil && age >= stale, nil
}

// met is what [sqlStore.BeginKey] has found.
type met struct {
	answer []byte
	held   bool
	reused error
}

func (s *sqlStore) BeginKey(ctx context.Context, key string, hashes []idempotency.RequestHash, now time.Time, stale time.Duration) ([]byte, bool, error) {
	got, err := written(ctx, s, func(ctx context.Context, q queryer) (got met, err error) {
		n, err := changed(q.ExecContext(ctx, "INSERT INTO idempotency (key, request, answer, since) VALUES (?1, ?2, NULL, ?3) ON CONFLICT (key) DO NOTHING",
			key, hashes[0][:], micros(now)))
		if got.held = n > 0; got.held || err != nil {
			return got, err
		}
		var r reservation
		var since int64
		err = q.QueryRowContext(ctx, "SELECT request, answer, since FROM idempotency WHERE key = ?1"+s.lock(""), key).Scan(&r.request, &r.answer, &since)
		if errors.Is(err, sql.ErrNoRows) {
			return got, nil // freed in this moment: the caller will ask again
		}
		if err != nil {
			return got, err
		}
		r.since = fromMicros(since)
		if got.answer, got.held, got.reused = r.meet(hashes, now, stale); got.held {
			_, err = q.ExecContext(ctx, "UPDATE idempotency SET request = ?2, answer = NULL, since = ?3 WHERE key = ?1", key, hashes[0][:], micros(now))
		}
		return got, err
	})
	return got.answer, got.held, cmp.Or(err, got.reused)
}

func (s *sqlStore) FinishKey(ctx context.Context, key string, answer []byte) error {
	return s.write(ctx, func(ctx context.Context, q queryer) error {
		var err error
		if answer == nil {
			_, err = q.ExecContext(ctx, "DELETE FROM idempotency WHERE key = ?1 AND answer IS NULL", key)
		} else {
			_, err = q.ExecContext(ctx, "UPDATE idempotency SET answer = ?2 WHERE key = ?1", key, answer)
		}
		return err
	})
}

func (s *sqlStore) Allow(ctx context.Context, to connector.RecipientHash, rate ratelimit.Rate, now time.Time) (time.Duration, error) {
	return written(ctx, s, func(ctx context.Context, q queryer) (time.Duration, error) {
		var n int
		var oldest sql.NullInt64
		err := q.QueryRowContext(ctx, "SELECT count(*), min(sent) FROM sends WHERE recipient = ?1 AND sent > ?2", to[:], micros(now.Add(-rate.Per))).Scan(&n, &oldest)
		if err != nil {
			return 0, err
		}
		if n >= rate.Sends {
			return fromMicros(oldest.Int64).Add(rate.Per).Sub(now), nil
		}
		_, err = q.ExecContext(ctx, "INSERT INTO sends (recipient, sent) VALUES (?1, ?2)", to[:], micros(now))
		return 0, err
	})
}
