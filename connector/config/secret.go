package config

import (
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Masked is how a [Secret] prints.
const Masked = "<secret>"

// Secret is a string that no formatting, encoding or logging reveals; only
// [Secret.Reveal] does. The empty secret means none.
type Secret string

// Reveal returns the secret itself, for the one place that needs it.
func (s Secret) Reveal() string { return string(s) }

// Words returns the secrets of a text that holds several, separated by commas or white
// space, as while one is being replaced.
func (s Secret) Words() []string {
	return strings.FieldsFunc(string(s), func(r rune) bool { return r == ',' || r <= ' ' })
}

// Mistake says what shows that a text is not the secret that was meant, such as quotes
// that a shell would have taken off, "" if nothing does. The sentence has no subject and
// repeats nothing of the secret.
func (s Secret) Mistake() string {
	text := string(s)
	first, _ := utf8.DecodeRuneInString(text)
	last, _ := utf8.DecodeLastRuneInString(text)
	const quotes = "\"'`“”„‘’‚«»"
	switch {
	case text == "":
		return ""
	case strings.ContainsRune(text, 0):
		return "is UTF-16: save it as UTF-8"
	case strings.ContainsRune(quotes, first) || strings.ContainsRune(quotes, last):
		return "begins or ends with a quote: take the quotes away, as nothing does it on the way here"
	case unfilled.MatchString(text):
		return "is a placeholder that was not filled in"
	case assignment.MatchString(text):
		return "begins with a name and an equals sign: only what is behind them is the secret"
	case strings.HasPrefix(strings.ToLower(text), "api:"):
		return `begins with "api:", which is the user name of curl: take it away`
	case strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }):
		return "holds white space or characters that no secret of this kind has: copy it again"
	}
	return ""
}

var (
	unfilled   = regexp.MustCompile(`^\$?[({].*[)}]$|^\$\w+$|^<.*>$|^%\w+%$|^\[.*\]$`)
	assignment = regexp.MustCompile(`^(?:export )?[A-Z][A-Z0-9_]*=.`)
)

// String returns [Masked], or "" for no secret.
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
