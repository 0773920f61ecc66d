package plaintext

import (
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// marked returns the page with its marks, ready for the parser. A Switch in the
// text becomes a comment, since the parser moves words out of a table (HTML,
// section 13.2.6.4.9) and lets comments stand anywhere.
//
// The parser joins words that it finds side by side, and anew with each further
// one: a page of 1 MB that has a stray tag between any two of them took minutes.
// So each stretch of text is followed by a comment, which keeps the next one
// apart, and by an element that shows nothing and leaves a table as words do. It
// also joins the attributes of all <html> and <body> tags; they say nothing here.
func (c *converter) marked() string {
	var page, marked strings.Builder
	for i, piece := range c.page {
		if piece.Kind == Text {
			page.WriteString(piece.Text)
		} else {
			page.WriteString(c.mark + strconv.Itoa(i) + "}")
		}
	}
	tokens := html.NewTokenizer(strings.NewReader(page.String()))
	for inside := atom.Atom(0); ; {
		kind := tokens.Next()
		if kind == html.ErrorToken {
			return marked.String()
		}
		raw := string(tokens.Raw())
		name, _ := tokens.TagName()
		tag := atom.Lookup(name)
		switch {
		case kind == html.TextToken && !holdsNoComments[inside]:
			marked.WriteString(c.commented(raw) + "<!---->")
			if strings.TrimSpace(raw) != "" {
				marked.WriteString("<wbr/>")
			}
		case kind != html.EndTagToken && (tag == atom.Html || tag == atom.Body):
			marked.WriteString("<" + tag.String() + ">")
		default:
			marked.WriteString(raw)
		}
		inside = 0
		if kind == html.StartTagToken {
			inside = tag
		}
	}
}

// holdsNoComments has the elements in which a comment is text.
var holdsNoComments = map[atom.Atom]bool{
	atom.Iframe: true, atom.Noembed: true, atom.Noframes: true, atom.Noscript: true, atom.Plaintext: true,
	atom.Script: true, atom.Style: true, atom.Textarea: true, atom.Title: true, atom.Xmp: true,
}

func (c *converter) commented(text string) string {
	var b strings.Builder
	for {
		before, i, after, found := c.cut(text)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		word := text[len(before) : len(text)-len(after)]
		if c.page[i].Kind == Switch {
			word = "<!--" + word + "-->"
		}
		b.WriteString(word)
		text = after
	}
}

// cut finds the first mark in s, and the piece that it stands for.
func (c *converter) cut(s string) (before string, i int, after string, found bool) {
	before, rest, found := strings.Cut(s, c.mark)
	if !found {
		return s, 0, "", false
	}
	number, after, _ := strings.Cut(rest, "}")
	i, err := strconv.Atoi(number)
	if err != nil || i < 0 || i >= len(c.page) {
		return s, 0, "", false // cut off by the parser
	}
	return before, i, after, true
}

// pieces returns what an attribute says, with its marks made pieces again.
func (c *converter) pieces(s string) []Piece {
	var pieces []Piece
	for {
		before, i, after, found := c.cut(s)
		if before != "" {
			pieces = append(pieces, Piece{Kind: Text, Text: before})
		}
		if !found {
			return pieces
		}
		pieces = append(pieces, c.page[i])
		s = after
	}
}
