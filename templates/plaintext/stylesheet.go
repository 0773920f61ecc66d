package plaintext

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// stylesheet is what the <style> elements of a page say of classes and ids:
// selector → declarations. Only the simplest selectors count (".a", "td.a", "#a",
// "td#a"), and no rule for some media only: what a phone hides, others show.
type stylesheet map[string]style

func stylesheetOf(doc *html.Node) stylesheet {
	sheet := stylesheet{}
	for n := range doc.Descendants() {
		if n.DataAtom != atom.Style || n.FirstChild == nil {
			continue
		}
		switch strings.ToLower(strings.TrimSpace(attribute(n, "media"))) {
		case "", "all", "screen":
			sheet.add(n.FirstChild.Data)
		}
	}
	return sheet
}

// add takes the rules of a style sheet (CSS Syntax, section 9).
func (sheet stylesheet) add(css string) {
	css = strings.NewReplacer("<!--", "", "-->", "").Replace(withoutComments(css))
	for {
		end := strings.IndexAny(css, "{;")
		if end < 0 {
			return
		}
		selectors, isRule := strings.TrimSpace(css[:end]), css[end] == '{'
		css = css[end+1:]
		switch {
		case !isRule: // a statement, such as @import
		case strings.HasPrefix(selectors, "@"):
			css = afterBlock(css)
		default:
			var declarations string
			declarations, css, _ = strings.Cut(css, "}")
			for selector := range strings.SplitSeq(strings.ToLower(selectors), ",") {
				sheet.rule(strings.TrimSpace(selector), declarations)
			}
		}
	}
}

func (sheet stylesheet) rule(selector, declarations string) {
	_, name, found := strings.Cut(strings.ReplaceAll(selector, "#", "."), ".")
	if !found || name == "" || strings.ContainsAny(selector, " >+~:[*\t\r\n") || strings.Contains(name, ".") {
		return
	}
	if sheet[selector] == nil {
		sheet[selector] = style{}
	}
	sheet[selector].add(declarations)
}

func withoutComments(css string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(css, "/*")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		_, css, _ = strings.Cut(after, "*/")
	}
}

// afterBlock returns what comes after the end of a block, inside of which css
// begins.
func afterBlock(css string) string {
	for depth := 1; depth > 0; {
		i := strings.IndexAny(css, "{}")
		switch {
		case i < 0:
			return ""
		case css[i] == '{':
			depth++
		default:
			depth--
		}
		css = css[i+1:]
	}
	return css
}

// style returns what holds for an element.
func (sheet stylesheet) style(n *html.Node) style {
	s := style{}
	if len(sheet) > 0 {
		for class := range strings.FieldsSeq(strings.ToLower(attribute(n, "class"))) {
			s.cascade(sheet["."+class])
			s.cascade(sheet[n.Data+"."+class])
		}
		if id := strings.ToLower(attribute(n, "id")); id != "" {
			s.cascade(sheet["#"+id])
			s.cascade(sheet[n.Data+"#"+id])
		}
	}
	s.add(attribute(n, "style"))
	return s
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}
