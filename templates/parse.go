package templates

import (
	"slices"
	"strings"
	"unicode"
)

// Parse compiles text. Whatever is no placeholder, condition or comment is
// literal text: what belongs to other template languages passes through unharmed,
// and [Template.Foreign] tells where it stands. The error is [SyntaxErrors]:
// conditions and comments that are not closed, or closed where none is open.
func Parse(text string, kind Kind) (*Template, error) {
	return newParser(text, kind).parse()
}

func newParser(text string, kind Kind) *parser {
	return &parser{t: &Template{kind: kind}, text: text, cursor: cursor{text: text}}
}

func (p *parser) parse() (*Template, error) {
	for at := 0; at < len(p.text); {
		i := strings.IndexAny(p.text[at:], "{<%")
		if i < 0 {
			break
		}
		at += i
		at += max(p.construct(at), 1)
	}
	p.literal(len(p.text))
	p.finish()
	if len(p.errs) > 0 {
		return nil, p.errs
	}
	return p.t, nil
}

// parser compiles a text from its beginning to its end.
type parser struct {
	t      *Template
	text   string
	done   int // what stands before is compiled
	cursor cursor
	blocks []block
	errs   SyntaxErrors

	onValue func(value part, at int) // told of each placeholder before it is added; nil for nobody
}

// literal compiles the text up to an offset as it is.
func (p *parser) literal(to int) {
	if to > p.done {
		p.t.add(part{op: opText, literal: p.text[p.done:to]})
		p.done = to
	}
}

// construct compiles what begins at an offset, and returns its length: 0 if this
// is literal text.
func (p *parser) construct(at int) (length int) {
	if t, ok := p.tag(at); ok {
		from, to := t.from, t.to
		if p.t.kind != Header {
			from, to = ownLine(p.text, from, to)
		}
		p.literal(from)
		p.done = to
		switch t.sign {
		case '#':
			p.condition(t)
		case '/':
			p.close(t)
		case 0:
			p.otherwise(t)
		}
		return to - at
	}
	for _, form := range spellings {
		if value, length := placeholderAt(p.text[at:], form.open, form.shut); length > 0 {
			value.raw = form.raw
			p.literal(at)
			p.done = at + length
			if p.onValue != nil {
				p.onValue(value, at)
			}
			p.t.add(value)
			return length
		}
	}
	length = foreignAt(p.text[at:])
	if length > 0 {
		p.literal(at)
		p.done = at + length
		f := Foreign{p.cursor.position(at), foreignText(p.text[at:], length)}
		p.t.foreign = append(p.t.foreign, f)
		p.t.add(part{op: opForeign, literal: p.text[at:p.done], name: f.Text})
	}
	return length
}

// spellings are tried in this order at each place: the triple form first,
// because it begins like the double one.
var spellings = []struct {
	open, shut string
	raw        bool
}{
	{"{{{", "}}}", true},
	{"{{", "}}", false},
	{"<<", ">>", false},
}

// placeholderAt reads open, a name with optional white space around it, and
// shut from the beginning of s.
func placeholderAt(s, open, shut string) (p part, length int) {
	inner, found := strings.CutPrefix(s, open)
	if !found {
		return part{}, 0
	}
	inner = trimSpace(inner)
	end := strings.IndexFunc(inner, func(r rune) bool { return !nameRune(r) })
	if end < 0 {
		return part{}, 0
	}
	rest, found := strings.CutPrefix(trimSpace(inner[end:]), shut)
	path := splitPath(inner[:end])
	if !found || path == nil {
		return part{}, 0
	}
	length = len(s) - len(rest)
	return part{op: opValue, literal: s[:length], name: inner[:end], path: path}, length
}

// splitPath returns the steps of a path, nil if it is none.
func splitPath(s string) []string {
	if strings.ContainsFunc(s, func(r rune) bool { return !nameRune(r) }) {
		return nil
	}
	path := strings.Split(s, ".")
	if slices.Contains(path, "") {
		return nil
	}
	return path
}

func trimSpace(s string) string { return strings.TrimLeft(s, " \t\r\n") }

func nameRune(r rune) bool {
	return r == '.' || r == '_' || r == '-' || unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
}
