package sqlstore

import (
	"strings"
	"testing"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/outbox"
)

// fill adds messages of 35 days, a million for a benchmark, the newest now, as uneven as those of a service:
// one recipient has a tenth, others nine each; nine tenths are delivered, three
// are complained of; of the recipient with many, none is an invitation or bounced.
// The statement is for PostgreSQL; SQLite has no generate_series.
const (
	million = 1_000_000
	period  = 35 * 24 * time.Hour

	fillMessages = `INSERT INTO messages (` + insertedColumns + `)
	SELECT id, state, CASE WHEN i % 10 = 3 AND i % 10000 <> 3 OR i % 3 = 0 THEN 'SignIn'
			WHEN i % 10 = 3 OR i % 1000 = 7 THEN 'Register' ELSE 'OrganizationInvitation' END,
		'deliveries/SignIn', recipient, at, at, at, at, 1, 'p' || i, '', '', NULL
	FROM (SELECT i, at, ID AS id, CASE WHEN i % 10 = 3 THEN MANY ELSE RECIPIENT END AS recipient,
			CASE WHEN i % 333333 = 5 THEN 'complained' WHEN i % 1000 = 0 THEN 'failed' WHEN i % 1000 = 1 THEN 'refused'
			WHEN i % 10 = 2 THEN 'bounced' WHEN i > ?3 - 1000 THEN 'sent' ELSE 'delivered' END AS state
		FROM (SELECT i, CAST(?1 AS BIGINT) + i * ?2 AS at FROM SERIES) AS n) AS m`
	fillAttempts = `INSERT INTO attempts (message, number, started, duration, status, error)
	SELECT id, 1, created, 1000, 200, '' FROM messages`
	fillEvents = `INSERT INTO events (token, seen, message, state, error, happened)
	SELECT 't' || id, created, id, 'delivered', '', created FROM messages WHERE state = 'delivered'`

	fillRefused = `INSERT INTO messages (` + insertedColumns + `)
	SELECT 'refused-' || i, 'refused', 'Made' || i, '', CASE WHEN i < 25000 THEN MANY ELSE RECIPIENT END,
		CAST(?1 AS BIGINT) + i * ?2, 0, 0, 0, 0, '', '', '', NULL
	FROM SERIES`

	sqliteID        = `printf('%08x-%04x-7000-8000-%012x', (at / 1000) >> 16, (at / 1000) & 65535, i)`
	sqliteRecipient = `CAST(printf('%06d0000000000', (i * 7919) % 100000) AS BLOB)`
	sqliteMany      = `CAST('many000000000000' AS BLOB)`
	sqliteSeries    = `(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?3) SELECT i FROM n)`

	postgresID = `lpad(to_hex((at / 1000) >> 16), 8, '0') || '-' || lpad(to_hex((at / 1000) & 65535), 4, '0') ||
		'-7000-8000-' || lpad(to_hex(i), 12, '0')`
	postgresRecipient = `convert_to(lpad(((i * 7919) % 100000)::text, 6, '0') || '0000000000', 'UTF8')`
	postgresMany      = `convert_to('many000000000000', 'UTF8')`
	postgresSeries    = `generate_series(1, ?3::bigint) AS i`
)

// fillDialect is what an engine calls the parts of a message, by its number.
type fillDialect struct{ id, recipient, many, series string }

var (
	sqliteFill   = fillDialect{sqliteID, sqliteRecipient, sqliteMany, sqliteSeries}
	postgresFill = fillDialect{postgresID, postgresRecipient, postgresMany, postgresSeries}
)

