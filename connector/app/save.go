package app

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mailgun-connector/connector"
	"mailgun-connector/connector/httpapi"
)

// save makes a draft, which came over the network, the config: it checks it as
// loading does, writes the file, and reloads. matches says whether the draft was
// made of the config of a version. The error is an
// [*connector.InvalidConfigError], [httpapi.ErrConfigChanged] or an
// [*httpapi.ReadOnlyError]; then everything is as it was.
func (a *App) save(draft connector.Text, matches func(version string) bool) (*connector.Config, error) {
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
	if err != nil || connector.VersionOf(old) != now.Config.Version {
		return nil, httpapi.ErrConfigChanged
	}
	was := connector.Text{Data: old, Format: connector.FormatOf(now.Path, old)}
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
func (a *App) rewrite(draft, file connector.Text, now *Snapshot) ([]byte, error) {
	if shown, err := now.Config.YAML(); err == nil && draft.Format == connector.YAML && bytes.Equal(draft.Data, shown) && file.Format == draft.Format {
		return file.Data, nil // what GET gave comes back
	}
	draft, err := connector.Unmask(draft, file)
	if err != nil {
		return nil, err
	}
	snap, err := a.source.loadAs(files{draft, a.guard(now)})
	if err != nil {
		return nil, err
	}
	if snap.Path != now.Path { // another file has come and would be read instead
		return nil, httpapi.ErrConfigChanged
	}
	next, err := connector.Apply(draft, file)
	return next.Data, err
}

// guard says which files a draft may name: those that the running config names, and
// mails beside it. A draft must not make a secret file part of a mail, which anybody
// with a token could then look at.
func (a *App) guard(now *Snapshot) func(pointer, name, path string) error {
	known := map[string]bool{}
	for _, ref := range referencesOf(now.Config) {
		known[ref.name] = true
	}
	return func(_, name, path string) error {
		if known[name] {
			return nil
		}
		if inside, err := filepath.Rel(filepath.Dir(now.Path), path); err != nil || isHidden(inside) {
			return errOutside
		}
		target, err := filepath.EvalSymlinks(path)
		if err != nil {
			return err
		}
		folder, err := filepath.EvalSymlinks(filepath.Dir(now.Path))
		if err != nil {
			return err
		}
		if inside, err := filepath.Rel(folder, target); err != nil || !filepath.IsLocal(inside) {
			return errOutside
		}
		return a.checkHarmless(target, now)
	}
}

var (
	errOutside = errors.New("a config that comes through the API may name new files only in the config's own folder, and no hidden ones")
	errNoMail  = errors.New("it is no file of a mail")
)

// isHidden reports whether a step of a path begins with a dot, as .. does too.
func isHidden(path string) bool {
	return slices.ContainsFunc(strings.Split(filepath.ToSlash(path), "/"), func(step string) bool {
		return strings.HasPrefix(step, ".")
	})
}

// maxMail bounds a file that a draft names; no mail is that long.
const maxMail = 1 << 20

// checkHarmless refuses what is no mail: the service's own files, whatever holds
// its key, and what is no regular file.
func (a *App) checkHarmless(path string, now *Snapshot) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() || info.Size() > maxMail {
		return errNoMail
	}
	database := strings.TrimPrefix(a.opts.Database.Reveal(), sqlitePrefix)
	own := []string{now.Path, a.opts.APIKeyFile, a.opts.TokenFile, a.opts.WebhookKeyFile, a.opts.StoreKeyFile}
	for _, ending := range []string{"", ".key", ".lock", "-wal", "-shm"} {
		own = append(own, database+ending)
	}
	if slices.ContainsFunc(own, func(path string) bool {
		other, err := os.Stat(path)
		return err == nil && os.SameFile(info, other)
	}) {
		return errNoMail
	}
	text, err := os.ReadFile(path)
	if key := now.Config.APIKey.Reveal(); err == nil && key != "" && bytes.Contains(text, []byte(key)) {
		return errNoMail
	}
	return err
}
