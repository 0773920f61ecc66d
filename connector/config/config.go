// Package config reads and checks the connector config: a text of JSON or YAML
// becomes a [Config] that is known to be right, or a list of everything that is
// wrong with it. The package knows no disk and no network: package configfile reads files.
//
// It is larger than most rooms here: half of it are the checks, each a sentence that says
// what to write instead, and the places of a text's values, which parsers don't tell.
package config

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"mailgun-connector/deliveries"
	"mailgun-connector/templates/builtin"
)

// Config is a connector config that has passed every check, with its files read
// in and its defaults filled in.
type Config struct {
	Endpoint         string                         `json:"endpoint"` // scheme and host, no path
	Domain           string                         `json:"domain"`
	APIKey           Secret                         `json:"apiKey"`
	From             string                         `json:"from"`
	Brand            *builtin.Brand                 `json:"brand"` // nil for none
	Deliveries       map[string]deliveries.Delivery `json:"deliveries"`
	Templates        []deliveries.Localized         `json:"templates"`
	Layout           string                         `json:"layout"` // HTML, "" for none
	LayoutFile       string                         `json:"-"`      // path of the file that has it, "" for none
	FallbackLanguage string                         `json:"fallbackLanguage"`
	Options          Options                        `json:"options"`
	Failover         *Failover                      `json:"failover"` // nil for one way only
	Callers          map[string]Caller              `json:"callers"`

	// Format is that of the text that the config was read from, see [Config.Text].
	Format Format `json:"-"`
	// Version changes whenever the text of the config changes.
	Version string `json:"-"`
	// Warnings are what would work, but probably not as meant.
	Warnings []Problem `json:"-"`

	// OwnKeys are the places of Mailgun's API keys, of [KeyPlaces], that the text has itself.
	OwnKeys []string `json:"-"`

	text Secret // as it was written; it may hold the API key
}

// Options says how mails are sent, whatever their content.
type Options struct {
	Tags          []string          `json:"tags"`
	Tracking      bool              `json:"tracking"`   // false turns Mailgun's tracking off explicitly
	AutoText      *bool             `json:"autoText"`   // nil means true
	RequireTLS    bool              `json:"requireTls"` // true refuses to deliver without TLS
	TestMode      bool              `json:"testMode"`   // true delivers nothing
	DeliverWithin time.Duration     `json:"-"`          // 1m to 24h; decoded apart
	Headers       map[string]string `json:"headers"`
}

const (
	defaultDeliverWithin = 10 * time.Minute // a code that comes later is worthless

	// Mailgun takes 5 minutes to 24 hours (API reference, messages: o:deliver-within). It
	// is told 5 minutes for less, which the outbox then keeps to by itself.
	minDeliverWithin = time.Minute
	maxDeliverWithin = 24 * time.Hour
)

// ParseOptions is what reading a config depends on besides its text.
type ParseOptions struct {
	// Format is that of the text. Empty means that of the file Name, or of what
	// the text looks like, see [FormatOf].
	Format Format
	Name   string
	// APIKey is used when the config has none, or has it masked. APIKeyName says where
	// it is from, for a problem with it.
	APIKey     Secret
	APIKeyName string
	// FailoverKey and FailoverKeyName are likewise for the key of the failover.
	FailoverKey     Secret
	FailoverKeyName string
	// KeyOptional lets a config pass without a key: one that is looked at, not sent with.
	KeyOptional bool
	// AllowHosts are host:port pairs that endpoint may name besides Mailgun's
	// own hosts.
	AllowHosts []string
	// Masked says that the secrets of callers may be masked: in a draft that is only
	// checked.
	Masked bool
	// ReadFile reads the file that the member at pointer names, such as an htmlFile.
	// Nil refuses them, and so does [ErrNoFiles]: a config that came over the
	// network must not read files of its choice.
	ReadFile func(pointer, name string) ([]byte, error)
}

// ErrNoFiles says that a config may not name a file.
var ErrNoFiles = errors.New("works only in a config file on disk")

// Parse reads a config from JSON or YAML. The error is an
// [*InvalidError] with every problem that could be found, not only the
// first.
func Parse(text []byte, opts ParseOptions) (*Config, error) {
	if opts.Format == "" {
		opts.Format = FormatOf(opts.Name, text)
	}
	doc, err := readTree(Document{text, opts.Format})
	if err != nil {
		return nil, unreadable(err)
	}
	c := checker{opts: opts, doc: doc}
	cfg := c.run()
	if len(c.problems) > 0 {
		return nil, &InvalidError{Problems: c.sorted()}
	}
	cfg.text, cfg.Format = Secret(text), opts.Format
	cfg.Version = VersionOf(text)
	cfg.OwnKeys = c.ownKeys
	cfg.Warnings = c.sortedWarnings()
	return cfg, nil
}

// VersionOf is the [Config.Version] of a config with this text.
func VersionOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// unreadable returns the error for a text that is no document at all.
func unreadable(err error) error {
	if _, ok := errors.AsType[*InvalidError](err); ok {
		return err
	}
	return &InvalidError{Problems: []Problem{{Detail: err.Error()}}}
}

func writeJSON(value any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // people read it
	err := enc.Encode(value)
	return b.Bytes(), err
}
