package schema_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/schema"
)

func TestMembers(t *testing.T) {
	t.Parallel()
	names := func(pointer string) string {
		var names []string
		for _, m := range schema.Members(pointer) {
			if m.Description == "" {
				t.Errorf("%s/%s has no description", pointer, m.Name)
			}
			if m.Form != nil && m.Title == "" {
				t.Errorf("%s/%s is shown by forms, and has no title", pointer, m.Name)
			}
			names = append(names, m.Name)
		}
		return strings.Join(names, " ")
	}
	for pointer, want := range map[string]string{
		"":                "endpoint domain apiKey from brand deliveries templates layout fallbackLanguage options failover callers $schema",
		"/$defs/brand":    "name color logo logoDark logoWidth url support address languages autofillDomain",
		"/$defs/failover": "endpoint domain apiKey from after",
		"/$defs/options":  "tags tracking autoText requireTls testMode deliverWithin headers",
	} {
		if got := names(pointer); got != want {
			t.Errorf("Members(%q) = %s, want %s", pointer, got, want)
		}
	}
	want := schema.Member{
		Name: "domain", Title: "Sending domain", Required: true, Example: "mg.example.com",
		Description: "The sending domain registered at Mailgun, a bare DNS name without `https://` or a slash.",
		Form:        &schema.Form{Type: "Text"},
	}
	if diff := cmp.Diff(want, schema.Members("")[1]); diff != "" {
		t.Errorf("Members(\"\")[1] (-want +got):\n%s", diff)
	}
}

func TestDropEmpty(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{"$schema":"","endpoint":"","apiKey":"","fallbackLanguage":"","domain":"","from":""}`:                    `{"domain":"","from":""}`,
		`{"options":{"deliverWithin":"","tracking":"","tags":[""],"headers":{"X":""}}}`:                           `{"options":{"headers":{"X":""},"tags":[""],"tracking":""}}`,
		`{"deliveries":{"A":{"html":"h","template":"","htmlFile":"","text":"","replyTo":""}}}`:                    `{"deliveries":{"A":{"html":"h"}}}`,
		`{"deliveries":{"A":{"html":"","template":"t","variables":{"a":""}}}}`:                                    `{"deliveries":{"A":{"template":"t","variables":{"a":""}}}}`,
		`{"deliveries":{"A":{"html":"","template":"","htmlFile":""}}}`:                                            `{"deliveries":{"A":{"html":""}}}`,
		`{"deliveries":{"A":"","B":{"htmlFile":1,"html":""}}}`:                                                    `{"deliveries":{"A":"","B":{"htmlFile":1}}}`,
		`{"templates":[{"languageTag":"","details":{"subject":"","content":"","contentType":"","sendFrom":""}}]}`: `{"templates":[{"details":{"content":"","subject":""},"languageTag":""}]}`,
		`{"layout":"","templates":[{"details":{"content":"","contentFile":"f","text":"","textFile":""}}]}`:        `{"templates":[{"details":{"contentFile":"f"}}]}`,
		`[""]`: `[""]`,
	} {
		config := decode(t, in)
		schema.DropEmpty(config)
		if got, err := json.Marshal(config); err != nil || string(got) != want {
			t.Errorf("DropEmpty(%s) = %s, %v, want %s", in, got, err, want)
		}
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	known := []string{"domain", "from", "apiKey", "html", "text", "htmlFile", "SignIn", "ForgotPassword", "BindMfa"}
	for name, want := range map[string]string{
		"domian": "domain", "Domain": "domain", "doamin": "domain", "domains": "domain", "api_key": "apiKey",
		"api-key": "apiKey", "form": "from", "HTML": "html", "htm": "html", "texts": "text", "html_file": "htmlFile",
		"signIn": "SignIn", "sign-in": "SignIn", "SingIn": "SignIn", "forgot_password": "ForgotPassword",
		"forgot": "ForgotPassword", "bind.mfa": "BindMfa", "domainName": "domain",
		"x": "", "": "", "what": "", "password": "", "subject": "", "ab": "",
	} {
		if got := schema.Nearest(name, known); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", name, got, want)
		}
	}
}
