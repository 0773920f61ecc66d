package templates

import "strings"

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
