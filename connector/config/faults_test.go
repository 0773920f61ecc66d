package config_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/connector/config"
)

const generic = "deliveries: {Generic: {html: '{{code}}', subject: s}}\n"

// What people write who mean well. The problems are all that there are, in order.
func TestFaults(t *testing.T) {
	t.Parallel()
	const (
		duplicate = "duplicate key: keep one of the two"
		braces    = `invalid YAML: a text that begins with "{" needs quotes, like "{{code}} is your code"`
		number    = "is a number that YAML would change (a zero or + in front, or not in plain decimals): put quotes around it"
		foreign   = "is the list of templates of Logto's SMTP or SendGrid connector"
		beyond    = "has characters beyond ASCII before the @"
	)
	for _, tt := range []struct {
		name, file, text string
		want             []string // the beginning of each
	}{
		{"JSON members that are there twice", "c.json", `{"domain": "mg.example.com",
"deliveries": {
  "SignIn": {"subject": "new", "html": "{{code}}"},
  "Generic": {"subject": "s", "html": "{{code}}",
    "html": "<p>{{code}}</p>"},
  "SignIn": {"subject": "old", "html": "{{code}}"}
},
"from": "a@mg.example.com", "apiKey": "key-0123",
"domain": "https://mg.example.com"
}`, []string{
			"line 5: /deliveries/Generic/html: " + duplicate, "line 6: /deliveries/SignIn: " + duplicate,
			"line 9: /domain: " + duplicate, "line 9: /domain: must not begin with a scheme",
		}},
		{"YAML members that are there twice", "c.yaml", yamlHead + `deliveries:
  SignIn: {subject: new, html: "{{code}}"}
  Generic: {subject: s, html: "{{code}}",
    html: "{{code}}"}
  SignIn: {subject: old, html: "{{code}}"}
`, []string{"line 7: /deliveries/Generic/html: " + duplicate, "line 8: /deliveries/SignIn: " + duplicate}},
		{"names that differ in case only", "c.json", strings.Replace(minimal, `"apiKey"`, `"apikey":"k","apiKey"`, 1),
			[]string{`/apikey: is unknown here: did you mean "apiKey"?`}},

		{"a placeholder without quotes", "c.yaml", yamlHead + "\ndeliveries:\n  Generic:\n    subject: {{code}} is your code\n" +
			"    html: <p>{{code}}</p>\n", []string{"line 7: " + braces}},
		{"nothing but a placeholder", "c.yaml", yamlHead + "deliveries:\n  Generic:\n    html: '{{code}}'\n    subject: {{code}}\n",
			[]string{"line 7: " + braces}},
		{"raw, and last", "c.yaml", yamlHead + "deliveries:\n  Generic:\n    subject: s\n    html: {{{code}}} x",
			[]string{"line 7: " + braces}},
		{"in a list", "c.yaml", yamlHead + generic + "options:\n  tags:\n    - a\n    - {{code}} x\n", []string{"line 8: " + braces}},
		{"in quotes, beside another fault", "c.yaml", yamlHead + "deliveries:\n  Generic:\n    subject: '{{code}}'\n    html: a: b: c\n",
			[]string{"line 7: invalid YAML: mapping values are not allowed in this context: put quotes"}},

		{"zeros in front", "c.yaml", yamlHead + "deliveries:\n  Generic:\n    template: otp\n" +
			"    variables: {zip: 012345, phone: 0123, house: 007, plus: +49, hex: 0x1f, sum: 1_000, year: 2026, n: -1.50, z: 0}\n",
			[]string{
				"line 7: /deliveries/Generic/variables/hex: " + number, "line 7: /deliveries/Generic/variables/house: " + number,
				"line 7: /deliveries/Generic/variables/phone: " + number, "line 7: /deliveries/Generic/variables/plus: " + number,
				"line 7: /deliveries/Generic/variables/sum: " + number, "line 7: /deliveries/Generic/variables/zip: " + number,
			}},
		{"a tag", "c.yaml", yamlHead + "deliveries: {Generic: {html: '{{code}}', subject: !Important code}}\n",
			[]string{"line 4: /deliveries/Generic/subject: has a tag"}},

		{"an empty last document", "c.yaml", "---\n" + yamlHead + generic + "---\n", nil},
		{"an empty first one, and comments", "c.yaml", "# ours\n---\n# more\n---\n" + yamlHead + generic + "...\n---\n# end\n", nil},
		{"two documents", "c.yaml", yamlHead + generic + "---\na: b\n", []string{"line 6: invalid YAML: something follows"}},

		{"a duration that can't be read", "c.yaml", yamlHead + generic +
			"options:\n  deliverWithin: 10 minutes\n  headers: {Bcc: audit@example.com}\n  tags: [ö]\n",
			[]string{
				"line 6: /options/deliverWithin: is not a duration", "line 7: /options/headers/Bcc: can't be set here",
				"line 8: /options/tags/0: is not a Mailgun tag",
			}},

		{"a form's empty strings", "c.json", with(delivery(object{
			"subject": "", "replyTo": "", "html": "<p>{{code}}</p>", "htmlFile": "", "text": "", "template": "", "templateVersion": "",
		})), nil},
		{"templates of the SMTP connector", "c.json", with(object{"templates": []any{
			object{"usageType": "SignIn", "contentType": "text/plain", "subject": "s", "content": "{{code}}"},
			object{"usageType": "Register", "contentType": "text/html", "subject": "s", "content": "{{code}}"},
		}, "deliveries": nil}), []string{"/templates: " + foreign}},
		{"the same as deliveries", "c.json", with(object{"deliveries": []any{
			object{"usageType": "SignIn", "type": "text/html", "subject": "s", "content": "{{code}}"},
		}}), []string{"/deliveries: " + foreign}},
		{"templates without type or language", "c.json", with(object{"templates": []any{object{}, object{}}}), []string{
			"/templates/0/details: is missing", "/templates/0/languageTag: is missing", "/templates/0/templateType: is missing",
			"/templates/1/details: is missing", "/templates/1/languageTag: is missing", "/templates/1/templateType: is missing",
		}},

		{"an umlaut in the sender's mailbox", "c.json", with(object{"from": "Büro <büro@mg.example.com>"}), []string{"/from: " + beyond}},
		{"one in its name only", "c.json", with(object{"from": "Büro <buero@mg.example.com>"}), nil},
		{"one in sendFrom", "c.json", with(object{"templates": []any{
			template("en", object{"sendFrom": "büro@mg.example.com"}),
			template("fr", object{"sendFrom": "{{application.name}} <büro@mg.example.com>"}),
			template("de", object{"sendFrom": "{{application.name}} <{{user.email}}>"}),
		}}), []string{"/templates/0/details/sendFrom: " + beyond, "/templates/1/details/sendFrom: " + beyond}},

		{"long headers", "c.json", with(object{
			"deliveries": object{"Generic": object{"html": "{{code}}", "subject": strings.Repeat("é", 500)}},
			"options":    object{"headers": object{"X-A": strings.Repeat("x", 999), "X-B": strings.Repeat("x", 998)}},
		}), []string{"/deliveries/Generic/subject: is longer than the 998 bytes", "/options/headers/X-A: is longer than the 998 bytes"}},
		{"headers that Mailgun acts on", "c.json", with(object{"options": object{"headers": object{
			"X-Mailgun-Recipient-Variables": "{}", "x-mailgun-deliver-BY": "x", "X-Mailgun-Template-Name": "x", "X-Mail": "x",
		}}}), []string{
			"/options/headers/X-Mailgun-Recipient-Variables: can't be set", "/options/headers/X-Mailgun-Template-Name: can't be set",
			"/options/headers/x-mailgun-deliver-BY: can't be set",
		}},
		{"variables that Mailgun refuses", "c.json", with(delivery(object{"template": "t", "variables": object{"css": strings.Repeat("x", 20_000)}})),
			[]string{"/deliveries/Generic/variables: takes 19 KB: Mailgun takes 16 KB"}},
		{"variables that only together with headers are too much", "c.json", with(object{
			"deliveries": object{"Generic": object{"template": "t", "variables": object{"css": strings.Repeat("x", 16_000)}}},
			"options":    object{"headers": object{"X-A": strings.Repeat("x", 500)}},
		}), []string{"/deliveries/Generic/variables: takes 16 KB"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := parse(tt.text, tt.file)
			got := problems(t, err)
			for i := range min(len(got), len(tt.want)) {
				got[i] = got[i][:min(len(got[i]), len(tt.want[i]))]
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Parse() of %s (-want +got):\n%s\n%.500s", tt.name, diff, tt.text)
			}
		})
	}
}

