package app_test

import (
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/connector/app"
	"mailgun-connector/connector/app/apptest"
	"mailgun-connector/connector/config"
)

// What a start had opened before it failed must be free for the next one.
func TestFailedStartLeavesNothing(t *testing.T) {
	t.Parallel()
	opts := goodOptions(t)
	opts.Database = config.Secret("sqlite:" + filepath.Join(t.TempDir(), "outbox.db"))
	bad := opts
	bad.Config = filepath.Join(t.TempDir(), "connector.json")
	write(t, bad.Config, "{}")
	if _, err := app.New(t.Context(), bad); err == nil {
		t.Fatal("New() with a bad config = nil, want an error")
	}
	taken := opts
	taken.Listen = apptest.Start(t, apptest.Config{}).App.Addr()
	a, err := app.New(t.Context(), taken)
	if err != nil {
		t.Fatalf("New() after a failed one = %v, want the database to be free", err)
	}
	if _, ok := errors.AsType[*app.MisuseError](a.Start()); !ok {
		t.Fatal("Start() on a used address = nil, want a misuse error")
	}
	a, err = app.New(t.Context(), opts)
	if err != nil {
		t.Fatalf("New() after a failed Start = %v, want the database to be free", err)
	}
	if err := errors.Join(a.Start(), a.Stop(), a.Stop()); err != nil {
		t.Errorf("Start and Stop = %v, want nil", err)
	}
}

// Who sends requests here must be able to learn that there will be nobody soon.
func TestShutdownDelay(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{Options: func(o *app.Options) { o.ShutdownDelay = 2 * time.Second }})
	fresh := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	stopped := make(chan error, 1)
	go func() { stopped <- s.App.Stop() }()
	eventually(t, "readyz says no on a new connection", func() bool {
		resp, err := fresh.Get(s.URL + "/readyz")
		if err != nil {
			t.Fatalf("GET /readyz while stopping = %v, want an answer", err)
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusServiceUnavailable
	})
	if got := s.Post(t, "/send-code", anyMail).Status; got != http.StatusOK {
		t.Errorf("POST /send-code during the delay = %d, want 200", got)
	}
	if err := <-stopped; err != nil {
		t.Errorf("Stop() = %v, want nil", err)
	}
	if conn, err := net.Dial("tcp", s.App.Addr()); err == nil {
		conn.Close()
		t.Error("Dial after Stop = nil, want a refused connection")
	}
}

// A save that is killed leaves a text with the API key beside the config, or beside the key's file.
func TestStartSweeps(t *testing.T) {
	t.Parallel()
	for _, console := range []bool{true, false} {
		opts := goodOptions(t)
		dir := filepath.Dir(opts.Config)
		opts.Console, opts.APIKeyFile = console, filepath.Join(dir, "api-key")
		write(t, opts.APIKeyFile, "key-0123")
		for name, age := range map[string]time.Duration{".connector.json.123.tmp": time.Hour, ".connector.json.456.tmp": 0, ".api-key.123.tmp": time.Hour, "other.tmp": time.Hour} {
			path := filepath.Join(dir, name)
			write(t, path, "apiKey")
			if err := os.Chtimes(path, time.Time{}, time.Now().Add(-age)); err != nil {
				t.Fatal(err)
			}
		}
		a, err := app.New(t.Context(), opts)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(a.Start(), a.Stop()); err != nil {
			t.Fatal(err)
		}
		want := []string{".connector.json.456.tmp", "api-key", "connector.json", "other.tmp"} // the young one may be in use
		if !console {
			want = append(want, ".connector.json.123.tmp", ".api-key.123.tmp")
		}
		slices.Sort(want)
		if diff := cmp.Diff(want, folder(t, dir)); diff != "" {
			t.Errorf("files beside the config, console %v (-want +got):\n%s", console, diff)
		}
	}
}

// So does a first save that is killed, before there is a file to save.
func TestStartSweepsAnEmptyFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, age := range map[string]time.Duration{
		".connector.json.1.tmp": time.Hour, ".connector.yaml.2.tmp": time.Hour, ".api-key.3.tmp": time.Hour,
		".api-key.4.tmp": 0, ".other.5.tmp": time.Hour,
	} {
		path := filepath.Join(dir, name)
		write(t, path, "apiKey")
		if err := os.Chtimes(path, time.Time{}, time.Now().Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	emptyFolder(t, func(o *app.Options) {
		o.Config, o.APIKeyFile = filepath.Join(dir, "connector.json"), filepath.Join(dir, "api-key")
	})
	if diff := cmp.Diff([]string{".api-key.4.tmp", ".other.5.tmp"}, folder(t, dir)); diff != "" {
		t.Errorf("files after the start (-want +got):\n%s", diff)
	}
}