func fill(t testing.TB, s *store, d fillDialect, n int64) {
	t.Helper()
	spacing := int64(period/time.Microsecond) / n
	messages := strings.NewReplacer("ID AS", d.id+" AS", "RECIPIENT END", d.recipient+" END", "MANY", d.many, "SERIES", d.series).
		Replace(fillMessages)
	if _, err := s.exec(t.Context(), messages, time.Now().UnixMicro()-n*spacing, spacing, n); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{fillAttempts, fillEvents} {
		if _, err := s.exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
}

// BenchmarkLookUp reads pages of fifty among a million messages, each with its steps, as
// support does: the target is 10 ms (`.ci/postgres` in front for PostgreSQL, too).
func BenchmarkLookUp(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) {
		s := openTest(b)
		fill(b, &s.store, sqliteFill, million)
		lookUps(b, s)
		queueNewest(b, &s.store)
		lookUpsInOutage(b, &s.store)
	})
	b.Run("postgres", func(b *testing.B) {
		s := openTestPostgres(b)
		fill(b, &s.store, postgresFill, million)
		analyze := func() { // as autovacuum does in time
			if _, err := s.db.ExecContext(b.Context(), "ANALYZE"); err != nil {
				b.Fatal(err)
			}
		}
		analyze()
		lookUps(b, s)
		queueNewest(b, &s.store)
		analyze()
		lookUpsInOutage(b, &s.store)
	})
}

func lookUps(b *testing.B, s outbox.Store) {
	recipient := connector.RecipientHash([]byte("0079190000000000"))
	few := []connector.RecipientHash{recipient}
	many := []connector.RecipientHash{connector.RecipientHash([]byte("many000000000000"))}
	month, day := time.Now().Add(-30*24*time.Hour), time.Now().Add(-5*24*time.Hour)
	deep, err := s.List(b.Context(), connector.MessageFilter{Until: month, Limit: 1})
	if err != nil || len(deep) != 1 {
		b.Fatalf("List until a month ago = %d rows, %v, want one", len(deep), err)
	}
	cursor := deep[0].ID
	for _, c := range []struct {
		name   string
		filter connector.MessageFilter
		want   int
	}{
		{"newest", connector.MessageFilter{}, 50},
		{"newest 200", connector.MessageFilter{Limit: 201}, 201},
		{"deep", connector.MessageFilter{Cursor: cursor}, 50},
		{"address", connector.MessageFilter{Recipients: few}, 9},
		{"address by two keys", connector.MessageFilter{Recipients: append(few, connector.RecipientHash{1})}, 9},
		{"hash", connector.MessageFilter{Hash: recipient[:6]}, 9},
		{"address and state", connector.MessageFilter{Recipients: few, State: connector.NotAccepted}, 1},
		{"address of many", connector.MessageFilter{Recipients: many}, 50},
		{"address of many 200", connector.MessageFilter{Recipients: many, Limit: 201}, 201},
		{"address of many deep", connector.MessageFilter{Recipients: many, Cursor: cursor}, 50},
		{"address of many, hash", connector.MessageFilter{Hash: many[0][:6]}, 50},
		{"address of many, rare type", connector.MessageFilter{Recipients: many, Type: "Register"}, 50},
		{"address of many, no such type", connector.MessageFilter{Recipients: many, Type: "OrganizationInvitation"}, 0},
		{"address of many, no such state", connector.MessageFilter{Recipients: many, State: connector.Bounced}, 0},
		{"address of many, sending", connector.MessageFilter{Recipients: many, State: connector.Sending, Limit: 2}, 0},
		{"address of many, rare type, a minute", connector.MessageFilter{Recipients: many, Type: "Register", Since: month, Until: month.Add(time.Minute)}, 0},
		{"address of many, type, state, a day", connector.MessageFilter{Recipients: many, Type: "SignIn", State: connector.Delivered, Since: month, Until: month.Add(24 * time.Hour)}, 50},
		{"few of a state", connector.MessageFilter{State: connector.Complained}, 3},
		{"state", connector.MessageFilter{State: connector.Delivered}, 50},
		{"state 200", connector.MessageFilter{State: connector.Delivered, Limit: 201}, 201},
		{"state deep", connector.MessageFilter{State: connector.Delivered, Cursor: cursor}, 50},
		{"no such state", connector.MessageFilter{State: connector.Cancelled}, 0},
		{"state of a day", connector.MessageFilter{State: connector.Bounced, Since: day, Until: day.Add(24 * time.Hour)}, 50},
		{"few of a state, a minute", connector.MessageFilter{State: connector.Complained, Since: month, Until: month.Add(time.Minute)}, 0},
		{"a minute", connector.MessageFilter{Since: month, Until: month.Add(time.Minute)}, 19},
		{"an hour", connector.MessageFilter{Since: day, Until: day.Add(time.Hour)}, 50},
		{"before all", connector.MessageFilter{Until: time.Now().Add(-36 * 24 * time.Hour)}, 0},
		{"since all", connector.MessageFilter{Since: time.Now().Add(-36 * 24 * time.Hour), Limit: 201}, 201},
		{"nothing queued", connector.MessageFilter{State: connector.Queued}, 0},
		{"type", connector.MessageFilter{Type: "SignIn"}, 50},
		{"type 200", connector.MessageFilter{Type: "SignIn", Limit: 201}, 201},
		{"rare type", connector.MessageFilter{Type: "Register"}, 50},
		{"rare type, a minute", connector.MessageFilter{Type: "Register", Since: month, Until: month.Add(time.Minute)}, 0},
		{"no such type", connector.MessageFilter{Type: "Absent"}, 0},
		{"rare type and state", connector.MessageFilter{Type: "Register", State: connector.Delivered}, 50},
		{"no such type and state", connector.MessageFilter{Type: "Absent", State: connector.Delivered}, 0},
	} {
		if c.filter.Limit == 0 {
			c.filter.Limit = 50
		}
		b.Run(c.name, lookUp(s, c.filter, c.want))
	}
}

