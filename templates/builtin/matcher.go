package builtin

import (
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/language"
)

// Matcher finds the language of some of [Languages] that a reader of others reads best,
// as CLDR has it: a reader of zh-HK finds zh-TW, one of pt-PT pt-BR. It is safe for
// concurrent use.
type Matcher struct {
	languages []string
	matcher   language.Matcher
}

// NewMatcher returns a matcher for tags, each one of [Languages]; none is all of them.
func NewMatcher(tags []string) *Matcher {
	if len(tags) == 0 {
		tags = Languages()
	}
	parsed := make([]language.Tag, len(tags))
	for i, tag := range tags {
		parsed[i] = language.Make(tag)
	}
	return &Matcher{slices.Clone(tags), language.NewMatcher(parsed)}
}

// Match returns the language for tags in order of preference. ok is false if a reader of
// none of them reads any.
func (m *Matcher) Match(preferred ...string) (tag string, ok bool) {
	if len(preferred) > 0 {
		first := preferred[0]
		if i := slices.IndexFunc(m.languages, func(l string) bool { return strings.EqualFold(l, first) }); i >= 0 {
			return m.languages[i], true
		}
	}
	for _, p := range preferred {
		wanted, err := language.Parse(p)
		if err != nil {
			continue
		}
		if _, i, confidence := m.matcher.Match(wanted); confidence >= language.High {
			return m.languages[i], true
		}
	}
	return "", false
}

// nearest matches any of [Languages].
var nearest = sync.OnceValue(func() *Matcher { return NewMatcher(nil) })

// Nearest returns the one of [Languages] that a reader of tag reads best, English if
// there is none.
func Nearest(tag string) string {
	if found, ok := nearest().Match(tag); ok {
		return found
	}
	return "en"
}
