package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"mailgun-connector/connector/config"
)

// Reload reads the config and everything it refers to, and serves with it from
// now on; sends in flight finish on the config they began with. Anything wrong
// leaves the running config in place, whole; the error is then in the log too.
func (a *App) Reload() error {
	_, err := a.reload()
	a.logRefused(err)
	return err
}

// reloadIfChanged is [App.Reload] for when nobody asked: what was seen before,
// for better or worse, is passed over in silence.
func (a *App) reloadIfChanged() {
	if changed, err := a.reload(); changed {
		a.logRefused(err)
	}
}

// reload does everything that can fail first, and swaps last. changed reports
// whether the files differ from what the last reload saw.
func (a *App) reload() (changed bool, err error) {
	a.reloading.Lock()
	defer a.reloading.Unlock()
	return a.reloadLocked()
}

// reloadLocked is reload for who holds a.reloading.
func (a *App) reloadLocked() (changed bool, err error) {
	defer func() { a.noteReload(changed, err) }()
	defer func() { // the running config must outlive a defect of ours that a new one brings out
		if r := recover(); r != nil {
			changed, err = true, fmt.Errorf("reading the config: internal error (%T)", r)
			a.metrics.reloaded(false)
		}
	}()
	snap, err := a.source.Load()
	changed = a.seen == nil || snap.fingerprint != a.seen.fingerprint
	a.seen = snap
	if err == nil {
		if now := a.current.Load(); now != nil && now.snapshot.fingerprint == snap.fingerprint {
			a.metrics.reloadOK.Set(1) // a bad change was taken back
			return changed, nil
		}
		err = a.swap(snap)
	}
	if err != nil {
		if changed { // not each time that the same bad files are looked at
			a.metrics.reloaded(false)
		}
		return changed, err
	}
	a.metrics.reloaded(true)
	return changed, nil
}

func (a *App) swap(snap *Snapshot) error {
	conn, err := a.build(snap.Config, true)
	if err != nil {
		return err
	}
	a.current.Store(&running{conn, snap, time.Now()})
	a.opts.Logger.Info("config loaded", "file", snap.Path, "version", snap.Config.Version,
		"endpoint", snap.Config.Endpoint, "domain", snap.Config.Domain, "deliveries", len(snap.Config.Deliveries),
		"templates", len(snap.Config.Templates))
	for _, w := range snap.Config.Warnings {
		a.opts.Logger.Warn("config warning", "problem", w.String())
	}
	return nil
}

func (a *App) logRefused(err error) {
	if err == nil {
		return
	}
	cause := slog.String("error", err.Error())
	if _, ok := errors.AsType[*config.InvalidError](err); ok {
		cause = slog.String("problems", strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	a.opts.Logger.LogAttrs(context.Background(), slog.LevelError, "config refused; a running one stays as it is", cause)
}
