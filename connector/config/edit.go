package config

import (
	"errors"
	"maps"
	"strings"
)

// Unmask gives a draft, which came over the network, with the API key of the
// config file where the draft has it masked. If the file has none, it leaves
// the member out, as the key then comes from elsewhere. The error is an
// [*InvalidError].
func Unmask(draft, file Document) (Document, error) {
	doc, err := readTree(draft)
	if err != nil {
		return Document{}, unreadable(err)
	}
	object, _ := doc.value.(map[string]any)
	if object["apiKey"] != Masked {
		return draft, nil
	}
	own, err := readTree(file)
	if err != nil {
		return Document{}, unreadable(err)
	}
	want := maps.Clone(object)
	delete(want, "apiKey")
	if own, _ := own.value.(map[string]any); own["apiKey"] != nil {
		want["apiKey"] = own["apiKey"]
	}
	return edit(draft, want)
}

// Apply gives the config file changed to mean what the draft means, in the file's
// own format. What means the same as before stays as it is written, with its
// comments. A draft in the same format as a YAML file is taken as it is, since its
// comments are part of it.
func Apply(draft, file Document) (Document, error) {
	if draft.Format == YAML && file.Format == YAML {
		return draft, nil
	}
	doc, err := readTree(draft)
	if err != nil {
		return Document{}, unreadable(err)
	}
	return edit(file, doc.value)
}

// edit changes a text so that it means want.
func edit(text Document, want any) (Document, error) {
	ways := []func([]byte, any) ([]byte, error){spliceYAML, reencodeYAML, expandYAML, writeYAML}
	if text.Format == JSON {
		ways = []func([]byte, any) ([]byte, error){editJSON}
	}
	for _, way := range ways { // from the one that spares most of the text to the one that always works
		data, err := way(text.Data, want)
		if err != nil {
			continue
		}
		next := Document{data, text.Format}
		if doc, err := readTree(next); err == nil && same(doc.value, want) {
			return next, nil
		}
	}
	return Document{}, errors.New("the config can't be written in this format")
}

// YAML gives the config as it was written, comments and all, with its API key
// masked; a config written in JSON is converted.
func (c *Config) YAML() ([]byte, error) {
	text, key := Document{[]byte(c.text.Reveal()), c.format}, c.APIKey.Reveal()
	doc, err := readTree(text)
	if err != nil {
		return nil, err
	}
	want := mask(doc.value)
	if c.format == YAML {
		shown, err := edit(text, want)
		if err != nil {
			return nil, err
		}
		shown.Data = hide(shown.Data, key)
		if doc, err := readTree(shown); err == nil && same(doc.value, want) {
			return shown.Data, nil
		}
	}
	plain, err := writeYAML(nil, want)
	return hide(plain, key), err
}

// minHidden is the length of a key that does not stand in a text by chance.
const minHidden = 8

// hide masks a key wherever else it stands, such as in a comment.
func hide(text []byte, key string) []byte {
	if len(key) < minHidden {
		return text
	}
	return []byte(strings.ReplaceAll(string(text), key, Masked))
}
