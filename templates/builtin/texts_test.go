package builtin_test

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"

	"mailgun-connector/templates/builtin"
)

func TestLanguages(t *testing.T) {
	t.Parallel()
	want := []string{
		"ar", "de", "en", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt-BR", "ru", "tr", "uk", "zh-CN", "zh-TW",
	}
	if diff := cmp.Diff(want, builtin.Languages()); diff != "" {
		t.Errorf("Languages (-want +got):\n%s", diff)
	}
}

// eachLanguage runs a test for each language's texts: their path in the file, such as
// "shared.help" → text.
func eachLanguage(t *testing.T, test func(t *testing.T, tag string, texts map[string]string)) {
	for _, tag := range builtin.Languages() {
		t.Run(tag, func(t *testing.T) {
			t.Parallel()
			test(t, tag, readTexts(t, tag))
		})
	}
}

func readTexts(t *testing.T, tag string) map[string]string {
	t.Helper()
	content, err := os.ReadFile("texts/" + tag + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var tree map[string]any
	if err := json.Unmarshal(content, &tree); err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	var walk func(path string, node any)
	walk = func(path string, node any) {
		switch node := node.(type) {
		case string:
			texts[path] = node
		case map[string]any:
			for key, child := range node {
				walk(strings.TrimPrefix(path+"."+key, "."), child)
			}
		default:
			t.Fatalf("%s is %v, want a text", path, node)
		}
	}
	walk("", tree)
	return texts
}

// without returns the texts whose path has none of the prefixes.
func without(texts map[string]string, prefixes ...string) map[string]string {
	rest := maps.Clone(texts)
	maps.DeleteFunc(rest, func(path, _ string) bool {
		return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(path, p) })
	})
	return rest
}

// sentences is every text that a reader sees, apart from durations.
func sentences(texts map[string]string) map[string]string {
	return without(texts, "language", "direction", "space", "colon", "codeWord", "durations.")
}

func TestEveryLanguageSaysEverything(t *testing.T) {
	t.Parallel()
	want := slices.Sorted(maps.Keys(without(readTexts(t, "en"), "durations.")))
	eachLanguage(t, func(t *testing.T, tag string, texts map[string]string) {
		if diff := cmp.Diff(want, slices.Sorted(maps.Keys(without(texts, "durations.")))); diff != "" {
			t.Errorf("texts (-want +got):\n%s", diff)
		}
		for path, text := range texts {
			if strings.TrimSpace(text) == "" && path != "space" {
				t.Errorf("%s is empty", path)
			}
		}
	})
}

// English decides what the others have; here is what decides about English.
func TestEveryTypeHasItsWords(t *testing.T) {
	t.Parallel()
	members := map[builtin.Kind][]string{
		builtin.Code:   {"subject", "heading", "intro", "linkSubject", "linkIntro", "button", "note"},
		builtin.Link:   {"linkSubject", "linkIntro", "button", "note"},
		builtin.Notice: {"subject", "intro"},
	}
	left := without(readTexts(t, "en"), "language", "direction", "space", "colon", "codeWord", "durations.", "shared.")
	for _, usageType := range builtin.Types() {
		base := "mails." + strings.TrimSuffix(usageType.Name, "Link")
		for _, member := range members[usageType.Kind] {
			path := base + "." + member
			if readTexts(t, "en")[path] == "" && readTexts(t, "en")[path+".plain"] == "" {
				t.Errorf("no text %s", path)
			}
			maps.DeleteFunc(left, func(p, _ string) bool { return p == path || strings.HasPrefix(p, path+".") })
		}
		if usageType.Kind == builtin.Notice { // which may have its own
			delete(left, base+".button")
			delete(left, base+".note")
		}
	}
	if len(left) > 0 {
		t.Errorf("texts that nothing uses: %q", slices.Sorted(maps.Keys(left)))
	}
}

var placeholder = regexp.MustCompile(`\{[^{}]*\}`)

