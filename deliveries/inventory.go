package deliveries

import (
	"slices"
	"strings"

	"mailgun-connector/templates/builtin"
)

// Inventory tells where the mail of each usage type in each language comes from.
type Inventory struct {
	// Builtin are the languages of the built-in mails, Languages those and the ones of the
	// config's own localized mails, as BCP 47 tags.
	Builtin   []string        `json:"builtin"`
	Languages []string        `json:"languages"`
	Types     []TypeInventory `json:"types"`
}

// TypeInventory is the part of an [Inventory] about one usage type.
type TypeInventory struct {
	Type string       `json:"type"`
	Kind builtin.Kind `json:"kind"`
	// Builtin tells that a config with a brand has a built-in mail for the type.
	Builtin bool `json:"builtin"`
	// Sources has the [Content.Source] of the mail in each of the languages; none where a
	// request would be refused.
	Sources map[string]string `json:"sources"`
}

// Inventory lists every usage type that has a built-in mail or content of its own. A type
// that ends in "Link" stands for the mails of its type with a link and no code. No mail is
// made for that.
func (s *Set) Inventory() Inventory {
	all := Inventory{Builtin: builtin.Languages(), Languages: builtin.Languages()}
	for k := range s.localized {
		if !slices.ContainsFunc(all.Languages, func(l string) bool { return strings.EqualFold(l, k.language) }) {
			all.Languages = append(all.Languages, s.localized[k].language)
		}
	}
	slices.Sort(all.Languages)
	for _, t := range builtin.Types() {
		ours := TypeInventory{Type: t.Name, Kind: t.Kind, Builtin: true}
		all.Types = append(all.Types, s.inventoryOf(ours, all.Languages))
	}
	for _, usageType := range s.UsageTypes() {
		if _, ok := builtin.KindOf(usageType); ok {
			continue
		}
		kind := builtin.Code
		if IsForLink(usageType) {
			kind = builtin.Link
		}
		all.Types = append(all.Types, s.inventoryOf(TypeInventory{Type: usageType, Kind: kind}, all.Languages))
	}
	return all
}

func (s *Set) inventoryOf(t TypeInventory, languages []string) TypeInventory {
	wanted := Wanted{UsageType: t.Type}
	if base, ok := strings.CutSuffix(t.Type, linkSuffix); ok && t.Kind == builtin.Link {
		wanted = Wanted{UsageType: base, Link: true}
	}
	t.Sources = make(map[string]string, len(languages))
	for _, language := range languages {
		wanted.Languages = []string{language}
		if origin, ok := s.Origin(wanted); ok {
			t.Sources[language] = origin.Source
		}
	}
	return t
}

// Builtin returns the built-in mail of a usage type in one of [builtin.Languages], as a
// text to edit. ok is false if there is none, or no brand.
func (s *Set) Builtin(usageType, language string) (mail builtin.Source, ok bool) {
	if s.brand == nil {
		return builtin.Source{}, false
	}
	return s.brand.mails.Source(usageType, language)
}
