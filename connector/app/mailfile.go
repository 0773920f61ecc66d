package app

import (
	"bytes"
	"context"

	"mailgun-connector/connector/config"
	"mailgun-connector/connector/configfile"
	"mailgun-connector/connector/httpapi"
)

// mailFile returns the text of a mail's file under the name that the config has for it, as
// it is on disk. The error is [configfile.ErrNotMailFile] if there is none.
func (a *App) mailFile(name string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), loadTimeout)
	defer cancel()
	mail, err := a.reloader.source.FindMail(ctx, name, a.reloader.current.Load().snapshot, a.opts.Console)
	if err != nil {
		return nil, err
	}
	if !mail.Exists {
		return nil, configfile.ErrNotMailFile
	}
	return mail.Text, nil
}

// saveMailFile gives a mail's file a text, if the config can be loaded with it, and
// reloads. The change matches the version of the file, "" where there is none yet. Errors
// are those of [App.save] and [configfile.ErrNotMailFile].
func (a *App) saveMailFile(name string, text []byte, change httpapi.Change) (*config.Config, error) {
	if !a.opts.Console {
		return nil, errSwitchedOff
	}
	a.reloader.mu.Lock() // one at a time, and no reload in between
	defer a.reloader.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), loadTimeout)
	defer cancel()
	now := a.reloader.current.Load().snapshot
	mail, err := a.reloader.source.FindMail(ctx, name, now, true)
	if err != nil {
		return nil, err
	}
	version := ""
	if mail.Exists {
		version = config.VersionOf(mail.Text)
	}
	if !change.Matches(version) {
		return nil, config.ErrChanged
	}
	if mail.Exists && bytes.Equal(mail.Text, text) {
		return now.Config, nil
	}
	_, err = a.reloader.source.LoadWith(ctx, mail, text, now)
	if err := unread(ctx, err); err != nil {
		return nil, err
	}
	err = a.keeping(change.By, func() error {
		return mail.Save(text, func() error { return a.reloader.reloadLocked(context.Background()) })
	})
	if err != nil {
		return nil, err
	}
	return a.reloader.current.Load().snapshot.Config, nil
}
