package config

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// tree is a config as it was written, before anything is known of its meaning.
type tree struct {
	value    any            // as encoding/json decodes it, numbers as json.Number
	lines    map[string]int // JSON Pointer → line
	problems []Problem      // of the notation; the value is then the nearest that can be
	warnings []Problem      // likewise
}

// readTree decodes a text. The error is an [*InvalidError] if it is no document at all.
func readTree(text Document) (tree, error) {
	data := bytes.TrimPrefix(text.Data, byteOrderMark)
	if wrong := encodingProblem(data); wrong != nil {
		return tree{}, wrong
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return tree{}, unreadable(errors.New("is empty"))
	}
	if text.Format == JSON {
		return readJSON(data)
	}
	return readYAML(data)
}

// encodingProblem returns what keeps a text from being UTF-8, as an [*InvalidError] with
// its line.
func encodingProblem(data []byte) error {
	line, detail := notUTF8(data)
	if detail == "" {
		return nil
	}
	return &InvalidError{Problems: []Problem{{"", detail, line}}}
}

// notUTF8 returns the first line that is not UTF-8, and a sentence about it without a
// subject; "" if there is none. NUL is UTF-8, but no text has it, other than in UTF-16.
func notUTF8(data []byte) (line int, detail string) {
	if bytes.HasPrefix(data, []byte{0xff, 0xfe}) || bytes.HasPrefix(data, []byte{0xfe, 0xff}) {
		return 1, "is UTF-16: save it as UTF-8"
	}
	if at := bytes.IndexByte(data, 0); at >= 0 {
		return lineOf(data, at), "holds a NUL character, as UTF-16 does: save it as UTF-8"
	}
	for at := 0; at < len(data); {
		r, size := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && size == 1 {
			return lineOf(data, at), fmt.Sprintf("is not UTF-8: byte %d is %#02x: save it as UTF-8", at+1, data[at])
		}
		at += size
	}
	return 0, ""
}

// lineOf returns the line of an offset, from 1.
func lineOf(data []byte, offset int) int {
	return 1 + bytes.Count(data[:min(offset, len(data))], []byte("\n"))
}

const (
	// maxNodes bounds what a document may expand to.
	maxNodes = 100_000
	// pointerCost is how many bytes of its pointer count as much as a node: long
	// names above many nodes would otherwise make a small document large.
	pointerCost = 100
	// maxDepth bounds how deep a document nests: an alias inside its own anchor
	// would never end, and every level makes all pointers below it longer.
	maxDepth = 100
)

// treeReader is what the readers of both formats share.
type treeReader struct {
	tree
	format string // as people call it
	left   int    // nodes until it is too much
	depth  int
}

func newTreeReader(format string) treeReader {
	return treeReader{tree: tree{lines: map[string]int{}}, format: format, left: maxNodes}
}

// enter begins a value, which ends with leave.
func (r *treeReader) enter(pointer string, line int) error {
	if r.left -= 1 + len(pointer)/pointerCost; r.left < 0 {
		return r.invalid(0, "it is too large: fewer or shorter members, or fewer aliases, will do")
	}
	if r.depth++; r.depth > maxDepth {
		return r.invalid(line, "it nests deeper than %d levels", maxDepth)
	}
	r.lines[pointer] = line
	return nil
}

func (r *treeReader) leave() { r.depth-- }

// duplicate notes a member that appears twice.
func (r *treeReader) duplicate(pointer string, line int) {
	r.problem(pointer, line, "duplicate key: keep one of the two")
}

func (r *treeReader) problem(pointer string, line int, format string, args ...any) {
	if len(r.problems) <= maxProblems {
		r.problems = append(r.problems, Problem{pointer, fmt.Sprintf(format, args...), line})
	}
}

// invalid is the error for a text that can't be read on from a line.
func (r *treeReader) invalid(line int, format string, args ...any) error {
	return &InvalidError{Problems: []Problem{{"", "invalid " + r.format + ": " + fmt.Sprintf(format, args...), line}}}
}

// line returns the line of a pointer or of the nearest object around it.
func (d tree) line(pointer string) int {
	for {
		if line, ok := d.lines[pointer]; ok || pointer == "" {
			return line
		}
		pointer = pointer[:strings.LastIndexByte(pointer, '/')]
	}
}
