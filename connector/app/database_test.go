package app_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mailgun-connector/connector/app"
	"mailgun-connector/connector/config"
)

// startWith makes a service with a database, and changed options, and ends it.
func startWith(t *testing.T, database string, change func(*app.Options)) error {
	t.Helper()
	opts := goodOptions(t)
	opts.Database, opts.Retention = config.Secret(database), 24*time.Hour
	if change != nil {
		change(&opts)
	}
	a, err := app.New(t.Context(), opts)
	if err != nil {
		return err
	}
	return errors.Join(a.Start(), a.Stop())
}

// A start that fails because of the database's key leaves nothing locked.
func TestFailedStartWithADatabase(t *testing.T) {
	t.Parallel()
	database := "sqlite:" + filepath.Join(t.TempDir(), "outbox.db")
	for range 2 {
		err := startWith(t, database, func(o *app.Options) { o.StoreKey = "x" })
		if err == nil || !strings.Contains(err.Error(), "store key") {
			t.Fatalf("New with a bad store key = %v, want an error that says so", err)
		}
	}
	if err := startWith(t, database, nil); err != nil {
		t.Errorf("New afterwards = %v, want nil", err)
	}
}

// An address that is none is told as such, before anything else is asked for, and
// leaves no files behind.
func TestDatabaseAddress(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for _, address := range []string{
		"outbox.db", "sqlite3:x.db", "file:x.db", "mysql://x", "postgres:x", "SQLITE:x.db",
		"sqlite:", "sqlite::memory:", "sqlite:file:x.db", "sqlite:x/",
	} {
		misuse, ok := errors.AsType[*app.MisuseError](startWith(t, address, nil))
		if !ok || !strings.Contains(misuse.Message, "the database is n") || misuse.Hint == "" {
			t.Errorf("New with database %q = %v, want that it is none, with a hint", address, misuse)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("ReadDir = %v, %v, want nothing left behind", left, err)
	}
}
