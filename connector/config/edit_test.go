package config_test

import (
	"encoding/json"
	"strings"
	"testing"

	"mailgun-connector/connector/config"

	"github.com/google/go-cmp/cmp"
)

const commented = `# The mails of Acme.

domain: mg.example.com   # bare
apiKey: "key-012345"  # of the EU account
from: 'Acme <no-reply@mg.example.com>'

# What is sent.
deliveries:
    # When somebody signs in.
    SignIn:
        subject: "{{code}} is your code"
        html: |
            <p>Hello 😀,</p>

            # <p>{{code}}</p>

    Generic:   # all others
        subject: 'a: b'
        html: >-
            <p>{{code}}
            folded</p>

# The end.
options: {tags: [a, b], tracking: false}
`

// applied gives the file changed by a draft that differs from it as change says.
func applied(t *testing.T, file config.Document, change func(config map[string]any)) string {
	t.Helper()
	cfg, err := config.Parse(file.Data, config.ParseOptions{Format: file.Format})
	if err != nil {
		t.Fatalf("Parse() = %v, want nil", err)
	}
	var object map[string]any
	if err := json.Unmarshal(cfg.Document, &object); err != nil {
		t.Fatal(err)
	}
	change(object)
	draft, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	unmasked, err := config.Unmask(config.Document{Data: draft, Format: config.JSON}, file)
	if err != nil {
		t.Fatalf("Unmask() = %v, want nil", err)
	}
	next, err := config.Apply(unmasked, file)
	if err != nil {
		t.Fatalf("Apply() = %v, want nil", err)
	}
	return string(next.Data)
}

func in(config map[string]any, names ...string) map[string]any {
	for _, name := range names {
		config, _ = config[name].(map[string]any)
	}
	return config
}

func TestApplyYAML(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, file string
		change     func(map[string]any)
		replace    []string // pairs: what of the file is replaced by what
	}{
		{"nothing", commented, func(map[string]any) {}, nil},
		{"word", commented, func(c map[string]any) { c["domain"] = "mg.example.org" },
			[]string{"domain: mg.example.com   # bare", "domain: mg.example.org # bare"}},
		{"subject", commented, func(c map[string]any) { in(c, "deliveries", "SignIn")["subject"] = `say "{{code}}"` },
			[]string{`subject: "{{code}} is your code"`, `subject: "say \"{{code}}\""`}},
		{"html", commented, func(c map[string]any) { in(c, "deliveries", "SignIn")["html"] = "<p>\n  {{code}} 🚀\n</p>\n" },
			[]string{"            <p>Hello 😀,</p>\n\n            # <p>{{code}}</p>\n", "          <p>\n            {{code}} 🚀\n          </p>\n"}},
		{"html of lines", commented, func(c map[string]any) { in(c, "deliveries", "Generic")["html"] = "<p>\n{{code}}\n\n</p>" },
			[]string{">-\n            <p>{{code}}\n            folded</p>", "|-\n          <p>\n          {{code}}\n\n          </p>"}},
		{"key", commented, func(c map[string]any) { c["apiKey"] = "key-new" }, []string{"key-012345\"  #", "key-new\" #"}},
		{"no key", commented, func(c map[string]any) { delete(c, "apiKey") }, []string{"apiKey: \"key-012345\"  # of the EU account\n", ""}},
		{"delivery added", commented, func(c map[string]any) {
			in(c, "deliveries")["MfaVerification"] = map[string]any{"html": "a\n{{code}}", "subject": "yes"}
		}, []string{"            folded</p>\n", "            folded</p>\n\n    MfaVerification:\n      subject: \"yes\"\n      html: |-\n        a\n        {{code}}\n"}},
		{"delivery removed", commented, func(c map[string]any) { delete(in(c, "deliveries"), "Generic") },
			[]string{"    Generic:   # all others\n        subject: 'a: b'\n        html: >-\n            <p>{{code}}\n            folded</p>\n\n", ""}},
		{"delivery with a comment removed", commented, func(c map[string]any) { delete(in(c, "deliveries"), "SignIn") },
			[]string{commented[strings.Index(commented, "    # When"):strings.Index(commented, "    Generic")], ""}},
		{"flow", commented, func(c map[string]any) { in(c, "options")["tracking"] = true }, []string{"tracking: false", "tracking: true"}},
		{"list", commented, func(c map[string]any) { in(c, "options")["tags"] = []string{"b", "c"} }, []string{"[a, b]", "[b, c]"}},
		{"top member", commented, func(c map[string]any) { c["endpoint"] = "https://api.eu.mailgun.net" },
			[]string{"tracking: false}\n", "tracking: false}\nendpoint: https://api.eu.mailgun.net\n"}},
		{"windows", strings.ReplaceAll(commented, "\n", "\r\n"), func(c map[string]any) { in(c, "deliveries", "Generic")["html"] = "a\n{{code}}\n" },
			[]string{">-\r\n            <p>{{code}}\r\n            folded</p>", "|\r\n          a\r\n          {{code}}"}},
		{"no line end", yamlHead + "deliveries: {G: {html: '{{code}}'}}", func(c map[string]any) { c["endpoint"] = "https://api.eu.mailgun.net" },
			[]string{"}}}}", "}}}}\nendpoint: https://api.eu.mailgun.net\n", "'{{code}}'}}", "'{{code}}'}}\nendpoint: https://api.eu.mailgun.net\n"}},
		{"flow all", "{domain: mg.example.com, apiKey: key-0123, from: a@mg.example.com, deliveries: {G: {html: '{{code}}'}}} # one\n",
			func(c map[string]any) { c["domain"] = "mg.example.org" }, []string{"mg.example.com, apiKey", "mg.example.org, apiKey"}},
		{"shared", yamlHead + "deliveries:\n  A: &a\n    html: '{{code}}' # yes\n  B: *a\n",
			func(c map[string]any) { in(c, "deliveries", "A")["html"] = "<p>{{code}}</p>" },
			[]string{"A: &a\n    html: '{{code}}' # yes\n  B: *a\n", "A:\n    html: '<p>{{code}}</p>' # yes\n  B:\n    html: '{{code}}' # yes\n"}},
		{"alias", yamlHead + "deliveries:\n  A: &a\n    html: '{{code}}' # yes\n  B: *a\n",
			func(c map[string]any) { in(c, "deliveries", "B")["html"] = "<p>{{code}}</p>" },
			[]string{"B: *a\n", "B:\n    html: <p>{{code}}</p>\n"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			want := strings.NewReplacer(tt.replace...).Replace(tt.file)
			got := applied(t, config.Document{Data: []byte(tt.file), Format: config.YAML}, tt.change)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("Apply() (-want +got):\n%s", diff)
			}
		})
	}
}

