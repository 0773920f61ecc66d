package config

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// Masked is how a [Secret] prints.
const Masked = "<secret>"

// Secret is a string that no formatting, encoding or logging reveals; only
// [Secret.Reveal] does. The empty secret means none.
type Secret string

// Reveal gives the secret itself, for the one place that needs it.
func (s Secret) Reveal() string { return string(s) }

// Words gives the secrets of a text that holds several, separated by commas or white
// space, as while one is being replaced.
func (s Secret) Words() []string {
	return strings.FieldsFunc(string(s), func(r rune) bool { return r == ',' || r <= ' ' })
}

// String gives [Masked], or "" for no secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return Masked
}

// Format keeps every verb of fmt from printing the secret, wrong ones like %d too,
// for which fmt asks no String.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// MarshalText keeps encoders from writing the secret.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue keeps slog from writing the secret.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
