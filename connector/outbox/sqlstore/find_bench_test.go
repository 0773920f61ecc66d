package sqlstore

import (
	"strings"
	"testing"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/outbox"
	"mailgun-connector/connector/outbox/outboxtest"
)

// fill adds a million messages of a week, the newest now: nearly all delivered sign-ins,
// ten of each recipient. The statement is for PostgreSQL; SQLite has no generate_series.
const (
	million = 1_000_000
	spacing = int64(7*24*time.Hour/time.Microsecond) / million

	fillMessages = `INSERT INTO messages (` + insertedColumns + `)
	SELECT id, state, CASE WHEN i % 1000 = 7 THEN 'Register' ELSE 'SignIn' END, 'deliveries/SignIn', recipient,
		at, at, at, at, 1, 'p' || i, '', '', NULL FROM (SELECT i, at, ID AS id, RECIPIENT AS recipient,
			CASE WHEN i % 1000 = 0 THEN 'failed' WHEN i % 1000 = 1 THEN 'refused' WHEN i % 100 = 2 THEN 'bounced'
			WHEN i > 999000 THEN 'sent' ELSE 'delivered' END AS state FROM (SELECT i, CAST(?1 AS BIGINT) + i * ?2 AS at FROM SERIES) AS n) AS m`
	fillAttempts = `INSERT INTO attempts (message, number, started, duration, status, error)
	SELECT id, 1, created, 1000, 200, '' FROM messages`
	fillEvents = `INSERT INTO events (token, seen, message, state, error, happened)
	SELECT 't' || id, created, id, 'delivered', '', created FROM messages WHERE state = 'delivered'`

	sqliteID        = `printf('%08x-%04x-7000-8000-%012x', (at / 1000) >> 16, (at / 1000) & 65535, i)`
	sqliteRecipient = `CAST(printf('%06d0000000000', (i * 7919) % 100000) AS BLOB)`
	sqliteSeries    = `(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?3) SELECT i FROM n)`

	postgresID = `lpad(to_hex((at / 1000) >> 16), 8, '0') || '-' || lpad(to_hex((at / 1000) & 65535), 4, '0') ||
		'-7000-8000-' || lpad(to_hex(i), 12, '0')`
	postgresRecipient = `convert_to(lpad(((i * 7919) % 100000)::text, 6, '0') || '0000000000', 'UTF8')`
	postgresSeries    = `generate_series(1, ?3::bigint) AS i`
)

func fill(b *testing.B, s *store, id, recipient, series string) {
	b.Helper()
	begin := time.Now().UnixMicro() - million*spacing
	messages := strings.NewReplacer("ID AS", id+" AS", "RECIPIENT AS", recipient+" AS", "SERIES", series).Replace(fillMessages)
	_, err := s.exec(b.Context(), messages, begin, spacing, int64(million))
	if err != nil {
		b.Fatal(err)
	}
	for _, statement := range []string{fillAttempts, fillEvents} {
		if _, err := s.exec(b.Context(), statement); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLookUp reads pages of fifty among a million messages, each with its steps, as
// support does: the target is 10 ms (`.ci/postgres` in front for PostgreSQL, too).
func BenchmarkLookUp(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) {
		s := openTest(b)
		fill(b, &s.store, sqliteID, sqliteRecipient, sqliteSeries)
		lookUps(b, s)
	})
	b.Run("postgres", func(b *testing.B) {
		s, err := OpenPostgres(b.Context(), outboxtest.Postgres(b))
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = s.Close() })
		fill(b, &s.store, postgresID, postgresRecipient, postgresSeries)
		if _, err := s.db.ExecContext(b.Context(), "ANALYZE"); err != nil { // autovacuum does so in time
			b.Fatal(err)
		}
		lookUps(b, s)
	})
}

func lookUps(b *testing.B, s outbox.Store) {
	recipient := connector.RecipientHash([]byte("0079190000000000"))
	old := time.Now().Add(-5 * 24 * time.Hour)
	for _, c := range []struct {
		name   string
		filter connector.MessageFilter
		least  int
	}{
		{"newest", connector.MessageFilter{}, 50},
		{"address", connector.MessageFilter{Recipients: []connector.RecipientHash{recipient}}, 10},
		{"address by two keys", connector.MessageFilter{Recipients: []connector.RecipientHash{recipient, {1}}}, 10},
		{"hash", connector.MessageFilter{Hash: recipient[:6]}, 10},
		{"address and state", connector.MessageFilter{Recipients: []connector.RecipientHash{recipient}, State: connector.NotAccepted}, 1},
		{"rare state", connector.MessageFilter{State: connector.Failed}, 50},
		{"no such state", connector.MessageFilter{State: connector.Complained}, 0},
		{"state of a day", connector.MessageFilter{State: connector.Bounced, Since: old, Until: old.Add(24 * time.Hour)}, 50},
		{"an hour", connector.MessageFilter{Since: old, Until: old.Add(time.Hour)}, 50},
		{"nothing queued", connector.MessageFilter{State: connector.Queued}, 0},
		{"type", connector.MessageFilter{Type: "SignIn"}, 50},
		{"rare type", connector.MessageFilter{Type: "Register"}, 50},
		{"no such type", connector.MessageFilter{Type: "Absent"}, 0},
		{"rare type and state", connector.MessageFilter{Type: "Register", State: connector.Delivered}, 50},
		{"no such type and state", connector.MessageFilter{Type: "Absent", State: connector.Delivered}, 0},
	} {
		c.filter.Limit = 50
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if rows, err := s.List(b.Context(), c.filter); err != nil || len(rows) < c.least {
					b.Fatalf("List = %d rows, %v, want %d", len(rows), err, c.least)
				}
			}
		})
	}
}
