package deliveries

import (
	"slices"
	"strings"

	"golang.org/x/text/language"
)

// locales are the languages in which a usage type has contents.
type locales struct {
	tags    []string // in lower case, as keys have them
	matcher language.Matcher
}

// add takes another language. The matcher is made when all are known.
func (l *locales) add(tag string) { l.tags = append(l.tags, tag) }

func (l *locales) prepare() {
	known := make([]language.Tag, len(l.tags))
	for i, tag := range l.tags {
		known[i] = language.Make(tag)
	}
	l.matcher = language.NewMatcher(known)
}

const (
	maxWanted = 16 // languages of a request that are looked at
	maxTag    = 64 // bytes of each
)

// find returns the language that a reader of the wanted one reads, "" for none: the same,
// or the nearest by CLDR's data if its readers understand each other's (zh-TW and
// zh-Hant-HK, pt and pt-BR), or one of its parents by name ("fr-CA", "fr": RFC 4647,
// section 3.4).
func (l *locales) find(wanted string) string {
	if l == nil {
		return ""
	}
	if tag := l.same(wanted); tag != "" { // as nearly always
		return tag
	}
	wanted = canonicalTag(wanted)
	if tag := l.same(wanted); tag != "" {
		return tag
	}
	if tag, err := language.Parse(wanted); err == nil {
		if _, i, confidence := l.matcher.Match(tag); confidence >= language.High {
			return l.tags[i]
		}
	}
	for wanted = parent(wanted); wanted != ""; wanted = parent(wanted) {
		if tag := l.same(wanted); tag != "" {
			return tag
		}
	}
	return ""
}

// same returns the language that is the wanted one but for case, "" for none.
func (l *locales) same(wanted string) string {
	for _, tag := range l.tags {
		if strings.EqualFold(tag, wanted) {
			return tag
		}
	}
	return ""
}

// canonicalTag writes a language tag in lower case and with hyphens, without what POSIX
// adds to it (pt_BR.UTF-8, de_DE@euro) and as Android's folders have it (zh-rTW).
func canonicalTag(tag string) string {
	if len(tag) > maxTag {
		return ""
	}
	if end := strings.IndexAny(tag, ".@"); end >= 0 {
		tag = tag[:end]
	}
	subtags := strings.Split(strings.ReplaceAll(tag, "_", "-"), "-")
	for i, subtag := range subtags {
		if i > 0 && len(subtag) == 3 && subtag[0] == 'r' && strings.ToUpper(subtag[1:]) == subtag[1:] {
			subtags[i] = subtag[1:]
		}
	}
	return strings.ToLower(strings.Join(subtags, "-"))
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

// rightToLeft are the scripts of living languages that run from right to left, by their
// codes of ISO 15924.
var rightToLeft = []string{"Adlm", "Arab", "Hebr", "Nkoo", "Rohg", "Syrc", "Thaa"}

// directionOf is the direction of a language's script, as HTML's dir has it.
func directionOf(tag string) string {
	if script, _ := language.Make(tag).Script(); slices.Contains(rightToLeft, script.String()) {
		return "rtl"
	}
	return "ltr"
}
