package templates

import (
	"regexp"
	"strings"
)

// Mailgun has variables of its own, which it fills in after us: %recipient.name%,
// and %unsubscribe_url%, a link that blocks all further mail to whoever opens it
// (documentation.mailgun.com, "Tracking Unsubscribes"). People and organizations
// choose their names, so a value must never become such a variable: neither by
// itself nor together with what stands beside it.

// variableRune reports whether r can stand in the name of a variable.
func variableRune(r rune) bool {
	return r == '_' || r == '.' || r == '-' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

// variableName returns how much of s could be in the name of a variable, and
// whether a percent sign follows.
func variableName(s string) (length int, closed bool) {
	for length < len(s) && variableRune(rune(s[length])) {
		length++
	}
	return length, length < len(s) && s[length] == '%'
}

// percent returns what is written for a percent sign that would make a variable:
// in HTML the same as a character reference; elsewhere the full-width form, which
// reads the same and, unlike an invisible character, changes nothing in secret.
func (w *output) percent() string {
	if w.html {
		return "&#37;"
	}
	return "％"
}

// value writes a value, escaped where it must be, and the percent signs in it so that
// they make no variable.
func (w *output) value(s string) {
	w.begin(s)
	for {
		before, rest, found := strings.Cut(s, "%")
		w.escaped(before)
		w.valueEnd = w.b.Len()
		if !found {
			return
		}
		w.valueEnd++
		length, closed := variableName(rest)
		switch {
		case w.closes("", rest):
			w.b.WriteString(w.percent())
		case closed && w.isVariable(rest[:length], rest[length+1:]):
			w.b.WriteString(w.percent() + rest[:length] + w.percent())
			rest = rest[length+1:]
		default:
			w.b.WriteByte('%')
		}
		s = rest
	}
}

// literal writes a text that has a percent sign behind what could be the end of
// the name of a variable.
func (w *output) literal(p *part) {
	head, rest, _ := strings.Cut(p.literal, "%")
	if !w.closes(head, rest) {
		w.b.WriteString(p.literal)
		return
	}
	w.b.WriteString(head + w.percent() + rest)
}

// variable is what Mailgun takes for a variable of its own.
var variable = regexp.MustCompile(`%[\w.-]+%`)

// WithoutVariables returns a page with the same words and addresses, in which Mailgun
// finds no variables of its own.
func WithoutVariables(html string) string {
	return variable.ReplaceAllStringFunc(html, func(found string) string {
		return "&#37;" + found[1:len(found)-1] + "&#37;"
	})
}

// closes reports whether a percent sign behind what is written and head would
// close a variable that a value has a part in.
func (w *output) closes(head, rest string) bool {
	written := w.b.String()[w.start:]
	open := len(written)
	for open > 0 && variableRune(rune(written[open-1])) {
		open--
	}
	if open == 0 || written[open-1] != '%' || w.valueEnd <= w.start+open-1 {
		return false
	}
	return w.isVariable(written[open:]+head, rest)
}

// isVariable reports whether a name between two percent signs is that of a
// variable. Outside of HTML, where an address can't be written in another way, it
// is none between two octets of an address, as in %2Fhome%2F.
func (w *output) isVariable(name, rest string) bool {
	return name != "" && (w.html || !octet(name) || !octet(rest))
}

func octet(s string) bool {
	hex := func(b byte) bool { return b >= '0' && b <= '9' || b >= 'a' && b <= 'f' || b >= 'A' && b <= 'F' }
	return len(s) >= 2 && hex(s[0]) && hex(s[1])
}
