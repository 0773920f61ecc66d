package plaintext

import (
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// look is what an element hands down to those in it.
type look struct {
	hidden    bool // by something that nothing inside of it undoes
	invisible bool // visibility: hidden
	tiny      bool // too small to be read
	clear     bool // transparent
	white     whiteSpace
	list      *list // the innermost
}

func (l look) silent() bool { return l.hidden || l.invisible || l.tiny || l.clear }

// of returns the look inside of an element. Size and color go no further than to
// its inline elements: a layout table often has size 0 to close its gaps, while
// rules that are not followed here give the paragraphs in it a size.
func (l look) of(n *html.Node, s style, space Space) look {
	l.hidden = l.hidden || neverShown[n.DataAtom] || n.Data == "xml" || s.hides(n)
	if space != none {
		l.tiny, l.clear = false, false
	}
	if size, ok := s.pixels("font-size"); ok {
		l.tiny = size < unreadable
	}
	if color := s.get("color"); color != "" {
		l.clear = transparent(color)
	}
	switch s.get("visibility") {
	case "hidden", "collapse":
		l.invisible = true
	case "visible":
		l.invisible = false
	}
	if n.DataAtom == atom.Pre || n.DataAtom == atom.Textarea {
		l.white = allKept
	}
	switch s.get("white-space") {
	case "normal", "nowrap":
		l.white = collapsed
	case "pre-line":
		l.white = linesKept
	case "pre", "pre-wrap", "break-spaces":
		l.white = allKept
	}
	return l
}

var neverShown = map[atom.Atom]bool{
	atom.Head: true, atom.Title: true, atom.Style: true, atom.Script: true, atom.Template: true, atom.Noscript: true,
	atom.Iframe: true, atom.Noembed: true, atom.Noframes: true, atom.Datalist: true, atom.Object: true,
}
