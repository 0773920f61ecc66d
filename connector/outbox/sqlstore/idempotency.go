package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"time"

	"mailgun-connector/connector/idempotency"
)

// keyResult is what [store.BeginKey] has found.
type keyResult struct {
	answer []byte
	held   bool
	reused error
}

// BeginKey implements [idempotency.Table].
func (s *store) BeginKey(
	ctx context.Context, key string, hashes []idempotency.RequestHash, stale, life time.Duration,
) ([]byte, bool, error) {
	got, err := inTxWithResult(ctx, s, func(ctx context.Context, q queryer) (keyResult, error) {
		n, err := rowsAffected(q.ExecContext(ctx, reserve, key, hashes[0][:]))
		if n > 0 || err != nil {
			return keyResult{held: true}, err
		}
		return s.lookupKey(ctx, q, key, func(r idempotency.Reservation) ([]byte, bool, error) {
			return r.Lookup(hashes, stale, life)
		}, hashes[0])
	})
	return got.answer, got.held, cmp.Or(err, got.reused)
}

const (
	reserve = `INSERT INTO idempotency (key, request, answer, since) VALUES (?1, ?2, NULL, :now)
	ON CONFLICT (key) DO NOTHING`
	selectKey    = "SELECT request, answer, :now - since FROM idempotency WHERE key = ?1"
	reserveAgain = "UPDATE idempotency SET request = ?2, answer = NULL, since = :now WHERE key = ?1"
)

// lookupKey says what a request gets whose key was reserved before.
func (s *store) lookupKey(
	ctx context.Context, q queryer, key string,
	lookup func(idempotency.Reservation) ([]byte, bool, error), hash idempotency.RequestHash,
) (got keyResult, err error) {
	var r idempotency.Reservation
	var age int64
	err = q.QueryRowContext(ctx, selectKey+s.lock(""), key).Scan(&r.Request, &r.Answer, &age)
	if errors.Is(err, sql.ErrNoRows) {
		return got, nil // freed in this moment: the caller will ask again
	}
	if err != nil {
		return got, err
	}
	r.Age = time.Duration(age) * time.Microsecond
	if got.answer, got.held, got.reused = lookup(r); got.held {
		_, err = q.ExecContext(ctx, reserveAgain, key, hash[:])
	}
	return got, err
}

// FinishKey implements [idempotency.Table].
func (s *store) FinishKey(ctx context.Context, key string, answer []byte) error {
	if answer == nil {
		_, err := s.exec(ctx, "DELETE FROM idempotency WHERE key = ?1 AND answer IS NULL", key)
		return err
	}
	_, err := s.exec(ctx, "UPDATE idempotency SET answer = ?2 WHERE key = ?1", key, answer)
	return err
}
