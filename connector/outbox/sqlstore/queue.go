package sqlstore

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/idempotency"
	"mailgun-connector/connector/outbox"
)

// insert adds a row unless its recipient waits for others; insertBehind adds it all the
// same. Two plain statements cost a send less than one that says what has become of it.
const (
	insertBehind = `INSERT INTO messages (` + insertedColumns + `)
	SELECT ?1, ?2, ?3, ?4, ?5, :now, :now, :now + ?6, :now + ?7, CAST(?8 AS INTEGER), '', '', ?9, ?10`
	insert = insertBehind + ` WHERE NOT EXISTS (SELECT 1 FROM messages WHERE recipient = ?5 AND ` + sendingOnly + `)
	AND NOT EXISTS (SELECT 1 FROM messages WHERE recipient = ?5 AND ` + queuedOnly + `)`
)

// The conditions of indices in which a message is only while it is being sent, or only
// when it is not: so a send does not move it from place to place in a large one. SQLite
// takes a partial index only where its condition stands in the statement as it is.
const (
	sendingOnly = "state = 'sending'"
	notSending  = "state <> 'sending'"
	queuedOnly  = notSending + " AND state = 'queued'"
	refusedOnly = "state = 'refused'"
)

// insertRow inserts a row, or queues it behind others and reports that.
func insertRow(
	ctx context.Context, q queryer, r *outbox.Row, wait, life time.Duration,
) (behind bool, err error) {
	values := func(state connector.State, wait time.Duration, attempt int) []any {
		return []any{
			r.ID, string(state), r.Type, r.Source, r.Recipient[:], life.Microseconds(), wait.Microseconds(),
			attempt, r.IdempotencyKey, r.Content,
		}
	}
	n, err := rowsAffected(q.ExecContext(ctx, insert, values(r.State, wait, r.Attempt)...))
	if n > 0 || err != nil {
		return false, err
	}
	if _, err := q.ExecContext(ctx, insertBehind, values(connector.Queued, 0, 0)...); err != nil {
		return false, err
	}
	_, err = q.ExecContext(ctx, hurry, r.Recipient[:], string(connector.RateLimitExceeded))
	return true, err
}

// hurry makes due what a recipient waits for, unless Mailgun has asked for the wait: who
// asks for another mail wants it now, and it comes after those.
const hurry = `UPDATE messages SET due = :now
	WHERE recipient = ?1 AND ` + queuedOnly + ` AND due > :now AND error <> ?2`

// inserted is what [store.InsertAll] has done.
type inserted struct {
	behind  []bool // others, of each row
	refusal error
}

// Insert implements [outbox.Store].
func (s *store) Insert(ctx context.Context, r *outbox.Row, wait, life time.Duration) error {
	return s.InsertAll(ctx, []outbox.NewRow{{Row: r, Wait: wait, Life: life}})
}

// InsertAll implements [outbox.Store].
func (s *store) InsertAll(ctx context.Context, rows []outbox.NewRow) error {
	got, err := inTxWithResult(ctx, s, func(ctx context.Context, q queryer) (got inserted, err error) {
		for _, r := range rows { // before anything is added: a refusal rolls nothing back
			if r.IdempotencyKey == "" {
				continue
			}
			if taken, err := s.taken(ctx, q, r.IdempotencyKey); taken || err != nil {
				return inserted{refusal: outbox.ErrDuplicate}, err
			}
		}
		for _, r := range rows {
			behind, err := insertRow(ctx, q, r.Row, r.Wait, r.Life)
			if err != nil {
				return got, err
			}
			if r.Test {
				if _, err := q.ExecContext(ctx, markTest, r.ID); err != nil {
					return got, err
				}
			}
			got.behind = append(got.behind, behind)
		}
		return got, nil
	})
	if err := cmp.Or(err, got.refusal); err != nil {
		return err
	}
	for i, r := range rows {
		if got.behind[i] {
			r.Join()
		}
	}
	return nil
}

const markTest = "UPDATE messages SET test = 1 WHERE id = ?1"

// taken reports whether a message has an idempotency key. Of two that come at once,
// one waits for the other.
func (s *store) taken(ctx context.Context, q queryer, key string) (bool, error) {
	if s.shared {
		if _, err := q.ExecContext(ctx, "SELECT pg_advisory_xact_lock(hashtextextended(?1, 0))", key); err != nil {
			return false, err
		}
	}
	var n int
	err := q.QueryRowContext(ctx, "SELECT count(*) FROM messages WHERE "+withKey,
		key, idempotency.Life.Microseconds()).Scan(&n)
	return n > 0, err
}

// withKey finds the messages of an idempotency key while that lives.
const withKey = "idempotency = ?1 AND idempotency <> '' AND created > :now - ?2"

// selectDue leaves out what waits behind an earlier mail to its recipient, unless that has
// taken so long that nothing is left to do but to say so. The plus keeps SQLite from looking
// among what waits for everybody, by its time.
const selectDue = `SELECT ` + columns + `, :now FROM messages AS m
	WHERE state IN ('sending', 'queued') AND due <= :now AND (expires <= :now OR NOT EXISTS (
		SELECT 1 FROM messages AS earlier WHERE recipient = m.recipient AND ` + sendingOnly + `
		AND (created, id) < (m.created, m.id)) AND NOT EXISTS (
		SELECT 1 FROM messages AS earlier WHERE recipient = m.recipient AND ` + queuedOnly + `
		AND (+created, id) < (m.created, m.id)))
	ORDER BY due LIMIT ?1`

