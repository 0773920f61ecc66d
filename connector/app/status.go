package app

import (
	"errors"
	"strings"
	"time"

	"mailgun-connector/connector/config"
	"mailgun-connector/connector/httpapi"
)

// noteReload keeps how a reload went, for [App.status]. One that found nothing new
// is none.
func (a *App) noteReload(changed bool, err error) {
	if last := a.reloaded.Load(); !changed && last != nil && last.OK == (err == nil) {
		return
	}
	a.reloaded.Store(&httpapi.ReloadStatus{OK: err == nil, At: time.Now().UTC(), Problems: problemsOf(err)})
}

// problemsOf gives what is wrong, as the list that a config's problems are in.
func problemsOf(err error) []config.Problem {
	if invalid, ok := errors.AsType[*config.InvalidError](err); ok {
		return invalid.Problems
	}
	if err != nil {
		return []config.Problem{{Detail: err.Error()}}
	}
	return []config.Problem{}
}

// status tells what runs.
func (a *App) status() httpapi.Status {
	now := a.current.Load()
	s := httpapi.Status{
		Version: a.opts.Version,
		Sandbox: a.opts.Sandbox != nil,
		Config: httpapi.ConfigStatus{
			File:     now.snapshot.Path,
			ETag:     httpapi.ETagOf(now.snapshot.Config),
			LoadedAt: now.since.UTC(),
			Writable: true,
			Reload:   *a.reloaded.Load(),
		},
	}
	switch {
	case a.outbox == nil:
	case strings.HasPrefix(a.opts.Database.Reveal(), sqlitePrefix):
		s.Database = "sqlite"
	default:
		s.Database = "postgres"
	}
	err := configFile(now.snapshot.Path).writable()
	if !a.opts.Console {
		err = errSwitchedOff
	}
	if err != nil {
		s.Config.Writable = false
		if readOnly, ok := errors.AsType[*httpapi.ReadOnlyError](err); ok {
			s.Config.Hint = readOnly.Hint
		}
	}
	return s
}
