package locale

import "strings"

const (
	// MaxWanted is how many languages of a request are looked at.
	MaxWanted = 16

	maxTag = 64 // bytes of each
)

// Wanted returns the languages that a person wants, the most wanted first: those of
// OpenID Connect's ui_locales, which spaces separate, then locale, as far as [MaxWanted].
// Logto resolves locale to one of its own languages, fr-CA to fr and sv to en, and keeps
// in uiLocales what was asked for.
func Wanted(uiLocales, locale string) []string {
	var tags []string
	for tag := range strings.FieldsSeq(uiLocales) {
		if len(tags) == MaxWanted-1 {
			break
		}
		tags = append(tags, tag)
	}
	if locale != "" {
		tags = append(tags, locale)
	}
	return tags
}

// Canonical writes a language tag in lower case and with hyphens, without what POSIX
// adds to it (pt_BR.UTF-8, de_DE@euro) and as Android's folders have it (zh-rTW). One
// that is longer than any real one is "".
func Canonical(tag string) string {
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
