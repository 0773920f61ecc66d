package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"mailgun-connector/schema"
)

// jsonReader reads JSON by its tokens: encoding/json alone takes the last of two members
// with the same name, in silence, and knows no lines.
type jsonReader struct {
	treeReader
	text    []byte
	tokens  *json.Decoder
	counted int // bytes whose line breaks are counted
	at      int // line of that
}

func readJSON(text []byte) (tree, error) {
	r := jsonReader{treeReader: newTreeReader("JSON"), text: text, at: 1}
	var whole json.RawMessage
	if err := json.Unmarshal(text, &whole); err != nil { // tells where, and of what follows the end
		line := 0
		if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
			line = lineOf(text, int(syntax.Offset))
			err = fmt.Errorf("%w (byte %d)", err, syntax.Offset)
		}
		return tree{}, r.invalid(line, "%v", err)
	}
	r.tokens = json.NewDecoder(bytes.NewReader(text))
	r.tokens.UseNumber()
	var err error
	r.value, err = r.read("")
	if !bytes.Contains(bytes.TrimSpace(text), []byte("\n")) {
		r.lines = nil // on one line, as programs write it, it helps nobody
	}
	return r.tree, err
}

// line is that of what was read last.
func (r *jsonReader) line() int {
	end := int(r.tokens.InputOffset())
	r.at += bytes.Count(r.text[r.counted:end], []byte("\n"))
	r.counted = end
	return r.at
}

func (r *jsonReader) read(pointer string) (any, error) {
	token, err := r.tokens.Token()
	if err != nil {
		return nil, r.invalid(r.line(), "%v", err)
	}
	if err := r.enter(pointer, r.line()); err != nil {
		return nil, err
	}
	defer r.leave()
	switch token {
	case json.Delim('{'):
		return r.object(pointer)
	case json.Delim('['):
		return r.array(pointer)
	}
	return token, nil
}

func (r *jsonReader) array(pointer string) (any, error) {
	list := []any{}
	for r.tokens.More() {
		element, err := r.read(pointer + "/" + strconv.Itoa(len(list)))
		if err != nil {
			return nil, err
		}
		list = append(list, element)
	}
	_, err := r.tokens.Token() // ]
	return list, err
}

func (r *jsonReader) object(pointer string) (any, error) {
	object := map[string]any{}
	for r.tokens.More() {
		token, err := r.tokens.Token()
		if err != nil {
			return nil, r.invalid(r.line(), "%v", err)
		}
		name, _ := token.(string)
		at := pointer + "/" + schema.EscapePointer(name)
		if _, twice := object[name]; twice {
			r.duplicate(at, r.line())
		}
		if object[name], err = r.read(at); err != nil {
			return nil, err
		}
	}
	_, err := r.tokens.Token() // }
	return object, err
}
