package deliveries

import (
	"fmt"

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
