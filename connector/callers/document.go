package callers

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"strconv"
	"strings"

	"golang.org/x/text/language"
)

// document is the JSON object of a call, numbers as json.Number.
type document map[string]any

// parseDocument reads a body. The error repeats none of it.
func parseDocument(body []byte) (document, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var d document
	if err := dec.Decode(&d); err != nil || d == nil {
		return nil, invalid("The body is not a JSON object.")
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, invalid("The body must be one JSON object and nothing after it.")
	}
	return d, nil
}

// object returns the object at a path, nil for none.
func (d document) object(path ...string) document {
	for _, name := range path {
		child, _ := d[name].(map[string]any)
		d = child
	}
	return d
}

// text returns a text of the object, "" for none.
func (d document) text(name string) string {
	s, _ := d[name].(string)
	return s
}

// number returns a number of the object, or one that is written as a text.
func (d document) number(name string) (n int64, ok bool) {
	var text string
	switch v := d[name].(type) {
	case json.Number:
		text = v.String()
	case string:
		text = v
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil
}

// without returns a copy of the object that lacks some members.
func (d document) without(names ...string) map[string]any {
	rest := maps.Clone(map[string]any(d))
	if rest == nil {
		rest = map[string]any{}
	}
	for _, name := range names {
		delete(rest, name)
	}
	return rest
}

// pointer is a JSON Pointer (RFC 6901), cut up.
type pointer []string

var unescape = strings.NewReplacer("~1", "/", "~0", "~").Replace

func newPointer(text string) pointer {
	steps := strings.Split(text, "/")[1:]
	for i := range steps {
		steps[i] = unescape(steps[i])
	}
	return steps
}

// in returns the value that the pointer leads to, nil for none.
func (p pointer) in(value any) any {
	for _, step := range p {
		switch node := value.(type) {
		case document:
			value = node[step]
		case map[string]any:
			value = node[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(node) {
				return nil
			}
			value = node[i]
		default:
			return nil
		}
	}
	return value
}

// addLanguages puts into a payload the languages of the first place that has any.
func (c *caller) addLanguages(payload map[string]any, d document) {
	for _, p := range c.locales {
		if text, _ := p.in(d).(string); addLanguages(payload, text) {
			return
		}
	}
}

const (
	maxLanguages   = 16
	maxLanguageTag = 35 // RFC 5646, section 4.4.1
)

// addLanguages puts a language tag, or the tags of an Accept-Language, into a payload. It
// reports whether there is one.
func addLanguages(payload map[string]any, text string) bool {
	tags := []string{text}
	if strings.ContainsAny(text, ",;") {
		accepted, _, err := language.ParseAcceptLanguage(text)
		if err != nil {
			return false
		}
		tags = tags[:0]
		for _, tag := range accepted[:min(len(accepted), maxLanguages)] {
			tags = append(tags, tag.String())
		}
	}
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
	if len(tags) == 0 || tags[0] == "" || len(tags[0]) > maxLanguageTag || strings.Trim(tags[0], letters) != "" {
		return false
	}
	payload["locale"] = tags[0]
	if len(tags) > 1 {
		payload["uiLocales"] = strings.Join(tags, " ")
	}
	return true
}
