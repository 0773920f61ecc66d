package sqlstore

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"mailgun-connector/connector"
	"mailgun-connector/connector/outbox"
	"mailgun-connector/connector/outbox/outboxtest"
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

func openTestPostgres(t testing.TB) *Postgres {
	t.Helper()
	s, err := OpenPostgres(t.Context(), outboxtest.Postgres(t))
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

// What runs all the time reads no more than it needs.
func TestPlans(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	for name, c := range map[string]struct {
		query string
		args  []any
		want  string
	}{
		"claim": {selectDue, []any{10}, "USING INDEX messages_to_send (due<?); CORRELATED SCALAR SUBQUERY 1; SEARCH earlier USING INDEX messages_sending (recipient=?); " +
			"CORRELATED SCALAR SUBQUERY 2; SEARCH earlier USING COVERING INDEX messages_of_recipient (recipient=? AND state=?)"},
		"insert": {insert, make([]any, 10), "SEARCH messages USING COVERING INDEX messages_sending (recipient=?); " +
			"SCALAR SUBQUERY 2; SEARCH messages USING COVERING INDEX messages_of_recipient (recipient=? AND state=?)"},
		"hurry":             {hurry, []any{[]byte{1}, ""}, "USING INDEX messages_of_recipient (recipient=? AND state=?)"},
		"move earlier":      {moveEarlier, []any{"x"}, "USING INDEX messages_of_recipient (recipient=? AND state=?"},
		"start":             {recoverDue, []any{1}, "USING INDEX messages_to_send"},
		"depth":             {selectDepth, nil, "USING INDEX messages_to_send"},
		"purge of keys":     {purgeKeys, []any{1, 2}, "USING INDEX idempotency_since (since<?)"},
		"purge of events":   {purgeEvents, []any{1, 2}, "USING INDEX events_orphaned (seen<?)"},
		"purge of messages": {purgeMessages, []any{1, 2}, "SCAN messages USING INDEX sqlite_autoindex_messages_1"},
	} {
		if got := plan(t, s, c.query, c.args...); !strings.Contains(got, c.want) {
			t.Errorf("plan of the %s = %q, want %q", name, got, c.want)
		}
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
				if _, err := s.exec(b.Context(), "DROP INDEX messages_sending"); err != nil {
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
