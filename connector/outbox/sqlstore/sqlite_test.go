package sqlstore_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mailgun-connector/connector/outbox/sqlstore"
)

// TestSQLiteIsForOneProcess opens a file twice, by several of its names, and again
// after it was closed.
func TestSQLiteIsForOneProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "out box?#.db") // a name that a URL would misread
	first := openSQLite(t, path)
	linked, hard, folder := filepath.Join(dir, "link.db"), filepath.Join(dir, "hard.db"), filepath.Join(dir, "folder")
	if err := os.Symlink(path, linked); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(path, hard); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(dir, folder); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, linked, hard, filepath.Join(folder, filepath.Base(path)), dir + "/./" + filepath.Base(path)} {
		if _, err := sqlstore.OpenSQLite(t.Context(), name); err == nil || !strings.Contains(err.Error(), "in use") {
			t.Errorf("OpenSQLite(%q) of a file in use = %v, want an error that says so", name, err)
		}
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	openSQLite(t, linked)
	for _, name := range []string{path, path + "-wal"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Errorf("the file is not where it was asked for: %v", err)
		} else if info.Mode().Perm() != 0o600 {
			t.Errorf("mode of %s = %v, want it for its owner only", name, info.Mode())
		}
	}
}

// A start that fails leaves nothing locked.
func TestSQLiteFailsToOpen(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "outbox.db")
	if err := os.WriteFile(path, []byte(strings.Repeat("no database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := sqlstore.OpenSQLite(t.Context(), path); err == nil || strings.Contains(err.Error(), "in use") {
			t.Fatalf("OpenSQLite = %v, want what is wrong with the file", err)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	openSQLite(t, path)
}
