package app

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"mailgun-connector/connector/config"
	"mailgun-connector/connector/configfile"
	"mailgun-connector/connector/httpapi"
)

// beginSetup has the service serve without a config, for its console to make one, if
// loading failed since there is none; else it returns the error.
func (a *App) beginSetup(err error) error {
	if _, missing := errors.AsType[*configfile.NotFoundError](err); !missing || !a.opts.Console {
		return err
	}
	next, err := a.prepareSecrets(a.reloader.seen)
	if err != nil {
		return err
	}
	if next.connector, err = a.build(next.snapshot.Config, true); err != nil {
		return err
	}
	next.setup = true
	a.reloader.current.Store(next)
	a.opts.Logger.Warn("there is no config yet: open the console to make one", "file", next.snapshot.Path)
	return nil
}

// keyPlace tells where an API key that comes over the network is to be written.
func (a *App) keyPlace(snap *configfile.Snapshot) httpapi.KeyPlace {
	switch {
	case snap.Config.APIKey != "":
		return httpapi.KeyPlace{Known: true}
	case a.opts.APIKeyFile != "":
		return httpapi.KeyPlace{File: a.opts.APIKeyFile}
	}
	return httpapi.KeyPlace{File: snap.Path}
}

// secretMode is that of files that may hold an API key.
const secretMode = 0o600

// setUp makes a draft the first config: it checks it as loading does, writes it and its API
// key, all or nothing, and serves with it. The caller holds the reloader's lock.
func (a *App) setUp(draft config.Document, by string) (*config.Config, error) {
	now := a.reloader.current.Load().snapshot
	ctx, cancel := context.WithTimeout(context.Background(), loadTimeout)
	defer cancel()
	cfg, err := a.reloader.source.ParseDraft(ctx, draft, now, true)
	if err != nil {
		return nil, err
	}
	if _, err := a.build(cfg, true); err != nil {
		return nil, err
	}
	path := now.Path
	if ending := filepath.Ext(path); draft.Format == config.YAML && ending != ".yaml" && ending != ".yml" {
		path = strings.TrimSuffix(path, ending) + ".yaml" // which is looked for as well
	}
	text, key := draft, config.Secret("")
	if file := a.keyPlace(now).File; file != "" && file != now.Path {
		if text, key, err = config.TakeKey(draft); err != nil {
			return nil, err
		}
	}
	save := func() error {
		return configfile.File(path).Create(text.Data, secretMode, func() error {
			return a.reloader.reloadLocked(context.Background())
		})
	}
	if key != "" {
		err = a.writeKey(key, save)
	} else {
		err = save()
	}
	if err != nil {
		return nil, err
	}
	a.keepSaved(by)
	return a.reloader.current.Load().snapshot.Config, nil
}

// writeKey writes an API key where the process reads its own, and then saves; if that
// fails, what was there comes back.
func (a *App) writeKey(key config.Secret, save func() error) error {
	file, text := configfile.File(a.opts.APIKeyFile), []byte(key.Reveal()+"\n")
	old, err := os.ReadFile(string(file))
	tried := false
	once := func() error {
		if tried { // the key is taken back
			return nil
		}
		tried = true
		return save()
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return file.Create(text, secretMode, once)
	case err != nil:
		return err
	}
	return file.Replace(old, text, once)
}
