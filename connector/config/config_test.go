package config_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/connector"
	"mailgun-connector/connector/config"
)

const minimal = `{"domain":"mg.example.com","apiKey":"key-0123","from":"a@mg.example.com","deliveries":{"Generic":{"subject":"s","html":"<p>{{code}}</p>"}}}`

// with returns the minimal config with members replaced; a nil one is taken out.
func with(members map[string]any) string {
	var doc map[string]any
	if err := json.Unmarshal([]byte(minimal), &doc); err != nil {
		panic(err)
	}
	for name, v := range members {
		if doc[name] = v; v == nil {
			delete(doc, name)
		}
	}
	text, err := json.Marshal(doc)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func delivery(d map[string]any) map[string]any {
	return map[string]any{"deliveries": map[string]any{"Generic": d}}
}

type object = map[string]any

func TestParseConfigDefaults(t *testing.T) {
	t.Parallel()
	cfg, err := parse(minimal, "")
	if err != nil {
		t.Fatalf("Parse() = %v, want nil", err)
	}
	got := []any{cfg.Endpoint, cfg.Domain, cfg.APIKey.Reveal(), cfg.From, cfg.FallbackLanguage, cfg.Options.DeliverWithin, cfg.Options.Tracking, cfg.Options.AutoText == nil, len(cfg.Warnings)}
	want := []any{"https://api.mailgun.net", "mg.example.com", "key-0123", "a@mg.example.com", "en", 10 * time.Minute, false, true, 0}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Parse() (-want +got):\n%s", diff)
	}
}

