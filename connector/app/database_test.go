package app_test

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mailgun-connector/connector/app"
	"mailgun-connector/connector/app/apptest"
	"mailgun-connector/connector/config"
	"mailgun-connector/connector/sandbox"
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

// The key that sealed what waits can't be made anew: a start without it is refused, and
// says what is missing. Once nothing waits, any key will do.
func TestKeyFileIsGone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "outbox.db")
	s := durable(t, path)
	s.Sandbox.SetFaults(sandbox.Fault{Status: 500})
	var accepted struct{ ID string }
	if a := s.Post(t, "/send-code", durableBody); a.Status != http.StatusAccepted {
		t.Fatalf("send = %d %s, want 202", a.Status, a.Body)
	} else {
		a.Decode(t, &accepted)
	}
	if err := s.App.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".key", path+".kept"); err != nil {
		t.Fatal(err)
	}
	other := config.Secret(strings.Repeat("0c", 32))
	for want, change := range map[string]func(*app.Options){
		path + ".key is missing": nil,
		"none of the store keys": func(o *app.Options) { o.StoreKey = other },
	} {
		misuse, ok := errors.AsType[*app.MisuseError](startWith(t, "sqlite:"+path, change))
		if !ok || !strings.Contains(misuse.Message, want) || !strings.Contains(misuse.Hint, "to give the mails up") {
			t.Errorf("start = %+v, want %q, and how to give the mails up", misuse, want)
		}
	}
	if _, err := os.Stat(path + ".key"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Stat of the key file = %v, want none made", err)
	}
	if err := os.Rename(path+".kept", path+".key"); err != nil {
		t.Fatal(err)
	}
	s = durable(t, path)
	apptest.Within(t, "the mail to be sent", func() bool { return len(s.Sandbox.Messages()) == 1 })
	if err := s.App.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path + ".key"); err != nil {
		t.Fatal(err)
	}
	if err := startWith(t, "sqlite:"+path, nil); err != nil {
		t.Errorf("start without the key and with nothing waiting = %v, want nil", err)
	}
}

// A service that waits for its database says so, and ends when it is told to.
func TestStopWhileTheDatabaseOpens(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and never answers
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	opts, logs := goodOptions(t), &apptest.Buffer{}
	opts.Database = config.Secret("postgres://user@" + silent.Addr().String() + "/db?sslmode=disable")
	opts.StoreKey = config.Secret(strings.Repeat("0b", 32))
	opts.Logger = slog.New(slog.NewJSONHandler(logs, nil))
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := app.New(ctx, opts)
		ended <- err
	}()
	apptest.Within(t, "a line that says what it waits for", func() bool { return strings.Contains(logs.String(), "waiting for the database") })
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("New = %v, want %v", err, context.Canceled)
	}
}

// A password with special characters is a mistake that is explained, not repeated.
func TestDatabasePassword(t *testing.T) {
	t.Parallel()
	err := startWith(t, "postgres://user:p4ss@w0rd@127.0.0.1:1/db", func(o *app.Options) { o.StoreKey = config.Secret(strings.Repeat("0b", 32)) })
	misuse, ok := errors.AsType[*app.MisuseError](err)
	if !ok || !strings.Contains(misuse.Hint, "%40") || strings.Contains(misuse.Message+misuse.Hint, "w0rd") {
		t.Errorf("start = %v, want a hint at percent form, and nothing of the password", err)
	}
}
