package deliveries

import (
	"maps"
	"time"

	"mailgun-connector/templates"
	"mailgun-connector/templates/builtin"
	"mailgun-connector/templates/locale"
)

// facts are what a mail can say beside what the payload has.
type facts struct {
	brand  *builtin.Brand
	values map[string]any // brand.*; nil if the config has no brand
}

func newFacts(b *builtin.Brand) facts {
	if b == nil {
		return facts{brand: new(builtin.Brand)}
	}
	return facts{b, b.Values()}
}

// The root keys of facts.
const (
	brandKey     = "brand"
	namesKey     = "names"
	expiresInKey = "expiresIn"
	expiresAtKey = "expiresAt"
	localeKey    = "locale"
	languageKey  = "language"
	directionKey = "direction"
)

// complete tells a content of the facts that it can use, and the language it is in.
func (c *Content) complete(f facts, language string) {
	c.facts, c.language = f, language
	for _, root := range []string{
		brandKey, namesKey, expiresInKey, expiresAtKey, localeKey, languageKey, directionKey,
	} {
		if c.mentions(root) && (root != brandKey || f.values != nil) {
			c.uses = append(c.uses, root)
		}
	}
	if c.mentions(expiresInKey) {
		c.durations = builtin.Nearest(language)
	}
}

func (c *Content) mentions(root string) bool {
	all := []*templates.Template{c.subject, c.html, c.text}
	for _, a := range []*address{c.replyTo, c.sendFrom} {
		if a != nil {
			all = append(all, a.name, a.mailbox)
		}
	}
	for _, t := range all {
		if t.Mentions(root) {
			return true
		}
	}
	return false
}

// Complete returns the payload with what the content uses beside it: brand.* of the
// config, names.* (see [builtin.Brand.Names]), expiresIn in words, expiresAt (RFC 3339)
// and the language of the mail, as locale and as language, and its direction (ltr or rtl).
// A key that the payload has stays as it is: its locale may be one that no mail exists in.
// The payload itself is never changed, and returned if there is nothing to add.
func (c *Content) Complete(payload map[string]any, expires time.Time) map[string]any {
	var complete map[string]any
	for _, root := range c.uses {
		if _, ok := payload[root]; ok {
			continue
		}
		if complete == nil {
			complete = make(map[string]any, len(payload)+len(c.uses))
			maps.Copy(complete, payload)
		}
		complete[root] = c.fact(root, payload, expires)
	}
	if complete == nil {
		return payload
	}
	return complete
}

func (c *Content) fact(root string, payload map[string]any, expires time.Time) any {
	switch root {
	case brandKey:
		return c.facts.values
	case namesKey:
		return c.facts.brand.Names(payload)
	case expiresInKey:
		return builtin.ExpiresIn(c.durations, time.Until(expires))
	case expiresAtKey:
		return expires.UTC().Format(time.RFC3339)
	case directionKey:
		return locale.Direction(c.language)
	}
	return c.language
}
