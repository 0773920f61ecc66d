package deliveries_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/deliveries"
	"mailgun-connector/templates/builtin"
)

// sourcesOf gives the row of an inventory about a usage type.
func sourcesOf(t *testing.T, all deliveries.Inventory, usageType string) deliveries.TypeInventory {
	t.Helper()
	i := slices.IndexFunc(all.Types, func(t deliveries.TypeInventory) bool { return t.Type == usageType })
	if i < 0 {
		t.Fatalf("the inventory lacks %s", usageType)
	}
	return all.Types[i]
}

func TestInventory(t *testing.T) {
	t.Parallel()
	set, err := deliveries.New(deliveries.Config{
		Brand: &builtin.Brand{Name: "Acme", Languages: []string{"en", "de", "pt-BR"}},
		Deliveries: map[string]deliveries.Delivery{
			"Generic": {HTML: "{{code}}"}, "Register": {HTML: "{{code}}"}, "Own.Link": {HTML: "{{link}}"},
		},
		Templates: []deliveries.Localized{
			{LanguageTag: "fr-CA", TemplateType: "SignIn", Details: deliveries.Details{Content: "{{code}}"}},
			{LanguageTag: "DE", TemplateType: "SignIn", Details: deliveries.Details{Content: "{{code}}"}},
		},
		FallbackLanguage: "en",
	})
	if err != nil {
		t.Fatal(err)
	}
	all := set.Inventory()
	if diff := cmp.Diff(builtin.Languages(), all.Builtin); diff != "" {
		t.Errorf("built-in languages (-want +got):\n%s", diff)
	}
	if got, want := len(all.Languages), len(all.Builtin)+1; got != want || !slices.Contains(all.Languages, "fr-CA") {
		t.Errorf("languages = %q, want fr-CA besides the built-in ones", all.Languages)
	}
	for _, want := range []struct{ usageType, language, source string }{
		{"SignIn", "de", "templates/SignIn/de"},
		{"SignIn", "fr-CA", "templates/SignIn/fr-ca"},
		{"SignIn", "pt-BR", "builtin/SignIn/pt-br"},
		{"SignIn", "ja", "builtin/SignIn/en"}, // not one of the brand's languages
		{"SignInLink", "de", "templates/SignIn/de"},
		{"RegisterLink", "de", "deliveries/Register"},
		{"ForgotPasswordLink", "de", "builtin/ForgotPasswordLink/de"},
		{"Generic", "de", "deliveries/Generic"},
		{"PasswordChanged", "de", "builtin/PasswordChanged/de"},
		{"Own.Link", "de", "deliveries/Own.Link"},
	} {
		if got := sourcesOf(t, all, want.usageType).Sources[want.language]; got != want.source {
			t.Errorf("mail of %s in %s = %q, want %q", want.usageType, want.language, got, want.source)
		}
	}
	for usageType, want := range map[string]builtin.Kind{
		"SignIn": builtin.Code, "SignInLink": builtin.Link, "PasswordChanged": builtin.Notice, "Own.Link": builtin.Link,
	} {
		if got := sourcesOf(t, all, usageType); got.Kind != want || got.Builtin != (usageType != "Own.Link") {
			t.Errorf("%s = %s, built in %v, want %s", usageType, got.Kind, got.Builtin, want)
		}
	}
}

// What the inventory says is what a request gets.
func TestInventoryIsWhatFindReturns(t *testing.T) {
	t.Parallel()
	set, err := deliveries.New(deliveries.Config{
		Brand:     &builtin.Brand{Name: "Acme"},
		Templates: []deliveries.Localized{{LanguageTag: "zh-TW", TemplateType: "Generic", Details: deliveries.Details{Content: "{{code}}"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	all := set.Inventory()
	for _, usageType := range []string{"SignIn", "Generic", "OrganizationInvitation", "NewDevice"} {
		row := sourcesOf(t, all, usageType)
		for _, language := range all.Languages {
			c, ok := set.Find(deliveries.Wanted{UsageType: usageType, Languages: []string{language}})
			if !ok || c.Source() != row.Sources[language] {
				t.Errorf("Find(%s, %s) = %v, inventory %q", usageType, language, c, row.Sources[language])
			}
		}
	}
}

func TestInventoryWithoutBrand(t *testing.T) {
	t.Parallel()
	set, err := deliveries.New(deliveries.Config{Deliveries: map[string]deliveries.Delivery{"SignIn": {HTML: "{{code}}"}}})
	if err != nil {
		t.Fatal(err)
	}
	all := set.Inventory()
	if got := sourcesOf(t, all, "SignIn").Sources["de"]; got != "deliveries/SignIn" {
		t.Errorf("SignIn in German = %q, want the delivery", got)
	}
	if got := sourcesOf(t, all, "Register").Sources; len(got) > 0 {
		t.Errorf("Register = %v, want none", got)
	}
	if _, ok := set.Builtin("SignIn", "de"); ok {
		t.Error("Builtin() without a brand is ok, want none")
	}
}

func BenchmarkInventory(b *testing.B) {
	set, err := deliveries.New(deliveries.Config{Brand: &builtin.Brand{Name: "Acme"}})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		set.Inventory()
	}
}
