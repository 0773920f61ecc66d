package locale

import (
	"slices"

	"golang.org/x/text/language"
)

// rightToLeft are the scripts of living languages that run from right to left, by their
// codes of ISO 15924.
var rightToLeft = []string{"Adlm", "Arab", "Hebr", "Nkoo", "Rohg", "Syrc", "Thaa"}

// Direction is that of a language's script, as HTML's dir has it: "ltr" or "rtl".
func Direction(tag string) string {
	if script, _ := language.Make(tag).Script(); slices.Contains(rightToLeft, script.String()) {
		return "rtl"
	}
	return "ltr"
}
