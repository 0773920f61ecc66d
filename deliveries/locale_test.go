package deliveries_test

import (
	"strings"
	"testing"

	"mailgun-connector/deliveries"
)

func inLanguages(t *testing.T, tags string) *deliveries.Set {
	t.Helper()
	cfg := deliveries.Config{Deliveries: map[string]deliveries.Delivery{"Generic": plain}}
	for tag := range strings.FieldsSeq(tags) {
		cfg.Templates = append(cfg.Templates, localized("SignIn", tag))
	}
	return newSet(t, cfg)
}

// Who asks for a language gets a mail that its readers read, however the tag is written.
func TestFindByCLDR(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ have, wanted, want string }{
		// As Java, POSIX and Android write them.
		{"en zh-CN zh-TW pt-BR fr", "pt_BR", "pt-br"}, {"en zh-CN zh-TW pt-BR fr", "zh_TW", "zh-tw"},
		{"en zh-CN zh-TW pt-BR fr", "fr_CA", "fr"}, {"en zh-CN zh-TW pt-BR fr", "de_DE pt_BR en", "pt-br"},
		{"en pt-BR", "pt_BR.UTF-8", "pt-br"}, {"en de", "de_DE@euro", "de"}, {"en zh-TW", "zh-rTW", "zh-tw"},
		{"en de", "DE", "de"}, {"en he id", "iw", "he"}, {"en he id", "in_ID", "id"},
		// Scripts and regions.
		{"en zh-Hans zh-Hant", "zh-TW", "zh-hant"}, {"en zh-Hans zh-Hant", "zh-HK", "zh-hant"},
		{"en zh-Hans zh-Hant", "zh_CN", "zh-hans"}, {"en zh-Hans zh-Hant", "zh", "zh-hans"},
		{"en zh-CN zh-TW", "zh-Hant-TW", "zh-tw"}, {"en zh-CN zh-TW", "zh-HK", "zh-tw"}, {"en zh-CN zh-TW", "zh-Hans-SG", "zh-cn"},
		{"en zh zh-Hant", "zh-TW", "zh-hant"}, {"en zh", "zh-TW", "zh"},
		{"en sr-Latn sr", "sr-Latn-RS", "sr-latn"},
		{"en pt-PT pt-BR", "pt", "pt-br"}, {"en pt-PT", "pt-BR", "pt-pt"}, {"en fr-CA", "fr", "fr-ca"},
		{"en es es-419", "es-MX", "es-419"}, {"en-GB en", "en-AU", "en-gb"}, {"en nb", "no", "nb"}, {"en nb", "nn-NO", "nb"},
		// The first that there is something for, parents before the next.
		{"en fr de", "sv de fr", "de"}, {"en fr fr-CA", "fr-CH fr-CA", "fr"},
		// Nobody who reads one of these reads the other.
		{"en ja", "zh", "en"}, {"en ru", "bg", "en"}, {"en de", "nl", "en"}, {"en ar", "he", "en"},
		{"en fr", "C", "en"}, {"en fr", "POSIX", "en"}, {"en fr", "und", "en"}, {"en fr", "x-klingon", "en"}, {"en fr", "*", "en"},
		{"en fr", strings.Repeat("f", 1000), "en"}, {"en fr", strings.Repeat("xx ", 1000) + "fr", "en"},
		// Tags that no data knows are compared by name.
		{"en qaa-QM", "qaa_QM-x-y", "qaa-qm"},
	} {
		c, ok := inLanguages(t, tt.have).Find(deliveries.Wanted{UsageType: "SignIn", Languages: strings.Fields(tt.wanted)})
		if want := "templates/SignIn/" + tt.want; !ok || c.Source() != want {
			t.Errorf("Find(%.60s) among %s = %v, want %s", tt.wanted, tt.have, c.Source(), want)
		}
	}
}

// A mail that has a link and no code gets the content for links at each step.
func TestFindLinks(t *testing.T) {
	t.Parallel()
	s := newSet(t, deliveries.Config{
		Templates: []deliveries.Localized{
			localized("SignIn", "fr"), localized("SignIn", "en"), localized("SignInLink", "fr"),
			localized("Generic", "en"), localized("RegisterLink", "de"),
		},
		Deliveries: map[string]deliveries.Delivery{"SignInLink": plain, "Generic": plain, "BindMfaLink": plain},
	})
	for _, tt := range []struct {
		usageType, language string
		link                bool
		want                string
	}{
		{"SignIn", "fr", true, "templates/SignInLink/fr"}, {"SignIn", "fr", false, "templates/SignIn/fr"},
		{"SignIn", "de", true, "templates/SignIn/en"}, {"Register", "de", true, "templates/RegisterLink/de"},
		{"Register", "fr", true, "templates/Generic/en"}, {"SignInLink", "fr", true, "templates/SignInLink/fr"},
	} {
		c, ok := s.Find(deliveries.Wanted{UsageType: tt.usageType, Languages: list(tt.language), Link: tt.link})
		if !ok || c.Source() != tt.want {
			t.Errorf("Find(%s, %s, link %v) = %v, want %s", tt.usageType, tt.language, tt.link, c.Source(), tt.want)
		}
	}
	only := newSet(t, deliveries.Config{Deliveries: map[string]deliveries.Delivery{"SignIn": plain, "SignInLink": plain}})
	if c, _ := only.Find(deliveries.Wanted{UsageType: "SignIn", Link: true}); c.Source() != "deliveries/SignInLink" {
		t.Errorf("Find(SignIn, link) among deliveries = %s, want deliveries/SignInLink", c.Source())
	}
}

func BenchmarkFind(b *testing.B) {
	cfg := deliveries.Config{FallbackLanguage: "en"}
	for tag := range strings.FieldsSeq("en de fr es it pt-BR nl pl cs tr ru uk ja ko zh-CN zh-TW ar") {
		cfg.Templates = append(cfg.Templates, localized("SignIn", tag))
	}
	s, err := deliveries.New(cfg)
	if err != nil {
		b.Fatal(err)
	}
	for _, languages := range []string{"pt-BR", "pt", "fr-CA zh-Hant-HK", "sv"} {
		b.Run(strings.ReplaceAll(languages, " ", ","), func(b *testing.B) {
			wanted := deliveries.Wanted{UsageType: "SignIn", Languages: strings.Fields(languages)}
			for b.Loop() {
				if _, ok := s.Find(wanted); !ok {
					b.Fatal("nothing found")
				}
			}
		})
	}
}
