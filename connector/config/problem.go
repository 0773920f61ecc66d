package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing that is wrong with a config, or a warning about it.
type Problem struct {
	Pointer string `json:"pointer"` // JSON Pointer (RFC 6901), "" for the whole document
	// Detail says what is wrong and what to do, without a subject: `needs "html" or "template"`.
	Detail string `json:"detail"`
	Line   int    `json:"line,omitempty"` // in the document, 0 if unknown
}

// String returns "/pointer: detail", after "line N: " where the line is known.
func (p Problem) String() string {
	var b strings.Builder
	if p.Line > 0 {
		fmt.Fprintf(&b, "line %d: ", p.Line)
	}
	if p.Pointer != "" {
		b.WriteString(p.Pointer + ": ")
	}
	b.WriteString(p.Detail)
	return b.String()
}

// sortProblems sorts by line, and by pointer where lines are the same or unknown.
func sortProblems(problems []Problem) {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Pointer, b.Pointer))
	})
}

// InvalidError lists everything that is wrong with a config.
type InvalidError struct {
	File     string // where the config was read, "" if it came over the network
	Problems []Problem
}

// Error returns every problem, a line each.
func (e *InvalidError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// ErrChanged says that a config was not saved since another one has come in between, or
// its file was changed.
var ErrChanged = errors.New("the config is another one by now, or its file is")