const spacedJSON = `{
    "from": "a@mg.example.com",  "domain": "mg.example.com",
    "apiKey": "key-012345",
    "deliveries": {
        "Generic": { "html": "<p>{{code}}<\/p>", "subject": "s" }
    },
    "options": {"tags": ["a", "b"]}
}
`

func TestApplyJSON(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, file string
		change     func(map[string]any)
		replace    []string
	}{
		{"nothing", spacedJSON, func(map[string]any) {}, nil},
		{"word", spacedJSON, func(c map[string]any) { c["domain"] = "mg.example.org" }, []string{`"mg.example.com",`, `"mg.example.org",`}},
		{"inline", spacedJSON, func(c map[string]any) { in(c, "deliveries", "Generic")["replyTo"] = "<b@example.org>" },
			[]string{`"s" }`, `"s", "replyTo": "<b@example.org>" }`}},
		{"list", spacedJSON, func(c map[string]any) { in(c, "options")["tags"] = []string{"c", "b", "d"} }, []string{`["a", "b"]`, `["c", "b", "d"]`}},
		{"added", spacedJSON, func(c map[string]any) {
			c["fallbackLanguage"] = "fr"
			in(c, "deliveries")["SignIn"] = map[string]any{"html": "{{code}}", "subject": "t"}
		}, []string{"\"s\" }\n", "\"s\" },\n        \"SignIn\": {\n            \"subject\": \"t\",\n            \"html\": \"{{code}}\"\n        }\n",
			"\"b\"]}\n", "\"b\"]},\n    \"fallbackLanguage\": \"fr\"\n"}},
		{"removed", spacedJSON, func(c map[string]any) { delete(c, "options") }, []string{",\n    \"options\": {\"tags\": [\"a\", \"b\"]}", ""}},
		{"on one line", minimalWithKey, func(c map[string]any) { c["options"] = map[string]any{"testMode": true, "tags": []string{"x"}} },
			[]string{`"s"}}}`, `"s"}},"options":{"tags":["x"],"testMode":true}}`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			want := strings.NewReplacer(tt.replace...).Replace(tt.file)
			got := applied(t, config.Document{Data: []byte(tt.file), Format: config.JSON}, tt.change)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("Apply() (-want +got):\n%s", diff)
			}
		})
	}
}

