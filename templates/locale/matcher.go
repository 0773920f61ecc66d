// Package locale finds, of the languages that a text exists in, the one that a reader of
// others reads best, and the plural forms of a language. It knows nothing of the texts.
package locale

import (
	"strings"

	"golang.org/x/text/language"
)

// Matcher has the languages of a text. It is immutable and safe for concurrent use; the
// nil *Matcher has none.
type Matcher struct {
	tags    []string
	matcher language.Matcher
}

// NewMatcher returns a matcher for BCP 47 tags.
func NewMatcher(tags []string) *Matcher {
	parsed := make([]language.Tag, len(tags))
	for i, tag := range tags {
		parsed[i] = language.Make(tag)
	}
	return &Matcher{tags, language.NewMatcher(parsed)}
}

// Match returns the tag for the first of the wanted ones whose readers read one of the
// matcher's languages: the same, or the nearest by CLDR's data if its readers understand
// each other's (zh-TW and zh-Hant-HK, pt and pt-BR), or one of its parents by name
// ("fr-CA", "fr": RFC 4647, section 3.4). The wanted ones may be written as BCP 47, POSIX,
// Java or Android do. ok is false if there is none.
func (m *Matcher) Match(wanted ...string) (tag string, ok bool) {
	if m == nil {
		return "", false
	}
	for _, w := range wanted {
		if tag, ok := m.match(w); ok {
			return tag, true
		}
	}
	return "", false
}

func (m *Matcher) match(wanted string) (tag string, ok bool) {
	if tag, ok := m.same(wanted); ok { // as nearly always
		return tag, true
	}
	wanted = Canonical(wanted)
	if tag, ok := m.same(wanted); ok {
		return tag, true
	}
	if parsed, err := language.Parse(wanted); err == nil {
		if _, i, confidence := m.matcher.Match(parsed); confidence >= language.High {
			return m.tags[i], true
		}
	}
	for wanted = parent(wanted); wanted != ""; wanted = parent(wanted) {
		if tag, ok := m.same(wanted); ok {
			return tag, true
		}
	}
	return "", false
}

// same returns the tag that is the wanted one but for case.
func (m *Matcher) same(wanted string) (tag string, ok bool) {
	for _, tag := range m.tags {
		if strings.EqualFold(tag, wanted) {
			return tag, true
		}
	}
	return "", false
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
