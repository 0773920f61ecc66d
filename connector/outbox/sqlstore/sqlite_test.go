package sqlstore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/idempotency"
	"mailgun-connector/connector/outbox"
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

// After a clean stop the file is whole, and nothing stands beside it: who copies it
// has everything.
func TestSQLiteCleanStop(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "outbox.db")
	s := openSQLite(t, path)
	for n := range 50 {
		addMail(t, s, n)
	}
	if _, _, err := s.Depth(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
		t.Errorf("ReadDir = %v, %v, want the database alone", left, err)
	}
	copied := filepath.Join(t.TempDir(), "copy.db")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(copied, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if n, _, err := openSQLite(t, copied).Depth(t.Context()); n != 50 || err != nil {
		t.Errorf("the copy has %d mails, %v, want 50", n, err)
	}
}

// What is written into a file whose name leads elsewhere is lost with the process: it
// is refused, until the name is right again.
func TestSQLiteFileIsGone(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(path string) error{
		"removed":      os.Remove,
		"log removed":  func(path string) error { return os.Remove(path + "-wal") },
		"renamed":      func(path string) error { return os.Rename(path, path+".old") },
		"folder moved": func(path string) error { return os.Rename(filepath.Dir(path), filepath.Dir(path)+".old") },
		"replaced":     func(path string) error { return errors.Join(os.Remove(path), os.WriteFile(path, nil, 0o600)) },
		"written anew": func(path string) error {
			return errors.Join(os.WriteFile(path+".new", nil, 0o600), os.Rename(path+".new", path))
		},
		"link replaced": func(path string) error { return errors.Join(os.Remove(path), os.Symlink("/dev/null", path)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "db", "outbox.db")
			if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			s := openSQLite(t, path)
			addMail(t, s, 1)
			if err := change(path); err != nil {
				t.Fatal(err)
			}
			if err := s.Insert(t.Context(), mail(2), 0, time.Minute); err == nil || !strings.Contains(err.Error(), "removed or replaced") {
				t.Errorf("Insert = %v, want an error that says what happened", err)
			}
			if _, err := s.Claim(t.Context(), time.Minute, 1); err == nil {
				t.Error("Claim = nil, want an error")
			}
			_ = os.Rename(path+".old", path)
			_ = os.Rename(filepath.Dir(path)+".old", filepath.Dir(path))
			if err := s.Insert(t.Context(), mail(3), 0, time.Minute); (name == "renamed" || name == "folder moved") && err != nil {
				t.Errorf("Insert with the name back = %v, want nil", err)
			}
		})
	}
}

// What died with the last process is taken up by the next one at once.
func TestSQLiteRecovers(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "outbox.db")
	s := openSQLite(t, path)
	sending, far := mail(1), mail(2)
	sending.State = connector.Sending
	for wait, r := range map[time.Duration]*outbox.Row{9 * time.Second: sending, 5 * time.Hour: far, time.Minute: mail(3)} {
		if err := s.Insert(t.Context(), r, wait, 24*time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	hashes := []idempotency.RequestHash{{1}}
	if _, held, err := s.BeginKey(t.Context(), "key", hashes, time.Hour, idempotency.Life); !held || err != nil {
		t.Fatal(held, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openSQLite(t, path)
	rows, err := s.Claim(t.Context(), time.Minute, 9)
	if err != nil || len(rows) != 2 || s.Recovered != 2 {
		t.Errorf("Claim = %d rows, %v, recovered %d; want the one that was being sent and the one due too late", len(rows), err, s.Recovered)
	}
	if _, held, err := s.BeginKey(t.Context(), "key", hashes, time.Hour, idempotency.Life); !held || err != nil {
		t.Errorf("BeginKey = %v, %v, want the key: who had it is gone", held, err)
	}
}

// A caller that gives up must not see its answer change under it, nor rows that
// it was not given.
func TestClaimGivenUp(t *testing.T) {
	t.Parallel()
	s := newSQLite(t)
	for n := range 300 {
		addMail(t, s, n)
		ctx, cancel := context.WithCancel(t.Context())
		go cancel()
		rows, err := s.Claim(ctx, time.Minute, 1)
		if err != nil && rows != nil {
			t.Errorf("Claim given up = %d rows, %v, want none with an error", len(rows), err)
		}
	}
}

func mail(n int) *outbox.Row {
	return &outbox.Row{
		Message: connector.Message{ID: fmt.Sprintf("id-%03d", n), State: connector.Queued, Recipient: connector.RecipientHash{byte(n), byte(n >> 8)}},
		Content: []byte("sealed"),
	}
}

func addMail(t *testing.T, s outbox.Store, n int) {
	t.Helper()
	if err := s.Insert(t.Context(), mail(n), 0, time.Minute); err != nil {
		t.Fatal(err)
	}
}
