package app

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"mailgun-connector/connector/config"
	"mailgun-connector/connector/httpapi"
	"mailgun-connector/connector/mailgun"
)

// Source reads a connector config and the secrets that go with it from disk.
type Source struct {
	Config             string // see [Options.Config]
	APIKey             config.Secret
	APIKeyFile         string
	Token              config.Secret
	TokenFile          string
	WebhookKey         config.Secret // signs Mailgun's reports
	WebhookKeyFile     string
	AllowEndpointHosts []string
}

func (o *Options) source() Source {
	return Source{
		Config: o.Config, APIKey: o.APIKey, APIKeyFile: o.APIKeyFile, Token: o.Token, TokenFile: o.TokenFile,
		WebhookKey: o.WebhookKey, WebhookKeyFile: o.WebhookKeyFile, AllowEndpointHosts: o.AllowEndpointHosts,
	}
}

// Snapshot is what a [Source] held at one time.
type Snapshot struct {
	Path   string // of the config file found
	Config *config.Config
	Tokens httpapi.Tokens
	// Webhook reads Mailgun's reports, nil without a signing key.
	Webhook *mailgun.Webhook

	files       []string // every file that was read or looked for
	fingerprint [sha256.Size]byte
}

// Load reads everything. The error is an [*config.InvalidError] if the
// config's text is at fault. The snapshot names, even then, the files to watch.
func (s Source) Load() (*Snapshot, error) { return s.loadAs(files{}) }

// files is how the files of a source are read. The zero files reads those on disk.
type files struct {
	// draft takes the place of the config's text, if it has a format.
	draft config.Document
	// read reads a file that the config names, if it is not nil.
	read func(pointer, name string) ([]byte, error)
}

func (s Source) loadAs(from files) (*Snapshot, error) {
	snap := &Snapshot{}
	sum := sha256.New()
	read := func(path string) ([]byte, error) {
		text, err := os.ReadFile(path)
		snap.files = append(snap.files, path)
		fmt.Fprintf(sum, "%q %d %v\n", path, len(text), err)
		sum.Write(text)
		return text, err
	}
	err := s.load(snap, read, from)
	snap.fingerprint = [sha256.Size]byte(sum.Sum(nil))
	return snap, err
}

func (s Source) load(snap *Snapshot, read func(string) ([]byte, error), from files) error {
	var err error
	if snap.Tokens, err = s.tokens(read); err != nil {
		return err
	}
	if snap.Webhook, err = s.webhook(read); err != nil {
		return err
	}
	key, err := s.apiKey(read)
	if err != nil {
		return err
	}
	text, err := s.find(snap, read)
	if err != nil {
		return err
	}
	if from.draft.Format != "" {
		text = from.draft.Data
	}
	readFile := from.read
	if readFile == nil {
		readFile = func(_, name string) ([]byte, error) { return read(resolvePath(snap.Path, name)) }
	}
	snap.Config, err = config.Parse(text, config.ParseOptions{
		Format:     from.draft.Format,
		Name:       snap.Path,
		APIKey:     key,
		AllowHosts: s.AllowEndpointHosts,
		ReadFile:   readFile,
	})
	if invalid, ok := errors.AsType[*config.InvalidError](err); ok {
		invalid.File = snap.Path
	}
	return err
}

// resolvePath returns the path of a file that a config names.
func resolvePath(config, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(filepath.Dir(config), name)
}

// find reads the config file, under its own name or another ending.
func (s Source) find(snap *Snapshot, read func(string) ([]byte, error)) ([]byte, error) {
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
	return nil, &MisuseError{
		fmt.Sprintf("there is no config at %s", s.Config),
		"write a starter config with `mailgun-connector init`, or name yours with --config",
	}
}

func (s Source) apiKey(read func(string) ([]byte, error)) (config.Secret, error) {
	if s.APIKey != "" || s.APIKeyFile == "" {
		return s.APIKey, nil
	}
	text, err := read(s.APIKeyFile)
	if err != nil {
		return "", fmt.Errorf("reading the Mailgun API key: %w", err)
	}
	return config.Secret(strings.TrimSpace(string(text))), nil
}

func (s Source) webhook(read func(string) ([]byte, error)) (*mailgun.Webhook, error) {
	keys := s.WebhookKey
	if keys == "" && s.WebhookKeyFile != "" {
		text, err := read(s.WebhookKeyFile)
		if err != nil {
			return nil, fmt.Errorf("reading the webhook signing key: %w", err)
		}
		keys = config.Secret(text)
	}
	if keys == "" {
		return nil, nil
	}
	return mailgun.NewWebhook(keys, time.Now)
}

func (s Source) tokens(read func(string) ([]byte, error)) (httpapi.Tokens, error) {
	all := s.Token.Reveal()
	if s.TokenFile != "" {
		text, err := read(s.TokenFile)
		if err != nil {
			return nil, fmt.Errorf("reading API tokens: %w", err)
		}
		all += "\n" + string(text)
	}
	if all == "" {
		return nil, nil
	}
	tokens, err := httpapi.NewTokens(all)
	if err != nil {
		return nil, fmt.Errorf("reading API tokens: %w", err)
	}
	return tokens, nil
}
