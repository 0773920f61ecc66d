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

// listPage merges the newest messages of the recipients that a filter asks for.
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
	recipients, err := findRecipients(ctx, q, f)
	if err != nil {
		return nil, err
	}
	for _, recipient := range recipients {
		groups, err := findGroups(ctx, q, f, recipient)
		if err != nil {
			return nil, err
		}
		if len(groups) == 0 {
			continue
		}
		query, args := pageQuery(f, after, groups)
		found, err := q.QueryContext(ctx, query, args...)
		page, err := scanRows(found, err)
		if err != nil {
			return nil, err
		}
		rows = append(rows, page...)
	}
	if len(recipients) > 1 {
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

// group is messages of a state that lie together in an index in the order of pages: those
// of a recipient or, with none, of all; of a type or, with none, of any. Those that are
// being sent are few, and need not.
type group struct {
	recipient []byte
	state     connector.State
	usageType string
}

// condition is what a group's messages have in common, in the words of its index.
func (g group) condition(args *arguments) string {
	var conditions []string
	switch {
	case g.state == connector.Sending:
		conditions = append(conditions, sendingOnly)
	case g.state == connector.NotAccepted && g.recipient != nil && g.usageType == "":
		conditions = append(conditions, refusedOnly)
	default:
		conditions = append(conditions, notSending, "state = "+args.add(string(g.state)))
	}
	if g.recipient != nil {
		conditions = append(conditions, "recipient = "+args.add(g.recipient))
	}
	if g.usageType != "" {
		conditions = append(conditions, "type = "+args.add(g.usageType))
	}
	return strings.Join(conditions, " AND ")
}

// findGroups returns the groups of which a filter's messages to a recipient are, or with
// none those to all, and perhaps empty ones.
func findGroups(
	ctx context.Context, q queryer, f connector.MessageFilter, recipient []byte,
) (groups []group, err error) {
	states := connector.States
	if f.State != "" {
		states = []connector.State{f.State}
	}
	var typed []connector.State // of which each type is a group
	for _, state := range states {
		if recipient == nil || f.Type != "" || state == connector.Sending || state == connector.NotAccepted {
			groups = append(groups, group{recipient, state, f.Type})
		} else {
			typed = append(typed, state)
		}
	}
	if len(typed) == 0 {
		return groups, nil
	}
	some, err := groupsByType(ctx, q, recipient, typed)
	return append(groups, some...), err
}

// maxTypes bounds the groups of a recipient, of whose index the type is a part: another
// index without it would cost each send. Beyond, all that the recipient has in the state is
// read: as much as the recipient limit lets through, and never what was refused, which has
// an index of its own, as callers may make up types without end.
const maxTypes = 10

// nextTypes looks for each next type of each state at its place in an index, however many
// messages have the one before.
const nextTypes = `WITH RECURSIVE found(state, type, number) AS (
	SELECT state, (SELECT type FROM messages WHERE %[1]s AND state = asked.state ORDER BY type LIMIT 1), 1
	FROM (%[2]s) AS asked
	UNION ALL
	SELECT state, (SELECT type FROM messages WHERE %[1]s AND state = found.state AND type > found.type
		ORDER BY type LIMIT 1), number + 1
	FROM found WHERE type IS NOT NULL AND number <= %[3]d)
SELECT state, type FROM found WHERE type IS NOT NULL ORDER BY state, number`

// groupsByType returns the groups of a recipient's messages in some states.
func groupsByType(
	ctx context.Context, q queryer, recipient []byte, states []connector.State,
) (groups []group, err error) {
	var args arguments
	where := notSending + " AND recipient = " + args.add(recipient)
	asked := make([]string, len(states))
	for i, state := range states {
		asked[i] = "SELECT CAST(" + args.add(string(state)) + " AS TEXT) AS state"
	}
	query := fmt.Sprintf(nextTypes, where, strings.Join(asked, " UNION ALL "), maxTypes)
	rows, err := q.QueryContext(ctx, query, args...)
	all, err := readAll(rows, err, func(scan func(...any) error) (group, error) {
		g := group{recipient: recipient}
		err := scan(&g.state, &g.usageType)
		return g, err
	})
	types := map[connector.State]int{}
	for _, g := range all {
		if types[g.state]++; types[g.state] > maxTypes {
			groups, g.usageType = groups[:len(groups)-maxTypes], ""
		}
		groups = append(groups, g)
	}
	return groups, err
}

// findRecipients returns the recipients that a filter asks for, each once, or nil for all.
func findRecipients(ctx context.Context, q queryer, f connector.MessageFilter) (recipients [][]byte, err error) {
	if len(f.Recipients) == 0 && len(f.Hash) == 0 {
		return [][]byte{nil}, nil
	}
	for _, r := range f.Recipients {
		recipients = append(recipients, r[:])
	}
	if len(f.Hash) > 0 {
		last := bytes.Repeat([]byte{0xff}, len(connector.RecipientHash{}))
		copy(last, f.Hash)
		for _, index := range []string{notSending, sendingOnly} {
			some, err := recipientsBetween(ctx, q, index, f.Hash, last)
			if err != nil {
				return nil, err
			}
			recipients = append(recipients, some...)
		}
	}
	slices.SortFunc(recipients, bytes.Compare)
	return slices.CompactFunc(recipients, bytes.Equal), nil
}

// nextRecipients looks for each next one at its place in an index, however many messages
// the one before has.
const nextRecipients = `WITH RECURSIVE found(value) AS (
	SELECT (SELECT recipient FROM messages WHERE %[1]s AND recipient >= ?1 AND recipient <= ?2
		ORDER BY recipient LIMIT 1)
	UNION ALL
	SELECT (SELECT recipient FROM messages WHERE %[1]s AND recipient > found.value AND recipient <= ?2
		ORDER BY recipient LIMIT 1)
	FROM found WHERE found.value IS NOT NULL)
SELECT value FROM found WHERE value IS NOT NULL`

// recipientsBetween returns the recipients from the first to the last that an index has.
func recipientsBetween(
	ctx context.Context, q queryer, index string, first, last []byte,
) ([][]byte, error) {
	rows, err := q.QueryContext(ctx, fmt.Sprintf(nextRecipients, index), first, last)
	return readAll(rows, err, column[[]byte])
}
