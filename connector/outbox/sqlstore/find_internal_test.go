package sqlstore

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"mailgun-connector/connector"
	"mailgun-connector/connector/outbox"
)

func openTest(t testing.TB) *SQLite {
	t.Helper()
	s, err := OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "outbox.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// plan returns SQLite's plan for a statement.
func plan(t *testing.T, s *SQLite, query string, args ...any) string {
	t.Helper()
	rows, err := s.read.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var steps []string
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, detail)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(steps, "; ")
}

// Pages of what is asked for most are read off an index in their order, whatever else
// narrows them down; only what waits, and
// the rows of an address with several keys, are sorted.
func TestListPlans(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	one := connector.RecipientHash{1}
	for _, c := range []struct {
		filter connector.MessageFilter
		index  string
		sorts  bool
	}{
		{connector.MessageFilter{}, "SCAN messages USING INDEX sqlite_autoindex_messages_1", false},
		{connector.MessageFilter{Since: time.Now()}, "USING INDEX sqlite_autoindex_messages_1 (id>?)", false},
		{connector.MessageFilter{State: connector.Failed, Type: "SignIn"}, "USING INDEX messages_final (state=? AND type=?)", false},
		{connector.MessageFilter{State: connector.Failed, Type: "SignIn", Cursor: "x"}, "USING INDEX messages_final (state=? AND type=? AND id<?)", false},
		{connector.MessageFilter{State: connector.Failed, Type: "SignIn", Since: time.Now()}, "USING INDEX messages_final (state=? AND type=? AND id>?)", false},
		{connector.MessageFilter{State: connector.Queued}, "USING INDEX messages_due", true},
		{connector.MessageFilter{State: connector.Queued, Cursor: "x", Since: time.Now()}, "USING INDEX messages_due", true},
		{connector.MessageFilter{State: connector.Queued, Recipients: []connector.RecipientHash{one}}, "USING INDEX messages_recipient (recipient=?)", false},
		{connector.MessageFilter{State: connector.Failed, Recipients: []connector.RecipientHash{one}}, "USING INDEX messages_recipient", false},
		{connector.MessageFilter{Recipients: []connector.RecipientHash{one}}, "USING INDEX messages_recipient (recipient=?)", false},
		{connector.MessageFilter{Recipients: []connector.RecipientHash{one}, Cursor: "x"}, "USING INDEX messages_recipient (recipient=? AND id<?)", false},
		{connector.MessageFilter{Hash: one[:6]}, "USING INDEX messages_recipient (recipient>? AND recipient<?)", true},
		{connector.MessageFilter{Hash: one[:6], State: connector.Failed}, "USING INDEX messages_recipient (recipient>? AND recipient<?)", true},
		{connector.MessageFilter{Until: time.Now()}, "USING INDEX sqlite_autoindex_messages_1 (id<?)", false},
		{connector.MessageFilter{State: connector.Failed, Type: "SignIn", Since: time.Now(), Until: time.Now()}, "USING INDEX messages_final (state=? AND type=? AND id>? AND id<?)", false},
		{connector.MessageFilter{State: connector.Queued, Type: "SignIn"}, "USING INDEX messages_due", true},
		{connector.MessageFilter{Recipients: []connector.RecipientHash{one, {2}}}, "USING INDEX messages_recipient (recipient=?)", true},
	} {
		c.filter.Limit = 50
		query, args := listQuery(c.filter)
		got := plan(t, s, query, args...)
		if !strings.Contains(got, c.index) || strings.Contains(got, "TEMP B-TREE") != c.sorts {
			t.Errorf("plan of %+v = %q, want %q, sorted afterwards: %v", c.filter, got, c.index, c.sorts)
		}
	}
}

