package builtin_test

import (
	"testing"

	"mailgun-connector/templates/builtin"
)

func TestMatcher(t *testing.T) {
	t.Parallel()
	all := builtin.NewMatcher(nil)
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
	if got, ok := builtin.NewMatcher([]string{"en", "de"}).Match("fr"); ok {
		t.Errorf("Match(fr) in en and de = %q, want none", got)
	}
	for tag, want := range map[string]string{"fr-CA": "fr", "fi": "en"} {
		if got := builtin.Nearest(tag); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", tag, got, want)
		}
	}
}
