package app

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"mailgun-connector/connector/configfile"
)

// A defect of ours that a config brings out leaves the running config in place, and a
// trace of where it is.
func TestReloadSurvivesAPanic(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "connector.yaml")
	text := "domain: mg.example.com\napiKey: key-0123\nfrom: a@mg.example.com\n" +
		"deliveries:\n  Generic: {html: '{{code}}', subject: s}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	r := &reloader{
		source:  &configfile.Source{Config: path},
		prepare: func(snap *configfile.Snapshot) (*running, error) { return &running{snapshot: snap}, nil },
		logger:  slog.New(slog.NewJSONHandler(&log, nil)),
		metrics: newMetrics(prometheus.NewRegistry(), "test"),
	}
	if err := r.reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	good := r.current.Load()
	r.prepare = func(*configfile.Snapshot) (*running, error) { panic("secret") }
	if err := os.WriteFile(path, []byte(text+"# new\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := r.reload(t.Context()); err == nil || r.current.Load() != good {
		t.Errorf("reload() with a defect = %v, want an error and the old config", err)
	}
	if !strings.Contains(log.String(), "reloader_internal_test.go") || strings.Contains(log.String(), "secret") {
		t.Errorf("log = %s, want the stack and not the panic's value", &log)
	}
	if got := r.result.Load(); len(got.problems) != 1 {
		t.Errorf("problems = %v, want the internal error", got.problems)
	}
}
