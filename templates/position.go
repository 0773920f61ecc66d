package templates

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Position is a place in a text. Both numbers count from 1, columns in characters.
type Position struct{ Line, Column int }

// SyntaxError is a condition or a comment that can't be compiled. The Position is zero for
// what a text lacks.
type SyntaxError struct {
	Position
	Problem string // a sentence that says what to do, and names the place by no more than the tag
}

// Error is the problem and its line.
func (e *SyntaxError) Error() string {
	if e.Line == 0 {
		return e.Problem
	}
	return fmt.Sprintf("line %d: %s", e.Line, e.Problem)
}

// SyntaxErrors are all that a text has, in no order.
type SyntaxErrors []*SyntaxError

// Error joins them.
func (errs SyntaxErrors) Error() string {
	texts := make([]string, len(errs))
	for i, err := range errs {
		texts[i] = err.Error()
	}
	return strings.Join(texts, "; ")
}

// cursor finds the positions of offsets that only grow.
type cursor struct {
	text   string
	offset int
	at     Position // counted from 0
}

func (c *cursor) position(offset int) Position {
	passed := c.text[c.offset:offset]
	if lines := strings.Count(passed, "\n"); lines > 0 {
		c.at.Line += lines
		c.at.Column = 0
		passed = passed[strings.LastIndexByte(passed, '\n')+1:]
	}
	c.at.Column += utf8.RuneCountInString(passed)
	c.offset = offset
	return Position{c.at.Line + 1, c.at.Column + 1}
}
