package deliveries_test

import (
	"strings"
	"testing"
	"time"

	"mailgun-connector/deliveries"
	"mailgun-connector/templates/builtin"
)

// A brand's mails are the third step: after all content for the type, before Generic.
func TestFindWithBrand(t *testing.T) {
	t.Parallel()
	acme := &builtin.Brand{Name: "Acme"}
	few := &builtin.Brand{Name: "Acme", Languages: []string{"fr", "ja"}}
	own := map[string]deliveries.Delivery{"Register": plain, "MfaVerificationLink": plain, "Generic": plain}
	for _, tt := range []struct {
		cfg       deliveries.Config
		usageType string
		languages []string
		link      bool
		want      string // "" for none
	}{
		{deliveries.Config{Brand: acme}, "SignIn", list("de-AT"), false, "builtin/SignIn/de"},
		{deliveries.Config{Brand: acme}, "SignIn", list("zh-HK"), false, "builtin/SignIn/zh-tw"},
		{deliveries.Config{Brand: acme}, "SignIn", list("fi", "fr"), false, "builtin/SignIn/fr"},
		{deliveries.Config{Brand: acme}, "SignIn", nil, false, "builtin/SignIn/en"},
		{deliveries.Config{Brand: acme, FallbackLanguage: "ko"}, "SignIn", list("fi"), false, "builtin/SignIn/ko"},
		{deliveries.Config{Brand: few, FallbackLanguage: "ja"}, "SignIn", list("de"), false, "builtin/SignIn/ja"},
		{deliveries.Config{Brand: few}, "SignIn", list("de"), false, "builtin/SignIn/fr"},
		{deliveries.Config{Brand: acme}, "SignIn", nil, true, "builtin/SignInLink/en"},
		{deliveries.Config{Brand: acme}, "OrganizationInvitation", nil, true, "builtin/OrganizationInvitation/en"},
		{deliveries.Config{Brand: acme}, "PasswordChanged", nil, false, "builtin/PasswordChanged/en"},
		{deliveries.Config{Brand: acme}, "Unknown", nil, false, ""},
		{deliveries.Config{Brand: acme, Deliveries: own}, "Unknown", nil, false, "deliveries/Generic"},
		{deliveries.Config{Brand: acme, Deliveries: own}, "Register", nil, false, "deliveries/Register"},
		{deliveries.Config{Brand: acme, Deliveries: own}, "Register", nil, true, "deliveries/Register"},
		{deliveries.Config{Brand: acme, Deliveries: own}, "MfaVerification", nil, true, "deliveries/MfaVerificationLink"},
		{deliveries.Config{Brand: acme, Deliveries: own}, "MfaVerification", nil, false, "builtin/MfaVerification/en"},
		{deliveries.Config{Brand: acme, Templates: []deliveries.Localized{localized("SignIn", "en")}}, "SignIn", list("de"), false, "templates/SignIn/en"},
		{deliveries.Config{Deliveries: own}, "PasswordChanged", nil, false, ""},
		{deliveries.Config{Deliveries: own}, "SignIn", nil, true, "deliveries/Generic"},
		{deliveries.Config{Templates: []deliveries.Localized{localized("Generic", "en")}}, "PasswordChanged", nil, false, ""},
	} {
		s := newSet(t, tt.cfg)
		got := ""
		if c, ok := s.Find(deliveries.Wanted{UsageType: tt.usageType, Languages: tt.languages, Link: tt.link}); ok {
			got = c.Source()
		}
		if got != tt.want {
			t.Errorf("content of %s for %q (link: %v) = %q, want %q", tt.usageType, tt.languages, tt.link, got, tt.want)
		}
	}
}

