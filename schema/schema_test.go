package schema_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/schema"
)

func TestValidate(t *testing.T) {
	t.Parallel()
	const core = `"domain":"mg.example.com","from":"a@example.com"`
	for _, c := range []struct{ name, config, want string }{
		{"minimal", `{` + core + `,"deliveries":{}}`, ""},
		{"no object", `[1]`, ` must be an object, not an array`},
		{"all core members missing", `{}`, "/deliveries is missing\n/domain is missing\n/from is missing"},
		{"neither kind", `{` + core + `,"deliveries":{"SignIn":{"subject":"s"}}}`, `/deliveries/SignIn needs "html" or "template"`},
		{"both kinds", `{` + core + `,"deliveries":{"SignIn":{"html":"h","template":"t"}}}`, `/deliveries/SignIn has both "html" and "template": keep one`},
		{"html twice", `{` + core + `,"deliveries":{"SignIn":{"html":"h","htmlFile":"f"}}}`, `/deliveries/SignIn has both "html" and "htmlFile": keep one`},
		{"text beside template", `{` + core + `,"deliveries":{"SignIn":{"text":"h","template":"t"}}}`, `/deliveries/SignIn has "text" beside "template": the text part belongs to the template stored at Mailgun`},
		{"variables beside html", `{` + core + `,"deliveries":{"SignIn":{"html":"h","variables":{}}}}`, `/deliveries/SignIn has "variables" without "template": HTML takes its values from the request's payload`},
		{"empty html", `{` + core + `,"deliveries":{"SignIn":{"html":""}}}`, `/deliveries/SignIn/html must not be empty`},
		{"unknown members", `{` + core + `,"deliveries":{"SignIn":{"html":"h","reply_to":"x"}},"api_key":"k","what":1}`,
			"/api_key is unknown here: did you mean \"apiKey\"?\n/deliveries/SignIn/reply_to is unknown here: did you mean \"replyTo\"?\n/what is unknown here: remove it"},
		{"types", `{"domain":1,"from":null,"deliveries":[],"options":{"tracking":"yes"}}`,
			"/deliveries must be an object, not an array\n/domain must be a string, not a number\n/from must be a string, not null\n/options/tracking must be a boolean, not a string"},
		{"usage type", `{` + core + `,"deliveries":{"Sign in/é":{"html":"h"}}}`,
			`/deliveries/Sign in~1é is not a usage type: use 1 to 64 letters, digits, "_", "-" or ".", such as "SignIn"`},
		{"line break", `{` + core + `,"deliveries":{"SignIn":{"html":"h","subject":"a\r\nBcc: x"}}}`,
			`/deliveries/SignIn/subject holds a line break or control character: a mail header is one line`},
		{"templates", `{` + core + `,"deliveries":{},"templates":[{"id":"1","tenantId":"t","createdAt":1,"languageTag":"en us","templateType":"SignIn","details":{"subject":"s","content":"c","contentType":"x"}},{}]}`,
			"/templates/0/details/contentType must be \"text/html\" or \"text/plain\"\n/templates/0/languageTag is not a language tag: write it like \"en\", \"fr-CA\" or \"zh-Hant\"\n/templates/1/details is missing\n/templates/1/languageTag is missing\n/templates/1/templateType is missing"},
		{"options", `{` + core + `,"deliveries":{},"options":{"tags":["1","2","3","4","5","6","7","8","9","10","é"],"headers":{"X A":"1","X-B":"a\nb"}}}`,
			"/options/headers/X A is not a mail header name: use letters, digits and \"-\"\n/options/headers/X-B holds a line break or control character: a mail header is one line\n/options/tags has more than the 10 tags that Mailgun takes\n/options/tags/10 is not a Mailgun tag: use 1 to 128 ASCII characters"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, strings.Join(validate(t, c.config, 100), "\n")); diff != "" {
				t.Errorf("Validate(%s) (-want +got):\n%s", c.config, diff)
			}
		})
	}
}

func decode(t testing.TB, text string) any {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var config any
	if err := dec.Decode(&config); err != nil {
		t.Fatal(err)
	}
	return config
}

// validate returns the problems of a config, sorted, at most as many as the limit.
func validate(t *testing.T, text string, limit int) []string {
	t.Helper()
	var lines []string
	schema.Validate(decode(t, text), func(pointer, detail string) bool {
		lines = append(lines, pointer+" "+detail)
		return len(lines) < limit
	})
	slices.Sort(lines)
	return lines
}
