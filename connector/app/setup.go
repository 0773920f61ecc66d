package app

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

	"mailgun-connector/connector/config"
	"mailgun-connector/connector/configfile"
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

// setUp makes a draft the first config: it checks it as loading does, writes it and its API
// key, all or nothing, and serves with it. The caller holds the reloader's lock.
func (a *App) setUp(draft config.Document, by string) (*config.Config, error) {
	now := a.reloader.current.Load().snapshot
	ctx, cancel := context.WithTimeout(context.Background(), loadTimeout)
	defer cancel()
	cfg, err := a.reloader.source.ParseDraft(ctx, draft, now, true)
	if err := unread(ctx, err); err != nil {
		return nil, err
	}
	if _, err := a.build(cfg, true); err != nil {
		return nil, err
	}
	path := now.Path
	if draft.Format == config.YAML {
		path = yamlPath(path) // which is looked for as well
	}
	text, keys, err := a.takeKeys(draft, now.Config)
	if err != nil {
		return nil, err
	}
	save := func() error { return configfile.File(path).Create(text.Data, secretMode, a.reload) }
	if save, err = a.writingKeys(keys, save); err != nil {
		return nil, err
	}
	if err := save(); err != nil {
		return nil, err
	}
	a.keepSaved(by)
	return a.reloader.current.Load().snapshot.Config, nil
}

// yamlPath returns where the first config is written if it is YAML, by where it is expected.
func yamlPath(path string) string {
	ending := filepath.Ext(path)
	if ending == ".yaml" || ending == ".yml" {
		return path
	}
	return strings.TrimSuffix(path, ending) + ".yaml"
}
