package config

import (
	"bytes"
	"cmp"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"mailgun-connector/schema"
)

// MaskError says that a config can't be shown, as a secret in it can't be masked with
// certainty.
type MaskError struct {
	Reason string // a sentence without its subject, the config
}

// Error returns the reason.
func (e *MaskError) Error() string { return "the config " + e.Reason }

// minHidden is the length of a secret that is not in a text by chance.
const minHidden = 8

// Text returns the config as it was written, byte for byte, but with its secrets masked:
// the API keys and the secrets of callers. The error is a [*MaskError] where that is not
// possible: of a secret that is an alias, or that other members hold too.
func (c *Config) Text() (Document, error) {
	text := Document{[]byte(c.text.Reveal()), c.Format}
	own, err := secretsOf(text)
	if err != nil {
		return Document{}, err
	}
	masks := make(map[string]string, len(own))
	for pointer := range own {
		masks[pointer] = Masked
	}
	shown, err := replaceSecrets(text, masks)
	if err != nil {
		return Document{}, &MaskError{"has " + err.Error()}
	}
	doc, err := readTree(shown)
	if err != nil {
		return Document{}, err
	}
	clean := shown
	for _, secret := range c.secrets() {
		if pointer, found := find(doc.value, secret, ""); found {
			return Document{}, &MaskError{"has " + c.nameOf(secret) + " at " + pointer + " too"}
		}
		// What is left are comments.
		clean.Data = bytes.ReplaceAll(clean.Data, []byte(secret), []byte(Masked))
	}
	if again, err := readTree(clean); err != nil || !reflect.DeepEqual(again.value, doc.value) {
		return Document{}, &MaskError{"has a secret where it can't be masked"}
	}
	return clean, nil
}

// secrets are all that must not be shown wherever it is, the longest first, as one may
// hold another.
func (c *Config) secrets() []string {
	all := []string{c.APIKey.Reveal()}
	if c.Failover != nil {
		all = append(all, c.Failover.APIKey.Reveal())
	}
	for _, caller := range c.Callers {
		for _, list := range [][]Secret{caller.Secrets, caller.SigningKeys, caller.Tokens} {
			for _, secret := range list {
				all = append(all, secret.Reveal())
			}
		}
		for _, user := range caller.BasicAuth {
			all = append(all, user.Password.Reveal())
		}
	}
	all = slices.DeleteFunc(all, func(s string) bool { return len(s) < minHidden })
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	return slices.Compact(all)
}

func (c *Config) nameOf(secret string) string {
	if secret == c.APIKey.Reveal() {
		return "its API key"
	}
	if f := c.Failover; f != nil && secret == f.APIKey.Reveal() {
		return "the API key of its failover"
	}
	return "the secret of a caller"
}

// JSON returns what the config says as JSON, with its secrets masked wherever they are.
func (c *Config) JSON() ([]byte, error) {
	doc, err := readTree(Document{[]byte(c.text.Reveal()), c.Format})
	if err != nil {
		return nil, err
	}
	for _, pointer := range secretPointers(doc.value) {
		if schema.Lookup(doc.value, pointer) != "" {
			setAt(doc.value, pointer, Masked)
		}
	}
	for _, secret := range c.secrets() {
		doc.value = hide(doc.value, secret)
	}
	return writeJSON(doc.value)
}

// Unmask returns a draft, which came over the network, with the secrets of the config
// file where the draft has them masked, and else as it is. Where the file has none
// either, as it comes from elsewhere, the mask stays. The error is an [*InvalidError].
func Unmask(draft, file Document) (Document, error) {
	masked, err := secretsOf(draft)
	if err != nil {
		return Document{}, err
	}
	maps.DeleteFunc(masked, func(_, secret string) bool { return secret != Masked })
	if len(masked) == 0 {
		return draft, nil
	}
	known, err := secretsOf(file)
	if err != nil {
		return Document{}, err
	}
	drafted, err := readTree(draft)
	if err != nil {
		return Document{}, err
	}
	filed, err := readTree(file)
	if err != nil {
		return Document{}, err
	}
	secrets := map[string]string{}
	for pointer := range masked {
		secret := known[pointer]
		if secret != "" && secret != Masked && sameList(drafted.value, filed.value, pointer) {
			secrets[pointer] = secret
		}
	}
	if len(secrets) == 0 {
		return draft, nil
	}
	next, err := replaceSecrets(draft, secrets)
	if failed, ok := errors.AsType[*placeError](err); ok {
		return Document{}, &InvalidError{Problems: []Problem{{Pointer: failed.pointer, Detail: failed.err.Error()}}}
	}
	return next, err
}