// TestParseConfigProblems has each thing that can be wrong; want is a part of
// every problem there should be, and "" of none.
func TestParseConfigProblems(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		config string
		want   []string
	}{
		{"domain missing", with(object{"domain": nil}), []string{"/domain: is missing"}},
		{"domain empty", with(object{"domain": ""}), []string{"/domain: must not be empty"}},
		{"from missing", with(object{"from": nil}), []string{"/from: is missing"}},
		{"deliveries missing", with(object{"deliveries": nil}), []string{"/deliveries: is missing"}},
		{"apiKey missing", with(object{"apiKey": nil}), []string{"/apiKey: is missing"}},
		{"apiKey empty", with(object{"apiKey": ""}), []string{"/apiKey: is missing"}},
		{"apiKey masked and no other", with(object{"apiKey": "<secret>"}), []string{"/apiKey: is missing"}},
		{"apiKey with a line break", with(object{"apiKey": "key\n"}), []string{"/apiKey: holds white space"}},
		{"apiKey not ASCII", with(object{"apiKey": "kéy"}), []string{"/apiKey: holds white space or characters"}},
		{"apiKey a number", with(object{"apiKey": 7}), []string{"/apiKey: must be a string, not a number"}},
		{"unknown member", with(object{"api_key": "x"}), []string{`/api_key: is unknown here: did you mean "apiKey"?`}},
		{"$schema", with(object{"$schema": "./connector.schema.json"}), nil},
		{"usage type", with(object{"deliveries": object{"Sign In": object{"html": "{{code}}", "subject": "s"}}}), []string{"/deliveries/Sign In: is not a usage type"}},
		{"neither kind", with(delivery(object{"subject": "s"})), []string{`/deliveries/Generic: needs "html" or "template"`}},
		{"both kinds", with(delivery(object{"html": "{{code}}", "template": "t"})), []string{`has both "html" and "template"`}},
		{"html and file", with(delivery(object{"html": "{{code}}", "htmlFile": "f", "subject": "s"})), []string{`has both "html" and "htmlFile"`, `/htmlFile: works only in a config file on disk: put the text itself in "html"`}},
		{"empty html", with(delivery(object{"html": "", "subject": "s"})), []string{"/deliveries/Generic/html: must not be empty"}},
		{"empty template", with(delivery(object{"template": ""})), []string{"/deliveries/Generic/template: must not be empty"}},
		{"unknown in a delivery", with(delivery(object{"html": "{{code}}", "subject": "s", "reply_to": "x"})), []string{`/reply_to: is unknown here: did you mean "replyTo"?`}},
		{"variables without template", with(delivery(object{"html": "{{code}}", "subject": "s", "variables": object{}})), []string{`has "variables" without "template"`}},
		{"variables a list", with(delivery(object{"template": "t", "variables": []any{1}})), []string{"/variables: must be an object, not an array"}},
		{"subject break", with(delivery(object{"html": "{{code}}", "subject": "a\r\nBcc: b"})), []string{"/subject: holds a line break"}},
		{"replyTo break", with(delivery(object{"html": "{{code}}", "subject": "s", "replyTo": "a\nb"})), []string{"/replyTo: holds a line break"}},
		{"file over the network", with(delivery(object{"htmlFile": "/etc/passwd", "subject": "s"})), []string{"/htmlFile: works only in a config file on disk"}},
		{"language", with(object{"fallbackLanguage": "en_US"}), []string{"/fallbackLanguage: is not a language tag"}},
		{"11 tags", with(object{"options": object{"tags": strings.Split("a b c d e f g h i j k", " ")}}), []string{"/options/tags: has more than the 10 tags"}},
		{"tag not ASCII", with(object{"options": object{"tags": []string{"é"}}}), []string{"/options/tags/0: is not a Mailgun tag"}},
		{"tracking a text", with(object{"options": object{"tracking": "yes"}}), []string{"/options/tracking: must be a boolean, not a string"}},
		{"no duration", with(object{"options": object{"deliverWithin": "10"}}), []string{"/options/deliverWithin: is not a duration"}},
		{"59s", with(object{"options": object{"deliverWithin": "59s"}}), []string{"/options/deliverWithin: must be from 1m to 24h"}},
		{"25h", with(object{"options": object{"deliverWithin": "24h1s"}}), []string{"/options/deliverWithin: must be from 1m to 24h"}},
		{"0s", with(object{"options": object{"deliverWithin": "0s"}}), []string{"/options/deliverWithin: must be from 1m to 24h"}},
		{"own header", with(object{"options": object{"headers": object{"Reply-To": "x"}}}), []string{"/options/headers/Reply-To: can't be set here"}},
		{"our variables", with(object{"options": object{"headers": object{"x-mailgun-VARIABLES": "x"}}}), []string{"can't be set here"}},
		{"header name", with(object{"options": object{"headers": object{"X A": "x"}}}), []string{"/options/headers/X A: is not a mail header name"}},
		{"header break", with(object{"options": object{"headers": object{"X-A": "x\r\nBcc: y"}}}), []string{"/options/headers/X-A: holds a line break"}},
		{"content type", with(object{"templates": []any{object{"languageTag": "en", "templateType": "T", "details": object{"subject": "s", "content": "{{code}}", "contentType": "text/markdown"}}}}), []string{`/templates/0/details/contentType: must be "text/html" or "text/plain"`}},
		{"template without content", with(object{"templates": []any{object{"languageTag": "en", "templateType": "T", "details": object{"subject": "s"}}}}), []string{"/templates/0/details/content: is missing"}},
		{"sendFrom", with(object{"templates": []any{object{"languageTag": "en", "templateType": "T", "details": object{"subject": "s", "content": "{{code}}", "sendFrom": "nobody"}}}}), []string{"/templates/0/details/sendFrom: is not a sender"}},
		{"two in sendFrom", with(object{"templates": []any{object{"languageTag": "en", "templateType": "T", "details": object{"subject": "s", "content": "{{code}}", "sendFrom": "A <a@x.example>, B <b@x.example>"}}}}), []string{"/templates/0/details/sendFrom: is not a sender"}},
		{"pasted from Logto's API", with(object{"templates": []any{object{"id": "x", "tenantId": "y", "createdAt": 1700000000000, "languageTag": "zh-Hant", "templateType": "SignIn", "details": object{"subject": "s", "content": "{{code}}", "contentType": "text/plain", "replyTo": "", "sendFrom": "{{application.name}} <a@x.example>"}}}}), nil},
		{"condition not closed", with(delivery(object{"html": "{{code}}\n{{#if a}}", "subject": "{{else}}", "text": "{{/unless}}"})), []string{
			"/deliveries/Generic/html: line 2: {{#if a}} is not closed: add {{/if}}",
			"/deliveries/Generic/subject: line 1: {{else}} is outside {{#if}}", "/deliveries/Generic/text: line 1: {{/unless}} closes nothing"}},
		{"condition of a template", with(object{"templates": []any{object{"languageTag": "en", "templateType": "T", "details": object{"subject": "s", "content": "{{code}}{{#if a b}}{{/if}}", "sendFrom": "{{#if a}}A <{{/if}}a@x.example>"}}}}), []string{
			"/templates/0/details/content: line 1: {{#if a b}} needs one path", "/templates/0/details/sendFrom: line 1: {{#if a}} is not closed"}},
		{"conditions", with(delivery(object{"html": "{{#if code}}{{code}}{{else}}{{link}}{{/if}}{{! done }}", "subject": "{{#unless a}}b{{/unless}}"})), nil},
		{"not an object", `["domain"]`, []string{"must be an object, not an array"}},
		{"empty", " \n", []string{"is empty"}},
		{"only a comment", "# nothing\n", []string{""}},
		{"cut off", `{"domain":`, []string{"invalid JSON: unexpected end"}},
		{"two documents", minimal + "{}", []string{"after top-level value"}},
		{"number out of range", with(delivery(object{"template": "t", "variables": object{"n": json.Number("1e999")}})), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := parse(tt.config, "")
			got := strings.Join(problems(t, err), "\n")
			if (err == nil) != (tt.want == nil) {
				t.Fatalf("Parse(%s) = %v, want problems %q", tt.config, err, tt.want)
			}
			for _, part := range tt.want {
				if !strings.Contains(got, part) {
					t.Errorf("Parse(%s) = %q, want %q", tt.config, got, part)
				}
			}
		})
	}
}

