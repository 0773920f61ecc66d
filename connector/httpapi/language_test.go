package httpapi_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// TestSentencesAreComplete holds every language to every sentence, with the plural forms
// that CLDR has for it.
func TestSentencesAreComplete(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("sentences/*.json")
	if err != nil || len(files) < 2 {
		t.Fatalf("files = %q, %v, want at least two", files, err)
	}
	forms := map[plural.Form]string{
		plural.Other: "other", plural.Zero: "zero", plural.One: "one",
		plural.Two: "two", plural.Few: "few", plural.Many: "many",
	}
	for _, file := range files {
		tag := language.MustParse(strings.TrimSuffix(filepath.Base(file), ".json"))
		want := map[string]bool{} // by sentence, whether it has a number
		for _, s := range []string{"notSent", "maybeSent", "stillSending", "busy", "expired", "badAddress", "badSetup"} {
			want[s] = false
		}
		for n := range 200 {
			form := forms[plural.Cardinal.MatchPlural(tag, n, 0, 0, 0, 0)]
			want["waitMinutes."+form], want["waitHours."+form] = true, true
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]string
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for name, numbered := range want {
			s, ok := got[name]
			if delete(got, name); !ok || strings.TrimSpace(s) != s || s == "" || strings.Contains(s, "{n}") != numbered {
				t.Errorf("%s: %s = %q, want a sentence, with {n} = %v", file, name, s, numbered)
			}
		}
		if len(got) > 0 {
			t.Errorf("%s has %q, which nobody is told", file, got)
		}
	}
}
