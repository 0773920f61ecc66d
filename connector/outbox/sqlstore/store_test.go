package sqlstore_test

import (
	"database/sql"
	"path/filepath"
	"sync"
	"testing"

	"mailgun-connector/connector/outbox/outboxtest"
	"mailgun-connector/connector/outbox/sqlstore"
)

func newSQLite(t testing.TB) *sqlstore.SQLite {
	t.Helper()
	return openSQLite(t, filepath.Join(t.TempDir(), "outbox.db"))
}

func openSQLite(t testing.TB, path string) *sqlstore.SQLite {
	t.Helper()
	s, err := sqlstore.OpenSQLite(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func newPostgres(t *testing.T) *sqlstore.Postgres {
	t.Helper()
	return openPostgres(t, outboxtest.Postgres(t))
}

func openPostgres(t *testing.T, url string) *sqlstore.Postgres {
	t.Helper()
	s, err := sqlstore.OpenPostgres(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestSQLite(t *testing.T) {
	t.Parallel()
	outboxtest.Run(t, func(t *testing.T) outboxtest.Store { return newSQLite(t) })
}

func TestPostgres(t *testing.T) {
	t.Parallel()
	outboxtest.Run(t, func(t *testing.T) outboxtest.Store { return newPostgres(t) })
}

// A pooler in transaction mode gives each transaction another connection, and knows
// nothing of what was prepared or set in one before.
func TestPostgresThroughPgBouncer(t *testing.T) {
	t.Parallel()
	url := outboxtest.PgBouncer(t)
	shared, other := openPostgres(t, url), openPostgres(t, url)
	keys(t, other)
	var turn sync.Mutex // they take turns, as a database for each would take long
	outboxtest.Run(t, func(t *testing.T) outboxtest.Store {
		turn.Lock()
		t.Cleanup(turn.Unlock)
		db, err := sql.Open("pgx", url)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.ExecContext(t.Context(), "TRUNCATE messages, attempts, events, idempotency, recipient_limits"); err != nil {
			t.Fatal(err)
		}
		return shared
	})
}
