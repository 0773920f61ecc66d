package schema

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// Report takes a problem: the JSON Pointer (RFC 6901) of the value, "" for the whole
// config, and a sentence without its subject, such as `needs "html" or "template"`. It
// reports whether further problems are wanted.
type Report = func(pointer, detail string) bool

// CheckSizes reports the lists and objects of a config that have more entries than any
// config needs. They are checked for nothing else: a config may come over the network,
// and that would take its time.
func CheckSizes(config any, report Report) {
	walk(root, "", config, func(schema map[string]any, pointer string, value any) {
		size, keyword := 0, ""
		switch value := value.(type) {
		case map[string]any:
			size, keyword = len(value), "maxProperties"
		case []any:
			size, keyword = len(value), "maxItems"
		}
		if limit, ok := schema[keyword].(float64); ok && size > int(limit) {
			report(pointer, ownSentence(schema, keyword))
		}
	})
}

// Validate reports what is wrong with a config as encoding/json decodes it into an any,
// numbers as json.Number, in no particular order. It ends early when no more is wanted:
// the validator makes a tree of every problem of what it is given, so it is given the
// deliveries and the templates one by one.
func Validate(config any, report Report) {
	v := validation{config: config, report: report}
	object, ok := config.(map[string]any)
	if !ok {
		v.check(compiled().config, "", config)
		return
	}
	around := maps.Clone(object)
	all, isObject := object["deliveries"].(map[string]any)
	if isObject {
		around["deliveries"] = map[string]any{}
	}
	list, isList := object["templates"].([]any)
	if isList {
		around["templates"] = []any{}
	}
	v.check(compiled().config, "", around)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		at := "/deliveries/" + EscapePointer(name)
		v.check(compiled().usageType, at, name)
		v.check(compiled().delivery, at, all[name])
	}
	for i, template := range list {
		v.check(compiled().template, "/templates/"+strconv.Itoa(i), template)
	}
}

// validation is the way of one config through the validator.
type validation struct {
	config any
	report Report
	full   bool // no more is wanted
}

func (v *validation) add(pointer, detail string) {
	if !v.full {
		v.full = !v.report(pointer, detail)
	}
}

// check validates the part of the config at pointer.
func (v *validation) check(schema *jsonschema.Schema, pointer string, part any) {
	if v.full {
		return
	}
	err := schema.Validate(part)
	if invalid, ok := errors.AsType[*jsonschema.ValidationError](err); ok {
		v.explain(invalid, pointer)
	} else if err != nil {
		v.add(pointer, "can't be checked: "+err.Error())
	}
}

// explain reports e in sentences. A schema's "x-problem" member holds our own sentence
// for a keyword, which then speaks for all below it.
func (v *validation) explain(e *jsonschema.ValidationError, part string) {
	within, err := url.PathUnescape(e.InstanceLocation) // the validator writes URI fragments
	if err != nil {
		within = e.InstanceLocation
	}
	pointer := part + within
	_, at, _ := strings.Cut(e.AbsoluteKeywordLocation, "#")
	i := strings.LastIndexByte(at, '/') + 1
	keyword := at[i:]
	schema, _ := Lookup(root, strings.TrimSuffix(at[:i], "/")).(map[string]any)
	if own := ownSentence(schema, keyword); own != "" {
		v.add(pointer, own)
		return
	}
	if keyword == "anyOf" { // what the first alternative lacks is what most want
		e.Causes = e.Causes[:min(len(e.Causes), 1)]
	}
	for _, cause := range e.Causes {
		v.explain(cause, part)
	}
	if len(e.Causes) > 0 {
		return
	}
	switch keyword {
	case "required":
		v.missing(schema, pointer)
	case "additionalProperties":
		v.unknown(schema, pointer)
	case "minLength":
		v.add(pointer, "must not be empty")
	case "type":
		v.add(pointer, typeSentence(e.Message))
	default:
		v.add(pointer, e.Message)
	}
}

func ownSentence(schema map[string]any, keyword string) string {
	own, _ := schema["x-problem"].(map[string]any)
	sentence, _ := own[keyword].(string)
	return sentence
}

func (v *validation) missing(schema map[string]any, pointer string) {
	instance, _ := Lookup(v.config, pointer).(map[string]any)
	required, _ := schema["required"].([]any)
	for _, name := range required {
		name, _ := name.(string)
		if _, ok := instance[name]; !ok {
			v.add(pointer+"/"+EscapePointer(name), "is missing")
		}
	}
}

func (v *validation) unknown(schema map[string]any, pointer string) {
	instance, _ := Lookup(v.config, pointer).(map[string]any)
	properties, _ := schema["properties"].(map[string]any)
	known := slices.Collect(maps.Keys(properties))
	for _, name := range slices.Sorted(maps.Keys(instance)) {
		if v.full {
			return
		}
		if _, ok := properties[name]; ok {
			continue
		}
		detail := "is unknown here: remove it"
		if meant := Nearest(name, known); meant != "" {
			detail = fmt.Sprintf("is unknown here: did you mean %q?", meant)
		}
		v.add(pointer+"/"+EscapePointer(name), detail)
	}
}

// Lookup follows a JSON Pointer (RFC 6901) into v; what is not there is nil.
func Lookup(v any, pointer string) any {
	for _, step := range Steps(pointer) {
		switch node := v.(type) {
		case map[string]any:
			v = node[step]
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

// Replacers are costly to make and cheap to use.
var (
	escaper   = strings.NewReplacer("~", "~0", "/", "~1")
	unescaper = strings.NewReplacer("~1", "/", "~0", "~")
)

// Steps returns the unescaped steps of a JSON Pointer.
func Steps(pointer string) []string {
	all := strings.Split(pointer, "/")[1:]
	for i := range all {
		all[i] = unescaper.Replace(all[i])
	}
	return all
}

// EscapePointer writes a member name as a step of a JSON Pointer (RFC 6901, section 3).
func EscapePointer(name string) string { return escaper.Replace(name) }

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
