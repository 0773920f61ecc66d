package locale_test

import (
	"strings"
	"testing"

	"golang.org/x/text/language"

	"mailgun-connector/templates/locale"
)

func TestMatcher(t *testing.T) {
	t.Parallel()
	all := locale.NewMatcher(strings.Fields("ar de en es fr pt-BR zh-CN zh-TW"))
	for tag, want := range map[string]string{
		"de": "de", "DE": "de", "de-AT": "de", "de_CH": "de", "en-GB": "en", "pt": "pt-BR", "pt_BR": "pt-BR", "pt-PT": "pt-BR",
		"zh": "zh-CN", "zh-Hans": "zh-CN", "zh-Hant": "zh-TW", "zh-Hant-TW": "zh-TW", "zh-HK": "zh-TW", "zh_TW": "zh-TW",
		"zh-SG": "zh-CN", "ar-EG": "ar", "es-419": "es", "": "", "fi": "", "not a tag": "", "sv": "",
	} {
		if got, _ := all.Match(tag); got != want {
			t.Errorf("Match(%q) = %q, want %q", tag, got, want)
		}
	}
	if got, _ := all.Match("fi", "fr-CA", "de"); got != "fr" {
		t.Errorf("Match(fi, fr-CA, de) = %q, want fr", got)
	}
	if got, ok := locale.NewMatcher([]string{"en", "de"}).Match("fr"); ok {
		t.Errorf("Match(fr) in en and de = %q, want none", got)
	}
	var none *locale.Matcher
	if got, ok := none.Match("en"); ok {
		t.Errorf("Match(en) in nothing = %q, want none", got)
	}
}

func TestWanted(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ uiLocales, locale, want string }{
		{"", "", ""}, {"", "fr", "fr"}, {"fr-CA fr", "", "fr-CA fr"}, {" sv\tde ", "en", "sv de en"},
		{strings.Repeat("sv ", 1000), "en", strings.Repeat("sv ", 15) + "en"},
	} {
		if got := strings.Join(locale.Wanted(tt.uiLocales, tt.locale), " "); got != tt.want {
			t.Errorf("Wanted(%.30q, %q) = %q, want %q", tt.uiLocales, tt.locale, got, tt.want)
		}
	}
}

func TestPlural(t *testing.T) {
	t.Parallel()
	for tag, want := range map[string]string{
		"en": "other one other other other", "ja": "other other other other other", "fr": "one one other other other",
		"ru": "many one few many one", "pl": "many one few many many", "ar": "zero one two few many", "tlh": "other other other other other",
	} {
		var got []string
		for _, n := range []int{0, 1, 2, 5, 21} {
			got = append(got, locale.Plural(language.Make(tag), n))
		}
		if all := strings.Join(got, " "); all != want {
			t.Errorf("plurals of 0, 1, 2, 5 and 21 in %s = %s, want %s", tag, all, want)
		}
	}
}
