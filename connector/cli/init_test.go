package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/templates/builtin"
)

// The mails that init writes as files say what the built-in ones say, in the same look.
func TestInitMailsAreTheBuiltInOnes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	brand := []string{"--name", `"Söhne" & Co`, "--color", "#0a6640", "--logo", "https://acme.example/logo.png", "--languages", "ar,de"}
	for folder, args := range map[string][]string{"short": nil, "own": {"--mails"}} {
		command(t, append(append([]string{"init", filepath.Join(dir, folder)}, brand...), args...)...)
		config := filepath.Join(dir, folder, "connector.yaml")
		command(t, "check", "--strict", config)
		command(t, "render", "--config", config, "--all", filepath.Join(dir, folder, "all"))
	}
	read := func(path ...string) string {
		text, err := os.ReadFile(filepath.Join(append([]string{dir}, path...)...))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if index := read("own", "all", "index.html"); strings.Contains(index, `"builtin/`) || !strings.Contains(index, `"templates/SignIn/de"`) {
		t.Error("the index has built-in mails, want none but those of the config")
	}
	for _, language := range []string{"ar", "de"} {
		for _, usageType := range builtin.Types() {
			builtIn, own := read("short", "all", language, usageType.Name+".html"), read("own", "all", language, usageType.Name+".html")
			if diff := cmp.Diff(body(t, builtIn), body(t, own)); diff != "" {
				t.Errorf("%s in %s (-built in +file):\n%s", usageType.Name, language, diff)
			}
			html := `<html lang="` + language + `" dir="` + map[string]string{"ar": "rtl", "de": "ltr"}[language] + `"`
			if !strings.Contains(own, html) || strings.Contains(own, "{{") {
				t.Errorf("%s in %s lacks %s, or has a placeholder left:\n%s", usageType.Name, language, html, own)
			}
			text := read("own", "all", language, usageType.Name+".txt")
			if got, want := strings.Contains(text, "481629"), usageType.Kind == builtin.Code; got != want {
				t.Errorf("text of %s in %s with a code: %v, want %v:\n%s", usageType.Name, language, got, want, text)
			}
		}
	}
}

// body is what a page shows, less what depends on the language in the layout: that the
// file with the layout can't have.
func body(t *testing.T, page string) string {
	t.Helper()
	_, shown, ok := strings.Cut(page, `<div style="max-width:480px;`)
	if !ok {
		t.Fatalf("no body in\n%s", page)
	}
	_, shown, _ = strings.Cut(shown, "\n")
	return shown
}
