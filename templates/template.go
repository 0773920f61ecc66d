// Package templates compiles texts with placeholders, such as
// "Your code is {{code}}", and fills them with the values of a payload. It knows
// nothing of deliveries or of sending.
//
// A placeholder is a dotted path into the payload, in either of two spellings
// that mean the same: {{user.name}} and <<user.name>>; {{{user.name}}} inserts
// the value raw where {{user.name}} would escape it. Conditions and comments are
// those of Handlebars, and nothing else is: {{#if path}} … {{else}} … {{/if}},
// {{#unless path}} … {{else}} … {{/unless}}, nested; {{! … }} and {{!-- … --}}.
// False are what is absent, null, false, "", 0 and the empty list.
//
// Everything that can be done once is done by [Parse]: rendering walks a list of
// parts and knows no syntax.
//
// It is somewhat large as one pass over a text finds all: placeholders, conditions,
// layouts, other languages' syntax, and the place of each.
package templates

import (
	"html"
	"strings"

	"mailgun-connector/templates/plaintext"
)

// Kind says where a text will stand, and so what happens to values put into it.
type Kind uint8

const (
	// Text is a plain-text body: values are inserted as they are.
	Text Kind = iota
	// HTML is an HTML body: values are escaped, except in the triple form.
	HTML
	// Header is one line of a mail header: white space around a value is trimmed,
	// invisible characters in it are dropped, and a value that holds a line break or
	// another control character is reported as unsafe.
	Header
)

// Template is a compiled text, safe for concurrent use. The nil *Template
// renders to nothing.
type Template struct {
	kind  Kind
	flows bool // has gaps and bullets
	parts []part
	size  int // bytes of all literals

	foreign []Foreign
}

// op says what a [part] is.
type op uint8

const (
	opText    op = iota // literal text
	opValue             // a placeholder
	opForeign           // literal text that looks like a template of another language
	opIf                // goes on behind skip unless its path is true
	opUnless            // goes on behind skip if its path is true
	opElse              // the end of a branch: goes on behind skip
	opEnd               // the end of a condition
	opGap               // white space before the next words, see [plaintext.Gap]
	opBullet            // what the next words begin with, see [plaintext.Bullet]
)

// part is a step of rendering.
type part struct {
	op      op
	raw     bool            // of a placeholder: the value is not escaped
	space   plaintext.Space // of a gap
	closer  bool            // of a text: a percent sign comes behind what could be the name of a variable
	skip    int             // of a condition or its else: where its branch ends
	literal string          // the text; a placeholder as it was written
	name    string          // of a placeholder or condition: what it asks for; of foreign text its beginning
	path    []string        // name split at its dots
}

func (t *Template) add(p part) {
	if p.op != opValue {
		t.size += len(p.literal) + p.space.Len()
		_, p.closer = variableName(p.literal)
	}
	t.parts = append(t.parts, p)
}

// Findings is what a rendering noticed. Both lists are in order of appearance
// and may name a placeholder twice.
type Findings struct {
	// Unresolved names the placeholders whose root key the payload lacks, and
	// what belongs to other template languages. They stay in the output as they
	// were written.
	Unresolved []string
	// Unsafe names the placeholders of a [Header] whose value holds a control
	// character. The output must not be used.
	Unsafe []string
	// Size is that of the values that [Template.Measure] counted, in bytes.
	Size int
}

// Size is the number of bytes that the text has without its values.
func (t *Template) Size() int {
	if t == nil {
		return 0
	}
	return t.size
}

// Uses reports whether the template contains a placeholder of exactly this name.
func (t *Template) Uses(name string) bool {
	if t == nil {
		return false
	}
	for i := range t.parts {
		if p := &t.parts[i]; p.op == opValue && p.name == name {
			return true
		}
	}
	return false
}

// AsHTML returns an HTML template that shows what a [Text] template says: everything in
// it is escaped, and its line breaks are kept.
func (t *Template) AsHTML() *Template {
	if t == nil {
		return nil
	}
	page := &Template{kind: HTML}
	for _, p := range t.parts {
		p.raw = false
		p.literal = lineBreaks.Replace(html.EscapeString(p.literal))
		page.add(p)
	}
	return page
}

var lineBreaks = strings.NewReplacer("\r\n", "<br>\n", "\n", "<br>\n")

// Mentions reports whether a placeholder or a condition asks for a root key or for
// something below it.
func (t *Template) Mentions(root string) bool {
	if t == nil {
		return false
	}
	for i := range t.parts {
		if p := &t.parts[i]; len(p.path) > 0 && p.path[0] == root {
			return true
		}
	}
	return false
}

// Measure adds to found what [Template.Render] would find, without rendering: the
// placeholders that are unresolved, and the size of the values. It stops counting
// beyond limit, since a long value may stand in a text very often.
func (t *Template) Measure(payload map[string]any, limit int, found *Findings) {
	if t == nil {
		return
	}
	for i := 0; i < len(t.parts); i++ {
		switch p := &t.parts[i]; p.op {
		case opValue:
			t.measure(p, payload, limit, found)
		case opForeign:
			found.Unresolved = append(found.Unresolved, p.name)
		case opIf, opUnless, opElse:
			i = t.branch(i, payload)
		}
	}
}

func (t *Template) measure(p *part, payload map[string]any, limit int, found *Findings) {
	root, ok := payload[p.path[0]]
	switch {
	case !ok:
		found.Unresolved = append(found.Unresolved, p.name)
	case found.Size <= limit:
		value := stringify(lookup(root, p.path[1:]))
		found.Size += len(value)
		switch {
		case p.raw:
		case t.kind == HTML:
			found.Size += escapes(value)
		default:
			found.Size += strings.Count(value, "%") * (len("％") - 1)
		}
	}
}

// escapes is how much longer a value gets by being escaped, at the most.
func escapes(value string) (more int) {
	for i := range len(value) {
		switch value[i] {
		case '<', '>':
			more += len("&lt;") - 1
		case '&', '"', '\'', '%':
			more += len("&amp;") - 1
		}
	}
	return more
}

// Render writes the text to b, its placeholders filled from payload. Values are
// those that encoding/json decodes into an any, with numbers as json.Number so
// that they appear as they were sent. A value is inserted once and never searched
// for placeholders. What was noticed is added to found.
func (t *Template) Render(b *strings.Builder, payload map[string]any, found *Findings) {
	if t == nil {
		return
	}
	w := output{b: b, start: b.Len(), html: t.kind == HTML}
	if t.flows {
		w.flow = new(plaintext.Flow)
	}
	for i := 0; i < len(t.parts); i++ {
		switch p := &t.parts[i]; p.op {
		case opText:
			w.text(p)
		case opForeign:
			w.text(p)
			found.Unresolved = append(found.Unresolved, p.name)
		case opValue:
			root, ok := payload[p.path[0]]
			switch {
			case !ok:
				w.text(p)
				found.Unresolved = append(found.Unresolved, p.name)
			case p.raw:
				w.raw(t.value(p, root, found))
			default:
				w.value(t.value(p, root, found))
			}
		case opIf, opUnless, opElse:
			i = t.branch(i, payload)
		case opGap:
			w.flow.Gap(p.space, p.literal)
		case opBullet:
			w.flow.Bullet(p.literal)
		}
	}
}

// value returns what a placeholder is replaced by, whose root key the payload has.
func (t *Template) value(p *part, root any, found *Findings) string {
	value := stringify(lookup(root, p.path[1:]))
	if t.kind == Header {
		var safe bool
		if value, safe = headerValue(value); !safe {
			found.Unsafe = append(found.Unsafe, p.name)
		}
	}
	return value
}
