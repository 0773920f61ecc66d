package callers

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// linkTemplate is a link of the operator's own: an address with {{name}} or {{dotted.name}}
// for values of the call, which are encoded for a query.
type linkTemplate struct {
	literals []string // one more than names
	names    []pointer
}

var linkValue = regexp.MustCompile(`\{\{\s*([\w.-]+)\s*\}\}`)

func newLinkTemplate(text string) *linkTemplate {
	t := &linkTemplate{}
	at := 0
	for _, m := range linkValue.FindAllStringSubmatchIndex(text, -1) {
		t.literals = append(t.literals, text[at:m[0]])
		t.names = append(t.names, strings.Split(text[m[2]:m[3]], "."))
		at = m[1]
	}
	t.literals = append(t.literals, text[at:])
	return t
}

// fill returns the link; a value that is not there is empty.
func (t *linkTemplate) fill(values map[string]any) string {
	var b strings.Builder
	for i, name := range t.names {
		b.WriteString(t.literals[i])
		switch v := name.in(values).(type) {
		case string:
			b.WriteString(url.QueryEscape(v))
		case json.Number:
			b.WriteString(url.QueryEscape(v.String()))
		case bool:
			b.WriteString(strconv.FormatBool(v))
		}
	}
	b.WriteString(t.literals[len(t.names)])
	return b.String()
}

// ownLink returns the operator's own link for a letter, nil for none.
func (c *caller) ownLink(l *letter) *linkTemplate {
	if t, ok := c.links[l.usageKey]; ok {
		return t
	}
	return c.links[l.sourceType]
}

// isWebAddress reports whether a link leads to a page, rather than to a script.
func isWebAddress(link string) bool {
	u, err := url.Parse(link)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}
