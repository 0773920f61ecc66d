package locale

import (
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// categories are CLDR's names of what the plural package numbers.
var categories = map[plural.Form]string{
	plural.Other: "other", plural.Zero: "zero", plural.One: "one",
	plural.Two: "two", plural.Few: "few", plural.Many: "many",
}

// Plural returns CLDR's plural category of a whole number in a language: "one", "few",
// "other", and so on.
func Plural(tag language.Tag, n int) string {
	return categories[plural.Cardinal.MatchPlural(tag, n, 0, 0, 0, 0)]
}