// template is a localized template with further details.
func template(language string, more object) object {
	details := object{"subject": "s", "content": "{{code}}"}
	maps.Copy(details, more)
	return object{"languageTag": language, "templateType": "SignIn", "details": details}
}

// encodings are texts that are not UTF-8, and what is said of them. "%s" stands for the
// mark and the name that the text is known by.
var encodings = []struct{ text, want string }{
	{"<p>Gr\xfc\xdfe</p>\n<p>{{code}}</p>", "line 1%s is not UTF-8: byte 6 is 0xfc"},
	{"<p>{{code}}</p>\n<p>Gr\xfc\xdfe</p>", "line 2%s is not UTF-8: byte 22 is 0xfc"},
	{"\xff\xfe<\x00p\x00", "line 1%s is UTF-16"},
	{"\xfe\xff\x00<\x00p", "line 1%s is UTF-16"},
	{"<\x00p\x00>\x00", "line 1%s holds a NUL character, as UTF-16 does"},
	{"{{code}} \xed\xa0\x80", "line 1%s is not UTF-8: byte 10 is 0xed"}, // half of a surrogate pair
	{"{{code}} \xc0\xaf", "line 1%s is not UTF-8: byte 10 is 0xc0"},
}

func TestFilesAreUTF8(t *testing.T) {
	t.Parallel()
	text := with(delivery(object{"htmlFile": "mail.html", "subject": "s"}))
	with := func(mail string) (*config.Config, error) {
		return config.Parse([]byte(text), config.ParseOptions{ReadFile: func(string, string) ([]byte, error) { return []byte(mail), nil }})
	}
	for _, tt := range encodings {
		_, err := with(tt.text)
		want := "/deliveries/Generic/htmlFile: " + fmt.Sprintf(tt.want, " of the file")
		if got := problems(t, err); len(got) == 0 || !strings.HasPrefix(got[0], want) || !strings.HasSuffix(got[0], "save it as UTF-8") {
			t.Errorf("Parse() with a file %q = %q, want %q", tt.text, got, want)
		}
	}
	cfg, err := with("\ufeff<p>Grüße {{code}}</p>")
	if err != nil || cfg.Deliveries["Generic"].HTML != "<p>Grüße {{code}}</p>" {
		t.Errorf("Parse() with a file that has a byte order mark = %v, %v, want it without", cfg, err)
	}
}

