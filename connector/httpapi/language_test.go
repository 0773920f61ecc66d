package httpapi_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"

	"mailgun-connector/templates/builtin"
)

// sentencesIn returns the texts of a language by their names.
func sentencesIn(t *testing.T, tag string) map[string]string {
	t.Helper()
	text, err := os.ReadFile("sentences/" + tag + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var texts map[string]string
	if err := json.Unmarshal(text, &texts); err != nil {
		t.Fatalf("%s: %v", tag, err)
	}
	return texts
}

// pluralForm is CLDR's name of the plural form of a number.
func pluralForm(tag string, n int) string {
	return map[plural.Form]string{
		plural.Other: "other", plural.Zero: "zero", plural.One: "one",
		plural.Two: "two", plural.Few: "few", plural.Many: "many",
	}[plural.Cardinal.MatchPlural(language.MustParse(tag), n, 0, 0, 0, 0)]
}

// Who reads a built-in mail can read why there is none.
func TestSentencesHaveTheLanguagesOfTheMails(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("sentences/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for i := range files {
		files[i] = strings.TrimSuffix(filepath.Base(files[i]), ".json")
	}
	slices.Sort(files)
	if diff := cmp.Diff(builtin.Languages(), files); diff != "" {
		t.Errorf("languages (-mails +sentences):\n%s", diff)
	}
}

// TestSentencesAreComplete holds every language to every sentence, with the plural forms
// that CLDR has for it.
func TestSentencesAreComplete(t *testing.T) {
	t.Parallel()
	for _, tag := range builtin.Languages() {
		want := []string{"notSent", "maybeSent", "stillSending", "busy", "expired", "badAddress", "badSetup"}
		for n := 1; n <= 200; n++ {
			form := pluralForm(tag, n)
			want = append(want, "waitMinutes."+form, "waitHours."+form)
		}
		slices.Sort(want)
		if diff := cmp.Diff(slices.Compact(want), slices.Sorted(maps.Keys(sentencesIn(t, tag)))); diff != "" {
			t.Errorf("sentences in %s (-want +got):\n%s", tag, diff)
		}
	}
}

// A page shows them as they come, with the request id behind them.
func TestSentencesAreFitToBeShown(t *testing.T) {
	t.Parallel()
	const (
		most = 160
		id   = " 0b9c5c1e-6f0f-4b8e-9a53-3f1d6c2f7a10"
	)
	english := sentencesIn(t, "en")
	for _, tag := range builtin.Languages() {
		seen := map[string]string{}
		for name, text := range sentencesIn(t, tag) {
			if n := utf8.RuneCountInString(text + id); n > most || text == "" || strings.TrimSpace(text) != text {
				t.Errorf("%s: %s has %d characters with a request id, want at most %d: %q", tag, name, n, most, text)
			}
			// "One" and "two" may be said without a number, as Arabic does.
			key, form, _ := strings.Cut(name, ".")
			if has := strings.Contains(text, "{n}"); has && form == "" || !has && form != "" && form != "one" && form != "two" {
				t.Errorf("%s: %s = %q, want {n} in what is about a number, and nowhere else", tag, name, text)
			}
			if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsDigit(r) || unicode.IsControl(r) || r == '!' || r == '"' }) {
				t.Errorf("%s: %s = %q has a digit, a control character, an exclamation mark or a straight quote", tag, name, text)
			}
			if last, _ := utf8.DecodeLastRuneInString(text); last != '.' && last != '。' {
				t.Errorf("%s: %s = %q is not a sentence", tag, name, text)
			}
			if tag != "en" && text == english[name] {
				t.Errorf("%s: %s is in English", tag, name)
			}
			if other := seen[text]; other != "" && other != key {
				t.Errorf("%s: %s says what %s says", tag, name, other)
			}
			seen[text] = key
		}
	}
}