func placeholdersOf(text string) []string {
	found := placeholder.FindAllString(text, -1)
	slices.Sort(found)
	return slices.Compact(found)
}

func TestPlaceholdersAreThoseOfEnglish(t *testing.T) {
	t.Parallel()
	english := sentences(readTexts(t, "en"))
	eachLanguage(t, func(t *testing.T, _ string, texts map[string]string) {
		for path, text := range sentences(texts) {
			if diff := cmp.Diff(placeholdersOf(english[path]), placeholdersOf(text)); diff != "" {
				t.Errorf("placeholders of %s (-want +got):\n%s", path, diff)
			}
			if rest := placeholder.ReplaceAllString(text, ""); strings.ContainsAny(rest, "{}[]<>") {
				t.Errorf("%s: %q has a bracket that belongs to no placeholder", path, text)
			}
		}
	})
}

func TestTextsAreTidy(t *testing.T) {
	t.Parallel()
	eachLanguage(t, func(t *testing.T, _ string, texts map[string]string) {
		for path, text := range sentences(texts) {
			if strings.TrimSpace(text) != text || strings.Contains(text, "  ") || strings.ContainsAny(text, "\n\t\r") {
				t.Errorf("%s: %q has white space to spare", path, text)
			}
			if strings.ContainsFunc(text, unicode.IsDigit) {
				t.Errorf("%s: %q has digits that could be taken for a code", path, text)
			}
			if strings.ContainsAny(text, `"'`) {
				t.Errorf("%s: %q has a typewriter's quote", path, text)
			}
			if i := strings.IndexFunc(text, invisible); i >= 0 {
				t.Errorf("%s: %q has an invisible character at byte %d", path, text, i)
			}
		}
	})
}

// invisible is what translators' tools leave behind. Arabic may need its joiners.
func invisible(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co) && r != '\u200c' && r != '\u200d'
}

// The word for the code stands in the subject and the heading, so that mail programs know
// what the digits beside it are.
func TestCodeIsCalledOne(t *testing.T) {
	t.Parallel()
	eachLanguage(t, func(t *testing.T, _ string, texts map[string]string) {
		word := strings.ToLower(texts["codeWord"])
		for _, usageType := range builtin.Types() {
			if usageType.Kind != builtin.Code {
				continue
			}
			for _, member := range []string{"subject", "heading"} {
				path := "mails." + usageType.Name + "." + member
				if !strings.Contains(strings.ToLower(texts[path]), word) {
					t.Errorf("%s: %q lacks %q", path, texts[path], word)
				}
			}
		}
	})
}

func TestSubjectsAreShort(t *testing.T) {
	t.Parallel()
	const limit = 60 // characters: what a phone shows in two lines, a desktop in one
	fill := strings.NewReplacer("{code}", "481629", "{brand}", "Acme Cloud", "{organization}", "Initech Corporation")
	eachLanguage(t, func(t *testing.T, _ string, texts map[string]string) {
		for path, text := range texts {
			if !strings.Contains(path, ".subject") && !strings.Contains(path, ".linkSubject") {
				continue
			}
			if n := len([]rune(fill.Replace(text))); n > limit {
				t.Errorf("%s: %q has %d characters, want at most %d", path, fill.Replace(text), n, limit)
			}
		}
	})
}

// A language has words for every category that CLDR puts whole numbers into, and none
// that no number uses.
func TestDurationsHaveTheLanguagesPlurals(t *testing.T) {
	t.Parallel()
	names := map[plural.Form]string{
		plural.Other: "other", plural.Zero: "zero", plural.One: "one",
		plural.Two: "two", plural.Few: "few", plural.Many: "many",
	}
	eachLanguage(t, func(t *testing.T, tag string, texts map[string]string) {
		want := map[string]bool{"other": true} // CLDR has it in every language
		for n := 1; n <= 200; n++ {
			want[names[plural.Cardinal.MatchPlural(language.Make(tag), n, 0, 0, 0, 0)]] = true
		}
		for _, unit := range []string{"minutes", "hours", "days"} {
			var got []string
			for path, text := range texts {
				category, ok := strings.CutPrefix(path, "durations."+unit+".")
				if !ok {
					continue
				}
				got = append(got, category)
				// "One" and "two" may be said without a number, as Arabic does.
				if single := category == "one" || category == "two"; !single && !strings.Contains(text, "{n}") {
					t.Errorf("%s: %q lacks {n}", path, text)
				}
			}
			slices.Sort(got)
			if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), got); diff != "" {
				t.Errorf("categories of %s (-want +got):\n%s", unit, diff)
			}
		}
	})
}

