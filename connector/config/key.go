package config

import (
	"errors"

	"mailgun-connector/schema"
)

// The pointers of Mailgun's API keys.
const (
	MainKey     = "/apiKey"
	FailoverKey = "/failover/apiKey"
)

// KeyPlaces returns the pointers of Mailgun's API keys.
func KeyPlaces() []string { return []string{MainKey, FailoverKey} }

// Keys returns Mailgun's API keys that a text has, by their pointers; masked ones are none.
func Keys(text Document) (map[string]Secret, error) {
	secrets, err := secretsOf(text)
	if err != nil {
		return nil, err
	}
	keys := map[string]Secret{}
	for _, pointer := range KeyPlaces() {
		if key := secrets[pointer]; key != "" && key != Masked {
			keys[pointer] = Secret(key)
		}
	}
	return keys, nil
}

// Has reports whether a text has a value at pointer that is not null.
func Has(text Document, pointer string) (bool, error) {
	doc, err := readTree(text)
	if err != nil {
		return false, err
	}
	return schema.Lookup(doc.value, pointer) != nil, nil
}

// WithoutKey returns a text, which has an API key at pointer, without it. Where it can't be cut
// out, as in YAML that is written in braces, an empty text stays, which is no key either.
func WithoutKey(text Document, pointer string) (Document, error) {
	// Texts with an object around each key, and none in it.
	bare := map[Format]string{JSON: `{"failover": {}}`, YAML: "failover:\n  domain:\n"}
	next, err := Graft(text, Document{[]byte(bare[text.Format]), text.Format}, pointer)
	if _, inBraces := errors.AsType[*GraftError](err); !inBraces {
		return next, err
	}
	values, err := secretPlaces(text, []string{pointer})
	if err != nil {
		return Document{}, &InvalidError{Problems: []Problem{{
			Pointer: pointer, Detail: "can't be moved to the file of the key: " + err.Error(),
		}}}
	}
	for i := range values {
		values[i] = values[i].quoted()
	}
	next = splice(text, values, "")
	doc, err := readTree(next)
	if err == nil && schema.Lookup(doc.value, pointer) != "" {
		err = errQuotes
	}
	return next, err
}
