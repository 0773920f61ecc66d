package deliveries

import (
	"strings"
	"sync"

	"mailgun-connector/templates/builtin"
	"mailgun-connector/templates/locale"
)

// brand has the built-in mails of a config with a brand as contents, each made when it
// is first asked for.
type brand struct {
	mails    *builtin.Mails
	matcher  *locale.Matcher
	fallback string // the language for whom none of the brand's fits
	facts    facts
	finish   *finish
	contents sync.Map // key → *Content
}

// newBrand returns nil if there is no brand. The fallback language is that of the config
// if the brand's mails exist in it, else English, else the brand's first one.
func newBrand(b *builtin.Brand, fallback string, f *finish) (*brand, error) {
	if b == nil {
		return nil, nil
	}
	mails, err := builtin.New(*b)
	if err != nil {
		return nil, err
	}
	languages := b.Languages
	if len(languages) == 0 {
		languages = builtin.Languages()
	}
	all := &brand{mails: mails, matcher: locale.NewMatcher(languages), facts: newFacts(b), finish: f}
	var ok bool
	if all.fallback, ok = all.matcher.Match(fallback); !ok {
		if all.fallback, ok = all.matcher.Match("en"); !ok {
			all.fallback = languages[0]
		}
	}
	return all, nil
}

// has reports whether a usage type has a built-in mail.
func (b *brand) has(usageType string) bool {
	if b == nil {
		return false
	}
	_, ok := builtin.KindOf(usageType)
	return ok
}

// find returns the key of the built-in mail of a usage type in the language that fits best.
func (b *brand) find(usageType string, languages []string) (k key, ok bool) {
	if !b.has(usageType) {
		return key{}, false
	}
	language, ok := b.matcher.Match(languages...)
	if !ok {
		language = b.fallback
	}
	return key{usageType, language}, true
}

// source is the [Content.Source] of a built-in mail.
func (k key) source() string { return "builtin/" + k.usageType + "/" + strings.ToLower(k.language) }

// content returns the built-in mail of a key.
func (b *brand) content(k key) (c *Content, ok bool) {
	if kept, ok := b.contents.Load(k); ok {
		return kept.(*Content), true
	}
	mail, ok := b.mails.Mail(k.usageType, k.language)
	if !ok {
		return nil, false
	}
	c = &Content{source: k.source(), subject: mail.Subject, html: mail.HTML, text: mail.Text}
	b.finish.bind(c)
	c.complete(b.facts, k.language)
	kept, _ := b.contents.LoadOrStore(k, c)
	return kept.(*Content), true
}
