package config

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"mailgun-connector/schema"
)

// GraftError says that a member can't be put into a text without writing more of it anew.
type GraftError struct{ Pointer string }

// Error names the member.
func (e *GraftError) Error() string {
	return e.Pointer + " can't be put by itself into the text as it is written"
}

// Graft returns a text with the member at pointer as another text of the same format has
// it: with its value, comments and quotes there, or without the member if it is not there.
// What is beside it stays, byte for byte. A pointer leads through objects only, or to one of
// the localized templates of from: it takes the place of the one of its type and language, or
// comes last. The error is a [*GraftError] where that is not possible, such as in YAML that is
// written in braces.
func Graft(text, from Document, pointer string) (Document, error) {
	if pointer == "" {
		return from, nil
	}
	want, steps, err := graftedTree(text, from, pointer)
	if err != nil {
		return Document{}, err
	}
	for _, tight := range []bool{true, false} { // whether comments behind a member are the next one's
		g := grafter{format: text.Format, tight: tight}
		next, ok := g.graft(text.Data, from.Data, steps)
		if !ok {
			continue
		}
		if got, err := readTree(Document{next, text.Format}); err == nil && reflect.DeepEqual(got.value, want) {
			return Document{next, text.Format}, nil
		}
	}
	return Document{}, &GraftError{pointer}
}

// graftedTree returns what [Graft] is to come to, and the names of the members that lead there:
// that of a localized template is its identity.
func graftedTree(text, from Document, pointer string) (_ any, steps []string, _ error) {
	to, err := readTree(text)
	if err != nil {
		return nil, nil, err
	}
	donor, err := readTree(from)
	if err != nil {
		return nil, nil, err
	}
	steps = schema.Steps(pointer)
	root, ok := to.value.(map[string]any)
	if !ok || text.Format != from.Format {
		return nil, nil, &GraftError{pointer}
	}
	if steps[0] != templatesMember || len(steps) == 1 {
		graftValue(root, donor.value, steps)
		return root, steps, nil
	}
	entry := schema.Lookup(donor.value, pointer)
	if steps[1] = identityOf(entry); steps[1] == "" {
		return nil, nil, &GraftError{pointer}
	}
	templates, _ := root[templatesMember].([]any)
	root[templatesMember] = withLocalized(templates, entry)
	return root, steps, nil
}

func graftValue(into map[string]any, donor any, steps []string) {
	source, _ := donor.(map[string]any)
	value, there := source[steps[0]]
	switch child, isObject := into[steps[0]].(map[string]any); {
	case len(steps) == 1 && there:
		into[steps[0]] = value
	case len(steps) == 1 || !there: // without the object there is nothing in it
		delete(into, steps[0])
	case isObject:
		graftValue(child, value, steps[1:])
	default:
		child = map[string]any{}
		into[steps[0]] = child
		graftValue(child, value, steps[1:])
	}
}

// member is where an object's text has one of its members: data[start:end], from the name
// on; its value begins at value.
type member struct {
	name              string
	start, value, end int
	column            int        // of the name, from 0; in YAML
	node              *yaml.Node // the value, in YAML
}

// object is where a text has an object, or a list of localized templates by their identities.
type object struct {
	members []member
	begin   int // behind the brace, in JSON
}

func (o *object) find(name string) (i int, found bool) {
	i = slices.IndexFunc(o.members, func(m member) bool { return m.name == name })
	return i, i >= 0
}

// grafter puts one member into a text.
type grafter struct {
	format Format
	tight  bool
}

func (g grafter) graft(data, from []byte, steps []string) ([]byte, bool) {
	to, ok := g.root(data)
	if !ok {
		return nil, false
	}
	donor, ok := g.root(from)
	if !ok {
		return nil, false
	}
	for depth, step := range steps {
		last := depth == len(steps)-1
		i, here := to.find(step)
		j, there := donor.find(step)
		switch {
		case !there && !here:
			return data, true
		case !there:
			return g.remove(data, to, i), true
		case !here:
			text := g.nest(from, donor, steps[depth:])
			return g.insert(data, to, text), text != ""
		case last:
			d := donor.members[j]
			return g.replace(data, to.members[i], from[d.start:d.end], d.column), true
		case to.members[i].isEmptyYAML():
			text := g.nest(from, donor, steps[depth:])
			return g.replace(data, to.members[i], []byte(text), 0), text != ""
		}
		if to, ok = g.inside(data, to.members[i]); !ok {
			return nil, false
		}
		if donor, ok = g.inside(from, donor.members[j]); !ok {
			return nil, false
		}
	}
	return nil, false
}

// nest returns the text of the member at steps, in as many objects as there are steps
// before the last, without indentation; "" if that can't be written.
func (g grafter) nest(from []byte, donor *object, steps []string) string {
	i, ok := donor.find(steps[0])
	if !ok {
		return ""
	}
	m := donor.members[i]
	if len(steps) == 1 {
		return g.reindent(from[m.start:m.end], m.column, 0)
	}
	inner, ok := g.inside(from, m)
	if !ok {
		return ""
	}
	text := g.nest(from, inner, steps[1:])
	name := string(from[m.start:m.value])
	switch {
	case text == "":
		return ""
	case g.format == JSON && from[m.value] == '[':
		return name + "[" + text + "]"
	case g.format == JSON:
		return name + "{" + text + "}"
	}
	return strings.TrimRight(name, " \n") + "\n  " + g.reindent([]byte(text), 0, 2)
}

