package sqlstore_test

import (
	"path/filepath"
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
	outboxtest.Run(t, func(t *testing.T) outboxtest.Store { return openPostgres(t, outboxtest.PgBouncer(t)) })
	keys(t, openPostgres(t, outboxtest.PgBouncer(t)))
	url := outboxtest.PgBouncer(t)
	for range 3 { // processes that share it
		openPostgres(t, url)
	}
}