// What runs all the time reads no more than it needs.
func TestPlans(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	for name, c := range map[string]struct {
		query string
		args  []any
		want  string
	}{
		"claim":             {selectDue, []any{10}, "USING INDEX messages_due (due<?); CORRELATED SCALAR SUBQUERY 1; SEARCH earlier USING INDEX messages_waiting (recipient=?)"},
		"types of a state":  {selectTypes, []any{"failed", 9}, "SEARCH messages USING COVERING INDEX messages_final (state=? AND type>?)"},
		"purge of keys":     {purgeKeys, []any{1, 2}, "USING INDEX idempotency_since (since<?)"},
		"purge of events":   {purgeEvents, []any{1, 2}, "USING INDEX events_orphaned (seen<?)"},
		"purge of messages": {purgeMessages, []any{1, 2}, "SCAN messages USING INDEX sqlite_autoindex_messages_1"},
	} {
		if got := plan(t, s, c.query, c.args...); !strings.Contains(got, c.want) {
			t.Errorf("plan of the %s = %q, want %q", name, got, c.want)
		}
	}
}

func TestIDAt(t *testing.T) {
	t.Parallel()
	id := uuid.Must(uuid.NewV7())
	seconds, nanos := id.Time().UnixTime()
	at := time.Unix(seconds, nanos)
	if got := idAt(at); !strings.HasPrefix(id.String(), got) {
		t.Errorf("idAt(%v) = %q, want the beginning of %v", at, got, id)
	}
	if before, after := idAt(at.Add(-time.Second)), idAt(at.Add(time.Second)); before >= id.String() || after <= id.String() {
		t.Errorf("idAt a second before and after = %q and %q, want %v between", before, after, id)
	}
}

// BenchmarkList reads a page of the rarest among many.
func BenchmarkList(b *testing.B) {
	const messages = 200_000
	s := openTest(b)
	fillSQLite(b, s, messages)
	for name, filter := range map[string]connector.MessageFilter{
		"newest":    {},
		"state":     {State: connector.Failed},
		"none":      {State: connector.Complained},
		"recipient": {Recipients: []connector.RecipientHash{{200}}},
	} {
		filter.Limit = 50
		b.Run(fmt.Sprintf("%s of %d", name, messages), func(b *testing.B) {
			for b.Loop() {
				if _, err := s.List(b.Context(), filter); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// fillSQLite adds messages that are sent, but for one in a thousand, which failed; that
// to recipient 200 is the oldest.
func fillSQLite(b *testing.B, s *SQLite, n int) {
	b.Helper()
	_, err := s.exec(context.Background(), `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
		INSERT INTO messages (`+insertedColumns+`)
		SELECT printf('%08x-0000-7000-8000-000000000000', i), CASE WHEN i % 1000 = 0 THEN 'failed' ELSE 'sent' END,
			'SignIn', 'deliveries/SignIn', CASE WHEN i = 1 THEN ?2 ELSE randomblob(16) END, i, i, i, i, 1, 'p' || i, '', '', NULL FROM n`,
		n, append([]byte{200}, make([]byte, 15)...))
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkOrder compares what a send to a recipient who waits for nothing costs with
// what it would without the order of a recipient's mails.
func BenchmarkOrder(b *testing.B) {
	const batch = 50 // in a transaction, so that the disk counts less
	content := make([]byte, 5000)
	send := func(statement string) func(context.Context, queryer) error {
		return func(ctx context.Context, q queryer) error {
			for range batch {
				id := uuid.Must(uuid.NewV7())
				_, err := q.ExecContext(ctx, statement, id.String(), "sending", "SignIn", "deliveries/SignIn", id[:],
					int64(600e6), int64(9e6), 1, "", content)
				if err != nil {
					return err
				}
				sent := &outbox.Settlement{
					ID: id.String(), State: connector.Sent, ProviderID: id.String(), Attempt: connector.Attempt{Number: 1},
				}
				if _, err := q.ExecContext(ctx, settle, settleValues(sent)...); err != nil {
					return err
				}
			}
			return nil
		}
	}
	for _, ordered := range []bool{false, true} {
		b.Run(fmt.Sprintf("ordered %v", ordered), func(b *testing.B) {
			s, statement := openTest(b), insert
			if !ordered {
				statement = insertBehind
				if _, err := s.exec(b.Context(), "DROP INDEX messages_waiting"); err != nil {
					b.Fatal(err)
				}
			}
			for range (b.N + batch - 1) / batch {
				if err := s.write(b.Context(), send(statement)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
