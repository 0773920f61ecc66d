package builtin_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/templates/builtin"
)

func TestNames(t *testing.T) {
	t.Parallel()
	brand := &builtin.Brand{Name: "Acme"}
	object := func(pairs ...any) map[string]any {
		m := map[string]any{}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i].(string)] = pairs[i+1]
		}
		return m
	}
	named := func(name any) map[string]any { return object("name", name) }
	for _, c := range []struct {
		name          string
		payload, want map[string]any
	}{
		{"none", object("code", "123456"), nil},
		{
			"all",
			object("application", named("Console"), "organization", named("Initech"), "inviter", named("Ada")),
			object("application", "Console", "organization", "Initech", "inviter", "Ada"),
		},
		{
			"better ones first",
			object(
				"application", object("name", "spa", "displayName", "Console"),
				"inviter", object("name", nil, "username", "ada"),
			),
			object("application", "Console", "inviter", "ada"),
		},
		{"the brand's own", object("application", named("Acme")), nil},
		{"not what they should be", object("application", "Console", "organization", named(7), "inviter", []any{"Ada"}), nil},
		{"blank", object("organization", named(" \u202e\u200b\n ")), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, brand.Names(c.payload)); diff != "" {
				t.Errorf("Names (-want +got):\n%s", diff)
			}
		})
	}
}

func TestHarmless(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Ada Lovelace":                  "Ada Lovelace",
		"  Ada \r\n\t Lovelace\u2028 ":  "Ada Lovelace",
		"Acme Inc.":                     "Acme Inc.",
		"St. Mary’s":                    "St. Mary’s",
		"Ada\u202egpj.exe\u2066":        "Adagpj\u200c.\u200cexe",
		"a\u200bb\ufeffc\u2060d\u00ade": "abcde",
		"evil.com":                      "evil\u200c.\u200ccom",
		"a@b":                           "a\u200c@\u200cb",
		"http://x":                      "http\u200c:\u200c\u200c/\u200c\u200c/\u200cx",
		"%unsubscribe_url%":             "%\u200cunsubscribe_url\u200c%",
		"👩\u200d💻 نمی\u200cخواهم":       "👩\u200d💻 نمی\u200cخواهم",
		"<b>\"A&B\"</b>":                "<b>\"A&B\"<\u200c/\u200cb>",
		strings.Repeat("x", 50):         strings.Repeat("x", 50),
		strings.Repeat("x", 51):         strings.Repeat("x", 49) + "…",
		strings.Repeat("a\u0301", 30):   strings.Repeat("a\u0301", 24) + "…",
		"\xff\xfe":                      "",
		"a\u3164\u115fb":                "ab",
	} {
		if got := builtin.Harmless(name); got != want {
			t.Errorf("Harmless(%q) = %q, want %q", name, got, want)
		}
	}
}

// What mail programs take for an address: a scheme, a dot or an @ between other characters.
var address = regexp.MustCompile(`(?i)[a-z][a-z0-9+-]*:/|[^\s\x{200c}][.@\x{3002}\x{ff0e}\x{ff61}\x{2024}][^\s\x{200c}]`)

func FuzzHarmless(f *testing.F) {
	for _, seed := range []string{
		"evil.com", "https://evil.com/?a=b", "a..b", "\u3002a\u3002b", "x@y.z", " . ", "a\u0301", "\u200c.\u200c",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		got := builtin.Harmless(name)
		switch {
		case !utf8.ValidString(got), strings.ContainsAny(got, "\r\n\t\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069\u200b"):
			t.Errorf("Harmless(%q) = %q: unfit for a line", name, got)
		case utf8.RuneCountInString(strings.ReplaceAll(got, "\u200c", "")) > 50:
			t.Errorf("Harmless(%q) = %q: too long", name, got)
		case address.MatchString(got):
			t.Errorf("Harmless(%q) = %q: can be clicked", name, got)
		}
	})
}
