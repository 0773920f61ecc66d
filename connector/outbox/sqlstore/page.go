package sqlstore

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"mailgun-connector/connector"
	"mailgun-connector/connector/outbox"
)

// List implements [outbox.Store]. All of a page is read in one snapshot: a message that
// moves on meanwhile is shown once, with the steps to the state that it is shown in.
func (s *store) List(ctx context.Context, f connector.MessageFilter) (rows []*outbox.Row, err error) {
	err = s.snapshot(ctx, func(q queryer) error {
		if rows, err = listPage(ctx, q, f); err != nil {
			return err
		}
		return addSteps(ctx, q, rows)
	})
	return rows, err
}

// maxGroups bounds a statement; SQLite takes 500 parts (sqlite.org/limits.html).
const maxGroups = 100

// listPage merges the newest of the groups that a filter asks for.
func listPage(ctx context.Context, q queryer, f connector.MessageFilter) (rows []*outbox.Row, err error) {
	var after int64
	if f.Cursor != "" {
		err := q.QueryRowContext(ctx, "SELECT created FROM messages WHERE id = ?1", f.Cursor).Scan(&after)
		if errors.Is(err, sql.ErrNoRows) { // purged, as is what was older
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
	}
	groups, err := findGroups(ctx, q, f)
	if err != nil {
		return nil, err
	}
	for some := range slices.Chunk(groups, maxGroups) {
		query, args := pageQuery(f, after, some)
		found, err := q.QueryContext(ctx, query, args...)
		page, err := scanRows(found, err)
		if err != nil {
			return nil, err
		}
		rows = append(rows, page...)
	}
	if len(groups) > maxGroups {
		slices.SortFunc(rows, func(a, b *outbox.Row) int {
			return cmp.Or(b.Created.Compare(a.Created), strings.Compare(b.ID, a.ID))
		})
		rows = rows[:min(f.Limit, len(rows))]
	}
	return rows, nil
}

// arguments are those of a statement that is put together.
type arguments []any

// add adds one and returns what stands for it in the statement.
func (a *arguments) add(value any) string {
	*a = append(*a, value)
	return "?" + strconv.Itoa(len(*a))
}

const newestFirst = " ORDER BY created DESC, id DESC"

// listed are the columns of a page: nobody who lists messages needs their content.
var listed = strings.Replace(columns, "content", "NULL", 1)

// pageQuery returns the query for a page of what some groups have, after the cursor's
// message, which was created at a time. Of each group no more is read than the page has
// place for, off an index in its order. Without a limit of its own, PostgreSQL would read
// and sort all of it.
func pageQuery(f connector.MessageFilter, after int64, groups []group) (string, []any) {
	var args arguments
	limit, bounds := args.add(f.Limit), ""
	if !f.Since.IsZero() {
		bounds += " AND created >= " + args.add(f.Since.UnixMicro())
	}
	if !f.Until.IsZero() {
		bounds += " AND created <= " + args.add(f.Until.UnixMicro())
	}
	if f.Cursor != "" {
		bounds += fmt.Sprintf(" AND (created, id) < (%s, %s)", args.add(after), args.add(f.Cursor))
	}
	parts := make([]string, len(groups))
	for i, g := range groups {
		parts[i] = fmt.Sprintf("SELECT * FROM (SELECT created, id FROM messages WHERE %s%s%s LIMIT %s) AS part",
			g.condition(&args), bounds, newestFirst, limit)
	}
	newest := strings.Join(parts, " UNION ALL ") + newestFirst + " LIMIT " + limit
	return "SELECT " + listed + " FROM messages WHERE id IN (SELECT id FROM (" + newest + ") AS newest)" +
		newestFirst, args
}

// group is messages that lie together in an index in the order of pages: those of a state
// and a type, of one recipient or, with none, of all; or all messages. Those that are being
// sent are few, and in an index of their own: of them a group may have all types.
type group struct {
	recipient []byte
	state     connector.State
	usageType string
}

// condition is what a group's messages have in common, in the words of its index.
func (g group) condition(args *arguments) string {
	if g.state == "" {
		return "id <> ''"
	}
	var conditions []string
	sending := g.state == connector.Sending
	if sending {
		conditions = append(conditions, sendingOnly)
	} else {
		conditions = append(conditions, notSending, "state = "+args.add(string(g.state)))
	}
	if !sending || g.usageType != "" {
		conditions = append(conditions, "type = "+args.add(g.usageType))
	}
	if g.recipient != nil {
		conditions = append(conditions, "recipient = "+args.add(g.recipient))
	}
	return strings.Join(conditions, " AND ")
}

// findGroups returns the groups of which a filter's messages are, and perhaps empty ones.
func findGroups(ctx context.Context, q queryer, f connector.MessageFilter) (groups []group, err error) {
	if len(f.Recipients) == 0 && len(f.Hash) == 0 {
		if f.State == "" && f.Type == "" {
			return []group{{}}, nil
		}
		return groupsOfAll(ctx, q, f)
	}
	recipients, err := findRecipients(ctx, q, f)
	if err != nil {
		return nil, err
	}
	for _, recipient := range recipients {
		some, err := groupsOfRecipient(ctx, q, f, recipient)
		if err != nil {
			return nil, err
		}
		groups = append(groups, some...)
	}
	return groups, nil
}

// findRecipients returns the recipients that a filter asks for, each once.
func findRecipients(ctx context.Context, q queryer, f connector.MessageFilter) (recipients [][]byte, err error) {
	for _, r := range f.Recipients {
		recipients = append(recipients, r[:])
	}
	if len(f.Hash) > 0 {
		last := bytes.Repeat([]byte{0xff}, len(connector.RecipientHash{}))
		copy(last, f.Hash)
		for _, index := range []string{notSending, sendingOnly} {
			some, err := distinct[[]byte](ctx, q, "recipient", index+" AND recipient <= ?2", f.Hash, last)
			if err != nil {
				return nil, err
			}
			recipients = append(recipients, some...)
		}
	}
	slices.SortFunc(recipients, bytes.Compare)
	return slices.CompactFunc(recipients, bytes.Equal), nil
}

// groupsOfAll returns the groups of all recipients.
func groupsOfAll(ctx context.Context, q queryer, f connector.MessageFilter) (groups []group, err error) {
	states, types := connector.States, []string{f.Type}
	if f.State != "" {
		states = []connector.State{f.State}
	}
	if f.Type == "" {
		if types, err = distinct[string](ctx, q, "type", notSending, ""); err != nil {
			return nil, err
		}
	}
	for _, state := range states {
		groups = append(groups, groupsOfState(f, nil, state, types)...)
	}
	return groups, nil
}

// groupsOfRecipient returns the groups of one.
func groupsOfRecipient(
	ctx context.Context, q queryer, f connector.MessageFilter, recipient []byte,
) (groups []group, err error) {
	states, types := []connector.State{f.State}, []string{f.Type}
	if f.State == "" {
		states, err = distinct[connector.State](ctx, q, "state", notSending+" AND recipient = ?2", "", recipient)
		if err != nil {
			return nil, err
		}
		states = append(states, connector.Sending)
	}
	for _, state := range states {
		if f.Type == "" && state != connector.Sending {
			types, err = distinct[string](ctx, q, "type", notSending+" AND recipient = ?2 AND state = ?3",
				"", recipient, string(state))
			if err != nil {
				return nil, err
			}
		}
		groups = append(groups, groupsOfState(f, recipient, state, types)...)
	}
	return groups, nil
}

func groupsOfState(
	f connector.MessageFilter, recipient []byte, state connector.State, types []string,
) (groups []group) {
	if state == connector.Sending {
		return []group{{recipient, state, f.Type}}
	}
	for _, usageType := range types {
		groups = append(groups, group{recipient, state, usageType})
	}
	return groups
}

// distinct returns the values from ?1 on that a column has where a condition holds. It
// looks for each next one at its place in an index, however many messages have the one
// before.
func distinct[T any](ctx context.Context, q queryer, column, where string, args ...any) (values []T, err error) {
	rows, err := q.QueryContext(ctx, distinctQuery(column, where), args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var v T
		if err := rows.Scan(&v); err != nil {
			return nil, err
		}
		values = append(values, v)
	}
	return values, rows.Err()
}

func distinctQuery(column, where string) string {
	return fmt.Sprintf(`WITH RECURSIVE found(value) AS (
	SELECT (SELECT %[1]s FROM messages WHERE %[2]s AND %[1]s >= ?1 ORDER BY %[1]s LIMIT 1)
	UNION ALL
	SELECT (SELECT %[1]s FROM messages WHERE %[2]s AND %[1]s > found.value ORDER BY %[1]s LIMIT 1)
	FROM found WHERE found.value IS NOT NULL)
SELECT value FROM found WHERE value IS NOT NULL`, column, where)
}
