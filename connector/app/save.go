package app

import (
	"bytes"
	"context"
	"os"

	"mailgun-connector/connector/config"
	"mailgun-connector/connector/configfile"
)

// save makes a draft, which came over the network, the config: it checks it as
// loading does, writes the file, and reloads. matches says whether the draft was
// made of the config of a version. The error is an
// [*config.InvalidError], [config.ErrChanged] or an
// [*configfile.ReadOnlyError]; then everything is as it was.
func (a *App) save(draft config.Document, matches func(version string) bool) (*config.Config, error) {
	if !a.opts.Console {
		return nil, errSwitchedOff
	}
	a.reloader.mu.Lock() // one at a time, and no reload in between
	defer a.reloader.mu.Unlock()
	now := a.reloader.current.Load().snapshot
	if !matches(now.Config.Version) {
		return nil, config.ErrChanged
	}
	file := configfile.File(now.Path)
	old, err := os.ReadFile(now.Path)
	if err != nil || config.VersionOf(old) != now.Config.Version {
		return nil, config.ErrChanged
	}
	next, err := a.textToSave(draft, config.Document{Data: old, Format: now.Config.Format}, now)
	if err != nil {
		return nil, err
	}
	if bytes.Equal(next, old) {
		return now.Config, nil
	}
	err = file.Replace(old, next, func() error {
		return a.reloader.reloadLocked(context.Background())
	})
	if err != nil {
		return nil, err
	}
	return a.reloader.current.Load().snapshot.Config, nil
}

// errSwitchedOff keeps a service that only sends from being changed through its API:
// whoever has stolen a token must not change everybody's mails.
var errSwitchedOff = &configfile.ReadOnlyError{
	Hint: "Saving through the API is switched on with the console: start the service with --console.",
}

// textToSave checks a draft, and returns the text that the config file is to have: the
// draft, with the file's API key where the draft has it masked.
func (a *App) textToSave(draft, file config.Document, now *configfile.Snapshot) ([]byte, error) {
	if draft.Format != file.Format {
		return nil, config.ErrChanged
	}
	if shown, err := now.Config.Text(); err == nil && bytes.Equal(draft.Data, shown.Data) {
		return file.Data, nil // what GET returned comes back, with its masked comments
	}
	draft, err := config.Unmask(draft, file)
	if err != nil {
		return nil, err
	}
	draft.Format = config.FormatOf(now.Path, draft.Data) // as loading will take it
	ctx, cancel := context.WithTimeout(context.Background(), loadTimeout)
	defer cancel()
	snap, err := a.reloader.source.LoadDraft(ctx, draft, now)
	if err != nil {
		return nil, err
	}
	if snap.Path != now.Path { // another file has come and would be read instead
		return nil, config.ErrChanged
	}
	return draft.Data, nil
}
