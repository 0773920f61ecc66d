package app

import (
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

const (
	// settle is how long after a change the files are read: editors and copies
	// write in steps.
	settle = 100 * time.Millisecond
	// pollEvery catches what no event tells of: single files mounted into a
	// container, and network file systems.
	pollEvery = 10 * time.Second
)

// watcher reloads an [App] when its files change. It watches folders, not files:
// editors replace files, and Kubernetes swaps a symbolic link beside them, after
// which a watch on the old file would be deaf.
type watcher struct {
	app    *App
	events *fsnotify.Watcher // nil if the system has no watches to give
	quit   chan struct{}
	done   chan struct{}
}

// watch starts watching. On an error the watcher still polls.
func watch(a *App) (*watcher, error) {
	w := &watcher{app: a, quit: make(chan struct{}), done: make(chan struct{})}
	var err error
	if w.events, err = fsnotify.NewWatcher(); err != nil {
		w.events = nil
	}
	w.follow()
	go w.run()
	return w, err
}

// follow adds the folders of all files that the last reload looked at, and of
// what they link to.
func (w *watcher) follow() {
	if w.events == nil {
		return
	}
	w.app.reloading.Lock()
	files := w.app.seen.files
	w.app.reloading.Unlock()
	for _, file := range files {
		// A folder that is not there can't be watched; polling will find it.
		_ = w.events.Add(filepath.Dir(file))
		if target, err := filepath.EvalSymlinks(file); err == nil {
			_ = w.events.Add(filepath.Dir(target))
		}
	}
}

func (w *watcher) run() {
	defer close(w.done)
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	quiet := time.NewTimer(0)
	<-quiet.C
	var events chan fsnotify.Event
	var errs chan error
	if w.events != nil {
		events, errs = w.events.Events, w.events.Errors
	}
	waiting := false
	for {
		select {
		case <-w.quit:
			return
		case <-events:
			if !waiting { // further events do not put it off: some folders are never quiet
				waiting = true
				quiet.Reset(settle)
			}
		case err := <-errs:
			w.app.opts.Logger.Warn("watching the config", "error", err)
			w.reload() // events may have been lost
		case <-quiet.C:
			waiting = false
			w.reload()
		case <-poll.C:
			w.reload()
		}
	}
}

func (w *watcher) reload() {
	w.app.reloadIfChanged()
	w.follow()
}

func (w *watcher) stop() {
	close(w.quit)
	<-w.done
	if w.events != nil {
		_ = w.events.Close()
	}
}