const lease = `UPDATE messages SET state = 'sending', updated = ?1, due = ?2, attempts = attempts + 1 WHERE id IN (%s)`

// Claim implements [outbox.Store].
func (s *store) Claim(ctx context.Context, length time.Duration, limit int) ([]*outbox.Row, error) {
	return inTxWithResult(ctx, s, func(ctx context.Context, q queryer) ([]*outbox.Row, error) {
		var now int64
		found, err := q.QueryContext(ctx, selectDue+s.lock(" SKIP LOCKED"), limit)
		rows, err := scanRows(found, err, &now)
		if err != nil || len(rows) == 0 {
			return nil, err
		}
		args := []any{now, now + length.Microseconds()}
		for _, r := range rows {
			args = append(args, r.ID)
		}
		if _, err := q.ExecContext(ctx, fmt.Sprintf(lease, placeholders(3, len(rows))), args...); err != nil {
			return nil, err
		}
		for _, r := range rows {
			if lost := r.Lease(fromMicros(now), length); lost != nil {
				if err := recordLost(ctx, q, r.ID, lost); err != nil {
					return nil, err
				}
			}
		}
		return rows, nil
	})
}

// A lost attempt may turn out not to be: the outcome of one is kept over it.
const (
	insertAttempt = `INSERT INTO attempts (message, number, started, duration, status, error, message_text, reason,
	way, before_status, before_reason) `
	overLost = ` ON CONFLICT (message, number) DO UPDATE
	SET duration = excluded.duration, status = excluded.status, error = excluded.error,
		message_text = excluded.message_text, reason = excluded.reason, way = excluded.way,
		before_status = excluded.before_status, before_reason = excluded.before_reason`
	attempted = insertAttempt + `VALUES (?1, ?2, :now - ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)` + overLost
)

func recordLost(ctx context.Context, q queryer, id string, a *connector.Attempt) error {
	_, err := q.ExecContext(ctx, insertAttempt+`VALUES (?1, ?2, ?3, ?4, ?5, ?6, '', ?7, '', 0, '')`+overLost,
		id, a.Number, a.Started.UnixMicro(), a.Duration.Microseconds(), a.Status, a.Error, string(a.Reason))
	return err
}

const settle = `UPDATE messages SET state = ?3, updated = :now, provider_id = ?4, error = ?5, attempts = attempts - ?6,
	due = CASE WHEN ?3 <> 'queued' THEN due WHEN :now + ?7 < expires THEN :now + ?7 ELSE expires END,
	content = CASE WHEN ?3 = 'queued' THEN content ELSE NULL END
WHERE id = ?1 AND (state = 'sending' AND attempts = ?2
	OR ?3 = 'sent' AND state IN ('sending', 'queued', 'failed', 'expired', 'cancelled'))`

// settleValues returns the settlement in the order of settle's parameters.
func settleValues(t *outbox.Settlement) []any {
	untried := 0
	if t.Untried {
		untried = 1
	}
	return []any{t.ID, t.Attempt.Number, string(t.State), t.ProviderID, t.Error, untried, t.Wait.Microseconds()}
}

// attemptValues returns the attempt of a settlement, with how long ago it began.
func attemptValues(a connector.Attempt) []any {
	return []any{
		time.Since(a.Started).Microseconds(), a.Duration.Microseconds(), a.Status, a.Error, a.Message, string(a.Reason),
		string(a.Way), a.BeforeStatus, string(a.BeforeReason),
	}
}

// Settle implements [outbox.Store].
func (s *store) Settle(ctx context.Context, t *outbox.Settlement) error {
	return s.inTx(ctx, func(ctx context.Context, q queryer) (refusal, err error) {
		n, err := rowsAffected(q.ExecContext(ctx, settle, settleValues(t)...))
		if err != nil || n == 0 {
			return outbox.ErrStale, err
		}
		if t.Untried {
			return nil, nil
		}
		_, err = q.ExecContext(ctx, attempted, append([]any{t.ID, t.Attempt.Number}, attemptValues(t.Attempt)...)...)
		return nil, err
	})
}

const (
	move = `UPDATE messages SET state = ?2, due = :now, updated = :now,
	content = CASE WHEN ?2 = 'queued' THEN content ELSE NULL END WHERE id = ?1 AND state = 'queued'`
	// moveEarlier makes due what a message waits behind.
	moveEarlier = `UPDATE messages SET due = :now
	WHERE ` + queuedOnly + ` AND due > :now AND recipient = (SELECT recipient FROM messages WHERE id = ?1)
	AND (+created, id) < (SELECT created, id FROM messages WHERE id = ?1)`
)

// Move implements [outbox.Store].
func (s *store) Move(ctx context.Context, id string, to connector.State) error {
	return s.inTx(ctx, func(ctx context.Context, q queryer) (refusal, err error) {
		n, err := rowsAffected(q.ExecContext(ctx, move, id, string(to)))
		if n > 0 && to == connector.Queued {
			_, err = q.ExecContext(ctx, moveEarlier, id)
		}
		if err != nil || n > 0 {
			return nil, err
		}
		var found int
		err = q.QueryRowContext(ctx, "SELECT count(*) FROM messages WHERE id = ?1", id).Scan(&found)
		if found == 0 {
			return connector.ErrNoMessage, err
		}
		return connector.ErrConflict, err
	})
}
