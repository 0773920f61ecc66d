package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
)

// editJSON changes a text so that it means want: only the values that differ are
// written anew.
func editJSON(text []byte, want any) ([]byte, error) {
	mark := bytes.HasPrefix(text, byteOrderMark)
	text = bytes.TrimPrefix(text, byteOrderMark)
	e := jsonEditor{indent: indentOf(text)}
	start := len(text) - len(bytes.TrimLeft(text, " \t\r\n"))
	end := len(bytes.TrimRight(text, " \t\r\n"))
	if start > end {
		return nil, errors.New("is empty")
	}
	next, err := e.value(string(text[start:end]), want, "\n")
	if err != nil {
		return nil, err
	}
	all := string(text[:start]) + next + string(text[end:])
	if mark {
		all = string(byteOrderMark) + all
	}
	return []byte(all), nil
}

type jsonEditor struct{ indent string } // of one level, "" if all stands on one line

// indentOf is the white space before the first member, if that has its own line.
func indentOf(text []byte) string {
	_, rest, _ := bytes.Cut(text, []byte("{"))
	gap := rest[:len(rest)-len(bytes.TrimLeft(rest, " \t\r\n"))]
	return string(gap[bytes.LastIndexByte(gap, '\n')+1:])
}

// item is a member of an object, or an element of a list, with the text around it.
type item struct {
	gap   string // white space before it
	name  string // of a member, as decoded
	label string // of a member: its name and the colon, as written
	value string // as written
}

// value gives a value changed to mean want. gap is what stands before it where it
// has its own line.
func (e *jsonEditor) value(text string, want any, gap string) (string, error) {
	old, err := readJSON([]byte(text))
	if err != nil {
		return "", err
	}
	if same(old.value, want) {
		return text, nil
	}
	switch want := want.(type) {
	case map[string]any:
		if _, ok := old.value.(map[string]any); ok {
			return e.object(text, want, gap)
		}
	case []any:
		if old, ok := old.value.([]any); ok {
			return e.list(text, old, want, gap)
		}
	}
	return e.fresh(want, gap)
}

func (e *jsonEditor) object(text string, want map[string]any, gap string) (string, error) {
	items, tail, err := split(text)
	if err != nil {
		return "", err
	}
	inner := e.inner(items, gap)
	kept := map[string]bool{}
	var next []item
	for _, it := range items {
		w, ok := want[it.name]
		if !ok || kept[it.name] {
			continue
		}
		kept[it.name] = true
		if it.value, err = e.value(it.value, w, own(it.gap, inner)); err != nil {
			return "", err
		}
		next = append(next, it)
	}
	for _, name := range inOrder(want) {
		if kept[name] {
			continue
		}
		label, err := e.fresh(name, inner)
		if err != nil {
			return "", err
		}
		value, err := e.fresh(want[name], inner)
		if err != nil {
			return "", err
		}
		if label += ":"; e.indent != "" || strings.Contains(text, `": `) {
			label += " "
		}
		next = append(next, item{gap: inner, label: label, value: value})
	}
	return e.join("{", next, e.tail(tail, items, gap), "}"), nil
}

func (e *jsonEditor) list(text string, old, want []any, gap string) (string, error) {
	items, tail, err := split(text)
	if err != nil {
		return "", err
	}
	inner := e.inner(items, gap)
	next := make([]item, len(want))
	for i, from := range pair(old, want) {
		next[i] = item{gap: inner}
		if from >= 0 {
			next[i].gap = items[from].gap
			next[i].value, err = e.value(items[from].value, want[i], own(items[from].gap, inner))
		} else {
			next[i].value, err = e.fresh(want[i], inner)
		}
		if err != nil {
			return "", err
		}
	}
	return e.join("[", next, e.tail(tail, items, gap), "]"), nil
}

func (e *jsonEditor) join(begin string, items []item, tail, end string) string {
	if len(items) == 0 {
		return begin + end
	}
	var b strings.Builder
	b.WriteString(begin)
	for i, it := range items {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(it.gap + it.label + it.value)
	}
	b.WriteString(tail + end)
	return b.String()
}

// inner is the white space before a new item: that before the last one, or one
// level more than around it.
func (e *jsonEditor) inner(items []item, gap string) string {
	switch {
	case len(items) > 0:
		return items[len(items)-1].gap
	case e.indent == "":
		return ""
	}
	return gap + e.indent
}

// tail is the white space behind the last item, in what may have had none before.
func (e *jsonEditor) tail(tail string, items []item, gap string) string {
	if len(items) > 0 || e.indent == "" {
		return tail
	}
	return gap
}

// own is the gap of an item with a line of its own, or else that around it.
func own(gap, around string) string {
	if strings.Contains(gap, "\n") {
		return gap[strings.LastIndexByte(gap, '\n'):]
	}
	return around
}

// fresh writes a value on lines of their own, indented like the one that gap
// begins.
func (e *jsonEditor) fresh(v any, gap string) (string, error) {
	if e.indent == "" || !strings.Contains(gap, "\n") {
		text, err := ordered(v, "", "")
		return text, err
	}
	return ordered(v, gap[strings.LastIndexByte(gap, '\n'):], e.indent)
}

// ordered writes a value with its members in canonical order. newline begins each
// of its lines, and indent is added for each level; both may be empty.
func ordered(v any, newline, indent string) (string, error) {
	var items []string
	brackets := "{}"
	switch v := v.(type) {
	case map[string]any:
		for _, name := range inOrder(v) {
			label, err := ordered(name, "", "")
			if err != nil {
				return "", err
			}
			if label += ":"; indent != "" {
				label += " "
			}
			value, err := ordered(v[name], newline+indent, indent)
			if err != nil {
				return "", err
			}
			items = append(items, newline+indent+label+value)
		}
	case []any:
		brackets = "[]"
		for _, element := range v {
			value, err := ordered(element, newline+indent, indent)
			if err != nil {
				return "", err
			}
			items = append(items, newline+indent+value)
		}
	default:
		text, err := writeJSON(v)
		return string(bytes.TrimSuffix(text, []byte("\n"))), err
	}
	if len(items) == 0 {
		return brackets, nil
	}
	return brackets[:1] + strings.Join(items, ",") + newline + brackets[1:], nil
}

// split takes an object or a list apart; tail is the white space behind the last
// item.
func split(text string) (items []item, tail string, err error) {
	dec := json.NewDecoder(strings.NewReader(text))
	if _, err := dec.Token(); err != nil {
		return nil, "", err
	}
	isObject := text[0] == '{'
	at := 1
	for dec.More() {
		var it item
		if isObject {
			name, err := dec.Token()
			if err != nil {
				return nil, "", err
			}
			it.name, _ = name.(string)
		}
		named := int(dec.InputOffset())
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return nil, "", err
		}
		end := int(dec.InputOffset())
		start := end - len(raw)
		before := text[at:start]
		if isObject {
			before = text[at:named]
			quote := strings.IndexByte(before, '"')
			it.label = before[quote:] + text[named:start]
			before = before[:quote]
		}
		it.gap = before[strings.IndexByte(before, ',')+1:]
		it.value = string(raw)
		items = append(items, it)
		at = end
	}
	return items, text[at : len(text)-1], nil
}
