package app

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"mailgun-connector/connector/config"
	"mailgun-connector/connector/configfile"
)

// A crash between the writes of a config and of its key, at any time, leaves a key with the
// config that it is for. What is on disk is seen by the reload after the last write and, as that
// fails here, by those after each write is taken back.
func TestKeyAndConfigStayAPair(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, key := filepath.Join(dir, "connector.yaml"), filepath.Join(dir, "key")
	old := "domain: old.example.com\nfrom: a@example.com\nbrand: {name: A}\n"
	if err := errors.Join(os.WriteFile(path, []byte(old), 0o644), os.WriteFile(key, []byte("key-old-0123"), 0o600)); err != nil {
		t.Fatal(err)
	}
	a := &App{opts: Options{APIKeyFile: key}}
	prepare := func(snap *configfile.Snapshot) (*running, error) { return &running{snapshot: snap}, nil }
	a.reloader = &reloader{
		source:  &configfile.Source{Config: path, APIKeyFile: key},
		prepare: prepare,
		logger:  slog.New(slog.DiscardHandler),
		metrics: newMetrics(prometheus.NewRegistry(), "test"),
	}
	if err := a.reload(); err != nil {
		t.Fatal(err)
	}
	var pairs []string
	var modes []os.FileMode
	a.reloader.prepare = func(snap *configfile.Snapshot) (*running, error) {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		modes = append(modes, info.Mode())
		pairs = append(pairs, snap.Config.Domain+" "+snap.Config.APIKey.Reveal())
		return nil, errors.New("no")
	}
	draft := config.Document{Data: []byte(strings.Replace(old, "old.", "new.", 1) + "apiKey: key-new-0123\n"), Format: config.YAML}
	save, err := a.saving(draft, []byte(old), a.reloader.current.Load().snapshot)
	if err != nil {
		t.Fatal(err)
	}
	if err := save(); err == nil || !strings.Contains(err.Error(), "no") {
		t.Fatalf("save() = %v, want the reload's error", err)
	}
	next := "new.example.com key-new-0123"
	if diff := cmp.Diff([]string{next, next, next}, pairs); diff != "" { // the last is what runs
		t.Errorf("pairs on disk (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]os.FileMode{0o644, secretMode, secretMode}, modes); diff != "" {
		t.Errorf("modes of the config (-want +got):\n%s", diff)
	}
	text, err := os.ReadFile(path)
	info, _ := os.Stat(path)
	if err != nil || string(text) != old || info.Mode() != 0o644 {
		t.Errorf("config = %q %v, %v, want it as it was", text, info.Mode(), err)
	}
	if text, err := os.ReadFile(key); err != nil || string(text) != "key-old-0123" {
		t.Errorf("key = %q, %v, want it as it was", text, err)
	}
}