func lookUp(s outbox.Store, f connector.MessageFilter, want int) func(*testing.B) {
	return func(b *testing.B) {
		for b.Loop() {
			if rows, err := s.List(b.Context(), f); err != nil || len(rows) < want {
				b.Fatalf("List = %d rows, %v, want %d", len(rows), err, want)
			}
		}
	}
}

// queueNewest has the newest hundred thousand messages wait, and ten of them sent.
func queueNewest(b *testing.B, s *store) {
	b.Helper()
	for _, statement := range []string{
		"UPDATE messages SET state = 'queued' WHERE id IN (SELECT id FROM messages ORDER BY id DESC LIMIT 100000)",
		"UPDATE messages SET state = 'sending' WHERE id IN (SELECT id FROM messages ORDER BY id DESC LIMIT 10)",
	} {
		if _, err := s.exec(b.Context(), statement); err != nil {
			b.Fatal(err)
		}
	}
}

func lookUpsInOutage(b *testing.B, s *store) {
	many := []connector.RecipientHash{connector.RecipientHash([]byte("many000000000000"))}
	for _, c := range []struct {
		name   string
		filter connector.MessageFilter
		want   int
	}{
		{"newest", connector.MessageFilter{}, 50},
		{"queued", connector.MessageFilter{State: connector.Queued}, 50},
		{"sending", connector.MessageFilter{State: connector.Sending}, 10},
		{"address of many", connector.MessageFilter{Recipients: many}, 50},
		{"address of many, queued", connector.MessageFilter{Recipients: many, State: connector.Queued}, 50},
		{"address of many, sending", connector.MessageFilter{Recipients: many, State: connector.Sending}, 1},
		{"rare type", connector.MessageFilter{Type: "Register"}, 50},
		{"rare type, queued", connector.MessageFilter{Type: "Register", State: connector.Queued}, 50},
	} {
		c.filter.Limit = 50
		b.Run("in an outage: "+c.name, lookUp(s, c.filter, c.want))
	}
	b.Run("in an outage: queue of status", func(b *testing.B) {
		for b.Loop() {
			if n, _, err := s.Depth(b.Context()); err != nil || n != 100_000 {
				b.Fatalf("Depth = %d, %v, want 100000", n, err)
			}
		}
	})
}
