// Package configfile is the connector config on disk: it reads a config together with
// the files and secrets that belong to it, watches them, and replaces the config
// atomically. It does not know what a config means, nor who serves with it.
//
// A third of it is what a file on disk can do to a process: links, devices, pipes, file
// systems that hang.
package configfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sync/singleflight"

	"mailgun-connector/connector/config"
)

// Source says where a config and the secrets that go with it are. It must not be
// copied once it is in use.
type Source struct {
	// Config is the path of the config. Where it does not exist, the same path with
	// .yaml or .yml is tried.
	Config string
	// APIKey is Mailgun's, for a config that has none; APIKeyFile is read when it is
	// empty.
	APIKey     config.Secret
	APIKeyFile string
	// FailoverKey and FailoverKeyFile are likewise for the key of the config's failover.
	FailoverKey     config.Secret
	FailoverKeyFile string
	// KeyOptional loads a config without a key, too: for who only looks at it.
	KeyOptional bool
	// Token and TokenFile hold API tokens; both count.
	Token     config.Secret
	TokenFile string
	// WebhookKey is what Mailgun signs its reports with; WebhookKeyFile is read when it
	// is empty.
	WebhookKey     config.Secret
	WebhookKeyFile string
	// AllowEndpointHosts are the host:port pairs that the config's endpoint may name
	// besides Mailgun's own.
	AllowEndpointHosts []string
	// Private are further files that no draft of a config may show, see [Source.ParseDraft].
	Private []string

	reads singleflight.Group // of files that have not answered yet, by path
}

// Snapshot is what a [Source] held at one time.
type Snapshot struct {
	// Path is that of the config file found. Where there is none, it is where one would be,
	// and Config holds nothing but the API key, if that is known already.
	Path   string
	Config *config.Config
	// Tokens and WebhookKey are the texts that hold them, "" if no place is named where
	// one could be.
	Tokens     config.Secret
	WebhookKey config.Secret

	failoverKey config.Secret // from outside of the config
	files       []fileState   // every file that was read or looked for
}

// Files returns the paths of every file that was read or looked for.
func (s *Snapshot) Files() []string {
	paths := make([]string, len(s.files))
	for i, f := range s.files {
		paths[i] = f.path
	}
	return paths
}

// Same reports whether two snapshots are of the same files with the same contents.
func (s *Snapshot) Same(other *Snapshot) bool { return slices.Equal(s.files, other.files) }

// NotFoundError says that there is no config.
type NotFoundError struct{ Path string }

// Error names the path.
func (e *NotFoundError) Error() string { return "there is no config at " + e.Path }

// Load reads everything. The error is a [*config.InvalidError] if the config's text is
// at fault and a [*NotFoundError] if there is none. The snapshot names, even then, the
// files that were looked at.
func (s *Source) Load(ctx context.Context) (*Snapshot, error) {
	return s.load(ctx, config.Document{}, nil)
}

// Changed reports whether the files of a snapshot are others by now. It reads them, and
// parses nothing.
func (s *Source) Changed(ctx context.Context, since *Snapshot) bool {
	return slices.ContainsFunc(since.files, func(f fileState) bool {
		text, err := s.read(ctx, f.path)
		return stateOf(f.path, text, err) != f
	})
}

// load reads everything, with draft in the place of the config's text if it has a
// format, and with readFile in that of the disk for the files that the config names if
// it is not nil.
func (s *Source) load(ctx context.Context, draft config.Document, readFile readFunc) (*Snapshot, error) {
	snap := &Snapshot{}
	read := func(path string) ([]byte, error) {
		text, err := s.read(ctx, path)
		snap.files = append(snap.files, stateOf(path, text, err))
		return text, err
	}
	if err := s.readSecrets(snap, read); err != nil {
		return snap, err
	}
	key, keyName, keyErr := outsideKey(read, s.APIKey, s.APIKeyFile, "MAILGUN_API_KEY")
	otherKey, otherName, err := outsideKey(read, s.FailoverKey, s.FailoverKeyFile, "MAILGUN_FAILOVER_API_KEY")
	if err != nil {
		return snap, err
	}
	snap.failoverKey = otherKey
	text, err := s.find(snap, read)
	if _, missing := errors.AsType[*NotFoundError](err); missing {
		snap.Path, snap.Config = s.Config, &config.Config{APIKey: key, Version: config.VersionOf(nil)}
	}
	if err == nil {
		err = keyErr
	}
	if err != nil {
		return snap, err
	}
	if draft.Format != "" {
		text = draft.Data
	}
	if readFile == nil {
		readFile = func(_, name string) ([]byte, error) { return read(resolvePath(snap.Path, name)) }
	}
	snap.Config, err = config.Parse(text, config.ParseOptions{
		Format:          draft.Format,
		Name:            snap.Path,
		APIKey:          key,
		APIKeyName:      keyName,
		FailoverKey:     otherKey,
		FailoverKeyName: otherName,
		KeyOptional:     s.KeyOptional,
		AllowHosts:      s.AllowEndpointHosts,
		ReadFile:        readFile,
	})
	if invalid, ok := errors.AsType[*config.InvalidError](err); ok {
		invalid.File = snap.Path
	}
	return snap, err
}

// readFunc reads the file that the member at pointer names.
type readFunc = func(pointer, name string) ([]byte, error)

// resolvePath returns the path of a file that a config names.
func resolvePath(config, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(filepath.Dir(config), name)
}

// find reads the config file, under its own name or another ending.
func (s *Source) find(snap *Snapshot, read func(string) ([]byte, error)) ([]byte, error) {
	base := strings.TrimSuffix(s.Config, filepath.Ext(s.Config))
	for _, path := range []string{s.Config, base + ".yaml", base + ".yml"} {
		text, err := read(path)
		if err == nil {
			snap.Path = path
			return text, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("reading the config: %w", err)
		}
	}
	return nil, &NotFoundError{s.Config}
}
