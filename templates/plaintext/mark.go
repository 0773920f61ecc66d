package plaintext

import (
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// marked returns the page with its marks. A Switch in the text becomes a comment,
// since the parser moves words out of a table (HTML, section 13.2.6.4.9) and lets
// comments stand anywhere.
func (c *converter) marked() string {
	var page strings.Builder
	switches := false
	for i, piece := range c.page {
		if piece.Kind == Text {
			page.WriteString(piece.Text)
			continue
		}
		page.WriteString(c.mark + strconv.Itoa(i) + "}")
		switches = switches || piece.Kind == Switch
	}
	if !switches {
		return page.String()
	}
	var commented strings.Builder
	tokens := html.NewTokenizer(strings.NewReader(page.String()))
	for raw := false; ; {
		token := tokens.Next()
		if token == html.ErrorToken {
			return commented.String()
		}
		text := string(tokens.Raw())
		if token == html.TextToken && !raw {
			text = c.commented(text)
		}
		commented.WriteString(text)
		raw = false
		if token == html.StartTagToken {
			name, _ := tokens.TagName()
			raw = holdsNoComments[atom.Lookup(name)]
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
