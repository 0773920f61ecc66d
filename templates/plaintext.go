package templates

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"

	"github.com/inbucket/html2text"
	nethtml "golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// PlainText derives a [Text] template from an [HTML] one: the words of the page
// with the same placeholders, for readers that show no HTML. It fails only if
// the HTML can't be read at all.
func (t *Template) PlainText() (*Template, error) {
	// The converter would take <<code>> for a tag and could escape braces, so
	// placeholders travel through it as words that occur nowhere in the text.
	mark := "p" + strings.ToLower(rand.Text()) // which no text can foresee
	var page strings.Builder
	first := map[string]int{} // name → its first part: the converter must see that a link's text repeats its address
	for i, p := range t.parts {
		if p.name == "" {
			page.WriteString(p.literal)
			continue
		}
		if _, ok := first[p.name]; !ok {
			first[p.name] = i
		}
		fmt.Fprintf(&page, "%sQ%dQ", mark, first[p.name])
	}
	words, err := readable(page.String())
	if err != nil {
		return nil, fmt.Errorf("deriving a text part: %w", err)
	}
	text := &Template{kind: Text}
	for words != "" {
		var i int
		before, after, found := strings.Cut(words, mark+"Q")
		text.literal(before)
		if found {
			if _, err := fmt.Sscanf(after, "%dQ", &i); err != nil || i < 0 || i >= len(t.parts) || t.parts[i].name == "" {
				return nil, fmt.Errorf("deriving a text part: %q is no placeholder", mark+"Q"+after)
			}
			_, after, _ = strings.Cut(after, "Q")
			text.parts = append(text.parts, t.parts[i])
		}
		words = after
	}
	return text, nil
}

// readable turns a page into plain words. The converter marks headings and bold
// text with asterisks, which a reader would copy together with a code, and keeps
// what style sheets hide; so the tree is made plain first.
func readable(page string) (string, error) {
	doc, err := nethtml.Parse(strings.NewReader(page))
	if err != nil {
		return "", err
	}
	simplify(doc)
	return html2text.FromHTMLNode(doc)
}

func simplify(n *nethtml.Node) {
	switch n.DataAtom {
	case atom.H1, atom.H2, atom.H3:
		n.DataAtom = atom.P
	case atom.B, atom.Strong:
		n.DataAtom = atom.Span
	}
	for child := n.FirstChild; child != nil; {
		next := child.NextSibling
		if hidden(child) {
			n.RemoveChild(child)
		} else {
			simplify(child)
		}
		child = next
	}
}

func hidden(n *nethtml.Node) bool {
	return slices.ContainsFunc(n.Attr, func(a nethtml.Attribute) bool {
		return a.Key == "hidden" ||
			a.Key == "style" && strings.Contains(strings.ReplaceAll(a.Val, " ", ""), "display:none")
	})
}
