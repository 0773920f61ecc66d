package plaintext

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// link writes a link as its text and then its address in parentheses, or as its
// address alone if its text says no more.
func (c *converter) link(n *html.Node, l look) {
	text := c.aside(func() { c.children(n, l) })
	address := &writer{pieces: c.pieces(address(attribute(n, "href")))}
	switch {
	case l.silent() || !address.hasWords() || !text.hasWords() && !hasImage(n):
		c.w.append(text)
	case !text.hasWords():
		c.w.append(text) // switches
		c.w.append(address)
	case !same(text, address):
		c.w.append(text)
		c.w.write(" ( ")
		c.w.append(address)
		c.w.write(" )")
	case isWeb(address.key()) && !isWeb(text.key()):
		c.w.append(address)
	default:
		c.w.append(text)
	}
	c.w.gap(text.space)
}

// address returns what a reader can use of the address of a link: nothing of one
// that leads to a place in the page or runs a script.
func address(href string) string {
	href = strings.Map(func(r rune) rune {
		if r == '\n' || r == '\r' || r == '\t' { // a browser drops them (URL Standard, section 4.4)
			return -1
		}
		return r
	}, strings.TrimSpace(href))
	scheme, rest, found := strings.Cut(href, ":")
	if !found {
		scheme = ""
	}
	switch scheme = strings.ToLower(scheme); {
	case scheme == "mailto":
		to, _, _ := strings.Cut(rest, "?")
		return to
	case scheme == "tel":
		return rest
	case scheme == "javascript" || scheme == "data" || scheme == "cid" || strings.HasPrefix(href, "#"):
		return ""
	}
	return href
}

func isWeb(address string) bool {
	address = strings.ToLower(address)
	return strings.HasPrefix(address, "https://") || strings.HasPrefix(address, "http://")
}

// same reports whether the text of a link is its address.
func same(text, address *writer) bool {
	a, b := bare(text.key()), bare(address.key())
	return a == b || a != "" && phone(a) == phone(b) && phone(a) != ""
}

// bare returns an address without what people leave out when they write one.
func bare(address string) string {
	address = strings.ToLower(address)
	for _, scheme := range []string{"https://", "http://", "mailto:"} {
		if rest, found := strings.CutPrefix(address, scheme); found {
			address = rest
			break
		}
	}
	return strings.TrimSuffix(address, "/")
}

// phone returns the digits of a phone number, nothing of any other address.
func phone(number string) string {
	var b strings.Builder
	for _, r := range number {
		switch {
		case r >= '0' && r <= '9' || r == '+':
			b.WriteRune(r)
		case !strings.ContainsRune(" ()-./\u2011", r):
			return ""
		}
	}
	return b.String()
}

func hasImage(n *html.Node) bool {
	for c := range n.Descendants() {
		if c.DataAtom == atom.Img {
			return true
		}
	}
	return false
}
