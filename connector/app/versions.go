package app

import (
	"mailgun-connector/connector/config"
	"mailgun-connector/connector/configfile"
)

// versions are the earlier configs of a service.
type versions struct{ *App }

// List implements [httpapi.Versions].
func (v versions) List() ([]configfile.Entry, error) { return v.history().List() }

// Get implements [httpapi.Versions].
func (v versions) Get(id string) (*configfile.Version, []string, error) {
	version, err := v.history().Get(id)
	if err != nil {
		return nil, nil, err
	}
	current, err := v.reloader.source.RevisionOf(v.reloader.current.Load().snapshot)
	if err != nil {
		return nil, nil, err
	}
	differs, err := config.Changes(version.Revision, current)
	return version, differs, err
}

// Restore implements [httpapi.Versions].
func (v versions) Restore(id, pointer, by string) (*config.Config, error) {
	if !v.opts.Console {
		return nil, errSwitchedOff
	}
	v.reloader.mu.Lock()
	defer v.reloader.mu.Unlock()
	version, err := v.history().Get(id)
	if err != nil {
		return nil, err
	}
	now := v.reloader.current.Load().snapshot
	draft := version.Document
	if pointer != "" {
		current, err := v.reloader.source.RevisionOf(now)
		if err != nil {
			return nil, err
		}
		if draft, err = config.Graft(current.Document, version.Document, pointer); err != nil {
			return nil, err
		}
	}
	names, err := version.FilesAt(pointer)
	if err != nil {
		return nil, err
	}
	files := map[string]string{}
	for _, name := range names {
		files[name] = version.Files[name]
	}
	return v.replace(draft, files, now, by)
}
