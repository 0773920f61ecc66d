package app_test

import (
	"errors"
	"net"
	"net/http"
	"path/filepath"
	"testing"
	"time"

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
