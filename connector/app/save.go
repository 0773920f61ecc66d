package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"mailgun-connector/connector/config"
	"mailgun-connector/connector/configfile"
	"mailgun-connector/connector/httpapi"
)

// save makes a draft, which came over the network, the config: it checks it as
// loading does, writes the file, and reloads. The error is an
// [*config.InvalidError], [config.ErrChanged], a [*config.ConflictError], an
// [*configfile.ReadOnlyError], an [*configfile.UnreadableError] or [configfile.ErrSlow]; then
// everything is as it was.
func (a *App) save(draft config.Document, change httpapi.Change) (*config.Config, error) {
	if !a.opts.Console {
		return nil, errSwitchedOff
	}
	a.reloader.mu.Lock() // one at a time, and no reload in between
	defer a.reloader.mu.Unlock()
	if a.reloader.current.Load().setup {
		return a.setUp(draft, change.By)
	}
	now := a.reloader.current.Load().snapshot
	if draft.Format != now.Config.Format {
		return nil, config.ErrChanged
	}
	if !change.Matches(now.Config.Version) {
		var err error
		if draft, err = a.merge(draft, now, change); err != nil {
			return nil, err
		}
	}
	return a.replace(draft, nil, now, change.By)
}

// merge returns what a draft that was made of an earlier version is to come to.
func (a *App) merge(draft config.Document, now *configfile.Snapshot, change httpapi.Change) (config.Document, error) {
	if !change.Merge {
		return config.Document{}, config.ErrChanged
	}
	base, err := a.history().Find(change.Matches)
	if errors.Is(err, configfile.ErrNoVersion) {
		return config.Document{}, config.ErrChanged
	}
	if err != nil {
		return config.Document{}, err
	}
	current, err := a.reloader.source.RevisionOf(now)
	if err != nil {
		return config.Document{}, err
	}
	merged, err := config.Merge(base.Revision, current, draft)
	if conflict, ok := errors.AsType[*config.ConflictError](err); ok {
		conflict.Version = now.Config.Version
	}
	return merged, err
}

// replace gives the config file the text of a draft, and the files that it names those of
// files by these names, if the service can be run with both, and reloads. Nothing or all
// of it is done; what was there is kept as a version, and so is what is there then. The
// caller holds the reloader's lock.
func (a *App) replace(
	draft config.Document, files map[string]string, now *configfile.Snapshot, by string,
) (*config.Config, error) {
	old, err := os.ReadFile(now.Path)
	if err != nil || config.VersionOf(old) != now.Config.Version {
		return nil, config.ErrChanged
	}
	next, err := a.textToSave(draft, config.Document{Data: old, Format: now.Config.Format}, files, now)
	if err != nil {
		return nil, err
	}
	save, err := a.saving(config.Document{Data: next, Format: now.Config.Format}, old, now)
	if err != nil {
		return nil, err
	}
	if save == nil && len(files) == 0 {
		return now.Config, nil
	}
	if save == nil {
		save = a.reload
	}
	for name, text := range files {
		if save, err = a.alsoMail(name, text, now, save); err != nil {
			return nil, err
		}
	}
	if err := a.keeping(by, save); err != nil {
		return nil, err
	}
	return a.reloader.current.Load().snapshot.Config, nil
}

// alsoMail returns a function that gives a mail's file a text before it calls save, and takes
// the text back if that fails.
func (a *App) alsoMail(
	name, text string, now *configfile.Snapshot, save func() error,
) (func() error, error) {
	ctx, cancel := context.WithTimeout(context.Background(), loadTimeout)
	defer cancel()
	mail, err := a.reloader.source.FindMail(ctx, name, now, true)
	if err != nil {
		return nil, err
	}
	if mail.Exists && string(mail.Text) == text {
		return save, nil
	}
	save = a.once(save)
	return func() error { return mail.Save([]byte(text), save) }, nil
}

// reload is that of the reloader for who holds its lock.
func (a *App) reload() error { return a.reloader.reloadLocked(context.Background()) }

// once returns save for what is called once more when a text is taken back: then it only
// reloads.
func (a *App) once(save func() error) func() error {
	tried := false
	return func() error {
		if tried {
			return a.reload()
		}
		tried = true
		return save()
	}
}

// keeping saves, and keeps the config as it is before and after that. One that can't be
// kept before is not changed: it could not be brought back.
func (a *App) keeping(by string, save func() error) error {
	if err := a.keep(""); err != nil {
		return err
	}
	if err := save(); err != nil {
		return err
	}
	a.keepSaved(by)
	return nil
}

// keepSaved keeps what was saved.
func (a *App) keepSaved(by string) {
	if by == "" {
		by = unnamed
	}
	if err := a.keep(by); err != nil {
		a.opts.Logger.Warn("the saved config could not be kept as a version", "error", err)
	}
}

// keep keeps the running config as a version, unless it is one that can't be shown.
func (a *App) keep(by string) error {
	now := a.reloader.current.Load().snapshot
	r, err := a.reloader.source.RevisionOf(now)
	if _, unshown := errors.AsType[*config.MaskError](err); unshown {
		return nil
	}
	if err != nil {
		return err
	}
	return a.history().Keep(now.Config.Version, r, by)
}

// unnamed is who saved a version with a token that has no name.
const unnamed = "unnamed"

// history is where versions are kept.
func (a *App) history() configfile.History {
	if a.opts.History != "" {
		return configfile.History(a.opts.History)
	}
	path := a.reloader.current.Load().snapshot.Path
	return configfile.History(filepath.Join(filepath.Dir(path), ".history"))
}

// errSwitchedOff keeps a service that only sends from being changed through its API:
// whoever has stolen a token must not change everybody's mails.
var errSwitchedOff = &configfile.ReadOnlyError{
	Hint: "Saving through the API is switched on with the console: start the service with --console.",
}

// unread returns the error of loading a draft within ctx as callers are told it. A file that did
// not answer may be one that the draft names, which then looks like a mistake in it.
func unread(ctx context.Context, err error) error {
	_, invalid := errors.AsType[*config.InvalidError](err)
	switch {
	case err != nil && ctx.Err() != nil:
		return fmt.Errorf("%w: %s", configfile.ErrSlow, err.Error()) // not as an invalid config
	case err == nil || invalid:
		return err
	}
	return &configfile.UnreadableError{Err: err}
}

// textToSave checks a draft, and returns the text that the config file is to have: the
// draft, with the file's API key where the draft has it masked.
func (a *App) textToSave(
	draft, file config.Document, files map[string]string, now *configfile.Snapshot,
) ([]byte, error) {
	if shown, err := now.Config.Text(); err == nil && len(files) == 0 && bytes.Equal(draft.Data, shown.Data) {
		return file.Data, nil // what GET returned comes back, with its masked comments
	}
	draft, err := config.Unmask(draft, file)
	if err != nil {
		return nil, err
	}
	draft.Format = config.FormatOf(now.Path, draft.Data) // as loading will take it
	ctx, cancel := context.WithTimeout(context.Background(), loadTimeout)
	defer cancel()
	snap, err := a.reloader.source.LoadDraft(ctx, draft, files, now)
	if err := unread(ctx, err); err != nil {
		return nil, err
	}
	if snap.Path != now.Path { // another file has come and would be read instead
		return nil, config.ErrChanged
	}
	return draft.Data, nil
}