func TestEveryProblemAtOnce(t *testing.T) {
	t.Parallel()
	_, err := parse(`{"endpoint":"ftp://x","domain":"https://mg.example.com","from":"nobody","deliveries":{
		"A":{},"B/~":{"html":"x","subject":1}},"fallbackLanguage":"?","options":{"deliverWithin":"59s","tags":[""]},"more":1}`, "")
	got := problems(t, err)
	for _, pointer := range []string{"/apiKey", "/deliveries/A", "/deliveries/B~1~0", "/domain", "/endpoint", "/fallbackLanguage", "/from", "/more", "/options/deliverWithin", "/options/tags/0"} {
		found := false
		for _, p := range got {
			found = found || strings.Contains(": "+p, ": "+pointer+": ")
		}
		if !found {
			t.Errorf("Parse() = %q, want a problem at %s", got, pointer)
		}
	}
}

func TestEmptyOptionalStringsAreAbsent(t *testing.T) {
	t.Parallel()
	_, err := parse(`{"$schema":"","endpoint":"","domain":"mg.example.com","apiKey":"k","from":"a@x.example","fallbackLanguage":"",
		"options":{"deliverWithin":""},"deliveries":{"Generic":{"html":"{{code}}","subject":"","text":"","textFile":"","replyTo":"","templateVersion":""},
		"T":{"template":"t","text":"","subject":"","templateVersion":""}},
		"templates":[{"languageTag":"en","templateType":"T","details":{"subject":"","content":"c","contentType":"","replyTo":"","sendFrom":""}}]}`, "")
	if err != nil {
		t.Errorf("Parse() = %v, want nil", err)
	}
}

func TestDomain(t *testing.T) {
	t.Parallel()
	for domain, want := range map[string]string{
		"mg.example.com": "", "MG.Example.COM": "", "xn--bcher-kva.example": "", "a-b.example": "", "1.example": "",
		"https://mg.example.com": "scheme", "mg.example.com/": "slash", "mg.example.com/v3": "slash", `mg\x.example`: "slash",
		"mg example.com": "white space", "mg.example.com\n": "white space", "a@mg.example.com": "address",
		"bücher.example": "xn--", "localhost": "not a DNS name", "mg..example.com": "not a DNS name", ".example.com": "not a DNS name",
		"example.com.": "not a DNS name", "-a.example": "not a DNS name", "a_b.example": "not a DNS name", "mg.example.com:443": "not a DNS name",
		"a%2fb.example": "not a DNS name", strings.Repeat("a", 64) + ".example": "not a DNS name", strings.Repeat("a.", 130) + "example": "not a DNS name",
		"mg.example.com?x=y": "slash or anything", "mg.example.com#x": "slash or anything",
	} {
		_, err := parse(with(object{"domain": domain}), "")
		if got := strings.Join(problems(t, err), "\n"); (want == "") != (err == nil) || !strings.Contains(got, want) {
			t.Errorf("Parse(domain %q) = %q, want %q", domain, got, want)
		}
	}
}

