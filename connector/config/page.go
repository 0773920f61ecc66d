package config

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"mailgun-connector/connector/loopback"
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
)

var flaws = map[flaw]string{
	flawMJML:   "MJML, which no mail client reads: compile it to HTML first",
	flawScript: "a <script>, which mail clients take out: take it out yourself, and see that the mail works without",
	flawForm:   "a <form>, which mail clients block or warn of: link to a page that has it",
	flawLang:   `an <html> without "lang": screen readers then guess how to pronounce the words`,
	flawAlt:    `a picture without "alt": say what it shows, or write alt="" if it is decoration`,
	flawHTTP:   "a link to http://, which is warned of or blocked: write https://",
}

// page warns of what a mail's HTML has that does not belong into a mail, once for each
// kind, at the first place.
func (c *checker) page(pointer, text string) {
	if len(text) > clipSize {
		c.warn(pointer, "has %d KB: Gmail cuts messages off at 102 KB", len(text)>>10)
	}
	first := map[flaw]int{} // line
	line := 1
	for tokens := html.NewTokenizer(strings.NewReader(text)); ; {
		kind := tokens.Next()
		if kind == html.ErrorToken { // the end
			break
		}
		breaks := strings.Count(string(tokens.Raw()), "\n")
		if kind == html.StartTagToken || kind == html.SelfClosingTagToken {
			for _, f := range flawsOf(tokens.Token()) {
				if first[f] == 0 {
					first[f] = line
				}
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
