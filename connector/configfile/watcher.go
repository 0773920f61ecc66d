package configfile

import (
	"log/slog"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

const (
	// settleTime is how long after a change the files are read: editors and copies
	// write in steps.
	settleTime = 100 * time.Millisecond
	// pollInterval catches what no event tells of: single files mounted into a
	// container, and network file systems.
	pollInterval = 10 * time.Second
	// stopTimeout bounds the wait for a look at the files that is under way.
	stopTimeout = time.Second
)

// Watcher tells when files may have changed. It watches their folders, since editors
// replace files and Kubernetes swaps a symbolic link beside them, after which a watch on
// the old file would be deaf; but it heeds only events of the files' names and of links
// on the way to them.
type Watcher struct {
	files   func() []string
	changed func()
	logger  *slog.Logger

	events *fsnotify.Watcher   // nil if the system has no watches to give
	names  map[string]struct{} // whose events count
	quit   chan struct{}
	done   chan struct{}
}

// Watch calls changed, never twice at a time, after one of the files may have changed,
// and every ten seconds. It asks for the files anew after each call.
func Watch(files func() []string, changed func(), logger *slog.Logger) *Watcher {
	w := &Watcher{
		files: files, changed: changed, logger: logger,
		quit: make(chan struct{}), done: make(chan struct{}),
	}
	var err error
	if w.events, err = fsnotify.NewWatcher(); err != nil {
		w.events = nil
		logger.Warn("config changes are found by polling only", "error", err)
	}
	w.follow()
	go w.run()
	return w
}

// Stop ends the watch. A call of changed that is under way is waited for, but not long.
func (w *Watcher) Stop() {
	close(w.quit)
	select {
	case <-w.done:
	case <-time.After(stopTimeout):
	}
}

// follow watches what the files are now, and nothing else any more.
func (w *Watcher) follow() {
	if w.events == nil {
		return
	}
	w.names = map[string]struct{}{}
	folders := map[string]struct{}{}
	for _, file := range w.files() {
		names, _ := trail(file) // as far as it goes
		for _, name := range names {
			folder := filepath.Dir(name)
			w.names[name], w.names[folder] = struct{}{}, struct{}{}
			folders[folder] = struct{}{}
		}
	}
	for folder := range folders {
		// A folder that is not there can't be watched; polling will find it.
		_ = w.events.Add(folder)
	}
	for _, folder := range w.events.WatchList() {
		if _, ok := folders[folder]; !ok {
			_ = w.events.Remove(folder) // an error says that it is gone
		}
	}
}

func (w *Watcher) run() {
	defer close(w.done)
	poll := time.NewTicker(pollInterval)
	defer poll.Stop()
	quiet := time.NewTimer(0)
	<-quiet.C
	var events chan fsnotify.Event
	var errs chan error
	if w.events != nil {
		defer func() { _ = w.events.Close() }()
		events, errs = w.events.Events, w.events.Errors
	}
	waiting := false
	for {
		select {
		case <-w.quit:
			return
		case event := <-events:
			// Further events do not put it off: some files are never quiet.
			if _, ok := w.names[event.Name]; ok && !waiting {
				waiting = true
				quiet.Reset(settleTime)
			}
		case err := <-errs:
			w.logger.Warn("watching the config", "error", err)
			w.look() // events may have been lost
		case <-quiet.C:
			waiting = false
			w.look()
		case <-poll.C:
			w.look()
		}
	}
}

func (w *Watcher) look() {
	w.changed()
	w.follow()
}
