package config

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"mailgun-connector/deliveries"
)

// same reports whether two documents mean the same: what differs in spelling
// only, such as 1.50 and 1.5, is the same.
func same(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, b, same)
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, same)
	case json.Number:
		b, ok := b.(json.Number)
		return ok && (a == b || sameNumber(string(a), string(b)))
	}
	return isScalar(b) && a == b
}

func isScalar(v any) bool {
	switch v.(type) {
	case map[string]any, []any:
		return false
	}
	return true
}

// maxExact is beyond what a float64 tells apart from its neighbours: two numbers of
// this size may be different all the same.
const maxExact = 1 << 53

func sameNumber(a, b string) bool {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	return errX == nil && errY == nil && x == y && x > -maxExact && x < maxExact
}

// canonical is the order in which members are written that a file does not have
// yet. It needs no places: no name stands in two of them with another rank.
var canonical = slices.Concat(
	[]string{"$schema", "endpoint", "domain", "apiKey", "from", "brand", "deliveries", "templates", "fallbackLanguage", "options"},
	[]string{"name", "color", "logo", "logoDark", "logoWidth", "url", "support", "address", "languages", "autofillDomain"},
	deliveries.UsageTypes,
	[]string{"id", "tenantId", "createdAt", "languageTag", "templateType", "details"},
	[]string{"subject", "replyTo", "sendFrom", "template", "templateVersion", "variables"},
	[]string{"contentType", "content", "html", "htmlFile", "text", "textFile"},
	[]string{"tags", "tracking", "autoText", "requireTls", "testMode", "deliverWithin", "headers"},
)

// inOrder gives the names of an object's members in canonical order, those of
// other names behind, by name.
func inOrder(object map[string]any) []string {
	rank := func(name string) int {
		if i := slices.Index(canonical, name); i >= 0 {
			return i
		}
		return len(canonical)
	}
	return slices.SortedFunc(maps.Keys(object), func(a, b string) int {
		return cmp.Or(rank(a)-rank(b), cmp.Compare(a, b))
	})
}

// pair finds, for each element of want, the element of old that it was made of:
// an equal one, or one that is the same localized template by type and language,
// or the one in the same place. It is -1 for none. No element is given twice.
func pair(old, want []any) []int {
	origin := make([]int, len(want))
	taken := make([]bool, len(old))
	for i := range origin {
		origin[i] = -1
	}
	match := func(fits func(old, want any) bool) {
		for i := range want {
			for j := range old {
				if origin[i] < 0 && !taken[j] && fits(old[j], want[i]) {
					origin[i], taken[j] = j, true
				}
			}
		}
	}
	if len(old)*len(want) <= maxPairs {
		match(same)
		match(sameTemplate)
	}
	for i := range min(len(old), len(want)) {
		if origin[i] < 0 && !taken[i] {
			origin[i], taken[i] = i, true
		}
	}
	return origin
}

// maxPairs bounds the comparisons of two lists. Longer ones than of a few hundred
// elements are compared place by place.
const maxPairs = 100_000

func sameTemplate(a, b any) bool {
	x, _ := a.(map[string]any)
	y, _ := b.(map[string]any)
	return x["templateType"] != nil && same(x["templateType"], y["templateType"]) && same(x["languageTag"], y["languageTag"])
}
