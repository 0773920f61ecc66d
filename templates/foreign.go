package templates

import "strings"

// Foreign is a place that looks like a template and is none here, such as
// {{ .Code }}, {{> partial}} or {% if %}. It is sent as it stands.
type Foreign struct {
	Position
	Text string // as it was written, or its beginning
}

// Foreign returns what the text has of other template languages, in order.
func (t *Template) Foreign() []Foreign {
	if t == nil {
		return nil
	}
	return t.foreign
}

// longest is how many bytes a construct of another language may have; more than
// that is text between two braces that have nothing to do with each other.
const longest = 200

// foreignAt returns how much of the beginning of s belongs to another template
// language, 0 for nothing. Two braces do in any case; what else marks a language
// (EJS and ERB, Jinja and Liquid, Mailgun's variables for many recipients) only
// if it is closed.
func foreignAt(s string) (length int) {
	switch {
	case strings.HasPrefix(s, "{{{"):
		return 0 // what comes of it begins at the next brace
	case strings.HasPrefix(s, "{{"):
		return max(closed(s, "{{", "}}"), len("{{"))
	case strings.HasPrefix(s, "{%"):
		return closed(s, "{%", "%}")
	case strings.HasPrefix(s, "<%"):
		return closed(s, "<%", "%>")
	case strings.HasPrefix(s, "%recipient"):
		if length, shut := variableName(s[1:]); shut {
			return 1 + length + 1
		}
	}
	return 0
}

// closed returns the length of what is between open and shut, both included, at
// the beginning of s; 0 if it is not closed before the next open.
func closed(s, open, shut string) int {
	inner := s[len(open):min(len(s), longest)]
	end := strings.Index(inner, shut)
	if end < 0 || strings.Contains(inner[:end], open) {
		return 0
	}
	return len(open) + end + len(shut)
}

// foreignText returns what a message shows of the construct that s begins with; of
// two braces alone also some of what follows them.
func foreignText(s string, length int) string {
	if length > len("{{") {
		return excerpt(s[:length])
	}
	inner, _, _ := strings.Cut(s[length:min(len(s), longest)], "{{")
	return excerpt(s[:length] + strings.TrimRight(inner, " \t\r"))
}
