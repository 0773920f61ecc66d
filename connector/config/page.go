package config

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"mailgun-connector/connector/loopback"
	"mailgun-connector/templates"
)

// clipSize is where Gmail cuts a message's HTML off.
const clipSize = 102 << 10

// flaw is what mail clients or readers do not get along with.
type flaw int

const (
	flawMJML flaw = iota
	flawScript
	flawForm
	flawLang
	flawAlt
	flawHTTP
	flawWhole
)

var flaws = map[flaw]string{
	flawMJML:   "MJML, which no mail client reads: compile it to HTML first",
	flawScript: "a <script>, which mail clients take out: take it out yourself, and see that the mail works without",
	flawForm:   "a <form>, which mail clients block or warn of: link to a page that has it",
	flawLang:   `an <html> without "lang": screen readers then guess how to pronounce the words`,
	flawAlt:    `a picture without "alt": say what it shows, or write alt="" if it is decoration`,
	flawHTTP:   "a link to http://, which is warned of or blocked: write https://",
	flawWhole: "a whole page inside the layout's: leave out what the layout has already, " +
		"or set \"layout\": false for this mail",
}

// page warns of what a mail's HTML has that does not belong into a mail, once for each
// kind, at the first place. It may be inside a layout.
func (c *checker) page(pointer, text string, layout *templates.Layout) {
	if size := len(text) + layout.Size(); size > clipSize {
		c.warn(pointer, "has %d KB: Gmail cuts messages off at 102 KB", size>>10)
	}
	first := map[flaw]int{} // line
	line := 1
	for tokens := html.NewTokenizer(strings.NewReader(text)); ; {
		kind := tokens.Next()
		if kind == html.ErrorToken { // the end
			break
		}
		breaks := strings.Count(string(tokens.Raw()), "\n")
		var found []flaw
		switch kind {
		case html.DoctypeToken:
			found = []flaw{flawWhole}
		case html.StartTagToken, html.SelfClosingTagToken:
			found = flawsOf(tokens.Token())
		}
		for _, f := range found {
			if first[f] == 0 && (f != flawWhole || layout != nil) {
				first[f] = line
			}
		}
		line += breaks
	}
	found := slices.SortedFunc(maps.Keys(first), func(a, b flaw) int {
		return cmp.Or(cmp.Compare(first[a], first[b]), cmp.Compare(a, b))
	})
	for _, f := range found {
		c.warn(pointer, "line %d has %s", first[f], flaws[f])
	}
}

func flawsOf(tag html.Token) []flaw {
	var found []flaw
	attribute := func(name string) (string, bool) {
		i := slices.IndexFunc(tag.Attr, func(a html.Attribute) bool { return a.Key == name })
		if i < 0 {
			return "", false
		}
		return strings.TrimSpace(tag.Attr[i].Val), true
	}
	switch lang, _ := attribute("lang"); {
	case tag.Data == "mjml" || strings.HasPrefix(tag.Data, "mj-"):
		found = append(found, flawMJML)
	case tag.Data == "script":
		found = append(found, flawScript)
	case tag.Data == "form":
		found = append(found, flawForm)
	case tag.Data == "html" && lang == "":
		found = append(found, flawLang)
	}
	if tag.Data == "html" || tag.Data == "body" {
		found = append(found, flawWhole)
	}
	if _, ok := attribute("alt"); tag.Data == "img" && !ok {
		found = append(found, flawAlt)
	}
	for _, name := range []string{"href", "src"} {
		address, _ := attribute(name)
		const scheme = "http://"
		isHTTP := len(address) > len(scheme) && strings.EqualFold(address[:len(scheme)], scheme)
		if isHTTP && !loopback.Is(hostOf(address[len(scheme):])) {
			found = append(found, flawHTTP)
		}
	}
	return found
}

// hostOf returns what an address has before its path.
func hostOf(address string) string {
	host, _, _ := strings.Cut(address, "/")
	return host
}