// line returns a member's text so that other text can follow.
func (g grafter) line(text string, behind []byte) string {
	if g.format == YAML && len(behind) > 0 && !strings.HasSuffix(text, "\n") {
		return text + "\n"
	}
	return text
}

// reindent moves the lines behind the first by columns, in YAML.
func (g grafter) reindent(text []byte, from, to int) string {
	if g.format == JSON || from == to {
		return string(text)
	}
	lines := strings.SplitAfter(string(text), "\n")
	for i, line := range lines[1:] {
		switch blank := len(line) - len(strings.TrimLeft(line, " ")); {
		case strings.TrimSpace(line) == "":
		case to > from:
			lines[i+1] = strings.Repeat(" ", to-from) + line
		default:
			lines[i+1] = line[min(from-to, blank):]
		}
	}
	return strings.Join(lines, "")
}

// replace puts a member's text, which begins at a column, in the place of another's.
func (g grafter) replace(data []byte, m member, text []byte, column int) []byte {
	next := g.line(g.reindent(text, column, m.column), data[m.end:])
	return slices.Concat(data[:m.start], []byte(next), data[m.end:])
}

func (g grafter) remove(data []byte, o *object, i int) []byte {
	m := o.members[i]
	if g.format == YAML {
		begin := m.start - m.column
		return slices.Concat(data[:begin], data[min(m.end, len(data)):])
	}
	switch { // with a comma
	case i+1 < len(o.members):
		return slices.Concat(data[:m.start], data[o.members[i+1].start:])
	case i > 0:
		return slices.Concat(data[:o.members[i-1].end], data[m.end:])
	}
	return slices.Concat(data[:m.start], data[m.end:])
}

func (g grafter) insert(data []byte, o *object, text string) []byte {
	if len(o.members) == 0 { // in JSON only
		return slices.Concat(data[:o.begin], []byte(text), data[o.begin:])
	}
	last := o.members[len(o.members)-1]
	if g.format == JSON {
		begin := bytes.LastIndexAny(data[:last.start], "{[,")
		return slices.Concat(data[:last.end], []byte(","), data[begin+1:last.start], []byte(text), data[last.end:])
	}
	line := strings.Repeat(" ", last.column) + g.reindent([]byte(text), 0, last.column)
	if !bytes.HasSuffix(data[:last.end], []byte("\n")) {
		line = "\n" + line
	}
	return slices.Concat(data[:last.end], []byte(g.line(line, data[last.end:])), data[last.end:])
}

func (g grafter) root(data []byte) (*object, bool) {
	if g.format == JSON {
		return jsonObject(data, 0)
	}
	document, err := parseYAML(data)
	if err != nil {
		return nil, false
	}
	return g.yamlObject(data, document.Content[0], len(data))
}

// inside returns the object that a member is.
func (g grafter) inside(data []byte, m member) (*object, bool) {
	if g.format == JSON {
		return jsonObject(data[:m.end], m.value)
	}
	return g.yamlObject(data, m.node, m.end)
}

// jsonObject finds the members of the object or list that begins at an offset.
func jsonObject(data []byte, base int) (*object, bool) {
	dec := json.NewDecoder(bytes.NewReader(data[base:]))
	switch begin, err := dec.Token(); {
	case err == nil && begin == json.Delim('['):
		return jsonList(dec, base)
	case err != nil || begin != json.Delim('{'):
		return nil, false
	}
	o := &object{begin: base + int(dec.InputOffset())}
	for dec.More() {
		start := base + int(dec.InputOffset())
		start += bytes.IndexByte(data[start:], '"')
		token, err := dec.Token()
		if err != nil {
			return nil, false
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, false
		}
		end := base + int(dec.InputOffset())
		name, _ := token.(string)
		o.members = append(o.members, member{name: name, start: start, value: end - len(value), end: end})
	}
	return o, true
}

// endOf returns where a member's text ends, with what follows it or without.
func (g grafter) endOf(data []byte, m member) int {
	if g.tight {
		return m.start + withoutComments(data[m.start:m.end])
	}
	return m.end
}

// yamlObject finds the members of a mapping that is written in lines, whose text ends at an
// offset.
func (g grafter) yamlObject(data []byte, n *yaml.Node, end int) (*object, bool) {
	if n.Kind == yaml.SequenceNode && n.Style&yaml.FlowStyle == 0 {
		return g.yamlList(data, n, end)
	}
	if n.Kind != yaml.MappingNode || n.Style&yaml.FlowStyle != 0 || len(n.Content) == 0 {
		return nil, false
	}
	o := &object{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i], n.Content[i+1]
		m := member{
			name: name.Value, column: name.Column - 1, node: value,
			start: offset(data, name.Line, name.Column), value: offset(data, value.Line, value.Column), end: end,
		}
		if i+2 < len(n.Content) {
			m.end = offset(data, n.Content[i+2].Line, 1)
		}
		m.end = g.endOf(data, m)
		if m.value > m.end || m.value < m.start {
			m.value = m.end
		}
		o.members = append(o.members, m)
	}
	return o, true
}

// withoutComments returns the length of a text without the blank lines and comments that
// it ends with.
func withoutComments(text []byte) int {
	end := len(text)
	for end > 0 {
		begin := bytes.LastIndexByte(text[:end-1], '\n') + 1
		line := bytes.TrimSpace(text[begin:end])
		if begin == 0 || len(line) > 0 && line[0] != '#' {
			break
		}
		end = begin
	}
	return end
}
