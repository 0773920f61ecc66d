package schema

import (
	"bytes"
	"encoding/json"
	"slices"
)

// Member is what the schema says of one member of an object.
type Member struct {
	Name        string
	Title       string
	Description string
	Required    bool
	Default     any    // nil for none
	Example     string // "" for none
	Form        *Form  // nil if no form shows it
}

// Form is how a form shows a member.
type Form struct {
	Type string // "Text" or "Json", as in Logto's connector metadata
	// Required says that a form needs it, though a config may get it from elsewhere.
	Required bool
	Value    any // what a new form begins with; nil for the default
}

// Members returns the members of the object that the schema at a JSON Pointer describes
// ("" for the config itself), in the order in which people see them.
func Members(pointer string) []Member {
	object, _ := Lookup(root, pointer).(map[string]any)
	required, _ := object["required"].([]any)
	var members []Member
	for _, name := range propertyNames(pointer) {
		property, _ := Lookup(object, "/properties/"+EscapePointer(name)).(map[string]any)
		m := Member{Name: name, Required: slices.Contains(required, any(name)), Default: property["default"]}
		m.Title, _ = property["title"].(string)
		m.Description, _ = property["description"].(string)
		m.Example, _ = Lookup(property, "/examples/0").(string)
		if form, ok := property["x-form"].(map[string]any); ok {
			m.Form = &Form{Value: form["value"]}
			m.Form.Type, _ = form["type"].(string)
			m.Form.Required, _ = form["required"].(bool)
		}
		members = append(members, m)
	}
	return members
}

// propertyNames returns the names of an object's properties in the order of the document.
func propertyNames(pointer string) []string {
	raw := json.RawMessage(document)
	for _, step := range append(Steps(pointer), "properties") {
		var object map[string]json.RawMessage
		if err := json.Unmarshal(raw, &object); err != nil {
			panic(err)
		}
		raw = object[step]
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	if _, err := dec.Token(); err != nil {
		panic(err)
	}
	var names []string
	for dec.More() {
		var skipped json.RawMessage
		name, err := dec.Token()
		if err == nil {
			err = dec.Decode(&skipped)
		}
		if err != nil {
			panic(err)
		}
		names = append(names, name.(string))
	}
	return names
}

// DropEmpty removes the members of a config that are empty strings where they could be
// left out, as forms send them for fields left blank. Of members of which an object
// needs one, such as "html" and "template", one stays that is not empty, or the first.
func DropEmpty(config any) {
	walk(root, "", config, func(schema map[string]any, _ string, value any) {
		object, ok := value.(map[string]any)
		if !ok {
			return
		}
		required, _ := schema["required"].([]any)
		kept := keptAlternative(schema, object)
		for name, value := range object {
			property := Lookup(schema, "/properties/"+EscapePointer(name))
			isText := Lookup(property, "/type") == "string" || Lookup(property, "/enum") != nil
			if value == "" && isText && name != kept && !slices.Contains(required, any(name)) {
				delete(object, name)
			}
		}
	})
}

// keptAlternative returns, of the members of which an object needs one, the one to keep.
func keptAlternative(schema, object map[string]any) string {
	choices, _ := schema["anyOf"].([]any)
	kept := ""
	for _, choice := range choices {
		name, _ := Lookup(choice, "/required/0").(string)
		switch value, ok := object[name]; {
		case ok && value != "":
			return name
		case ok && kept == "":
			kept = name
		}
	}
	return kept
}
