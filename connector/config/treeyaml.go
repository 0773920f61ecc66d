package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"mailgun-connector/schema"
)

// yamlReader turns YAML nodes into what encoding/json would have decoded from the same
// document written as JSON.
type yamlReader struct{ treeReader }

func readYAML(text []byte) (tree, error) {
	root, err := parseYAML(text)
	if err != nil {
		return tree{}, err
	}
	r := yamlReader{newTreeReader("YAML")}
	r.value, err = r.read(root, "")
	return r.tree, err
}

// parseYAML returns the one document of a text. Others must be empty, as one is that
// ends with "---".
func parseYAML(text []byte) (*yaml.Node, error) {
	reader := newTreeReader("YAML")
	var root *yaml.Node
	for dec := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var next yaml.Node
		switch err := dec.Decode(&next); {
		case errors.Is(err, io.EOF) && root == nil:
			return nil, unreadable(errors.New("is empty"))
		case errors.Is(err, io.EOF):
			return root, nil
		case err != nil:
			return nil, reader.explainYAML(text, err)
		case root == nil:
			root = &next
		case isEmpty(root):
			root = &next
		case !isEmpty(&next):
			return nil, reader.invalid(next.Content[0].Line, "something follows the end of the document")
		}
	}
}

// isEmpty reports whether a document has nothing but comments.
func isEmpty(document *yaml.Node) bool {
	content := document.Content[0]
	return content.Tag == "!!null" && content.Value == ""
}

var (
	yamlLine = regexp.MustCompile(`^line (\d+): `)
	// bracedValue begins with a placeholder where YAML expects a mapping.
	bracedValue = regexp.MustCompile(`^\s*(?:- +)*(?:[\w$"'.-]+ *: +)?\{\{`)
)

// adviceUnquoted is for the first mistake that everybody makes with placeholders in YAML.
const adviceUnquoted = `a text that begins with "{" needs quotes, like "{{code}} is your code"`

// explainYAML says what is wrong with a YAML text, without repeating any of it.
func (r *treeReader) explainYAML(text []byte, err error) error {
	what := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 0
	if m := yamlLine.FindStringSubmatch(what); m != nil {
		line, _ = strconv.Atoi(m[1])
		what = strings.TrimPrefix(what, m[0])
	}
	if line := unquotedPlaceholder(text, line); line > 0 {
		return r.invalid(line, adviceUnquoted)
	}
	switch {
	case strings.Contains(what, "unknown anchor"): // the only message that quotes the text, which may be a key
		what = "an alias (*name) has no anchor: put quotes around a text that begins with *"
	case strings.Contains(what, "mapping values are not allowed"):
		what += `: put quotes around a text that holds ": "`
	case strings.Contains(what, "cannot start any token"):
		what += `: put quotes around a text that begins with %, @ or a backtick, and indent by spaces`
	}
	return r.invalid(line, "%s", what)
}

// unquotedPlaceholder returns the line at which a text stops being YAML since it has a
// placeholder without quotes there, 0 for none. The parser tells of it at a line near by.
func unquotedPlaceholder(text []byte, told int) int {
	const near = 3
	end := 0
	for line := 1; end < len(text) && line <= told+near; line++ {
		begin := end
		if i := bytes.IndexByte(text[begin:], '\n'); i >= 0 {
			end = begin + i + 1
		} else {
			end = len(text)
		}
		if line < told-near || !bracedValue.Match(text[begin:end]) {
			continue
		}
		var before, with yaml.Node
		if yaml.Unmarshal(text[:begin], &before) == nil && yaml.Unmarshal(text[:end], &with) != nil {
			return line
		}
	}
	return 0
}

func (r *yamlReader) read(n *yaml.Node, pointer string) (any, error) {
	if err := r.enter(pointer, n.Line); err != nil {
		return nil, err
	}
	defer r.leave()
	switch n.Kind {
	case yaml.DocumentNode:
		return r.read(n.Content[0], pointer)
	case yaml.AliasNode:
		return r.read(n.Alias, pointer)
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, item := range n.Content {
			var err error
			if list[i], err = r.read(item, pointer+"/"+strconv.Itoa(i)); err != nil {
				return nil, err
			}
		}
		return list, nil
	case yaml.MappingNode:
		return r.mapping(n, pointer)
	}
	return r.scalar(n, pointer), nil
}

func (r *yamlReader) mapping(n *yaml.Node, pointer string) (any, error) {
	object := make(map[string]any, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, child := n.Content[i], n.Content[i+1]
		switch {
		case name.Kind == yaml.MappingNode && name.Style&yaml.FlowStyle != 0:
			return nil, r.invalid(name.Line, adviceUnquoted)
		case name.Kind != yaml.ScalarNode:
			return nil, r.invalid(name.Line, "a key must be a plain word")
		case name.Tag == "!!merge":
			return nil, r.invalid(name.Line, "merge keys (<<) are not supported: write the members out")
		}
		at := pointer + "/" + schema.EscapePointer(name.Value)
		if _, twice := object[name.Value]; twice {
			r.duplicate(at, name.Line)
		}
		v, err := r.read(child, at)
		if err != nil {
			return nil, err
		}
		object[name.Value] = v
		r.lines[at] = name.Line
	}
	return object, nil
}

// scalar returns a value. It repeats none in a problem: it may be a key.
func (r *yamlReader) scalar(n *yaml.Node, pointer string) any {
	if strings.Contains(n.LineComment, "{{") && n.Style == 0 {
		r.warnings = append(r.warnings, Problem{
			pointer, "ends before the #, behind which all is comment: put quotes around the text", n.Line,
		})
	}
	switch n.Tag {
	case "!!str", "!!timestamp":
		return n.Value
	case "!!null":
		return nil
	case "!!bool":
		var b bool
		if n.Decode(&b) == nil {
			return b
		}
	case "!!int", "!!float":
		if json.Valid([]byte(n.Value)) {
			return json.Number(n.Value)
		}
		r.problem(pointer, n.Line, "is a number that YAML would change "+
			"(a zero or + in front, or not in plain decimals): "+
			"put quotes around it")
		return n.Value
	}
	r.problem(pointer, n.Line, "has a tag that its value does not fit: put quotes around a text that begins with !")
	return n.Value
}
