package config

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"mailgun-connector/schema"
)

// written is where a text has the value of a secret: data[start:end], without quotes.
type written struct {
	pointer    string
	start, end int
	style      style
}

// style is how a value is written.
type style int

const (
	bare         style = iota // also in the lines of a YAML block
	doubleQuoted              // as in JSON
	singleQuoted
	inQuotes // bare, and to be quoted
)

// write returns a secret as it is written, between the quotes if there are any. It has
// neither blanks nor control characters.
func (s style) write(key string) string {
	switch s {
	case doubleQuoted:
		return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(key)
	case singleQuoted:
		return strings.ReplaceAll(key, "'", "''")
	case inQuotes:
		return "'" + strings.ReplaceAll(key, "'", "''") + "'"
	}
	return key
}

// quoted returns the value with quotes to be put around a bare one.
func (w written) quoted() written {
	if w.style == bare {
		w.style = inQuotes
	}
	return w
}

// secretPlaces finds the values at pointers in a text that can be read, in its order and
// by where the parser of its format finds them.
func secretPlaces(text Document, pointers []string) ([]written, error) {
	data := bytes.TrimPrefix(text.Data, byteOrderMark)
	f := finder{data: data, wanted: pointers}
	var err error
	if text.Format == JSON {
		err = f.json(data, 0, "")
	} else {
		var root *yaml.Node
		if root, err = parseYAML(data); err == nil {
			err = f.yaml(root.Content[0], "")
		}
	}
	mark := len(text.Data) - len(data)
	for i := range f.found {
		f.found[i].start += mark
		f.found[i].end += mark
	}
	slices.SortFunc(f.found, func(a, b written) int { return cmp.Compare(a.start, b.start) })
	return f.found, err
}

// finder looks for values at pointers.
type finder struct {
	data   []byte
	wanted []string
	found  []written
}

// leads reports whether a wanted pointer is the pointer or below it.
func (f *finder) leads(pointer string) bool {
	return slices.ContainsFunc(f.wanted, func(wanted string) bool {
		return wanted == pointer || strings.HasPrefix(wanted, pointer+"/")
	})
}

// json looks in the value that begins at a byte. It may find several for a pointer: of
// members that are there twice, encoding/json takes the last.
func (f *finder) json(value []byte, begin int, pointer string) error {
	if value[0] == '"' {
		f.found = append(f.found, written{pointer, begin + 1, begin + len(value) - 1, doubleQuoted})
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(value))
	kind, err := dec.Token()
	if err != nil || kind != json.Delim('{') && kind != json.Delim('[') {
		return err
	}
	for i := 0; dec.More(); i++ {
		step := strconv.Itoa(i)
		if kind == json.Delim('{') {
			name, err := dec.Token()
			if err != nil {
				return err
			}
			step, _ = name.(string)
		}
		var child json.RawMessage
		if err := dec.Decode(&child); err != nil {
			return err
		}
		at := pointer + "/" + schema.EscapePointer(step)
		if !f.leads(at) {
			continue
		}
		if err := f.json(child, begin+int(dec.InputOffset())-len(child), at); err != nil {
			return err
		}
	}
	return nil
}

var (
	errAlias   = errors.New("it is an alias: write it out there")
	errNoPlace = errors.New("write it on the line of its name, bare or in quotes")
)

// yaml looks in a node.
func (f *finder) yaml(n *yaml.Node, pointer string) error {
	switch n.Kind {
	case yaml.AliasNode:
		return errAlias
	case yaml.ScalarNode:
		w, ok := scalarIn(f.data, n)
		if !ok {
			return errNoPlace
		}
		w.pointer = pointer
		f.found = append(f.found, w)
	case yaml.SequenceNode:
		for i, child := range n.Content {
			if err := f.yamlChild(child, element(pointer, i)); err != nil {
				return err
			}
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			at := pointer + "/" + schema.EscapePointer(n.Content[i].Value)
			if err := f.yamlChild(n.Content[i+1], at); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *finder) yamlChild(n *yaml.Node, pointer string) error {
	if !f.leads(pointer) {
		return nil
	}
	return f.yaml(n, pointer)
}

// scalarIn finds a scalar's text. A node tells where it begins, with its anchor and
// tag, but not where it ends.
func scalarIn(data []byte, n *yaml.Node) (w written, ok bool) {
	at := skipProperties(data, offset(data, n.Line, n.Column))
	rest := data[at:]
	switch {
	case n.Style&yaml.DoubleQuotedStyle != 0:
		end := closing(rest, '"', `\"`, `\\`)
		return written{start: at + 1, end: at + end, style: doubleQuoted}, end > 0
	case n.Style&yaml.SingleQuotedStyle != 0:
		end := closing(rest, '\'', `''`)
		return written{start: at + 1, end: at + end, style: singleQuoted}, end > 0
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		lines := bytes.IndexFunc(rest, isLineBreak) // behind | or > and its comment
		if lines < 0 {
			return w, false
		}
		at += len(rest) - len(bytes.TrimLeftFunc(rest[lines:], isBlank))
	}
	return written{start: at, end: at + len(n.Value), style: bare}, bytes.HasPrefix(data[at:], []byte(n.Value))
}

// closing returns the place of the quote that ends what the text begins with, or -1.
// What is escaped ends nothing.
func closing(text []byte, quote byte, escaped ...string) int {
	if len(text) == 0 || text[0] != quote {
		return -1
	}
	for i := 1; i < len(text); i++ {
		skip := false
		for _, pair := range escaped {
			skip = skip || bytes.HasPrefix(text[i:], []byte(pair))
		}
		if skip {
			i++
		} else if text[i] == quote {
			return i
		}
	}
	return -1
}

// skipProperties returns the place behind the anchor and tag of a node, and the blanks
// and comments that follow them.
func skipProperties(data []byte, at int) int {
	for at < len(data) && (data[at] == '&' || data[at] == '!') {
		for at < len(data) && !isBlank(firstRune(data[at:])) {
			at++
		}
		for at < len(data) {
			if next := len(data) - len(bytes.TrimLeftFunc(data[at:], isBlank)); next > at {
				at = next
			} else if data[at] == '#' {
				at += max(1, bytes.IndexFunc(data[at:], isLineBreak))
			} else {
				break
			}
		}
	}
	return at
}

// offset returns the byte at a line and column, both from 1, as the parser counts
// them: in characters, and in lines of YAML 1.1, which more than \n ends.
func offset(data []byte, line, column int) int {
	at := 0
	for ; line > 1 && at < len(data); line-- {
		end := bytes.IndexFunc(data[at:], isLineBreak)
		if end < 0 {
			return len(data)
		}
		at += end
		if bytes.HasPrefix(data[at:], []byte("\r\n")) {
			at++
		}
		at += len(string(firstRune(data[at:])))
	}
	for ; column > 1 && at < len(data); column-- {
		at += len(string(firstRune(data[at:])))
	}
	return at
}

func firstRune(data []byte) rune {
	r, _ := utf8.DecodeRune(data)
	return r
}

// isLineBreak reports whether a character ends a line in YAML 1.1 (section 5.4), whose
// rules the parser follows here.
func isLineBreak(r rune) bool {
	switch r {
	case '\n', '\r', '\u0085', '\u2028', '\u2029':
		return true
	}
	return false
}

func isBlank(r rune) bool { return r == ' ' || r == '\t' || isLineBreak(r) }