func TestConfigIsUTF8(t *testing.T) {
	t.Parallel()
	for _, tt := range encodings {
		for _, name := range []string{"c.json", "c.yaml"} {
			_, err := parse(tt.text, name)
			if got, want := problems(t, err), fmt.Sprintf(tt.want, ":"); len(got) != 1 || !strings.HasPrefix(got[0], want) {
				t.Errorf("Parse(%q) as %s = %q, want %q", tt.text, name, got, want)
			}
		}
	}
}

// mistakes are secrets that can't be one, and what is said of them.
var mistakes = map[string]string{
	`"key-0123456789abcdef"`: "quote", `'key-0123456789abcdef'`: "quote", "“key-0123456789abcdef”": "quote",
	`"key-0123456789abcdef`: "quote", "`key-0123456789abcdef`": "quote",
	"api:key-0123456789abcdef": "api:", "API:key-0123456789abcdef": "api:",
	"${MAILGUN_API_KEY}": "not filled in", "$MAILGUN_API_KEY": "not filled in", "$(MAILGUN_API_KEY)": "not filled in",
	"{{ .Values.mailgun.key }}": "not filled in", "<your-mailgun-api-key>": "not filled in", "%MAILGUN_API_KEY%": "not filled in",
	"[API_KEY]": "not filled in", "MAILGUN_API_KEY=key-0123456789abcdef": "equals sign",
	"Bearer key-0123456789abcdef": "white space", "key-0123456789abcdef\n": "white space", "key-0123–456789": "white space",
	"k\x00e\x00y\x00": "UTF-16",
}

func TestMistake(t *testing.T) {
	t.Parallel()
	for secret, want := range mistakes {
		got := config.Secret(secret).Mistake()
		if !strings.Contains(got, want) || strings.Contains(got, "0123") {
			t.Errorf("Mistake() of %q = %q, want %q and nothing of the secret", secret, got, want)
		}
	}
	for _, secret := range []string{"", "key-0123456789abcdef", "0123abc-0123-0123", "dGVzdA==", "a$b{c}", "demo-ABC", "api-key", "x=y"} {
		if got := config.Secret(secret).Mistake(); got != "" {
			t.Errorf("Mistake() of %q = %q, want none", secret, got)
		}
	}
}

func TestKeyMistakes(t *testing.T) {
	t.Parallel()
	for secret, want := range mistakes {
		if strings.Contains(secret, "\x00") {
			continue
		}
		_, err := parse(with(object{"apiKey": secret}), "c.json")
		if got := problems(t, err); len(got) != 1 || !strings.HasPrefix(got[0], "/apiKey: ") || !strings.Contains(got[0], want) {
			t.Errorf("Parse() with the key %q = %q, want a problem at /apiKey: %s", secret, got, want)
		}
		_, err = config.Parse([]byte(with(object{"apiKey": nil})), config.ParseOptions{
			APIKey: config.Secret(secret), APIKeyName: "MAILGUN_API_KEY",
		})
		if got := problems(t, err); len(got) != 1 || !strings.HasPrefix(got[0], "the API key of MAILGUN_API_KEY ") || !strings.Contains(got[0], want) {
			t.Errorf("Parse() with the key %q from outside = %q, want a problem there: %s", secret, got, want)
		}
	}
}
