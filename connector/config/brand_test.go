package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/templates/builtin"
)

func branded(members object) string {
	brand := object{"name": "Acme"}
	for name, value := range members {
		if brand[name] = value; value == nil {
			delete(brand, name)
		}
	}
	return with(object{"deliveries": nil, "brand": brand})
}

func TestBrand(t *testing.T) {
	t.Parallel()
	cfg, err := parse(branded(object{
		"color": "#0A6640", "logo": "https://acme.example/logo.png", "logoDark": "https://acme.example/dark.png", "logoWidth": 160,
		"url": "https://acme.example/", "support": "help@acme.example", "address": "1 Main Street", "languages": []any{"EN", "pt-br"},
		"autofillDomain": "acme.example",
	}), "")
	if err != nil {
		t.Fatalf("Parse() = %v, want nil", err)
	}
	want := &builtin.Brand{
		Name: "Acme", Color: "#0A6640", Logo: "https://acme.example/logo.png", LogoDark: "https://acme.example/dark.png", LogoWidth: 160,
		URL: "https://acme.example/", Support: "help@acme.example", Address: "1 Main Street", Languages: []string{"en", "pt-BR"},
		AutofillDomain: "acme.example",
	}
	if diff := cmp.Diff(want, cfg.Brand); diff != "" || len(cfg.Warnings) > 0 {
		t.Errorf("Brand (-want +got):\n%s\nwarnings %v", diff, cfg.Warnings)
	}
	if cfg, err := parse(minimal, ""); err != nil || cfg.Brand != nil {
		t.Errorf("Brand of a config without one = %v, %v, want nil", cfg.Brand, err)
	}
}

func TestBrandProblems(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		members object
		want    string // "" for no problem
	}{
		{object{"support": "https://acme.example/help"}, ""},
		{object{"logo": "", "support": "", "url": "", "address": ""}, ""}, // of a form that was left empty
		{object{"name": nil}, "/brand/name: is missing"},
		{object{"name": ""}, "/brand/name: must not be empty"},
		{object{"name": "  "}, "/brand/name: must not be empty"},
		{object{"name": "Acme\nInc"}, "/brand/name: holds a line break"},
		{object{"name": "Acme\u2028Inc"}, "/brand/name: holds a line break"},
		{object{"name": "Acme\u0090Inc"}, "/brand/name: holds a line break"},
		{object{"name": strings.Repeat("a", 101)}, "/brand/name: is longer"},
		{object{"colour": "#0a6640"}, `/brand/colour: is unknown here: did you mean "color"?`},
		{object{"color": "red"}, "/brand/color: is not a color"},
		{object{"color": "#fff"}, "/brand/color: is not a color"},
		{object{"logo": "http://acme.example/logo.png"}, "/brand/logo: is not an https address"},
		{object{"logo": "https://"}, "/brand/logo: is not an https address"},
		{object{"logoDark": "https:///dark.png"}, "/brand/logoDark: is not an https address"},
		{object{"url": "https://user:secret@acme.example"}, "/brand/url: is not an https address"},
		{object{"url": "javascript:alert(1)"}, "/brand/url: is not an https address"},
		{object{"logoWidth": 4}, "/brand/logoWidth: must be from 16 to 480"},
		{object{"logoWidth": 4000}, "/brand/logoWidth: must be from 16 to 480"},
		{object{"logoWidth": 16.5}, "/brand/logoWidth: must be an integer"},
		{object{"support": "Help <help@acme.example>"}, "/brand/support: must be a mail address"},
		{object{"support": "http://acme.example"}, "/brand/support: must be a mail address"},
		{object{"languages": []any{}}, "/brand/languages: must not be empty"},
		{object{"languages": []any{"en", "tlh"}}, "/brand/languages/1: has no built-in mails"},
		{object{"languages": []any{"en", "EN"}}, "/brand/languages/1: appears twice"},
		{object{"autofillDomain": "https://acme.example"}, "/brand/autofillDomain: must not begin with a scheme"},
		{object{"autofillDomain": ""}, ""},
		{object{"autofillDomain": "login.acme.example"}, ""},
		{object{"autofillDomain": "acme.example/login"}, "/brand/autofillDomain: must not hold a slash"},
		{object{"autofillDomain": "acme.example\n#1"}, "/brand/autofillDomain: must not hold a slash or anything"},
		{object{"autofillDomain": "acme .example"}, "/brand/autofillDomain: must not hold white space"},
		{object{"autofillDomain": "@acme.example"}, "/brand/autofillDomain: is an address"},
		{object{"autofillDomain": "acme.example:8443"}, "/brand/autofillDomain: is not a DNS name"},
		{object{"autofillDomain": "192.0.2.1"}, "/brand/autofillDomain: is not a DNS name"},
		{object{"autofillDomain": "acme"}, "/brand/autofillDomain: is not a DNS name"},
		{object{"autofillDomain": "{{brand.url}}"}, "/brand/autofillDomain: is not a DNS name"},
		{object{"autofillDomain": "bücher.example"}, "/brand/autofillDomain: must be ASCII"},
	} {
		_, err := parse(branded(tt.members), "")
		got := strings.Join(problems(t, err), "\n")
		if (tt.want == "") != (got == "") || !strings.Contains(got, tt.want) {
			t.Errorf("problems of %v = %q, want %q", tt.members, got, tt.want)
		}
	}
}
