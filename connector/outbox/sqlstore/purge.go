package sqlstore

import (
	"context"
	"time"

	"mailgun-connector/connector/idempotency"
)

// tokenLife is how long events are remembered that belong to no message: beyond all
// repetition by Mailgun, which ends after 8 hours (documentation.mailgun.com,
// "Webhook retries").
const tokenLife = 72 * time.Hour

// Each removes at most ?2 rows that are older than ?1 microseconds.
const (
	purgeKeys   = "DELETE FROM idempotency WHERE key IN (SELECT key FROM idempotency WHERE since < :now - ?1 LIMIT ?2)"
	purgeEvents = `DELETE FROM events WHERE token IN
	(SELECT token FROM events WHERE message IS NULL AND seen < :now - ?1 LIMIT ?2)`
	// Ids sort by time: the oldest messages are looked at.
	purgeMessages = `DELETE FROM messages WHERE id IN (
	SELECT id FROM (SELECT id, state, created FROM messages ORDER BY id LIMIT ?2) AS oldest
	WHERE state NOT IN ('sending', 'queued') AND created < :now - ?1)`
)

// Purge implements [outbox.Store].
func (s *store) Purge(ctx context.Context, retention time.Duration, limit int) (most int, err error) {
	for _, p := range []struct {
		statement string
		age       time.Duration
	}{
		{purgeKeys, idempotency.MaxLife}, {purgeEvents, tokenLife}, {purgeMessages, retention},
	} {
		n, err := s.exec(ctx, p.statement, p.age.Microseconds(), limit)
		if err != nil {
			return most, err
		}
		most = max(most, n)
	}
	return most, nil
}
