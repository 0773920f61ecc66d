package config

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"mailgun-connector/schema"
)

// tree is a config as it was written, before anything is known of its
// meaning.
type tree struct {
	value any            // as encoding/json decodes it, numbers as json.Number
	lines map[string]int // JSON Pointer → line; only of YAML
}

// readTree decodes a text.
func readTree(text Document) (tree, error) {
	data := bytes.TrimPrefix(text.Data, byteOrderMark)
	if len(bytes.TrimSpace(data)) == 0 {
		return tree{}, errors.New("is empty")
	}
	if text.Format == JSON {
		return readJSON(data)
	}
	return readYAML(data)
}

func readJSON(text []byte) (tree, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var doc tree
	err := dec.Decode(&doc.value)
	if err == nil {
		if _, err = dec.Token(); errors.Is(err, io.EOF) {
			return doc, checkDepth(doc.value, 0)
		}
		err = errors.New("something follows the end of the document")
	}
	offset := dec.InputOffset()
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		offset = syntax.Offset
	}
	line := 1 + bytes.Count(text[:min(int(offset), len(text))], []byte("\n"))
	return tree{}, fmt.Errorf("is no JSON: line %d: %w", line, err)
}

// checkDepth holds JSON to the depth that YAML has.
func checkDepth(v any, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("is no usable JSON: it nests deeper than %d levels", maxDepth)
	}
	var err error
	switch v := v.(type) {
	case map[string]any:
		for _, child := range v {
			err = cmp.Or(err, checkDepth(child, depth+1))
		}
	case []any:
		for _, child := range v {
			err = cmp.Or(err, checkDepth(child, depth+1))
		}
	}
	return err
}

const (
	// maxNodes bounds what aliases of a YAML document may expand to.
	maxNodes = 100_000
	// pointerCost is how many bytes of its pointer count as much as a node: long
	// names above many nodes would otherwise make a small document large.
	pointerCost = 100
	// maxDepth bounds how deep a document nests: an alias inside its own anchor
	// would never end, and every level makes all pointers below it longer.
	maxDepth = 100
)

func readYAML(text []byte) (tree, error) {
	root, err := parseYAML(text)
	if err != nil {
		return tree{}, err
	}
	r := yamlReader{lines: map[string]int{}, left: maxNodes}
	value, err := r.value(root, "")
	return tree{value, r.lines}, err
}

// parseYAML gives the one document of a text.
func parseYAML(text []byte) (*yaml.Node, error) {
	var root, more yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(text))
	switch err := dec.Decode(&root); {
	case errors.Is(err, io.EOF):
		return nil, errors.New("is empty")
	case err != nil:
		return nil, yamlError(err)
	}
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		if err != nil {
			return nil, yamlError(err)
		}
		return nil, fmt.Errorf("is no usable YAML: line %d: something follows the end of the document", more.Line)
	}
	return &root, nil
}

// yamlError says what is wrong with a YAML text, without repeating any of it.
func yamlError(err error) error {
	what := strings.TrimPrefix(err.Error(), "yaml: ")
	if strings.Contains(what, "unknown anchor") { // the only message that quotes the text, which may be a key
		what = "an alias (*name) has no anchor: quote a text that begins with *"
	}
	return fmt.Errorf("is no YAML: %s", what)
}

// yamlReader turns YAML nodes into what encoding/json would have decoded from
// the same document written as JSON.
type yamlReader struct {
	lines map[string]int
	left  int // nodes until it is too much
	depth int
}

func (r *yamlReader) value(n *yaml.Node, pointer string) (any, error) {
	r.left -= 1 + len(pointer)/pointerCost
	if r.left < 0 {
		return nil, errors.New("is no usable YAML: its aliases expand to too much")
	}
	if r.depth++; r.depth > maxDepth {
		return nil, fmt.Errorf("is no usable YAML: line %d: it nests deeper than %d levels", n.Line, maxDepth)
	}
	defer func() { r.depth-- }()
	r.lines[pointer] = n.Line
	switch n.Kind {
	case yaml.DocumentNode:
		return r.value(n.Content[0], pointer)
	case yaml.AliasNode:
		return r.value(n.Alias, pointer)
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, item := range n.Content {
			var err error
			if list[i], err = r.value(item, pointer+"/"+strconv.Itoa(i)); err != nil {
				return nil, err
			}
		}
		return list, nil
	case yaml.MappingNode:
		return r.mapping(n, pointer)
	}
	return scalar(n)
}

func (r *yamlReader) mapping(n *yaml.Node, pointer string) (any, error) {
	object := make(map[string]any, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, child := n.Content[i], n.Content[i+1]
		if name.Kind != yaml.ScalarNode {
			return nil, fmt.Errorf("is no usable YAML: line %d: a member's name must be a plain word", name.Line)
		}
		if name.Tag == "!!merge" {
			return nil, fmt.Errorf("is no usable YAML: line %d: merge keys (<<) are not supported: write the members out", name.Line)
		}
		if _, twice := object[name.Value]; twice {
			return nil, fmt.Errorf("is no usable YAML: line %d: %q stands twice", name.Line, name.Value)
		}
		at := pointer + "/" + schema.EscapePointer(name.Value)
		v, err := r.value(child, at)
		if err != nil {
			return nil, err
		}
		object[name.Value] = v
		r.lines[at] = name.Line
	}
	return object, nil
}

func scalar(n *yaml.Node) (any, error) {
	switch n.Tag {
	case "!!null":
		return nil, nil
	case "!!bool":
		var b bool
		if err := n.Decode(&b); err != nil {
			return nil, badScalar(n)
		}
		return b, nil
	case "!!int", "!!float":
		if json.Valid([]byte(n.Value)) {
			return json.Number(n.Value), nil
		}
		var f float64 // 0x1f, 1_000, .5: what JSON has no spelling for
		if err := n.Decode(&f); err != nil {
			return nil, badScalar(n)
		}
		text, err := json.Marshal(f)
		if err != nil {
			return nil, fmt.Errorf("is no usable YAML: line %d: %s is no finite number", n.Line, n.Value)
		}
		return json.Number(text), nil
	}
	return n.Value, nil
}

// badScalar is about a value that its own tag does not fit. It does not repeat
// the value, which may be a key.
func badScalar(n *yaml.Node) error {
	return fmt.Errorf("is no usable YAML: line %d: the value is no %s, as its tag says", n.Line, strings.TrimPrefix(n.Tag, "!!"))
}

// line gives the line of a pointer or of the nearest object around it.
func (d tree) line(pointer string) int {
	for {
		if line, ok := d.lines[pointer]; ok || pointer == "" {
			return line
		}
		pointer = pointer[:strings.LastIndexByte(pointer, '/')]
	}
}
