package templates

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Parse compiles text. It never fails: whatever is not a placeholder is literal
// text, so that braces of other template languages pass through unharmed.
func Parse(text string, kind Kind) *Template {
	t := &Template{kind: kind}
	rest := text
	for {
		at, length, p := nextPlaceholder(rest)
		if length == 0 {
			t.literal(rest)
			return t
		}
		t.literal(rest[:at])
		t.add(p)
		rest = rest[at+length:]
	}
}

func (t *Template) literal(s string) {
	if s == "" {
		return
	}
	t.add(part{literal: s})
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

// nextPlaceholder finds the first placeholder in s; length 0 means none.
func nextPlaceholder(s string) (at, length int, p part) {
	for at < len(s) {
		i := strings.IndexAny(s[at:], "{<")
		if i < 0 {
			break
		}
		at += i
		for _, form := range spellings {
			if p, length := placeholderAt(s[at:], form.open, form.shut); length > 0 {
				p.raw = form.raw
				return at, length, p
			}
		}
		at++
	}
	return 0, 0, part{}
}

// placeholderAt reads open, a name with optional white space around it, and
// shut from the beginning of s.
func placeholderAt(s, open, shut string) (p part, length int) {
	if !strings.HasPrefix(s, open) {
		return part{}, 0
	}
	i := len(open) + spaces(s[len(open):])
	start := i
	for i < len(s) {
		r, size := utf8.DecodeRuneInString(s[i:])
		if !nameRune(r) {
			break
		}
		i += size
	}
	name := s[start:i]
	i += spaces(s[i:])
	if !strings.HasPrefix(s[i:], shut) {
		return part{}, 0
	}
	path := strings.Split(name, ".")
	if slices.Contains(path, "") {
		return part{}, 0
	}
	length = i + len(shut)
	return part{op: opValue, literal: s[:length], name: name, path: path}, length
}

func spaces(s string) int {
	return len(s) - len(strings.TrimLeft(s, " \t\r\n"))
}

func nameRune(r rune) bool {
	return r == '.' || r == '_' || r == '-' || unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
}
