package configfile

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/google/go-cmp/cmp"
)

func put(t *testing.T, path, text string) {
	t.Helper()
	err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600))
	if err != nil {
		t.Fatal(err)
	}
}

// link points the link at path to another target, in one step.
func link(t *testing.T, target, path string) {
	t.Helper()
	next := path + "_tmp"
	if err := errors.Join(os.Symlink(target, next), os.Rename(next, path)); err != nil {
		t.Fatal(err)
	}
}

// folder is a temporary folder, by a path without links.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestTrail(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	at := func(name string) string { return filepath.Join(dir, name) }
	put(t, at("map/..2/config.yaml"), "")
	link(t, "..2", at("map/..data"))
	link(t, "..data/config.yaml", at("map/config.yaml"))
	link(t, at("map"), at("etc"))
	link(t, "loop", at("loop"))
	link(t, "../none/deep.yaml", at("map/dangling"))
	for path, want := range map[string][]string{
		"map/..2/config.yaml": {"map/..2/config.yaml"},
		"map/config.yaml":     {"map/config.yaml", "map/..data", "map/..2/config.yaml"},
		"etc/config.yaml":     {"etc", "map/config.yaml", "map/..data", "map/..2/config.yaml"},
		"map/dangling":        {"map/dangling", "none"},
		"none":                {"none"},
		"etc/../etc/./none":   {"etc", "map/none"},
	} {
		got, err := trail(at(path))
		for i := range want {
			want[i] = at(want[i])
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("trail(%s), %v (-want +got):\n%s", path, err, diff)
		}
		if last := want[len(want)-1]; (err == nil) != (filepath.Base(last) == "config.yaml") {
			t.Errorf("trail(%s) = %v, want an error only where nothing is", path, err)
		}
	}
	if _, err := trail(at("loop")); !errors.Is(err, errTooManyLinks) {
		t.Errorf("trail(loop) = %v, want %v", err, errTooManyLinks)
	}
}

// watched runs a watcher of one file, and returns a channel that gets an element for
// each look at it.
func watched(t *testing.T, path string) <-chan struct{} {
	t.Helper()
	looks := make(chan struct{}, 1000)
	w := Watch(func() []string { return []string{path} }, func() { looks <- struct{}{} }, slog.New(slog.DiscardHandler))
	t.Cleanup(w.Stop)
	if w.events == nil {
		t.Fatal("the system has no watches")
	}
	return looks
}

func look(t *testing.T, what string, looks <-chan struct{}) {
	t.Helper()
	select {
	case <-looks:
	case <-time.After(pollInterval / 2):
		t.Fatalf("%s: no look at the file", what)
	}
}

// Beside the config there may be a database, a log, an editor's swap file.
func TestWatchHeedsItsFilesOnly(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	path := filepath.Join(dir, "connector.yaml")
	put(t, path, "old")
	looks := watched(t, path)
	for i := range 50 {
		put(t, filepath.Join(dir, "outbox.db-wal"), fmt.Sprint(i))
		put(t, filepath.Join(dir, fmt.Sprintf(".connector.yaml.%d.swp", i)), "")
	}
	put(t, path, "new") // its event comes after all of those
	look(t, "a changed file", looks)
	if n := len(looks); n != 0 {
		t.Errorf("looks beyond the one for the file itself = %d, want 0", n)
	}
	next := filepath.Join(dir, "next")
	put(t, next, "newer")
	if err := os.Rename(next, path); err != nil {
		t.Fatal(err)
	}
	look(t, "a replaced file", looks)
}

// Neither a config that is elsewhere by now nor what its folder was keeps a watch.
func TestFollowForgets(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	at := func(format string, args ...any) string { return filepath.Join(dir, fmt.Sprintf(format, args...)) }
	put(t, at("0/connector.yaml"), "")
	link(t, "0", at("current"))
	link(t, "current/connector.yaml", at("connector.yaml"))
	events, err := fsnotify.NewWatcher()
	if err != nil {
		t.Fatal(err)
	}
	defer events.Close()
	w := &Watcher{files: func() []string { return []string{at("connector.yaml")} }, events: events}
	for i := 1; i <= 20; i++ {
		w.follow()
		put(t, at("%d/connector.yaml", i), "")
		link(t, fmt.Sprint(i), at("current"))
	}
	w.follow()
	got := events.WatchList()
	slices.Sort(got)
	if diff := cmp.Diff([]string{dir, at("20")}, got); diff != "" {
		t.Errorf("watched folders (-want +got):\n%s", diff)
	}
	names := slices.Sorted(maps.Keys(w.names))
	want := []string{dir, at("20"), at("20/connector.yaml"), at("connector.yaml"), at("current")}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("names whose events count (-want +got):\n%s", diff)
	}
}

func TestWatchFollowsLinks(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	at := func(format string, args ...any) string { return filepath.Join(dir, fmt.Sprintf(format, args...)) }
	put(t, at("0/connector.yaml"), "")
	link(t, "0", at("current"))
	looks := watched(t, at("current/connector.yaml"))
	for i := 1; i <= 3; i++ {
		put(t, at("%d/connector.yaml", i), "")
		link(t, fmt.Sprint(i), at("current"))
		look(t, "a swapped link to a folder", looks)
	}
}
