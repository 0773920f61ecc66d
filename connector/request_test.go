package connector_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"mailgun-connector/connector"
)

const localized = `{"domain":"mg.example.com","apiKey":"k","from":"a@mg.example.com","fallbackLanguage":"en","templates":[
	{"languageTag":"en","templateType":"SignIn","details":{"subject":"en","content":"{{code}}"}},
	{"languageTag":"fr","templateType":"SignIn","details":{"subject":"fr","content":"{{code}}"}},
	{"languageTag":"pt-BR","templateType":"SignIn","details":{"subject":"pt-BR","content":"{{code}}"}}],
	"deliveries":{"OrganizationInvitation":{"subject":"invitation","html":"{{link}}"},"Stored":{"template":"t"},
	"ResetLink":{"subject":"reset","html":"{{link}}"},"BindLink":{"subject":"bind","html":"{{#if link}}{{link}}{{/if}}"},
	"Custom":{"subject":"custom","html":"{{link}}"}}}`

func request(usageType string, payload map[string]any) *connector.Request {
	return &connector.Request{To: "ada@example.org", Type: usageType, Payload: payload}
}

// TestRequestLanguages: the tags of payload.uiLocales in order, then payload.locale.
func TestRequestLanguages(t *testing.T) {
	t.Parallel()
	c := service(t, localized, nil)
	for _, tt := range []struct{ locale, uiLocales, want string }{
		{"", "", "en"}, {"fr", "", "fr"}, {"FR-ca", "", "fr"}, {"ja", "", "en"}, {"pt-br", "", "pt-BR"}, {"pt", "", "pt-BR"},
		{"", "fr en", "fr"}, {"", "ja fr", "fr"}, {"", "ja pt-BR fr", "pt-BR"}, {"", "  fr-CA   en ", "fr"}, {"", "ja ko", "en"},
		{"en", "fr", "fr"}, {"fr", "ja", "fr"}, {"ja", "fr", "fr"}, // Logto resolves locale to a language of its own
		{"en", "pt_BR", "pt-BR"}, {"en", "sv", "en"},
		{"-", "", "en"}, {"--", "", "en"}, {strings.Repeat("a-", 5000), "", "en"},
	} {
		payload := map[string]any{"code": "1"}
		if tt.locale != "" {
			payload["locale"] = tt.locale
		}
		if tt.uiLocales != "" {
			payload["uiLocales"] = tt.uiLocales
		}
		mail, _, err := c.Render(request("SignIn", payload))
		if err != nil || mail.Subject != tt.want {
			t.Errorf("Render(locale %.20q, uiLocales %q) = %+v, %v, want subject %q", tt.locale, tt.uiLocales, mail, err, tt.want)
		}
	}
}

func TestRequestRefusals(t *testing.T) {
	t.Parallel()
	c := service(t, localized, func(*connector.Email) (connector.Receipt, error) { return connector.Receipt{}, nil })
	type payload = map[string]any
	for _, tt := range []struct {
		usageType string
		payload   payload
		want      connector.Code // "" for sent
	}{
		{"SignIn", payload{"code": "1"}, ""},
		{"SignIn", nil, connector.InsufficientRequest},
		{"SignIn", payload{"code": ""}, connector.InsufficientRequest},
		{"SignIn", payload{"code": nil}, connector.InsufficientRequest},
		{"SignIn", payload{"code": json.Number("1")}, connector.InvalidRequest},
		{"SignIn", payload{"code": "1", "link": true}, connector.InvalidRequest},
		{"SignIn", payload{"code": "1", "locale": []any{"en"}}, connector.InvalidRequest},
		{"SignIn", payload{"code": "1", "uiLocales": []any{"en"}}, connector.InvalidRequest},
		{"OrganizationInvitation", payload{"link": "l"}, ""},
		{"OrganizationInvitation", nil, connector.InsufficientRequest},
		{"OrganizationInvitation", payload{"link": "", "code": "1"}, connector.InsufficientRequest},
		{"ResetLink", payload{"code": "1"}, connector.InsufficientRequest},
		{"Reset", payload{"link": "l"}, ""}, // by the content for links
		{"BindLink", nil, ""},               // a condition guards it
		{"Custom", nil, ""},                 // of another type the link is the config's affair
		{"Stored", nil, ""},                 // what a Mailgun template needs can't be seen from here
		{"Register", payload{"code": "1"}, connector.TemplateNotFound},
		{"", payload{"code": "1"}, connector.InvalidRequest},
		{"Sign In", payload{"code": "1"}, connector.InvalidRequest},
		{"Sign\nIn", payload{"code": "1"}, connector.InvalidRequest},
		{"Sígn", payload{"code": "1"}, connector.InvalidRequest},
		{strings.Repeat("a", 64), payload{"code": "1"}, connector.TemplateNotFound},
		{strings.Repeat("a", 65), payload{"code": "1"}, connector.InvalidRequest},
		{"A.b_c-9", payload{"code": "1"}, connector.TemplateNotFound},
	} {
		_, err := c.Send(t.Context(), request(tt.usageType, tt.payload))
		var got connector.Code
		if e, ok := errors.AsType[*connector.Error](err); ok {
			got = e.Code
		}
		if got != tt.want || (err == nil) != (tt.want == "") {
			t.Errorf("Send(%q, %v) = %v, want %q", tt.usageType, tt.payload, err, tt.want)
		}
	}
}

// A type that the config lacks is most often one that it spells otherwise.
func TestUnknownTypeNamesTheKnown(t *testing.T) {
	t.Parallel()
	_, _, err := service(t, localized, nil).Render(request("SignUp", map[string]any{"code": "1"}))
	failure, ok := errors.AsType[*connector.Error](err)
	if !ok || !strings.Contains(failure.Hint, "BindLink, Custom, OrganizationInvitation, ResetLink, SignIn, Stored") {
		t.Errorf("Render(SignUp) = %v with the hint %q, want the config's types", err, failure.Hint)
	}
}
