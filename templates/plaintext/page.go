package plaintext

import (
	"crypto/rand"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Convert returns the text of a page: what its reader sees, row by row, with the
// addresses of its links in parentheses. The Values and Switches among the pieces
// of the page are in the text what they are in the page; a Value that the page
// does not show is not in the text. It fails if elements are nested deeper than a
// browser would show (512).
func Convert(page []Piece) ([]Piece, error) {
	c := &converter{page: page, mark: "{" + rand.Text() + ":"} // which no page can foresee
	doc, err := html.Parse(strings.NewReader(c.marked()))
	if err != nil {
		return nil, err
	}
	c.sheet = stylesheetOf(doc)
	c.w = &writer{}
	c.node(doc, look{})
	c.w.settle()
	c.w.flush()
	return c.w.pieces, nil
}

// converter walks through a page. The parser knows only HTML, so each Value and
// Switch travels through it as a mark: a word that occurs nowhere else, or a
// comment around such a word. It begins with a brace as a placeholder does, so
// that what stands before it (an "<", an "&") means what it meant.
type converter struct {
	page  []Piece
	mark  string
	sheet stylesheet
	w     *writer
}

// text writes text of the page; if it is hidden, only the switches in it.
func (c *converter) text(s string, l look) {
	for {
		before, i, after, found := c.cut(s)
		if !l.silent() {
			c.w.text(before, l.white)
		}
		if !found {
			return
		}
		switch piece := c.page[i]; {
		case piece.Kind == Switch:
			c.w.toggle(piece)
		case !l.silent():
			c.w.value(piece)
		}
		s = after
	}
}

// node writes a node and what is in it. The parser nests no deeper than 512.
func (c *converter) node(n *html.Node, l look) {
	switch n.Type {
	case html.TextNode:
		c.text(n.Data, l)
	case html.CommentNode:
		c.text(n.Data, look{hidden: true})
	case html.ElementNode:
		c.element(n, l)
	case html.DocumentNode:
		c.children(n, l)
	}
}

func (c *converter) children(n *html.Node, l look) {
	for child := range n.ChildNodes() {
		c.node(child, l)
	}
}

func (c *converter) element(n *html.Node, l look) {
	s := c.sheet.style(n)
	space := spaceAround(n, s, l)
	l = l.of(n, s, space)
	if l.hidden {
		c.children(n, l)
		return
	}
	c.w.gap(space)
	switch n.DataAtom {
	case atom.Br:
		c.w.gap(lineBreak)
	case atom.Hr:
		if !l.silent() {
			c.w.write("---")
		}
	case atom.Img:
		c.text(attribute(n, "alt"), l)
	case atom.Input:
		switch strings.ToLower(attribute(n, "type")) {
		case "submit", "button", "reset":
			c.text(attribute(n, "value"), l)
		}
	case atom.A:
		c.link(n, l)
	case atom.Tr:
		c.row(n, l)
	case atom.Ul, atom.Ol, atom.Menu, atom.Dir:
		l.list = newList(n, s)
		c.children(n, l)
	case atom.Li:
		c.item(n, s, l)
	case atom.Blockquote:
		indent := c.w.indent
		c.w.indent += "> "
		c.children(n, l)
		c.w.indent = indent
	default:
		c.children(n, l)
	}
	c.w.gap(space)
}

// spaceAround returns the space before and after an element.
func spaceAround(n *html.Node, s style, l look) Space {
	space := none
	switch n.DataAtom {
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Blockquote, atom.Pre, atom.Hr, atom.Table,
		atom.Figure, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Main, atom.Aside, atom.Nav,
		atom.Address, atom.Fieldset, atom.Details:
		space = Paragraph
	case atom.Ul, atom.Ol, atom.Dl, atom.Menu, atom.Dir:
		space = Paragraph
		if l.list != nil {
			space = line
		}
	case atom.Html, atom.Body, atom.Div, atom.Center, atom.Li, atom.Dt, atom.Dd, atom.Form, atom.Legend,
		atom.Caption, atom.Figcaption, atom.Summary, atom.Option, atom.Thead, atom.Tbody, atom.Tfoot, atom.Td, atom.Th:
		space = line
	}
	switch display := s.get("display"); {
	case display == "block" || display == "table" || display == "table-row" || display == "list-item" ||
		display == "flex" || display == "grid":
		space = max(space, line)
	case display == "inline" || n.DataAtom == atom.Li && strings.HasPrefix(display, "inline"):
		space = none
	}
	return space
}

func (c *converter) item(n *html.Node, s style, l look) {
	if strings.HasPrefix(s.get("display"), "inline") { // a menu in one line
		c.children(n, l)
		return
	}
	if l.list == nil {
		l.list = &list{numbering: "disc"}
	}
	bullet := l.list.bullet(n)
	indent := c.w.indent
	if bullet != "" {
		c.w.bullet = indent + bullet
	}
	c.w.indent += strings.Repeat(" ", len(bullet))
	c.children(n, l)
	c.w.endItem()
	c.w.indent = indent
}

// aside writes into a writer of its own.
func (c *converter) aside(write func()) *writer {
	outer := c.w
	c.w = &writer{indent: outer.indent}
	write()
	inner := c.w
	c.w = outer
	inner.settle()
	inner.flush()
	return inner
}