const minimalWithKey = `{"domain":"mg.example.com","apiKey":"key-0123","from":"a@mg.example.com","deliveries":{"Generic":{"html":"{{code}}","subject":"s"}}}`

func TestConfigAsYAML(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, file, want string }{
		{"comments.yaml", commented, strings.Replace(commented, `"key-012345"  #`, `"<secret>" #`, 1)},
		{"comment.yaml", yamlHead + "# apiKey: key-0123 once\ndeliveries: {G: {html: '{{code}}'}}\n",
			strings.ReplaceAll(yamlHead, "key-0123", "<secret>") + "# apiKey: <secret> once\ndeliveries: {G: {html: '{{code}}'}}\n"},
		{"block.yaml", strings.Replace(yamlHead, " key-0123", " |-\n  key-0123", 1) + "deliveries: {G: {html: '{{code}}'}}\n",
			strings.Replace(yamlHead, "key-0123", "<secret>", 1) + "deliveries: {G: {html: '{{code}}'}}\n"},
		{"escaped.yaml", strings.Replace(yamlHead, "key-0123", `"\x6bey-0123"`, 1) + "deliveries: {G: {html: '{{code}}'}}\n",
			strings.Replace(yamlHead, "key-0123", `"<secret>"`, 1) + "deliveries: {G: {html: '{{code}}'}}\n"},
		{"config.json", `{"domain":"mg.example.com","options":{"tags":["1"]},"apiKey":"key-0123","from":"a@mg.example.com","deliveries":{"Generic":{"html":"<p>\n{{code}} 🚀\n</p>\n","subject":"s"}}}`,
			"domain: mg.example.com\napiKey: <secret>\nfrom: a@mg.example.com\ndeliveries:\n  Generic:\n    subject: s\n    html: |\n      <p>\n      {{code}} 🚀\n      </p>\noptions:\n  tags:\n    - \"1\"\n"},
	} {
		cfg, err := parse(tt.file, tt.name)
		if err != nil {
			t.Fatalf("Parse(%s) = %v, want nil", tt.name, err)
		}
		got, err := cfg.YAML()
		if err != nil {
			t.Errorf("YAML() of %s = %v, want nil", tt.name, err)
		}
		if diff := cmp.Diff(tt.want, string(got)); diff != "" {
			t.Errorf("YAML() of %s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// FuzzApply: whatever the file, a config applied to it means what it says, and nothing
// of the key is shown.
func FuzzApply(f *testing.F) {
	const draft = `{"domain":"mg.example.org","from":"b@mg.example.org","deliveries":{"Generic":{"html":"<p>\n{{code}} 🚀 \t\n</p>"},
		"A":{"template":"t","variables":{"n":1e400,"i":12345678901234567890,"l":["yes","1","~","# a"," b ","c\r\n","- d","\u2028",null,{}]}}},"options":{"tags":["x","y"]}}`
	for _, seed := range []string{commented, spacedJSON, minimalWithKey, yamlHead + "deliveries:\n- a\n- &b c\n- *b\n", "a: 1\n...\n", "? a\n: b\n", "--- {a: b}\n", "- a\n"} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	f.Fuzz(func(t *testing.T, text string, isYAML bool) {
		file := config.Document{Data: []byte(text), Format: config.JSON}
		if isYAML {
			file.Format = config.YAML
		}
		next, err := config.Apply(config.Document{Data: []byte(draft), Format: config.JSON}, file)
		if err != nil { // as for a file that is none
			if _, err := config.Parse(file.Data, config.ParseOptions{Format: file.Format}); err == nil {
				t.Errorf("Apply(%q) fails for a good config", text)
			}
			return
		}
		opts := config.ParseOptions{Format: next.Format, APIKey: "key-0123"}
		want, err := config.Parse([]byte(draft), draftOptions)
		if err != nil {
			t.Fatal(err)
		}
		got, err := config.Parse(next.Data, opts)
		if err != nil {
			t.Fatalf("Apply(%q) = %q, which is refused: %v", text, next.Data, err)
		}
		if diff := cmp.Diff(want.Deliveries, got.Deliveries); diff != "" || got.Domain != want.Domain || len(got.Options.Tags) != 2 {
			t.Errorf("Apply(%q) = %q, want what the draft says:\n%s", text, next.Data, diff)
		}
	})
}

var draftOptions = config.ParseOptions{Format: config.JSON, APIKey: "key-0123"}
