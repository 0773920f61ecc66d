package deliveries

import (
	"fmt"
	"maps"
	"slices"

	"mailgun-connector/templates/builtin"
	"mailgun-connector/templates/locale"
)

// Set is every content of a config, compiled and indexed. It is immutable and
// safe for concurrent use.
type Set struct {
	localized  map[key]*Content           // usage type and lower-case language tag → content
	languages  map[string]*locale.Matcher // usage type → those of its localized contents
	deliveries map[string]*Content        // usage type → content
	brand      *brand                     // nil for none
	fallback   string                     // lower-case language tag to try last
}

type key struct{ usageType, language string }

// Config is what a [Set] is made of. Deliveries and Templates must have passed
// the config's validation.
type Config struct {
	Deliveries       map[string]Delivery
	Templates        []Localized
	Brand            *builtin.Brand // nil for none: then there are no built-in mails
	FallbackLanguage string         // BCP 47, also the language of Deliveries
	Layout           string         // HTML around that of Deliveries and Templates, "" for none
	AutoText         bool           // derive missing text parts from the HTML
}

// New compiles every content of the config.
func New(cfg Config) (*Set, error) {
	s := &Set{
		localized:  make(map[key]*Content, len(cfg.Templates)),
		deliveries: make(map[string]*Content, len(cfg.Deliveries)),
		languages:  map[string]*locale.Matcher{},
		fallback:   locale.Canonical(cfg.FallbackLanguage),
	}
	finish, err := newFinish(cfg)
	if err != nil {
		return nil, err
	}
	if s.brand, err = newBrand(cfg.Brand, cfg.FallbackLanguage, finish); err != nil {
		return nil, fmt.Errorf("compiling brand: %w", err)
	}
	facts := newFacts(cfg.Brand)
	for usageType, d := range cfg.Deliveries {
		c, err := d.compile(finish)
		if err != nil {
			return nil, fmt.Errorf("compiling deliveries.%s: %w", usageType, err)
		}
		c.source = "deliveries/" + usageType
		c.complete(facts, cfg.FallbackLanguage)
		s.deliveries[usageType] = c
	}
	tags := map[string][]string{} // by usage type
	for i, l := range cfg.Templates {
		c, err := l.compile(finish)
		if err != nil {
			return nil, fmt.Errorf("compiling templates[%d]: %w", i, err)
		}
		tag := locale.Canonical(l.LanguageTag)
		c.source = "templates/" + l.TemplateType + "/" + tag
		c.complete(facts, l.LanguageTag)
		s.localized[key{l.TemplateType, tag}] = c
		tags[l.TemplateType] = append(tags[l.TemplateType], tag)
	}
	for usageType, tags := range tags {
		s.languages[usageType] = locale.NewMatcher(tags)
	}
	return s, nil
}

// HasContent reports whether a usage type has content of its own or a built-in mail.
func (s *Set) HasContent(usageType string) bool {
	return s.brand.has(usageType) || s.deliveries[usageType] != nil || s.languages[usageType] != nil
}

// UsageTypes returns the usage types that have content of their own, sorted.
func (s *Set) UsageTypes() []string {
	types := slices.AppendSeq(slices.Collect(maps.Keys(s.deliveries)), maps.Keys(s.languages))
	slices.Sort(types)
	return slices.Compact(types)
}

// linkSuffix ends the usage type whose content is for mails with a link and no code.
const linkSuffix = "Link"

// Wanted says which content a mail needs.
type Wanted struct {
	UsageType string
	// Languages are tags in order of preference, as BCP 47, POSIX or Java write them.
	Languages []string
	// Link says that the mail has a link and no code: content of the type with "Link"
	// behind it is then looked for first, at each step.
	Link bool
	// Own says that Generic's content is not wanted: the mail is a notice, or there is
	// another that stands in.
	Own bool
}

// Find returns the content for a mail: the type's in the first of the wanted languages
// that a content's readers read, or in the fallback language, Generic's in the fallback
// language, or the delivery of the type, its built-in mail, or the delivery of Generic. A
// notice (see [IsNotice]) never gets Generic's. ok is false when there is none.
func (s *Set) Find(wanted Wanted) (c *Content, ok bool) {
	found, ok := s.choose(wanted)
	if !ok {
		return nil, false
	}
	if found.content == nil {
		return s.brand.content(found.builtin)
	}
	return found.content, true
}

// Origin tells where a content comes from.
type Origin struct {
	Source    string // the [Content.Source]
	UsageType string // whose content it is: the mail's, the same with "Link", or Generic
	Builtin   bool   // it is the brand's, not the config's own
}

// Origin returns that of what Find returns. No mail is made for that.
func (s *Set) Origin(wanted Wanted) (o Origin, ok bool) {
	switch found, ok := s.choose(wanted); {
	case !ok:
		return Origin{}, false
	case found.content == nil:
		return Origin{found.builtin.source(), found.usageType, true}, true
	default:
		return Origin{found.content.source, found.usageType, false}, true
	}
}

// choice is the content for a mail, of a usage type: one of the config's own, or else a
// built-in mail, which need not have been made yet.
type choice struct {
	usageType string
	content   *Content
	builtin   key
}

func (s *Set) choose(wanted Wanted) (found choice, ok bool) {
	types := []string{wanted.UsageType}
	if wanted.Link {
		types = []string{wanted.UsageType + linkSuffix, wanted.UsageType}
	}
	generic := []string{Generic}
	if wanted.Own || IsNotice(wanted.UsageType) {
		generic = nil // it has no code, and nothing else to say
	}
	languages := wanted.Languages[:min(len(wanted.Languages), locale.MaxWanted)]
	if found, ok := s.findLocalized(types, generic, languages); ok {
		return found, true
	}
	for _, t := range types {
		if c := s.deliveries[t]; c != nil {
			return choice{usageType: t, content: c}, true
		}
	}
	for _, t := range types {
		if k, ok := s.brand.find(t, languages); ok {
			return choice{usageType: t, builtin: k}, true
		}
	}
	for _, t := range generic {
		if c := s.deliveries[t]; c != nil {
			return choice{usageType: t, content: c}, true
		}
	}
	return choice{}, false
}

func (s *Set) findLocalized(types, generic, languages []string) (found choice, ok bool) {
	for _, language := range languages {
		for _, t := range types {
			if tag, ok := s.languages[t].Match(language); ok {
				return choice{usageType: t, content: s.localized[key{t, tag}]}, true
			}
		}
	}
	for _, t := range append(types, generic...) {
		if c := s.localized[key{t, s.fallback}]; c != nil {
			return choice{usageType: t, content: c}, true
		}
	}
	return choice{}, false
}