func TestComplete(t *testing.T) {
	t.Parallel()
	const all = "{{brand.name}}|{{names.organization}}|{{expiresIn}}|{{locale}}|{{language}}|{{direction}}"
	s := newSet(t, deliveries.Config{
		Brand:      &builtin.Brand{Name: "Acme & Co"},
		Deliveries: map[string]deliveries.Delivery{"All": {Subject: all, HTML: "{{#if expiresAt}}{{expiresAt}}{{/if}}"}, "None": plain},
		Templates: []deliveries.Localized{
			{LanguageTag: "fr-CA", TemplateType: "T", Details: deliveries.Details{Subject: all, Content: "c"}},
			{LanguageTag: "he", TemplateType: "T", Details: deliveries.Details{Subject: all, Content: "c"}},
			{LanguageTag: "uz-Arab", TemplateType: "T", Details: deliveries.Details{Subject: all, Content: "c"}},
		},
	})
	expires := time.Now().Add(10 * time.Minute).Truncate(time.Second).Add(time.Second)
	for _, tt := range []struct{ usageType, language, payload, want string }{
		{"All", "de", `{"organization":{"name":"evil.example"}}`, "Acme & Co|evil\u200c.\u200cexample|10 minutes|en|en|ltr"},
		{"T", "fr-CA", `{"organization":{"name":"Initech"}}`, "Acme & Co|Initech|10 minutes|fr-CA|fr-CA|ltr"},
		{"T", "he", `{}`, "Acme & Co||10 minutes|he|he|rtl"},
		{"T", "uz-Arab", `{}`, "Acme & Co||10 minutes|uz-Arab|uz-Arab|rtl"},
		{"All", "", `{"brand":{"name":"b"},"names":{"organization":"n"},"expiresIn":"e","locale":"l","direction":"d"}`, "b|n|e|l|en|d"},
	} {
		c, ok := s.Find(deliveries.Wanted{UsageType: tt.usageType, Languages: list(tt.language)})
		if !ok {
			t.Fatalf("no content for %s", tt.usageType)
		}
		p := payload(t, tt.payload)
		before := len(p)
		complete := c.Complete(p, expires)
		head, err := c.Head(complete)
		if err != nil || head.Subject != tt.want {
			t.Errorf("subject of %s with %s = %q, %v, want %q", tt.usageType, tt.payload, head.Subject, err, tt.want)
		}
		if len(p) != before {
			t.Errorf("the payload has become %v", p)
		}
		if want := expires.UTC().Format(time.RFC3339); tt.usageType == "All" && c.Body(complete).HTML != want {
			t.Errorf("expiresAt = %q, want %q", c.Body(complete).HTML, want)
		}
	}
	c, _ := s.Find(deliveries.Wanted{UsageType: "None"})
	if got := c.Complete(nil, expires); got != nil {
		t.Errorf("Complete() for a content that uses nothing = %v, want the payload itself", got)
	}
	without := newSet(t, deliveries.Config{Deliveries: map[string]deliveries.Delivery{"All": {Subject: all, HTML: "h"}}})
	c, _ = without.Find(deliveries.Wanted{UsageType: "All"})
	if head, err := c.Head(c.Complete(nil, expires)); err != nil || !strings.HasPrefix(head.Subject, "{{brand.name}}|") {
		t.Errorf("subject without a brand = %q, %v, want its placeholder left as it is", head.Subject, err)
	}
}

// BenchmarkBrand is what a send of a built-in mail costs, from choosing to the bodies.
func BenchmarkBrand(b *testing.B) {
	s, err := deliveries.New(deliveries.Config{Brand: &builtin.Brand{Name: "Acme"}, FallbackLanguage: "en"})
	if err != nil {
		b.Fatal(err)
	}
	p := payload(b, `{"code":"481629","locale":"de","application":{"name":"Bookstore"}}`)
	expires := time.Now().Add(10 * time.Minute)
	b.ReportAllocs()
	for b.Loop() {
		c, _ := s.Find(deliveries.Wanted{UsageType: "SignIn", Languages: []string{"de"}})
		complete := c.Complete(p, expires)
		if _, err := c.Head(complete); err != nil {
			b.Fatal(err)
		}
		c.Body(complete)
	}
}
