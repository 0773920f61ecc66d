package config

import (
	"encoding/json"
	"maps"
	"strings"

	"go.yaml.in/yaml/v3"
)

// decodeYAML gives a text as nodes, and what they mean.
func decodeYAML(text []byte) (root *yaml.Node, value any, err error) {
	if root, err = parseYAML(text); err != nil {
		return nil, nil, err
	}
	r := yamlReader{newTreeReader("YAML")}
	value, err = r.read(root, "")
	return root, value, err
}

// reencodeYAML changes the nodes of a text so that they mean want, and writes all
// of them anew: comments, order and style survive, blank lines do not.
func reencodeYAML(text []byte, want any) ([]byte, error) {
	root, old, err := decodeYAML(text)
	if err != nil {
		return nil, err
	}
	root.Content[0] = patch(root.Content[0], old, want)
	return encodeYAML(root)
}

// expandYAML is reencodeYAML for a text in which several members share a value that
// is to change in one of them only: each gets its own.
func expandYAML(text []byte, want any) ([]byte, error) {
	root, old, err := decodeYAML(text)
	if err != nil {
		return nil, err
	}
	root = expand(root)
	root.Content[0] = patch(root.Content[0], old, want)
	return encodeYAML(root)
}

// writeYAML writes a document in canonical order.
func writeYAML(_ []byte, want any) ([]byte, error) {
	return encodeYAML(newNode(want))
}

// expand copies a node without anchors and aliases. The document has been read
// before, so that it is known to end.
func expand(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	c := *n
	c.Anchor = ""
	c.Content = make([]*yaml.Node, len(n.Content))
	for i, child := range n.Content {
		c.Content[i] = expand(child)
	}
	return &c
}

// patch gives a node that means want, made of one that means old: what is the same
// in both stays as it is.
func patch(n *yaml.Node, old, want any) *yaml.Node {
	if same(old, want) {
		return n
	}
	fresh := newNode(want)
	fresh.HeadComment, fresh.LineComment, fresh.FootComment = n.HeadComment, n.LineComment, n.FootComment
	switch {
	case n.Kind == yaml.MappingNode && fresh.Kind == yaml.MappingNode:
		return patchMapping(n, old.(map[string]any), want.(map[string]any))
	case n.Kind == yaml.SequenceNode && fresh.Kind == yaml.SequenceNode:
		return patchSequence(n, old.([]any), want.([]any))
	case n.Kind == yaml.ScalarNode && fresh.Kind == yaml.ScalarNode:
		fresh.Anchor = n.Anchor
		const quotes = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle
		if fresh.Tag == "!!str" && n.Style&quotes != 0 && !strings.Contains(fresh.Value, "\n") {
			fresh.Style = n.Style & quotes
		}
	}
	return fresh
}

func patchMapping(n *yaml.Node, old, want map[string]any) *yaml.Node {
	next := *n
	next.Content = nil
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, child := n.Content[i], n.Content[i+1]
		if w, ok := want[key.Value]; ok {
			next.Content = append(next.Content, key, patch(child, old[key.Value], w))
		}
	}
	for _, name := range inOrder(want) {
		if _, ok := old[name]; !ok {
			next.Content = append(next.Content, newNode(name), newNode(want[name]))
		}
	}
	for w := range maps.Values(want) {
		if s, ok := w.(string); ok && strings.Contains(s, "\n") {
			next.Style &^= yaml.FlowStyle // which has no room for lines
		}
	}
	return &next
}

func patchSequence(n *yaml.Node, old, want []any) *yaml.Node {
	next := *n
	next.Content = make([]*yaml.Node, len(want))
	for i, from := range pair(old, want) {
		if from >= 0 {
			next.Content[i] = patch(n.Content[from], old[from], want[i])
		} else {
			next.Content[i] = newNode(want[i])
		}
	}
	return &next
}

// newNode gives a node for a value: members in canonical order, texts of several
// lines as blocks.
func newNode(v any) *yaml.Node {
	switch v := v.(type) {
	case map[string]any:
		n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
		for _, name := range inOrder(v) {
			n.Content = append(n.Content, newNode(name), newNode(v[name]))
		}
		return n
	case []any:
		n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		for _, element := range v {
			n.Content = append(n.Content, newNode(element))
		}
		return n
	case json.Number:
		n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: v.String()}
		if strings.ContainsAny(n.Value, ".eE") {
			n.Tag = "!!float"
		}
		return n
	}
	n := new(yaml.Node)
	if err := n.Encode(v); err != nil { // no such values come from JSON or YAML
		n.SetString("")
	}
	if n.Tag == "!!str" && strings.Contains(n.Value, "\n") {
		n.Style = yaml.LiteralStyle
	}
	return n
}
