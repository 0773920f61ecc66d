// Package schema holds the JSON Schema (draft 2020-12) of the connector config, which is
// the one place where a member of the config is described: what it may hold, whether it
// is needed, and what people are told of it. It checks a config and says in sentences
// what to do. It knows nothing of files, YAML, or what a config is used for.
package schema

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"maps"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

//go:embed connector.json
var document []byte

// JSON is the schema document. The caller must not change it.
func JSON() []byte { return document }

const location = "connector.json"

// The schema is a constant of the program: that it can't be compiled is a defect that
// every test of this package finds.
var (
	root = parse()
	// Compiling takes a third of a command's start, and most commands check no config.
	compiled = sync.OnceValue(compile)
)

func parse() map[string]any {
	var root map[string]any
	if err := json.Unmarshal(document, &root); err != nil {
		panic(err)
	}
	inline(root, root)
	return root
}

// inline puts what a schema refers to in the place of each reference; the keywords beside
// that win.
func inline(node any, root map[string]any) {
	switch node := node.(type) {
	case map[string]any:
		if ref, ok := node["$ref"].(string); ok {
			target, _ := Lookup(root, strings.TrimPrefix(ref, "#")).(map[string]any)
			own := maps.Clone(node)
			maps.Copy(node, target)
			maps.Copy(node, own)
		}
		for _, child := range node {
			inline(child, root)
		}
	case []any:
		for _, child := range node {
			inline(child, root)
		}
	}
}

// validators are of the whole config, and of the parts of which it may have many.
type validators struct{ config, delivery, template, usageType *jsonschema.Schema }

func compile() validators {
	c := jsonschema.NewCompiler()
	c.Draft = jsonschema.Draft2020
	if err := c.AddResource(location, bytes.NewReader(document)); err != nil {
		panic(err)
	}
	return validators{
		config:    c.MustCompile(location),
		delivery:  c.MustCompile(location + "#/$defs/delivery"),
		template:  c.MustCompile(location + "#/$defs/localizedTemplate"),
		usageType: c.MustCompile(location + "#/$defs/usageType"),
	}
}

// walk calls visit for a value that a schema describes and for everything in it, what is
// around first.
func walk(node any, pointer string, value any, visit func(schema map[string]any, pointer string, value any)) {
	schema, ok := node.(map[string]any)
	if !ok {
		return
	}
	visit(schema, pointer, value)
	switch value := value.(type) {
	case map[string]any:
		properties, _ := schema["properties"].(map[string]any)
		for name, child := range value {
			of, ok := properties[name]
			if !ok {
				of = schema["additionalProperties"]
			}
			walk(of, pointer+"/"+EscapePointer(name), child, visit)
		}
	case []any:
		for _, child := range value {
			walk(schema["items"], pointer, child, visit) // nobody asks for the pointer of one
		}
	}
}
