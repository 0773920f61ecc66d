package plaintext

import (
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// style is the declarations of an element, by property.
type style map[string]declaration

type declaration struct {
	value     string // lower case
	important bool
}

// add takes the declarations of a style attribute or of a rule. Later ones win,
// but not over important ones (CSS Cascading and Inheritance, section 6).
func (s style) add(declarations string) {
	for text := range strings.SplitSeq(strings.ToLower(declarations), ";") {
		property, value, found := strings.Cut(text, ":")
		if !found {
			continue
		}
		value, mark, _ := strings.Cut(value, "!")
		important := strings.TrimSpace(mark) == "important"
		s.set(strings.TrimSpace(property), declaration{strings.TrimSpace(value), important})
	}
}

func (s style) set(property string, d declaration) {
	if property == "font" {
		for token := range strings.FieldsSeq(d.value) {
			size, _, slash := strings.Cut(token, "/")
			if n, unit, ok := number(size); ok && (unit != "" || n == 0 || slash) {
				s.set("font-size", declaration{size, d.important})
			}
		}
		return
	}
	if d.important || !s[property].important {
		s[property] = d
	}
}

// cascade takes the declarations of a rule.
func (s style) cascade(rule style) {
	for property, d := range rule {
		s.set(property, d)
	}
}

func (s style) get(property string) string { return s[property].value }

// pixels returns a length. The percentages and the parts of a window that are
// not 0 have none.
func (s style) pixels(property string) (float64, bool) {
	n, unit, ok := number(s.get(property))
	switch {
	case !ok || n == 0:
	case unit == "" || unit == "px":
	case unit == "pt":
		n *= 4. / 3
	case unit == "em" || unit == "rem":
		n *= 16
	default:
		return 0, false
	}
	return n, ok
}

// number cuts a value into a number and its unit.
func number(value string) (n float64, unit string, ok bool) {
	end := strings.IndexFunc(value, func(r rune) bool { return !strings.ContainsRune("+-.0123456789", r) })
	if end < 0 {
		end = len(value)
	}
	n, err := strconv.ParseFloat(value[:end], 64)
	return n, value[end:], err == nil
}

const (
	unreadable = 4    // pixels: smaller text is not there to be read
	offScreen  = -500 // pixels
)

// hides reports whether an element and all in it is hidden. Not "mso-hide:all",
// which hides from Outlook alone what all others see, such as the link of a
// button that Outlook gets as a drawing.
func (s style) hides(n *html.Node) bool {
	for _, a := range n.Attr {
		if a.Key == "hidden" {
			return true
		}
	}
	if s.get("display") == "none" {
		return true
	}
	if opacity, unit, ok := number(s.get("opacity")); ok && unit == "" && opacity < 0.01 {
		return true
	}
	for _, property := range []string{"left", "right", "top", "bottom", "text-indent", "margin-left", "margin-top"} {
		if at, ok := s.pixels(property); ok && at <= offScreen {
			return true
		}
	}
	if height, ok := s.pixels("max-height"); ok && height <= 1 {
		return true
	}
	return s.get("overflow") == "hidden" && !inTable(n) && (s.flat("height") || s.flat("width"))
}

func (s style) flat(property string) bool {
	length, ok := s.pixels(property)
	return ok && length <= 1
}

// inTable reports whether n is a part of a table, whose height and width are
// only the least that they are (CSS 2.1, section 17.5).
func inTable(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Table, atom.Tbody, atom.Thead, atom.Tfoot, atom.Tr, atom.Td, atom.Th:
		return true
	}
	return false
}

// transparent reports whether a color can't be seen on any ground.
func transparent(color string) bool {
	color = strings.ReplaceAll(color, " ", "")
	switch {
	case color == "transparent":
		return true
	case strings.HasPrefix(color, "rgba(") || strings.HasPrefix(color, "hsla("):
		alpha, _, ok := number(strings.TrimSuffix(color[strings.LastIndexByte(color, ',')+1:], ")"))
		return ok && alpha == 0
	case strings.HasPrefix(color, "#"):
		return len(color) == 5 && color[4] == '0' || len(color) == 9 && color[7:] == "00"
	}
	return false
}
