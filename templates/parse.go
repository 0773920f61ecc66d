package templates

import (
	"slices"
	"strings"
	"unicode"
)

// Parse compiles text. Whatever is no placeholder, condition or comment is
// literal text, so that braces of other template languages pass through
// unharmed. The error is [SyntaxErrors]: conditions and comments that are not
// closed, or closed where none is open.
func Parse(text string, kind Kind) (*Template, error) {
	p := &parser{t: &Template{kind: kind}, text: text, cursor: cursor{text: text}}
	for at := 0; at < len(text); {
		i := strings.IndexAny(text[at:], "{<")
		if i < 0 {
			break
		}
		at += i
		at += max(p.construct(at), 1)
	}
	p.literal(len(text))
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
		switch {
		case t.sign == '!':
		case t.sign == '#':
			p.condition(t)
		case t.sign == '/':
			p.close(t)
		default:
			p.otherwise(t)
		}
		return to - at
	}
	for _, form := range spellings {
		if value, length := placeholderAt(p.text[at:], form.open, form.shut); length > 0 {
			value.raw = form.raw
			p.literal(at)
			p.done = at + length
			p.t.add(value)
			return length
		}
	}
	return 0
}

// tag is a condition, its else or its end, or a comment.
type tag struct {
	from, to  int
	at        Position
	text      string // as it was written, or its beginning
	sign      byte   // '#', '/', '!' or 0
	name      string // "if", "unless" or "else"
	arguments string
}

// tag reads the tag that begins at an offset. ok is false if there is none.
func (p *parser) tag(from int) (t tag, ok bool) {
	inner, found := strings.CutPrefix(p.text[from:], "{{")
	if !found {
		return tag{}, false
	}
	shut := "}}"
	switch {
	case strings.HasPrefix(inner, "!--"):
		t.sign, shut = '!', "--}}"
	case strings.HasPrefix(inner, "!"):
		t.sign = '!'
	default:
		if t.sign, t.name, inner = keyword(inner); t.name == "" {
			return tag{}, false
		}
	}
	t.from, t.to, t.at = from, len(p.text), p.cursor.position(from)
	arguments, rest, closed := strings.Cut(inner, shut)
	if closed {
		t.to -= len(rest)
		t.arguments = strings.TrimSpace(arguments)
	}
	t.text = excerpt(p.text[t.from:t.to])
	if !closed {
		p.fail(t.at, "%s is not closed: add %s", t.text, shut)
		t.sign = '!' // there is no more to say of it
	}
	return t, true
}

// keyword reads the name of a tag and the sign before it; rest is what follows.
// The name is empty if there is none.
func keyword(inner string) (sign byte, name, rest string) {
	rest = trimSpace(inner)
	if rest != "" && (rest[0] == '#' || rest[0] == '/') {
		sign = rest[0]
		rest = trimSpace(rest[1:])
	}
	end := strings.IndexFunc(rest, func(r rune) bool { return !nameRune(r) })
	if end < 0 {
		end = len(rest)
	}
	name, rest = rest[:end], rest[end:]
	if sign == 0 && name != "else" || sign != 0 && name != "if" && name != "unless" {
		return 0, "", ""
	}
	return sign, name, rest
}

// ownLine widens a tag that has a line to itself to the whole line, as Handlebars
// does: a condition then leaves no empty line behind.
func ownLine(text string, from, to int) (int, int) {
	before := strings.TrimRight(text[:from], " \t")
	if before != "" && !strings.HasSuffix(before, "\n") {
		return from, to
	}
	after := strings.TrimLeft(text[to:], " \t")
	rest, found := strings.CutPrefix(strings.TrimPrefix(after, "\r"), "\n")
	if !found && after != "" {
		return from, to
	}
	return len(before), len(text) - len(rest)
}

// excerpt returns the beginning of a construct, for messages.
func excerpt(s string) string {
	line, _, more := strings.Cut(s, "\n")
	if end := strings.Index(line, "}}"); end >= 0 && end+len("}}") < len(line) {
		line = line[:end+len("}}")]
	}
	const most = 40
	if runes := []rune(line); len(runes) > most {
		line, more = string(runes[:most]), true
	}
	if more {
		return strings.TrimSpace(line) + "…"
	}
	return line
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
