package deliveries

import (
	"fmt"
	"strings"

	"mailgun-connector/templates/builtin"
)

// Set is every content of a config, compiled and indexed. It is immutable and
// safe for concurrent use.
type Set struct {
	localized  map[key]*Content    // usage type and lower-case language tag → content
	deliveries map[string]*Content // usage type → content
	types      map[string]bool     // usage types that have content of their own
	brand      *brand              // nil for none
	fallback   string              // lower-case language tag to try last
}

type key struct{ usageType, language string }

// Config is what a [Set] is made of. Deliveries and Templates must have passed
// the config's validation.
type Config struct {
	Deliveries       map[string]Delivery
	Templates        []Localized
	Brand            *builtin.Brand // nil for none: then there are no built-in mails
	FallbackLanguage string         // BCP 47, also the language of Deliveries
	AutoText         bool           // derive missing text parts from the HTML
}

// New compiles every content of the config.
func New(cfg Config) (*Set, error) {
	s := &Set{
		localized:  make(map[key]*Content, len(cfg.Templates)),
		deliveries: make(map[string]*Content, len(cfg.Deliveries)),
		types:      map[string]bool{},
		fallback:   strings.ToLower(cfg.FallbackLanguage),
	}
	var err error
	if s.brand, err = newBrand(cfg.Brand, cfg.FallbackLanguage); err != nil {
		return nil, fmt.Errorf("compiling brand: %w", err)
	}
	facts := newFacts(cfg.Brand)
	for usageType, d := range cfg.Deliveries {
		c, err := d.compile(cfg.AutoText)
		if err != nil {
			return nil, fmt.Errorf("compiling deliveries.%s: %w", usageType, err)
		}
		c.source = "deliveries/" + usageType
		c.complete(facts, cfg.FallbackLanguage)
		s.deliveries[usageType] = c
		s.types[usageType] = true
	}
	for i, l := range cfg.Templates {
		c, err := l.compile(cfg.AutoText)
		if err != nil {
			return nil, fmt.Errorf("compiling templates[%d]: %w", i, err)
		}
		tag := strings.ToLower(l.LanguageTag)
		c.source = "templates/" + l.TemplateType + "/" + tag
		c.complete(facts, l.LanguageTag)
		s.localized[key{l.TemplateType, tag}] = c
		s.types[l.TemplateType] = true
	}
	return s, nil
}

// HasContent reports whether a usage type has content of its own, in any language.
func (s *Set) HasContent(usageType string) bool {
	if s.types[usageType] || s.brand == nil {
		return s.types[usageType]
	}
	_, ok := builtin.KindOf(usageType)
	return ok
}

// Find returns the content for a usage type in the first of the given languages
// (BCP 47 tags in order of preference) that has one: the language itself, then
// its parents ("fr-CA", "fr": RFC 4647, section 3.4), then the fallback
// language, then Generic in the fallback language, then the delivery of the type,
// its built-in mail, and the delivery of Generic. A notice (see [IsNotice]) never
// falls back to Generic. ok is false when there is none.
func (s *Set) Find(usageType string, languages []string) (c *Content, ok bool) {
	return s.find([]string{usageType}, []string{Generic}, languages)
}

// linkSuffix ends the name of the usage type that a mail with a link and no code has
// content of its own under.
const linkSuffix = "Link"

// FindLink is Find for a mail that has a link and no code: wherever Find looks for SignIn,
// it first looks for SignInLink.
func (s *Set) FindLink(usageType string, languages []string) (c *Content, ok bool) {
	return s.find([]string{usageType + linkSuffix, usageType}, []string{Generic + linkSuffix, Generic}, languages)
}

// find looks for each of the types, then of generic.
func (s *Set) find(types, generic, languages []string) (c *Content, ok bool) {
	if IsNotice(types[len(types)-1]) {
		generic = nil // it has no code, and nothing else to say
	}
	if len(s.localized) > 0 {
		for _, t := range types {
			if c, ok := s.inLanguage(t, languages); ok {
				return c, true
			}
		}
		for _, t := range generic {
			if c, ok := s.localized[key{t, s.fallback}]; ok {
				return c, true
			}
		}
	}
	for _, t := range types {
		if c, ok := s.deliveries[t]; ok {
			return c, true
		}
	}
	for _, t := range types {
		if c, ok := s.brand.find(t, languages); ok {
			return c, true
		}
	}
	for _, t := range generic {
		if c, ok := s.deliveries[t]; ok {
			return c, true
		}
	}
	return nil, false
}

// inLanguage returns the localized content of a type for the languages, or else in the
// fallback language.
func (s *Set) inLanguage(usageType string, languages []string) (c *Content, ok bool) {
	for _, tag := range languages {
		for tag = strings.ToLower(tag); tag != ""; tag = parent(tag) {
			if c, ok := s.localized[key{usageType, tag}]; ok {
				return c, true
			}
		}
	}
	c, ok = s.localized[key{usageType, s.fallback}]
	return c, ok
}

// parent cuts the last subtag off, and a single letter before it with it, as
// that only introduces what follows ("zh-u-co" has the parent "zh").
func parent(tag string) string {
	i := strings.LastIndexByte(tag, '-')
	if i < 0 {
		return ""
	}
	tag = tag[:i]
	if n := len(tag); n > 2 && tag[n-2] == '-' {
		tag = tag[:n-2]
	}
	return tag
}
