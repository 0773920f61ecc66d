package deliveries

import (
	"fmt"
	"strings"

	"mailgun-connector/templates"
)

// MaxLine is the length of a mail header's line in bytes (RFC 5322, section 2.1.1), and
// so of what a subject, sender or reply address may come to.
const MaxLine = 998

// LongHeaderError says that the values of a payload make a header longer than [MaxLine].
type LongHeaderError struct{ Header string }

// Error names the header.
func (e *LongHeaderError) Error() string {
	return fmt.Sprintf("the payload's values make %s longer than %d bytes", e.Header, MaxLine)
}

// LiteralSize is the number of bytes that a text has at least, whatever its placeholders
// are filled with.
func LiteralSize(text string) int {
	t, _ := templates.Parse(text, templates.Header) // what is wrong with it is told elsewhere
	return t.Size()
}

// IsUnseen reports whether a character shows nothing and changes what is shown around
// it, or what it looks like: the bidirectional embeddings, overrides and isolates
// (Unicode Standard Annex 9) and white space of no width. Those that scripts and emoji
// need are left out: the joiners U+200C and U+200D and the marks U+200E and U+200F.
func IsUnseen(r rune) bool {
	switch {
	case r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
		return true
	}
	return r == '\u200b' || r == '\u2060' || r == '\ufeff'
}

// seen returns a text for a mail header without the characters that [IsUnseen] knows.
func seen(s string) string {
	return strings.Map(func(r rune) rune {
		if IsUnseen(r) {
			return -1
		}
		return r
	}, s)
}
