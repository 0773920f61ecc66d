// Package schema holds the JSON Schema (draft 2020-12) of the connector config
// and turns its findings into sentences that tell what to do.
package schema

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

//go:embed connector.json
var document []byte

// JSON is the schema document. The caller must not change it.
func JSON() []byte { return document }

const location = "connector.json"

// The schema is a constant of the program: that it does not compile is a defect
// that every test of this package finds.
var compiled, raw = compile()

func compile() (*jsonschema.Schema, any) {
	c := jsonschema.NewCompiler()
	c.Draft = jsonschema.Draft2020
	if err := c.AddResource(location, bytes.NewReader(document)); err != nil {
		panic(err)
	}
	var raw any
	if err := json.Unmarshal(document, &raw); err != nil {
		panic(err)
	}
	return c.MustCompile(location), raw
}

// Problem is one thing that is wrong with a config.
type Problem struct {
	Pointer string // JSON Pointer (RFC 6901) to the value, "" for the whole document
	Detail  string // a sentence without its subject: `needs "html" or "template"`
}

// maxProblems bounds what is made into sentences: a long text of nonsense has a
// problem every few bytes, and nobody reads them all.
const maxProblems = 1000

// Validate checks a config as encoding/json decodes it into an any, numbers as
// json.Number, and gives every problem, or a thousand of them, in the order of their
// pointers.
func Validate(config any) []Problem {
	err := compiled.Validate(config)
	if err == nil {
		return nil
	}
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return []Problem{{Detail: "can't be checked: " + err.Error()}}
	}
	var problems []Problem
	explain(invalid, config, &problems)
	slices.SortStableFunc(problems, func(a, b Problem) int { return strings.Compare(a.Pointer, b.Pointer) })
	return slices.Compact(problems)
}

// explain adds the sentences for e to problems. A schema's "x-problem" member
// holds our own sentence for a keyword, which then speaks for all below it.
func explain(e *jsonschema.ValidationError, config any, problems *[]Problem) {
	if len(*problems) >= maxProblems {
		return
	}
	pointer, err := url.PathUnescape(e.InstanceLocation) // the validator writes URI fragments
	if err != nil {
		pointer = e.InstanceLocation
	}
	add := func(pointer, detail string) { *problems = append(*problems, Problem{pointer, detail}) }

	_, at, _ := strings.Cut(e.AbsoluteKeywordLocation, "#")
	i := strings.LastIndexByte(at, '/') + 1
	keyword := at[i:]
	schema, _ := lookup(raw, strings.TrimSuffix(at[:i], "/")).(map[string]any)
	if own, _ := schema["x-problem"].(map[string]any); own[keyword] != nil {
		add(pointer, own[keyword].(string))
		return
	}
	if len(e.Causes) > 0 {
		for _, cause := range e.Causes {
			explain(cause, config, problems)
		}
		return
	}
	instance, _ := lookup(config, pointer).(map[string]any)
	switch keyword {
	case "required":
		for _, name := range schema["required"].([]any) {
			if _, ok := instance[name.(string)]; !ok {
				add(pointer+"/"+EscapePointer(name.(string)), "is missing")
			}
		}
	case "additionalProperties":
		known := schema["properties"].(map[string]any)
		for name := range instance {
			if _, ok := known[name]; !ok && len(*problems) < maxProblems {
				add(pointer+"/"+EscapePointer(name), "is unknown here: remove it"+suggest(name, known))
			}
		}
	case "minLength":
		add(pointer, "must not be empty")
	case "type":
		add(pointer, typeSentence(e.Message))
	default:
		add(pointer, e.Message)
	}
}

// lookup follows a JSON Pointer into v; what is not there is nil.
func lookup(v any, pointer string) any {
	for _, step := range strings.Split(pointer, "/")[1:] {
		switch node := v.(type) {
		case map[string]any:
			v = node[unescape(step)]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(node) {
				return nil
			}
			v = node[i]
		default:
			return nil
		}
	}
	return v
}

// suggest names the member that was probably meant: one that differs only in
// case or in punctuation, or that begins or ends alike.
func suggest(name string, known map[string]any) string {
	lower := strings.ToLower(punctuation.Replace(name))
	for _, k := range slices.Sorted(maps.Keys(known)) {
		candidate := strings.ToLower(k)
		if candidate == lower || len(lower) > 2 && (strings.HasPrefix(candidate, lower) || strings.HasPrefix(lower, candidate)) {
			return fmt.Sprintf(", or write %q", k)
		}
	}
	return ""
}

// What is replaced in names; a Replacer is costly to make and cheap to use.
var (
	punctuation = strings.NewReplacer("_", "", "-", "", " ", "")
	escaper     = strings.NewReplacer("~", "~0", "/", "~1")
	unescaper   = strings.NewReplacer("~1", "/", "~0", "~")
)

// typeSentence makes "must be a string, not a number" of the validator's
// "expected string, but got number".
func typeSentence(message string) string {
	var want, got string
	if _, err := fmt.Sscanf(message, "expected %s but got %s", &want, &got); err != nil {
		return message
	}
	return "must be " + article(strings.TrimSuffix(want, ",")) + ", not " + article(got)
}

func article(jsonType string) string {
	switch jsonType {
	case "null":
		return "null"
	case "object", "array", "integer":
		return "an " + jsonType
	}
	return "a " + jsonType
}

// EscapePointer writes a member name as a step of a JSON Pointer (RFC 6901, section 3).
func EscapePointer(name string) string {
	return escaper.Replace(name)
}

func unescape(step string) string {
	return unescaper.Replace(step)
}
