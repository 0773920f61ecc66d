package app

import (
	"bytes"
	"os"

	"mailgun-connector/connector/config"
	"mailgun-connector/connector/httpapi"
)

// save makes a draft, which came over the network, the config: it checks it as
// loading does, writes the file, and reloads. matches says whether the draft was
// made of the config of a version. The error is an
// [*config.InvalidError], [httpapi.ErrConfigChanged] or an
// [*httpapi.ReadOnlyError]; then everything is as it was.
func (a *App) save(draft config.Document, matches func(version string) bool) (*config.Config, error) {
	if !a.opts.Console {
		return nil, errSwitchedOff
	}
	a.reloading.Lock() // one at a time, and no reload in between
	defer a.reloading.Unlock()
	now := a.current.Load().snapshot
	if !matches(now.Config.Version) {
		return nil, httpapi.ErrConfigChanged
	}
	file := configFile(now.Path)
	old, err := os.ReadFile(now.Path)
	if err != nil || config.VersionOf(old) != now.Config.Version {
		return nil, httpapi.ErrConfigChanged
	}
	was := config.Document{Data: old, Format: config.FormatOf(now.Path, old)}
	next, err := a.rewrite(draft, was, now)
	if err != nil {
		return nil, err
	}
	if bytes.Equal(next, old) {
		return now.Config, nil
	}
	err = file.replace(old, next, func() error {
		_, err := a.reloadLocked()
		return err
	})
	if err != nil {
		return nil, err
	}
	return a.current.Load().snapshot.Config, nil
}

// errSwitchedOff keeps a service that only sends from being changed through its API:
// whoever has stolen a token must not change everybody's mails.
var errSwitchedOff = &httpapi.ReadOnlyError{Hint: "Saving through the API is switched on with the console: start the service with --console."}

// rewrite checks a draft, and gives the text that the config file is to have.
func (a *App) rewrite(draft, file config.Document, now *Snapshot) ([]byte, error) {
	if shown, err := now.Config.YAML(); err == nil && draft.Format == config.YAML && bytes.Equal(draft.Data, shown) && file.Format == draft.Format {
		return file.Data, nil // what GET gave comes back
	}
	draft, err := config.Unmask(draft, file)
	if err != nil {
		return nil, err
	}
	snap, err := a.source.loadAs(files{draft, a.newDraftFilePolicy(now).read})
	if err != nil {
		return nil, err
	}
	if snap.Path != now.Path { // another file has come and would be read instead
		return nil, httpapi.ErrConfigChanged
	}
	next, err := config.Apply(draft, file)
	return next.Data, err
}
