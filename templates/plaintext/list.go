package plaintext

import (
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// list is a list whose items are being written.
type list struct {
	numbering string // what its items begin with: a list-style-type, or a type of <ol>
	next      int
	step      int
}

func newList(n *html.Node, s style) *list {
	l := &list{numbering: "disc", next: 1, step: 1}
	if n.DataAtom == atom.Ol {
		l.numbering = "1"
		if t := attribute(n, "type"); t != "" {
			l.numbering = t
		}
		if has(n, "reversed") {
			l.step = -1
			l.next = 0
			for c := range n.ChildNodes() {
				if c.DataAtom == atom.Li {
					l.next++
				}
			}
		}
		if start, err := strconv.Atoi(attribute(n, "start")); err == nil {
			l.next = start
		}
	}
	for value := range strings.FieldsSeq(s.get("list-style") + " " + s.get("list-style-type")) {
		switch value {
		case "none", "disc", "circle", "square", "decimal",
			"lower-alpha", "lower-latin", "upper-alpha", "upper-latin", "lower-roman", "upper-roman":
			l.numbering = value
		}
	}
	return l
}

// bullet returns what the next item begins with.
func (l *list) bullet(item *html.Node) string {
	if value, err := strconv.Atoi(attribute(item, "value")); err == nil {
		l.next = value
	}
	n := l.next
	l.next += l.step
	switch l.numbering {
	case "none":
		return ""
	case "disc", "circle", "square":
		return "* "
	case "a", "lower-alpha", "lower-latin":
		return letters(n) + ". "
	case "A", "upper-alpha", "upper-latin":
		return strings.ToUpper(letters(n)) + ". "
	case "i", "lower-roman":
		return strings.ToLower(roman(n)) + ". "
	case "I", "upper-roman":
		return roman(n) + ". "
	}
	return strconv.Itoa(n) + ". "
}

// letters counts a, b, …, z, aa, ab, …
func letters(n int) string {
	if n < 1 {
		return strconv.Itoa(n)
	}
	var s string
	for ; n > 0; n = (n - 1) / 26 {
		s = string(rune('a'+(n-1)%26)) + s
	}
	return s
}

func roman(n int) string {
	if n < 1 || n > 3999 {
		return strconv.Itoa(n)
	}
	var b strings.Builder
	for _, digit := range []struct {
		value int
		text  string
	}{
		{1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"}, {40, "XL"},
		{10, "X"}, {9, "IX"}, {5, "V"}, {4, "IV"}, {1, "I"},
	} {
		for ; n >= digit.value; n -= digit.value {
			b.WriteString(digit.text)
		}
	}
	return b.String()
}

func has(n *html.Node, key string) bool {
	for _, a := range n.Attr {
		if a.Key == key {
			return true
		}
	}
	return false
}
