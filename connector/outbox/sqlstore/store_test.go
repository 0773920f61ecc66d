package sqlstore_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mailgun-connector/connector/outbox"
	"mailgun-connector/connector/outbox/outboxtest"
	"mailgun-connector/connector/outbox/sqlstore"
)

func TestSQLite(t *testing.T) {
	t.Parallel()
	outboxtest.Run(t, func(t *testing.T) outbox.Store {
		return openSQLite(t, filepath.Join(t.TempDir(), "outbox.db"))
	})
}

func openSQLite(t *testing.T, path string) outbox.Store {
	t.Helper()
	s, err := sqlstore.OpenSQLite(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// TestSQLiteIsForOneProcess opens a file twice, and again after it was closed.
func TestSQLiteIsForOneProcess(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "out box?#.db") // a name that a URL would misread
	first := openSQLite(t, path)
	if _, err := sqlstore.OpenSQLite(t.Context(), path); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("OpenSQLite of a file in use = %v, want an error that says so", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	openSQLite(t, path)
	for _, name := range []string{path, path + "-wal"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Errorf("the file is not where it was asked for: %v", err)
		} else if info.Mode().Perm() != 0o600 {
			t.Errorf("mode of %s = %v, want it for its owner only", name, info.Mode())
		}
	}
}

func TestPostgres(t *testing.T) {
	t.Parallel()
	outboxtest.Run(t, func(t *testing.T) outbox.Store {
		s, err := sqlstore.OpenPostgres(t.Context(), outboxtest.Postgres(t))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s
	})
}
