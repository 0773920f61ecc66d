package deliveries_test

import (
	"testing"

	"mailgun-connector/deliveries"
)

// localized is a template that says in its subject what it is.
func localized(usageType, tag string) deliveries.Localized {
	return deliveries.Localized{LanguageTag: tag, TemplateType: usageType, Details: deliveries.Details{Subject: "s", Content: "c"}}
}

func newSet(t *testing.T, cfg deliveries.Config) *deliveries.Set {
	t.Helper()
	if cfg.FallbackLanguage == "" {
		cfg.FallbackLanguage = "en"
	}
	s, err := deliveries.New(cfg)
	if err != nil {
		t.Fatalf("New(%+v) = %v, want nil", cfg, err)
	}
	return s
}

func list(tags ...string) []string { return tags }

var plain = deliveries.Delivery{Subject: "s", HTML: "h"}

// TestFind is SPEC.md §2 as a table, one set of contents after the other, each
// with less in it.
func TestFind(t *testing.T) {
	t.Parallel()
	type ask struct {
		usageType string
		languages []string
		want      string // "" for none
	}
	tests := []struct {
		name string
		cfg  deliveries.Config
		asks []ask
	}{
		{"everything", deliveries.Config{
			Templates:  []deliveries.Localized{localized("SignIn", "fr"), localized("SignIn", "fr-CA"), localized("SignIn", "en"), localized("Generic", "en"), localized("Generic", "fr")},
			Deliveries: map[string]deliveries.Delivery{"SignIn": plain, "Generic": plain},
		}, []ask{
			{"SignIn", list("fr-CA"), "templates/SignIn/fr-ca"},
			{"SignIn", list("FR-ca"), "templates/SignIn/fr-ca"},
			{"SignIn", list("fr-CH"), "templates/SignIn/fr"},
			{"SignIn", list("fr-Latn-CA"), "templates/SignIn/fr-ca"}, // whose script it is anyway
			{"SignIn", list("ja"), "templates/SignIn/en"},
			{"SignIn", nil, "templates/SignIn/en"},
			{"SignIn", list("ja", "fr"), "templates/SignIn/fr"},
			{"SignIn", list("fr-CH", "fr-CA"), "templates/SignIn/fr"}, // a parent of the first comes before the second
			{"SignIn", list("ja", "ko"), "templates/SignIn/en"},
			{"SignIn", list("", "fr"), "templates/SignIn/fr"},
			// Generic stands in for a type in the fallback language only.
			{"Register", list("fr"), "templates/Generic/en"},
			{"Generic", list("fr"), "templates/Generic/fr"},
		}},
		{"no fallback for the type", deliveries.Config{
			Templates:  []deliveries.Localized{localized("SignIn", "fr"), localized("Generic", "en")},
			Deliveries: map[string]deliveries.Delivery{"SignIn": plain},
		}, []ask{
			{"SignIn", list("ja"), "templates/Generic/en"}, // even before the type's own delivery
			{"SignIn", list("fr"), "templates/SignIn/fr"},
		}},
		{"no Generic in the fallback language", deliveries.Config{
			Templates:  []deliveries.Localized{localized("SignIn", "fr"), localized("Generic", "fr")},
			Deliveries: map[string]deliveries.Delivery{"SignIn": plain, "Generic": plain},
		}, []ask{
			{"SignIn", list("ja"), "deliveries/SignIn"},
			{"Register", list("fr"), "deliveries/Generic"},
		}},
		{"only deliveries", deliveries.Config{Deliveries: map[string]deliveries.Delivery{"SignIn": plain, "Generic": plain}}, []ask{
			{"SignIn", list("fr"), "deliveries/SignIn"},
			{"Register", nil, "deliveries/Generic"},
			{"signin", nil, "deliveries/Generic"}, // types are told apart by case
		}},
		{"no Generic", deliveries.Config{Deliveries: map[string]deliveries.Delivery{"SignIn": plain}}, []ask{
			{"SignIn", nil, "deliveries/SignIn"},
			{"Register", nil, ""},
			{"Generic", nil, ""},
		}},
		{"another fallback", deliveries.Config{FallbackLanguage: "pt-BR", Templates: []deliveries.Localized{localized("SignIn", "pt-br"), localized("SignIn", "en")}}, []ask{
			{"SignIn", list("ja"), "templates/SignIn/pt-br"},
			{"SignIn", list("en"), "templates/SignIn/en"},
			{"SignIn", list("pt"), "templates/SignIn/pt-br"},
		}},
		{"extensions", deliveries.Config{Templates: []deliveries.Localized{localized("SignIn", "zh"), localized("SignIn", "zh-Hant")}}, []ask{
			{"SignIn", list("zh-Hant-TW"), "templates/SignIn/zh-hant"},
			{"SignIn", list("zh-u-co-pinyin"), "templates/SignIn/zh"},
			{"SignIn", list("zh-Hans-CN-x-private"), "templates/SignIn/zh"},
			{"SignIn", list("zho"), "templates/SignIn/zh"}, // the same in ISO 639-2
			{"SignIn", list("z"), ""},
			{"SignIn", list("-zh"), ""},
			{"SignIn", list("zh-"), "templates/SignIn/zh"},
		}},
		{"nothing", deliveries.Config{}, []ask{{"SignIn", list("en"), ""}}},
	}
	for _, tt := range tests {
		s := newSet(t, tt.cfg)
		for _, a := range tt.asks {
			got := ""
			c, ok := s.Find(deliveries.Wanted{UsageType: a.usageType, Languages: a.languages})
			if ok {
				got = c.Source()
			}
			if got != a.want || ok != (a.want != "") {
				t.Errorf("%s: Find(%q, %q) = %q, want %q", tt.name, a.usageType, a.languages, got, a.want)
			}
		}
	}
}

func TestHas(t *testing.T) {
	t.Parallel()
	s := newSet(t, deliveries.Config{
		Templates:  []deliveries.Localized{localized("SignIn", "fr")},
		Deliveries: map[string]deliveries.Delivery{"Generic": plain},
	})
	for usageType, want := range map[string]bool{"SignIn": true, "Generic": true, "Register": false, "": false, "signin": false} {
		if got := s.HasContent(usageType); got != want {
			t.Errorf("Has(%q) = %v, want %v", usageType, got, want)
		}
	}
}

func TestUsageTypes(t *testing.T) {
	t.Parallel()
	if got, want := len(deliveries.UsageTypes), 9; got != want {
		t.Errorf("len(UsageTypes) = %d, want the %d of Logto", got, want)
	}
}
