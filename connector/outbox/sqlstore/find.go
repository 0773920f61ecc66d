package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/idempotency"
	"mailgun-connector/connector/keyring"
	"mailgun-connector/connector/outbox"
)

// Get implements [outbox.Store].
func (s *store) Get(ctx context.Context, id string) (*outbox.Row, error) {
	r, err := scanRow(s.read.QueryRowContext(ctx, "SELECT "+columns+" FROM messages WHERE id = ?1", id).Scan)
	if err != nil {
		return nil, err
	}
	return r, s.addSteps(ctx, []*outbox.Row{r})
}

// FindKey implements [outbox.Store].
func (s *store) FindKey(ctx context.Context, key string) (*outbox.Row, error) {
	query := "SELECT " + columns + " FROM messages WHERE " + withKey + " ORDER BY id DESC LIMIT 1"
	return scanRow(s.read.QueryRowContext(ctx, query, key, idempotency.Life.Microseconds()).Scan)
}

// List implements [outbox.Store].
func (s *store) List(ctx context.Context, f connector.MessageFilter) ([]*outbox.Row, error) {
	parts, err := s.parts(ctx, f)
	if err != nil {
		return nil, err
	}
	var rows []*outbox.Row
	for _, part := range parts {
		query, args := listQuery(part)
		found, err := s.read.QueryContext(ctx, query, args...)
		some, err := scanRows(found, err)
		if err != nil {
			return nil, err
		}
		rows = append(rows, some...)
	}
	if len(parts) > 1 { // which are each in order
		slices.SortFunc(rows, func(a, b *outbox.Row) int { return strings.Compare(b.ID, a.ID) })
		rows = slices.CompactFunc(rows, func(a, b *outbox.Row) bool { return a.ID == b.ID })
		rows = rows[:min(f.Limit, len(rows))]
	}
	return rows, s.addSteps(ctx, rows)
}

// maxParts bounds the pages that are put together; there are few usage types.
const maxParts = 100

// parts returns filters that find together what one does, each of them served by an index
// in the order of a page. The states are in the order of a message's life, so that one that
// moves on meanwhile is found twice rather than not at all.
func (s *store) parts(ctx context.Context, f connector.MessageFilter) (parts []connector.MessageFilter, err error) {
	recipient := len(f.Recipients) > 0 || len(f.Hash) > 0
	switch {
	case recipient, f.State == "" && f.Type == "":
	case f.State == "":
		for _, state := range connector.States {
			part := f
			part.State = state
			parts = append(parts, part)
		}
		return parts, nil
	case f.Type == "" && f.State.Final():
		types, err := s.types(ctx, f.State)
		if err != nil || len(types) > maxParts {
			return []connector.MessageFilter{f}, err
		}
		for _, t := range types {
			part := f
			part.Type = t
			parts = append(parts, part)
		}
		return parts, nil
	}
	return []connector.MessageFilter{f}, nil
}

// selectTypes looks for each next type at its place in the index, however many messages
// are of the one before.
const selectTypes = `WITH RECURSIVE t(type) AS (
	SELECT (SELECT min(type) FROM messages WHERE state = ?1 AND state NOT IN ('sending', 'queued'))
	UNION ALL SELECT (SELECT min(type) FROM messages
		WHERE state = ?1 AND state NOT IN ('sending', 'queued') AND type > t.type) FROM t WHERE t.type IS NOT NULL)
SELECT type FROM t WHERE type IS NOT NULL LIMIT ?2`

// types returns the usage types that messages in a final state have, and one more than
// maxParts at most.
func (s *store) types(ctx context.Context, state connector.State) (types []string, err error) {
	rows, err := s.read.QueryContext(ctx, selectTypes, string(state), maxParts+1)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var t string
		if err := rows.Scan(&t); err != nil {
			return nil, err
		}
		types = append(types, t)
	}
	return types, rows.Err()
}

// listQuery returns the query for a page of messages. It is worded for the indices: of
// final states and a type for messages_final, of others for messages_due, and there it
// keeps the engine from walking down the ids, as those that wait are few among many.
func listQuery(f connector.MessageFilter) (query string, args []any) {
	where, id := "1 = 1", "id"
	add := func(condition string, values ...any) {
		where += fmt.Sprintf(" AND "+condition, placeholders(len(args)+1, len(values)))
		args = append(args, values...)
	}
	recipient := len(f.Recipients) > 0 || len(f.Hash) > 0
	switch {
	case f.State == "":
	case recipient: // a recipient has few messages, and a state many: it must not be the index
		add("state || '' = %s", string(f.State))
	case f.State.Final():
		add("state = %s AND state NOT IN ('sending', 'queued')", string(f.State))
	default:
		add("state = %s AND state IN ('sending', 'queued') AND due > 0", string(f.State))
		id = "id || ''"
	}
	if f.Type != "" {
		add("type = %s", f.Type)
	}
	if !f.Since.IsZero() {
		add("created >= %s", f.Since.UnixMicro())
		add(id+" >= %s", idAt(f.Since.Add(-maxSkew))) // ends the walk down an index
	}
	if !f.Until.IsZero() {
		add("created <= %s", f.Until.UnixMicro())
		add(id+" <= %s", idAt(f.Until.Add(maxSkew))) // and begins it
	}
	if f.Cursor != "" {
		add(id+" < %s", f.Cursor)
	}
	if len(f.Recipients) > 0 {
		hashes := make([]any, len(f.Recipients))
		for i := range f.Recipients {
			hashes[i] = f.Recipients[i][:]
		}
		add("recipient IN (%s)", hashes...)
	}
	if len(f.Hash) > 0 {
		add("recipient >= %s", f.Hash)
		last := bytes.Repeat([]byte{0xff}, len(connector.RecipientHash{}))
		copy(last, f.Hash)
		add("recipient <= %s", last)
	}
	listed := strings.Replace(columns, "content", "NULL", 1)
	query = fmt.Sprintf("SELECT %s FROM messages WHERE %s ORDER BY %s DESC LIMIT ?%d", listed, where, id, len(args)+1)
	return query, append(args, f.Limit)
}

// maxSkew is more than the clocks of processes differ that share a database: they make
// the ids, and the database the times.
const maxSkew = time.Hour

// idAt returns the beginning of the ids of a time: UUIDs of version 7 begin with 48 bits
// of milliseconds (RFC 9562, section 5.7).
func idAt(t time.Time) string {
	ms := max(0, t.UnixMilli())
	return fmt.Sprintf("%08x-%04x", ms>>16, ms&0xffff)
}

// Depth implements [outbox.Store].
func (s *store) Depth(ctx context.Context) (n int, oldest time.Duration, err error) {
	var age sql.NullInt64
	err = s.read.QueryRowContext(ctx,
		"SELECT count(*), :now - min(created) FROM messages WHERE state IN ('sending', 'queued')").Scan(&n, &age)
	return n, time.Duration(age.Int64) * time.Microsecond, err
}

// SealedBy returns the ids of the keys that sealed the mails which still wait to be sent
// in time.
func (s *store) SealedBy(ctx context.Context) (ids []keyring.ID, err error) {
	rows, err := s.read.QueryContext(ctx,
		"SELECT DISTINCT substr(content, 1, 4) FROM messages WHERE state IN ('sending', 'queued') AND expires > :now")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id []byte
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		if len(id) == len(keyring.ID{}) {
			ids = append(ids, keyring.ID(id))
		}
	}
	return ids, rows.Err()
}
