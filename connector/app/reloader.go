package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"mailgun-connector/connector/config"
	"mailgun-connector/connector/configfile"
	"mailgun-connector/connector/health"
)

// loadTimeout bounds the reading of a config's files, which may be on a network.
const loadTimeout = 5 * time.Second

// reloader keeps the service on the config that is on disk: it owns where that is, what
// runs, and the watch on the files.
type reloader struct {
	source *configfile.Source
	// prepare makes of a snapshot what serves. It changes nothing.
	prepare func(*configfile.Snapshot) (*running, error)
	logger  *slog.Logger
	metrics *metrics
	health  *health.Monitor // which forgets callers that have left, or are others now

	current atomic.Pointer[running] // nil before the first load
	result  atomic.Pointer[reloadResult]

	mu   sync.Mutex           // held by whoever loads or saves
	seen *configfile.Snapshot // by the last load, good or bad; guarded by mu
}

// reloadResult tells how the last reload went that found something new.
type reloadResult struct {
	at       time.Time
	problems []config.Problem // none if it went well
}

// reload reads the config and everything it refers to, and serves with it from now on;
// sends in flight finish on the config they began with. Anything wrong leaves the
// running config in place, whole.
func (r *reloader) reload(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.reloadLocked(ctx)
}

// reloadIfChanged is reload for when nobody asked: what was seen before, for better or
// worse, is passed over in silence.
func (r *reloader) reloadIfChanged(ctx context.Context) {
	r.mu.Lock()
	defer r.mu.Unlock()
	reading, cancel := context.WithTimeout(ctx, loadTimeout)
	defer cancel()
	if r.source.Changed(reading, r.seen) {
		r.logRefused(r.reloadLocked(ctx))
	}
}

// reloadLocked is reload for who holds mu.
func (r *reloader) reloadLocked(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(ctx, loadTimeout)
	defer cancel()
	changed := true
	defer func() { // the running config must outlive a defect of ours that a new one brings out
		if p := recover(); p != nil {
			err = fmt.Errorf("reading the config: internal error (%T)", p)
			r.logger.Error("panic", "type", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
		}
		r.note(changed, err)
	}()
	snap, err := r.source.Load(ctx)
	changed = r.seen == nil || !snap.Same(r.seen)
	r.seen = snap
	if err != nil {
		return err
	}
	if now := r.current.Load(); now != nil && now.snapshot.Same(snap) {
		return nil // nothing is new, or a bad change was taken back
	}
	next, err := r.prepare(snap)
	if err != nil {
		return err
	}
	r.current.Store(next)
	r.health.KeepCalls(snap.Config.HasCaller)
	r.metrics.loaded()
	r.logLoaded(snap)
	return nil
}

// note keeps how a reload went. One that found nothing new is none.
func (r *reloader) note(changed bool, err error) {
	switch {
	case err == nil:
		r.metrics.reloadOK.Set(1)
	case changed: // not each time that the same bad files are looked at
		r.metrics.refused()
	}
	if last := r.result.Load(); changed || last == nil || (len(last.problems) == 0) != (err == nil) {
		r.result.Store(&reloadResult{time.Now().UTC(), problemsOf(err)})
	}
}

// problemsOf returns what is wrong, as the list that a config's problems are in.
func problemsOf(err error) []config.Problem {
	if invalid, ok := errors.AsType[*config.InvalidError](err); ok {
		return invalid.Problems
	}
	if err != nil {
		return []config.Problem{{Detail: err.Error()}}
	}
	return []config.Problem{}
}

func (r *reloader) logLoaded(snap *configfile.Snapshot) {
	r.logger.Info("config loaded", "file", snap.Path, "version", snap.Config.Version,
		"endpoint", snap.Config.Endpoint, "domain", snap.Config.Domain, "deliveries", len(snap.Config.Deliveries),
		"templates", len(snap.Config.Templates))
	for _, w := range snap.Config.Warnings {
		r.logger.Warn("config warning", "problem", w.String())
	}
}

func (r *reloader) logRefused(err error) {
	if err == nil {
		return
	}
	cause := slog.String("error", err.Error())
	if _, ok := errors.AsType[*config.InvalidError](err); ok {
		cause = slog.String("problems", strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	r.logger.LogAttrs(context.Background(), slog.LevelError, "config refused; a running one stays as it is", cause)
}

// watch keeps looking for changes until the service ends.
func (r *reloader) watch(life *lifecycle) {
	ctx, cancel := context.WithCancel(context.Background())
	w := configfile.Watch(
		func() []string {
			r.mu.Lock()
			defer r.mu.Unlock()
			return r.seen.Files()
		},
		func() { r.reloadIfChanged(ctx) },
		r.logger,
	)
	life.atEnd("watching the config", func(context.Context) error {
		cancel() // a read that hangs
		w.Stop()
		return nil
	})
}
