package app

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"os"
	"slices"

	"mailgun-connector/connector/config"
	"mailgun-connector/connector/configfile"
)

// secretMode is that of files that may hold an API key.
const secretMode = 0o600

// keyFiles returns the files that the process reads Mailgun's API keys from, by their pointers
// in a config. A key that the config has itself, or that is in the environment, has none.
func (a *App) keyFiles(cfg *config.Config) map[string]string {
	files := map[string]string{}
	if a.opts.APIKey == "" && a.opts.APIKeyFile != "" {
		files[config.MainKey] = a.opts.APIKeyFile
	}
	if a.opts.FailoverKey == "" && a.opts.FailoverKeyFile != "" {
		files[config.FailoverKey] = a.opts.FailoverKeyFile
	}
	for _, pointer := range cfg.OwnKeys {
		delete(files, pointer)
	}
	return files
}

// takeKeys takes those API keys out of a draft that go into files of their own, and returns
// them by these. The error is a [*config.InvalidError] where two would go into one.
func (a *App) takeKeys(draft config.Document, now *config.Config) (config.Document, map[string]config.Secret, error) {
	typed, err := config.Keys(draft)
	if err != nil {
		return config.Document{}, nil, err
	}
	files := a.keyFiles(now)
	file, other := files[config.MainKey], files[config.FailoverKey]
	if file != "" && other != "" && configfile.File(file).Is(configfile.File(other)) {
		if err := checkSharedFile(draft, typed, file); err != nil {
			return config.Document{}, nil, err
		}
		files[config.FailoverKey] = file // in one spelling: it is written once
	}
	keys := map[string]config.Secret{}
	for _, pointer := range config.KeyPlaces() {
		file := files[pointer]
		if file == "" || typed[pointer] == "" {
			continue
		}
		keys[file] = typed[pointer]
		if draft, err = config.WithoutKey(draft, pointer); err != nil {
			return config.Document{}, nil, err
		}
	}
	return draft, keys, nil
}

// checkSharedFile refuses a draft that would change one way's key with that of the other, as
// both are read from one file.
func checkSharedFile(draft config.Document, typed map[string]config.Secret, file string) error {
	if typed[config.MainKey] == typed[config.FailoverKey] {
		return nil
	}
	if used, err := config.Has(draft, "/failover"); err != nil || !used {
		return err
	}
	invalid := &config.InvalidError{}
	for _, pointer := range config.KeyPlaces() {
		if typed[pointer] != "" {
			invalid.Problems = append(invalid.Problems, config.Problem{Pointer: pointer, Detail: "goes into " + file +
				", which has the key of both ways: write the same key at " + config.MainKey + " and " +
				config.FailoverKey + ", or let MAILGUN_API_KEY_FILE and MAILGUN_FAILOVER_API_KEY_FILE name two files"})
		}
	}
	return invalid
}

// saving returns a function that gives the config file the text of a draft in place of the old
// one, and files of keys those that the draft has for them; nil if nothing is to be written.
//
// Where both change, a crash in between must leave no key beside a config that it is not for.
// So the config gets its keys with it at first, which count before those in files, and is
// written without them once these are in their files.
func (a *App) saving(draft config.Document, old []byte, now *configfile.Snapshot) (func() error, error) {
	file := configfile.File(now.Path)
	text, keys, err := a.takeKeys(draft, now.Config)
	if err != nil {
		return nil, err
	}
	save := a.reload
	switch changed := !bytes.Equal(text.Data, old); {
	case !changed && len(keys) == 0:
		return nil, nil
	case !changed:
		return a.writingKeys(keys, save)
	}
	if err := file.Writable(); err != nil { // before anything is written elsewhere
		return nil, err
	}
	mode, err := modeFor(text, config.Document{Data: old, Format: now.Config.Format})
	if err != nil {
		return nil, err
	}
	if len(keys) == 0 {
		return func() error { return file.ReplaceMode(old, text.Data, mode, save) }, nil
	}
	info, err := os.Stat(now.Path)
	if err != nil {
		return nil, err
	}
	if mode == 0 {
		mode = info.Mode().Perm()
	}
	save = func() error { return file.ReplaceMode(draft.Data, text.Data, mode, a.reload) }
	if save, err = a.writingKeys(keys, save); err != nil {
		return nil, err
	}
	save = a.once(save)
	return func() error { return file.ReplaceMode(old, draft.Data, secretMode, save) }, nil
}

// modeFor returns the mode of a file that gets a text in place of the old one: one for secrets
// if a new key comes into it, else 0, for the one that it has.
func modeFor(text, old config.Document) (fs.FileMode, error) {
	has, err := config.Keys(text)
	if err != nil {
		return 0, err
	}
	had, err := config.Keys(old)
	if err != nil {
		return 0, err
	}
	for pointer, key := range has {
		if had[pointer] != key {
			return secretMode, nil
		}
	}
	return 0, nil
}

// writingKeys returns a function that writes API keys into their files before it saves; if that
// fails, what was there comes back.
func (a *App) writingKeys(keys map[string]config.Secret, save func() error) (func() error, error) {
	for _, path := range slices.Sorted(maps.Keys(keys)) {
		var err error
		if save, err = a.writingKey(path, keys[path], save); err != nil {
			return nil, err
		}
	}
	return save, nil
}

func (a *App) writingKey(path string, key config.Secret, save func() error) (func() error, error) {
	file, text := configfile.File(path), []byte(key.Reveal()+"\n")
	save = a.once(save)
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return func() error { return file.Create(text, secretMode, save) }, nil
	}
	err := file.Writable()
	if readOnly, ok := errors.AsType[*configfile.ReadOnlyError](err); ok {
		err = &configfile.ReadOnlyError{
			Hint: "The API key goes into " + path + ", where the service reads it. " + readOnly.Hint,
		}
	}
	if err != nil {
		return nil, err
	}
	old, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return func() error { return file.ReplaceMode(old, text, secretMode, save) }, nil
}
