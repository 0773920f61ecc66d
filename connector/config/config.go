// Package config reads and checks the connector config: a text of JSON or YAML
// becomes a [Config] that is known to be right, or a list of everything that is
// wrong with it. The package knows no disk and no network: package configfile reads files.
package config

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"mailgun-connector/deliveries"
	"mailgun-connector/schema"
)

// Config is a connector config that has passed every check, with its files read
// in and its defaults filled in.
type Config struct {
	Endpoint         string                         `json:"endpoint"` // scheme and host, no path
	Domain           string                         `json:"domain"`
	APIKey           Secret                         `json:"apiKey"`
	From             string                         `json:"from"`
	Deliveries       map[string]deliveries.Delivery `json:"deliveries"`
	Templates        []deliveries.Localized         `json:"templates"`
	FallbackLanguage string                         `json:"fallbackLanguage"`
	Options          Options                        `json:"options"`

	// Document is the config as it was written, as JSON, with the API key
	// masked. [Config.YAML] gives it as YAML.
	Document json.RawMessage `json:"-"`
	// Version changes whenever the text of the config changes.
	Version string `json:"-"`
	// Warnings are what would work, but probably not as meant.
	Warnings []Problem `json:"-"`

	text   Secret // as it was written; it may hold the API key
	format Format
}

// Options says how mails are sent, whatever their content.
type Options struct {
	Tags          []string          `json:"tags"`
	Tracking      bool              `json:"tracking"`      // false turns Mailgun's tracking off explicitly
	AutoText      *bool             `json:"autoText"`      // nil means true
	RequireTLS    bool              `json:"requireTls"`    // true refuses to deliver without TLS
	TestMode      bool              `json:"testMode"`      // true delivers nothing
	DeliverWithin Duration          `json:"deliverWithin"` // 5m to 24h
	Headers       map[string]string `json:"headers"`
}

// Duration is a time.Duration that JSON has as a Go duration string ("10m").
type Duration time.Duration

// UnmarshalText reads a Go duration.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	*d = Duration(v)
	return err
}

const (
	defaultDeliverWithin = 10 * time.Minute // a code that comes later is worthless

	// Bounds of Mailgun's o:deliver-within.
	minDeliverWithin = 5 * time.Minute
	maxDeliverWithin = 24 * time.Hour
)

// ParseOptions is what reading a config depends on besides its text.
type ParseOptions struct {
	// Format is that of the text. Empty means that of the file Name, or of what
	// the text looks like, see [FormatOf].
	Format Format
	Name   string
	// APIKey is used when the config has none, or has it masked.
	APIKey Secret
	// AllowHosts are host:port pairs that endpoint may name besides Mailgun's
	// own hosts.
	AllowHosts []string
	// ReadFile reads the file that the htmlFile or textFile at pointer names.
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
	written, err := masked(doc.value)
	if err != nil {
		return nil, fmt.Errorf("masking the config: %w", err)
	}
	dropEmpty(doc.value)

	c := checker{opts: opts, doc: doc}
	for _, p := range schema.Validate(doc.value) {
		c.problem(p.Pointer, "%s", p.Detail)
	}
	var cfg *Config
	if len(c.problems) <= maxProblems { // or else the list is full
		cfg = c.decode()
		c.check(cfg)
	}
	if len(c.problems) > 0 {
		if more := len(c.problems) - maxProblems; more > 0 {
			c.problems = append(c.problems[:maxProblems], Problem{Detail: fmt.Sprintf("at least %d more problems are not listed", more)})
		}
		slices.SortStableFunc(c.problems, func(a, b Problem) int { return strings.Compare(a.Pointer, b.Pointer) })
		return nil, &InvalidError{Problems: c.problems}
	}
	cfg.Document, cfg.text, cfg.format = written, Secret(text), opts.Format
	cfg.Version = VersionOf(text)
	cfg.Warnings = c.warnings
	return cfg, nil
}

// VersionOf is the [Config.Version] of a config with this text.
func VersionOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// unreadable is the error for a text that is no document at all.
func unreadable(err error) error {
	return &InvalidError{Problems: []Problem{{Detail: err.Error()}}}
}

// maxProblems bounds the list of a config's problems: nobody mends more at a time.
const maxProblems = 100

// masked gives a document as JSON with its API key masked.
func masked(value any) (json.RawMessage, error) {
	return writeJSON(mask(value))
}

// mask gives a document with its API key masked, if it has one.
func mask(value any) any {
	object, _ := value.(map[string]any)
	if key, ok := object["apiKey"]; ok && key != "" {
		object = maps.Clone(object)
		object["apiKey"] = Masked
		return object
	}
	return value
}

func writeJSON(value any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // people read it
	err := enc.Encode(value)
	return b.Bytes(), err
}

// optionalStrings are the members for which an empty string counts as absent,
// by the object that holds them.
var optionalStrings = map[string][]string{
	"config":   {"$schema", "endpoint", "apiKey", "fallbackLanguage"},
	"delivery": {"subject", "replyTo", "text", "textFile", "templateVersion"},
	"details":  {"contentType", "replyTo", "sendFrom"},
	"options":  {"deliverWithin"},
}

// dropEmpty removes optional members that are empty strings, as a console sends
// them for fields left blank.
func dropEmpty(value any) {
	config := drop(value, "config")
	drop(config["options"], "options")
	if all, ok := config["deliveries"].(map[string]any); ok {
		for _, d := range all {
			drop(d, "delivery")
		}
	}
	if all, ok := config["templates"].([]any); ok {
		for _, t := range all {
			if t, ok := t.(map[string]any); ok {
				drop(t["details"], "details")
			}
		}
	}
}

func drop(value any, kind string) map[string]any {
	object, _ := value.(map[string]any)
	for _, name := range optionalStrings[kind] {
		if object[name] == "" {
			delete(object, name)
		}
	}
	return object
}
