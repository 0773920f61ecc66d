package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// written is where a text has the value of its apiKey: data[start:end], without
// quotes.
type written struct {
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

// write returns an API key as it is written, between the quotes if there are any. It
// has neither blanks nor control characters.
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

// apiKeyValues finds the values of apiKey in a text that can be read, by where the
// parser of its format finds them.
func apiKeyValues(text Document) ([]written, error) {
	data := bytes.TrimPrefix(text.Data, byteOrderMark)
	mark := len(text.Data) - len(data)
	var found []written
	var err error
	if text.Format == JSON {
		found, err = jsonKeyValues(data)
	} else {
		found, err = yamlKeyValues(data)
	}
	for i := range found {
		found[i].start += mark
		found[i].end += mark
	}
	return found, err
}

// jsonKeyValues may find several: of members that are there twice, encoding/json
// takes the last.
func jsonKeyValues(data []byte) ([]written, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	if begin, err := dec.Token(); err != nil || begin != json.Delim('{') {
		return nil, err
	}
	var found []written
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, err
		}
		if end := int(dec.InputOffset()); name == "apiKey" && value[0] == '"' {
			found = append(found, written{end - len(value) + 1, end - 1, doubleQuoted})
		}
	}
	return found, nil
}

var (
	errAlias   = errors.New("it is an alias: write the key itself there")
	errNoPlace = errors.New("write it on the line of its name, bare or in quotes")
)

func yamlKeyValues(data []byte) ([]written, error) {
	root, err := parseYAML(data)
	if err != nil {
		return nil, err
	}
	members := root.Content[0].Content
	for i := 0; i+1 < len(members); i += 2 {
		if members[i].Value != "apiKey" {
			continue
		}
		value := members[i+1]
		if value.Kind == yaml.AliasNode {
			return nil, errAlias
		}
		w, ok := scalarIn(data, value)
		if !ok {
			return nil, errNoPlace
		}
		return []written{w}, nil
	}
	return nil, nil
}

// scalarIn finds a scalar's text. A node tells where it begins, with its anchor and
// tag, but not where it ends.
func scalarIn(data []byte, n *yaml.Node) (w written, ok bool) {
	at := skipProperties(data, offset(data, n.Line, n.Column))
	rest := data[at:]
	switch {
	case n.Style&yaml.DoubleQuotedStyle != 0:
		end := closing(rest, '"', `\"`, `\\`)
		return written{at + 1, at + end, doubleQuoted}, end > 0
	case n.Style&yaml.SingleQuotedStyle != 0:
		end := closing(rest, '\'', `''`)
		return written{at + 1, at + end, singleQuoted}, end > 0
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		lines := bytes.IndexFunc(rest, isLineBreak) // behind | or > and its comment
		if lines < 0 {
			return w, false
		}
		at += len(rest) - len(bytes.TrimLeftFunc(rest[lines:], isBlank))
	}
	return written{at, at + len(n.Value), bare}, bytes.HasPrefix(data[at:], []byte(n.Value))
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
