package config

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// templatesMember is the list of localized templates, the one list whose elements have names:
// their identities. No two of them have the same.
const templatesMember = "templates"

// identityOf returns what tells a localized template from others, its type and language, and ""
// for what is none.
func identityOf(entry any) string {
	object, _ := entry.(map[string]any)
	usageType, _ := object["templateType"].(string)
	language, _ := object["languageTag"].(string)
	if usageType == "" || language == "" {
		return ""
	}
	return usageType + " " + strings.ToLower(language)
}

// identities returns the places of localized templates by their identities, nil if one has none or
// that of another.
func identities(templates []any) map[string]int {
	places := make(map[string]int, len(templates))
	for i, entry := range templates {
		id := identityOf(entry)
		if _, twice := places[id]; twice || id == "" {
			return nil
		}
		places[id] = i
	}
	return places
}

// withLocalized returns templates with one in the place of that of its identity, or behind them.
func withLocalized(templates []any, entry any) []any {
	templates = slices.Clone(templates)
	id := identityOf(entry)
	if i := slices.IndexFunc(templates, func(other any) bool { return identityOf(other) == id }); i >= 0 {
		templates[i] = entry
		return templates
	}
	return append(templates, entry)
}

// localized compares templates by their identities, and reports whether they have such.
func (c *comparison) localized(pointer string, was, is []any) bool {
	places := identities(is)
	if places == nil || identities(was) == nil {
		return false
	}
	last, common, inOrder := -1, 0, true
	for i, entry := range was {
		at := element(pointer, i)
		j, there := places[identityOf(entry)]
		if !there {
			c.found = append(c.found, at)
			continue
		}
		common++
		inOrder = inOrder && j > last
		last = j
		c.compare(at, entry, is[j])
	}
	if common < len(is) || !inOrder {
		c.found = append(c.found, pointer)
	}
	return true
}

// jsonList finds the templates of a list, whose bracket has been read.
func jsonList(dec *json.Decoder, base int) (*object, bool) {
	list := &object{begin: base + int(dec.InputOffset())}
	for dec.More() {
		var text json.RawMessage
		if err := dec.Decode(&text); err != nil {
			return nil, false
		}
		var entry any
		if err := json.Unmarshal(text, &entry); err != nil {
			return nil, false
		}
		end := base + int(dec.InputOffset())
		start := end - len(text)
		list.members = append(list.members, member{name: identityOf(entry), start: start, value: start, end: end})
	}
	return list, true
}

// yamlList finds the templates of a list that is written in lines, each from its dash on, and
// whose text ends at an offset.
func (g grafter) yamlList(data []byte, n *yaml.Node, end int) (*object, bool) {
	list := &object{}
	begin, first := offset(data, n.Line, 1), n.Line // of the element before, to be quick in long lists
	for i, item := range n.Content {
		dash := func(line int) int { return begin + offset(data[begin:], line-first+1, n.Column) }
		line := item.Line
		start := dash(line)
		for line > first && !bytes.HasPrefix(data[start:], []byte("-")) { // it may stand lines before
			line--
			start = dash(line)
		}
		var entry any
		if err := item.Decode(&entry); err != nil {
			return nil, false
		}
		begin, first = start-(n.Column-1), line
		if i > 0 {
			list.members[i-1].end = begin
		}
		list.members = append(list.members, member{
			name: identityOf(entry), column: n.Column - 1, node: item, start: start, value: start, end: end,
		})
	}
	for i, m := range list.members {
		list.members[i].end = g.endOf(data, m)
	}
	return list, true
}

// isEmptyYAML reports whether a member has nothing in it that another could be put beside.
func (m member) isEmptyYAML() bool { return m.node != nil && len(m.node.Content) == 0 }
