package config

import (
	"bytes"
	"errors"
	"reflect"
	"strconv"
	"strings"

	"mailgun-connector/schema"
)

// MaskError says that a config can't be shown, as its API key can't be masked with
// certainty.
type MaskError struct {
	Reason string // a sentence without its subject, the config
}

// Error returns the reason.
func (e *MaskError) Error() string { return "the config " + e.Reason }

// minHidden is the length of a key that is not in a text by chance.
const minHidden = 8

// Text returns the config as it was written, byte for byte, but with its API key
// masked. The error is a [*MaskError] where that is not possible: of a key that is an
// alias, or that other members hold too.
func (c *Config) Text() (Document, error) {
	text := Document{[]byte(c.text.Reveal()), c.Format}
	own, err := apiKeyOf(text)
	if err != nil {
		return Document{}, err
	}
	shown := text
	if own != "" {
		if shown, err = replaceAPIKey(text, Masked); err != nil {
			return Document{}, &MaskError{"has an API key that can't be masked: " + err.Error()}
		}
	}
	key := c.APIKey.Reveal()
	if len(key) < minHidden {
		return shown, nil
	}
	doc, err := readTree(shown)
	if err != nil {
		return Document{}, err
	}
	if pointer, found := find(doc.value, key, ""); found {
		return Document{}, &MaskError{"has its API key at " + pointer + " too"}
	}
	// What is left are comments.
	clean := Document{bytes.ReplaceAll(shown.Data, []byte(key), []byte(Masked)), c.Format}
	if again, err := readTree(clean); err != nil || !reflect.DeepEqual(again.value, doc.value) {
		return Document{}, &MaskError{"has its API key where it can't be masked"}
	}
	return clean, nil
}

// JSON returns what the config says as JSON, with its API key masked wherever it is.
func (c *Config) JSON() ([]byte, error) {
	doc, err := readTree(Document{[]byte(c.text.Reveal()), c.Format})
	if err != nil {
		return nil, err
	}
	if object, _ := doc.value.(map[string]any); object["apiKey"] != nil && object["apiKey"] != "" {
		object["apiKey"] = Masked
	}
	if key := c.APIKey.Reveal(); len(key) >= minHidden {
		doc.value = hide(doc.value, key)
	}
	return writeJSON(doc.value)
}

// Unmask returns a draft, which came over the network, with the API key of the config
// file where the draft has it masked, and else as it is. Where the file has no key
// either, as it comes from elsewhere, the mask stays. The error is an [*InvalidError].
func Unmask(draft, file Document) (Document, error) {
	if key, err := apiKeyOf(draft); err != nil {
		return Document{}, err
	} else if key != Masked {
		return draft, nil
	}
	key, err := apiKeyOf(file)
	if err != nil {
		return Document{}, err
	}
	if key == "" || key == Masked {
		return draft, nil
	}
	next, err := replaceAPIKey(draft, key)
	if err != nil {
		return Document{}, &InvalidError{Problems: []Problem{{Pointer: "/apiKey", Detail: err.Error()}}}
	}
	return next, nil
}

// TakeKey returns a text without its API key, and the key; the text as it is, and no key,
// if it has none or has it masked.
func TakeKey(text Document) (Document, Secret, error) {
	key, err := apiKeyOf(text)
	if err != nil || key == "" || key == Masked {
		return text, "", err
	}
	without := Document{[]byte("{}"), JSON}
	if text.Format == YAML {
		without = Document{[]byte("domain:\n"), YAML}
	}
	next, err := Graft(text, without, "/apiKey")
	if _, ok := errors.AsType[*GraftError](err); ok {
		err = &InvalidError{Problems: []Problem{{Pointer: "/apiKey", Detail: "must have a line of its own, to be moved to the file of the key"}}}
	}
	return next, Secret(key), err
}

// apiKeyOf returns the API key that a text has, "" for none. One that is written as
// something else, such as a number, is an error.
func apiKeyOf(text Document) (string, error) {
	doc, err := readTree(text)
	if err != nil {
		return "", err
	}
	for _, p := range doc.problems {
		if p.Pointer == "/apiKey" {
			return "", &InvalidError{Problems: []Problem{p}}
		}
	}
	object, _ := doc.value.(map[string]any)
	key, _ := object["apiKey"].(string)
	return key, nil
}

// replaceAPIKey returns a text that has an API key with another in its place, and not
// a byte changed beside it.
func replaceAPIKey(text Document, key string) (Document, error) {
	values, err := apiKeyValues(text)
	if err != nil {
		return Document{}, err
	}
	next := splice(text, values, key)
	if got, err := apiKeyOf(next); err == nil && got == key {
		return next, nil
	}
	for i := range values { // such as one of digits, which bare is a number
		values[i] = values[i].quoted()
	}
	next = splice(text, values, key)
	if got, err := apiKeyOf(next); err != nil || got != key {
		return Document{}, errors.New("write it as a text in quotes")
	}
	return next, nil
}

// splice writes the key in the place of values, which are in the order of the text.
func splice(text Document, values []written, key string) Document {
	var b bytes.Buffer
	at := 0
	for _, v := range values {
		b.Write(text.Data[at:v.start])
		b.WriteString(v.style.write(key))
		at = v.end
	}
	b.Write(text.Data[at:])
	return Document{b.Bytes(), text.Format}
}

// find returns the place of a text that holds the word, as a value or in a name.
func find(value any, word, pointer string) (at string, found bool) {
	switch v := value.(type) {
	case string:
		return pointer, strings.Contains(v, word)
	case []any:
		for i, element := range v {
			if at, found := find(element, word, pointer+"/"+strconv.Itoa(i)); found {
				return at, true
			}
		}
	case map[string]any:
		for name, element := range v {
			if strings.Contains(name, word) {
				return pointer, true
			}
			if at, found := find(element, word, pointer+"/"+schema.EscapePointer(name)); found {
				return at, true
			}
		}
	}
	return "", false
}

// hide returns a value with the word masked in all its texts and names.
func hide(value any, word string) any {
	switch v := value.(type) {
	case string:
		return strings.ReplaceAll(v, word, Masked)
	case []any:
		for i := range v {
			v[i] = hide(v[i], word)
		}
	case map[string]any:
		clean := make(map[string]any, len(v))
		for name, element := range v {
			clean[strings.ReplaceAll(name, word, Masked)] = hide(element, word)
		}
		return clean
	}
	return value
}