func TestFrom(t *testing.T) {
	t.Parallel()
	for from, ok := range map[string]bool{
		"a@mg.example.com": true, "Sender Name <a@mg.example.com>": true, "サポート <a@mg.example.com>": true, "Zoë 🔑 <a@mg.example.com>": true,
		`"Doe, Jane" <a@mg.example.com>`: true, "=?utf-8?q?Zo=C3=AB?= <a@mg.example.com>": true, "<a@mg.example.com>": true,
		"": false, "nobody": false, "Doe, Jane <a@mg.example.com>": false, "a@x.example, b@x.example": false,
		"A <a@x.example>, B <b@x.example>": false, "Team: a@x.example, b@x.example;": false, "Team: a@x.example;": false,
		"A <a@x.example>\r\nBcc: b@x.example": false, "A\n <a@x.example>": false, "A <a@x.example> b": false, "A <a@x.example": false,
		"A\x00 <a@x.example>": false, "{{name}} <a@x.example>": true,
	} {
		if _, err := parse(with(object{"from": from}), ""); (err == nil) != ok {
			t.Errorf("Parse(from %q) = %v, want ok %v", from, err, ok)
		}
	}
}

func TestAPIKeySources(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		own  any
		env  config.Secret
		want string
	}{
		{"key-own", "", "key-own"}, {"key-own", "key-env", "key-own"}, {nil, "key-env", "key-env"},
		{"", "key-env", "key-env"}, {"<secret>", "key-env", "key-env"}, // as GET /config shows it
	} {
		cfg, err := config.Parse([]byte(with(object{"apiKey": tt.own})), config.ParseOptions{APIKey: tt.env})
		if err != nil || cfg.APIKey.Reveal() != tt.want {
			t.Errorf("Parse(apiKey %v, %q) = %+v, %v, want the key %q", tt.own, tt.env, cfg, err, tt.want)
			continue
		}
		if shown, err := cfg.JSON(); err != nil || strings.Contains(string(shown), tt.want) {
			t.Errorf("JSON() = %s, %v, want no key", shown, err)
		}
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	files := map[string]string{"mails/code.html": "<p>{{code}}</p>", "mails/code.txt": "{{code}}", "empty.html": " \n"}
	read := func(_, name string) ([]byte, error) {
		text, ok := files[name]
		if !ok {
			return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
		}
		return []byte(text), nil
	}
	for _, tt := range []struct {
		delivery object
		want     string
	}{
		{object{"htmlFile": "mails/code.html", "textFile": "mails/code.txt", "subject": "s"}, ""},
		{object{"htmlFile": "mails/none.html", "subject": "s"}, "/htmlFile: can't be read"},
		{object{"html": "{{code}}", "textFile": "none.txt", "subject": "s"}, "/textFile: can't be read"},
		{object{"htmlFile": "empty.html", "subject": "s"}, "/htmlFile: names an empty file"},
	} {
		cfg, err := config.Parse([]byte(with(delivery(tt.delivery))), config.ParseOptions{ReadFile: read})
		if got := strings.Join(problems(t, err), "\n"); (tt.want == "") != (err == nil) || !strings.Contains(got, tt.want) {
			t.Errorf("Parse(%v) = %q, want %q", tt.delivery, got, tt.want)
			continue
		}
		if err == nil && (cfg.Deliveries["Generic"].HTML != files["mails/code.html"] || cfg.Deliveries["Generic"].Text != files["mails/code.txt"]) {
			t.Errorf("Parse(%v) = %+v, want the texts of the files", tt.delivery, cfg.Deliveries)
		}
	}
	var invalid *config.InvalidError
	if _, err := parse(with(delivery(object{"html": "{{code}}", "textFile": "/etc/passwd", "subject": "s"})), "c.json"); !errors.As(err, &invalid) {
		t.Errorf("Parse(textFile) without ReadFile = %v, want a problem", err)
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		members object
		want    string
	}{
		{object{}, ""},
		{object{"deliveries": object{"SignIn": object{"html": "{{code}}", "subject": "s"}}}, `/deliveries: has no "Generic"`},
		{delivery(object{"html": "{{code}}"}), `/deliveries/Generic: has no "subject"`},
		{delivery(object{"html": "hello", "subject": "s"}), "/deliveries/Generic/html: has no {{code}}"},
		{delivery(object{"html": "<<code>>", "subject": "s"}), ""},
		{delivery(object{"html": "{{code}}" + strings.Repeat(" ", 103<<10), "subject": "s"}), "/deliveries/Generic/html: has 103 KB"},
		{delivery(object{"html": "{{code}}", "subject": "s", "replyTo": "{{user.primaryEmail}}"}), "/deliveries/Generic/replyTo: is not a mailbox"},
		{object{"deliveries": object{"Generic": object{"html": "{{code}}", "subject": "s"}, "OrganizationInvitation": object{"html": "{{link}}", "subject": "s"}}}, ""},
		{delivery(object{"template": "t"}), ""},
		{delivery(object{"html": "{{code}}", "subject": "Hi\u2028there"}), "/deliveries/Generic/subject: holds the character U+2028"},
		{delivery(object{"html": "{{code}}", "subject": "s", "replyTo": "a@example.org\u0085"}), "/deliveries/Generic/replyTo: holds the character"},
		{object{"from": "A\u2029B <a@mg.example.com>"}, "/from: holds the character"},
		{object{"options": object{"headers": object{"X-A": "b\u2028"}}}, "/options/headers/X-A: holds the character"},
		{object{"templates": []any{object{"languageTag": "en", "templateType": "T", "details": object{"subject": "s\u2029", "content": "{{code}}"}}}}, "/templates/0/details/subject: holds the character"},
		{object{"templates": []any{object{"languageTag": "en", "templateType": "T", "details": object{"subject": "s", "content": "{{code}}\u2028", "sendFrom": "A\u0085 <a@mg.example.com>"}}}}, "/templates/0/details/sendFrom: holds the character"},
		{delivery(object{"html": "{{code}}\u2028", "text": "{{code}}\u2029", "subject": "s"}), ""},
		{delivery(object{"html": "{{code}}\n {{ .Name }}", "subject": "s"}), "/deliveries/Generic/html: line 2: {{ .Name }} is not a placeholder and is sent as it stands"},
		{delivery(object{"html": "{{code}}", "subject": "{% if x %}"}), "/deliveries/Generic/subject: line 1: {% if x %} is not a placeholder"},
		{delivery(object{"template": "t", "subject": "{{> x}}"}), "/deliveries/Generic/subject: line 1: {{> x}} is not a placeholder"},
		{delivery(object{"html": "{{#if code}}{{code}}{{/if}}{{! x }}", "subject": "s"}), ""},
		{object{"templates": []any{object{"languageTag": "en", "templateType": "T", "details": object{"subject": "s", "content": "{{code}} %recipient.x%"}}}},
			"/templates/0/details/content: line 1: %recipient.x% is not a placeholder"},
	} {
		cfg, err := parse(with(tt.members), "")
		if err != nil {
			t.Errorf("Parse(%v) = %v, want nil", tt.members, err)
			continue
		}
		var got []string
		for _, w := range cfg.Warnings {
			got = append(got, w.String())
		}
		if all := strings.Join(got, "\n"); (tt.want == "") != (all == "") || !strings.Contains(all, tt.want) {
			t.Errorf("warnings of %.80v = %q, want %q", tt.members, all, tt.want)
		}
	}
}

// What Parse lets through must compile.
func TestHTMLThatGivesNoTextIsAProblem(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("<div>", 600) + "{{code}}"
	for options, want := range map[string]bool{`{}`: false, `{"autoText":false}`: true} {
		text := fmt.Sprintf(`{"domain":"mg.example.com","from":"a@example.com","apiKey":"k","options":%s,"deliveries":{"Generic":{"subject":"s","html":%q}}}`, options, deep)
		cfg, err := config.Parse([]byte(text), config.ParseOptions{})
		if (err == nil) != want {
			t.Errorf("Parse(600 nested elements, options %s) = %v, want ok %v", options, err, want)
			continue
		}
		if err == nil {
			if _, err := connector.New(cfg, nil, connector.NewRecipientHasher(nil)); err != nil {
				t.Errorf("New(600 nested elements, options %s) = %v, want nil", options, err)
			}
		}
	}
}