// sameList reports whether the list that a pointer leads into, if it does, is as long in
// both values: else which of its elements is which can't be told.
func sameList(a, b any, pointer string) bool {
	for at := pointer; at != ""; at = at[:strings.LastIndexByte(at, '/')] {
		if list, ok := schema.Lookup(a, at).([]any); ok {
			other, ok := schema.Lookup(b, at).([]any)
			return ok && len(list) == len(other)
		}
	}
	return true
}

// secretPointers returns the places of a config that hold secrets.
func secretPointers(value any) []string {
	object, _ := value.(map[string]any)
	var all []string
	for _, pointer := range KeyPlaces() {
		if schema.Lookup(value, pointer) != nil {
			all = append(all, pointer)
		}
	}
	callers, _ := object["callers"].(map[string]any)
	for name, caller := range callers {
		members, _ := caller.(map[string]any)
		for _, member := range []string{"secrets", "signingKeys", "tokens", "basicAuth"} {
			list, _ := members[member].([]any)
			for i := range list {
				at := element("/callers/"+schema.EscapePointer(name)+"/"+member, i)
				if member == "basicAuth" {
					at += "/password"
				}
				all = append(all, at)
			}
		}
	}
	return all
}

// secretsOf returns the secrets that a text has, by their places. One that is written as
// something else, such as a number, is an error.
func secretsOf(text Document) (map[string]string, error) {
	doc, err := readTree(text)
	if err != nil {
		return nil, err
	}
	secrets := map[string]string{}
	for _, pointer := range secretPointers(doc.value) {
		for _, p := range doc.problems {
			if p.Pointer == pointer {
				return nil, &InvalidError{Problems: []Problem{p}}
			}
		}
		if secret, _ := schema.Lookup(doc.value, pointer).(string); secret != "" {
			secrets[pointer] = secret
		}
	}
	return secrets, nil
}

// placeError says that a secret is where it can't be replaced.
type placeError struct {
	pointer string
	err     error
}

// Error names the place.
func (e *placeError) Error() string {
	if e.pointer == MainKey {
		return "an API key that can't be masked: " + e.err.Error()
	}
	return "a secret at " + e.pointer + " that can't be masked: " + e.err.Error()
}

// Unwrap returns the cause.
func (e *placeError) Unwrap() error { return e.err }

var errQuotes = errors.New("write it as a text in quotes")

// replaceSecrets returns a text that has secrets with others in their places, and not a
// byte changed beside them. The error is a [*placeError].
func replaceSecrets(text Document, secrets map[string]string) (Document, error) {
	for pointer, secret := range secrets { // one by one, as one may move the others
		var err error
		if text, err = replaceSecret(text, pointer, secret); err != nil {
			return Document{}, &placeError{pointer, err}
		}
	}
	return text, nil
}

func replaceSecret(text Document, pointer, secret string) (Document, error) {
	values, err := secretPlaces(text, []string{pointer})
	if err != nil {
		return Document{}, err
	}
	has := func(text Document) bool {
		got, err := secretsOf(text)
		return err == nil && got[pointer] == secret
	}
	next := splice(text, values, secret)
	if has(next) {
		return next, nil
	}
	for i := range values { // such as one of digits, which bare is a number
		values[i] = values[i].quoted()
	}
	if next = splice(text, values, secret); !has(next) {
		return Document{}, errQuotes
	}
	return next, nil
}

// splice writes a secret in the place of values, which are in the order of the text.
func splice(text Document, values []written, secret string) Document {
	var b bytes.Buffer
	at := 0
	for _, v := range values {
		b.Write(text.Data[at:v.start])
		b.WriteString(v.style.write(secret))
		at = v.end
	}
	b.Write(text.Data[at:])
	return Document{b.Bytes(), text.Format}
}

// setAt replaces the value at a pointer that leads somewhere.
func setAt(value any, pointer, text string) {
	steps := schema.Steps(pointer)
	step := steps[len(steps)-1]
	switch node := schema.Lookup(value, pointer[:strings.LastIndexByte(pointer, '/')]).(type) {
	case map[string]any:
		node[step] = text
	case []any:
		if n, err := strconv.Atoi(step); err == nil {
			node[n] = text
		}
	}
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