// scripts has the letters that a language's script is written with, by the ISO 15924 code
// that CLDR gives the language.
var scripts = map[string][]*unicode.RangeTable{
	"Latn": {unicode.Latin},
	"Cyrl": {unicode.Cyrillic},
	"Arab": {unicode.Arabic},
	"Kore": {unicode.Hangul},
	"Jpan": {unicode.Han, unicode.Hiragana, unicode.Katakana},
	"Hans": {unicode.Han},
	"Hant": {unicode.Han},
}

func TestScriptAndDirection(t *testing.T) {
	t.Parallel()
	eachLanguage(t, func(t *testing.T, tag string, texts map[string]string) {
		script, _ := language.Make(tag).Script()
		letters, ok := scripts[script.String()]
		if !ok {
			t.Fatalf("the script %s is not known to this test", script)
		}
		direction := "ltr"
		if script.String() == "Arab" {
			direction = "rtl"
		}
		if texts["direction"] != direction {
			t.Errorf("direction = %q, want %q", texts["direction"], direction)
		}
		space := " "
		if slices.Contains([]string{"Jpan", "Hans", "Hant"}, script.String()) {
			space = ""
		}
		if texts["space"] != space {
			t.Errorf("space = %q, want %q", texts["space"], space)
		}
		colon := map[string]string{" ": ":", "": "："}[space]
		if tag == "fr" {
			colon = "\u00a0:"
		}
		if texts["colon"] != colon {
			t.Errorf("colon = %q, want %q", texts["colon"], colon)
		}
		for path, text := range without(sentences(texts), "mails.OrganizationInvitation.linkSubject.organization") {
			own, foreign := 0, 0
			for _, r := range placeholder.ReplaceAllString(text, "") {
				switch {
				case unicode.In(r, letters...) || r == 'ー':
					own++
				case unicode.IsLetter(r):
					foreign++
				}
			}
			// Words such as Google, Apple and passkey are Latin in most languages.
			if own == 0 || foreign > own {
				t.Errorf("%s: %q is not written in %s", path, text, script)
			}
		}
	})
}

// Characters that only one of the two Chinese scripts has, of words that these mails use.
var chinese = map[string]string{
	"zh-CN": "邮码验证请输这连链钮绑帐账户录织应问为",
	"zh-TW": "郵碼驗證請輸這連鏈鈕綁帳戶錄織應問為",
}

func TestChineseScriptsAreNotMixed(t *testing.T) {
	t.Parallel()
	eachLanguage(t, func(t *testing.T, tag string, texts map[string]string) {
		other := map[string]string{"zh-CN": chinese["zh-TW"], "zh-TW": chinese["zh-CN"]}[tag]
		for path, text := range texts {
			for _, r := range text {
				if strings.ContainsRune(other, r) && !strings.ContainsRune(chinese[tag], r) {
					t.Errorf("%s: %q has %q of the other script", path, text, r)
				}
			}
		}
	})
}

func TestNothingIsLeftInEnglish(t *testing.T) {
	t.Parallel()
	english := sentences(readTexts(t, "en"))
	eachLanguage(t, func(t *testing.T, tag string, texts map[string]string) {
		if tag == "en" {
			return
		}
		for path, text := range sentences(texts) {
			if text == english[path] {
				t.Errorf("%s: %q is the English text", path, text)
			}
		}
	})
}
