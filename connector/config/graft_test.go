package config_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/connector/config"
)

// yamlText is a config with everything that makes it hard to change one member alone.
const yamlText = `# Ours.
domain: mg.example.com   # EU
from: "Acme <no-reply@mg.example.com>"

deliveries:
  # For people who sign in.
  SignIn:
    subject: "{{code}} is your code"
    html: |
      <p># no comment: {{code}}</p>

      # still the mail

  # Everything else.
  Generic:
      subject: 'Your code'
      html: "<p>{{code}}</p>"
options: {tags: [otp]}
`

func TestGraft(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		name         string
		format       config.Format
		text         string
		old, new     string // what makes the donor of the text
		pointer      string
		oldIn, newIn string // what it makes of the text; "" for all that the donor has
	}{
		{"YAML scalar", config.YAML, yamlText, `domain: mg.example.com   # EU`, `domain: mg2.example.com # US`, "/domain", "", ""},
		{"YAML mail", config.YAML, yamlText, "subject: \"{{code}} is your code\"\n    html: |\n      <p># no", "html: |\n      <p>Yes", "/deliveries/SignIn", "", ""},
		{"YAML last of its object", config.YAML, yamlText, `html: "<p>{{code}}</p>"`, `html: "<b>{{code}}</b>"`, "/deliveries/Generic/html", "", ""},
		{"YAML other indentation", config.YAML, yamlText, "      subject: 'Your code'\n      html: \"<p>{{code}}</p>\"", "     subject: Mine\n     text: |\n        a\n         b\n     html: x", "/deliveries/Generic", "", ""},
		{"YAML new mail", config.YAML, yamlText, "  # Everything", "  Register:\n    html: |\n      <p>{{code}}</p>\n  # Everything", "/deliveries/Register",
			"options:", "  Register:\n    html: |\n      <p>{{code}}</p>\noptions:"},
		{"YAML no mail any more", config.YAML, yamlText, "  # Everything else.\n  Generic:\n      subject: 'Your code'\n      html: \"<p>{{code}}</p>\"\n", "  # Everything else.\n", "/deliveries/Generic", "", ""},
		{"YAML flow as a whole", config.YAML, yamlText, "options: {tags: [otp]}", "options: {tags: [a, b]}", "/options", "", ""},
		{"YAML object that was not there", config.YAML, "domain: a.b\nbrand:\n  name: A\n", "brand:\n  name: A\n", "brand:\n  name: A\ndeliveries:\n  # Mine.\n  SignIn:\n    html: |\n      x\n\n      y\n  Generic:\n    html: z\n", "/deliveries/SignIn",
			"  name: A\n", "  name: A\ndeliveries:\n  # Mine.\n  SignIn:\n    html: |\n      x\n\n      y\n"},
		{"YAML end without a line break", config.YAML, "domain: a.b\nfrom: x", "from: x", "from: x\noptions:\n  testMode: true", "/options", "", ""},
		{"YAML keys that need escapes", config.YAML, "a/b: 1\nc~d: 2\n", "a/b: 1", "a/b: 3", "/a~1b", "", ""},
		{"JSON value", config.JSON, "{\n  \"a\": \"x,}\",\n  \"b\" : {\"c\": [1, 2]}\n}\n", `"x,}"`, `"y\"{"`, "/a", "", ""},
		{"JSON nested", config.JSON, `{"deliveries":{"SignIn":{"html":"a"},"Generic":{"html":"b"}}}`, `{"html":"b"}`, `{"html": "c", "text": "d"}`, "/deliveries/Generic", "", ""},
		{"JSON new", config.JSON, "{\n  \"a\": {\n    \"b\": 1\n  }\n}", "\"b\": 1\n", "\"b\": 1,\n    \"c\": 2\n", "/a/c", "", ""},
		{"JSON into an empty object", config.JSON, `{"a":{}}`, `{}`, `{"b":1}`, "/a/b", "", ""},
		{"JSON object that was not there", config.JSON, `{"a":1}`, `"a":1`, `"a":1,"b":{"c":2,"d":3}`, "/b/c", `"a":1`, `"a":1,"b":{"c":2}`},
		{"JSON first gone", config.JSON, `{"a":1, "b":2, "c":3}`, `"a":1, `, ``, "/a", "", ""},
		{"JSON last gone", config.JSON, `{"a":1, "b":2}`, `, "b":2`, ``, "/b", "", ""},
		{"JSON only one gone", config.JSON, `{"a":{"b":1}}`, `"b":1`, ``, "/a/b", "", ""},
		{"neither has it", config.JSON, `{"a":1}`, `1`, `1`, "/x/y", "", ""},
	} {
		donor := strings.Replace(x.text, x.old, x.new, 1)
		if donor == x.text && x.old != x.new {
			t.Fatalf("%s: the text does not have %q", x.name, x.old)
		}
		if x.oldIn == "" {
			x.oldIn, x.newIn = x.old, x.new
		}
		want := strings.Replace(x.text, x.oldIn, x.newIn, 1)
		got, err := config.Graft(document(x.text, x.format), document(donor, x.format), x.pointer)
		if diff := cmp.Diff(want, string(got.Data)); err != nil || diff != "" {
			t.Errorf("%s: Graft(%s) = %v (-want +got):\n%s", x.name, x.pointer, err, diff)
		}
	}
}

// What can't be done by itself is refused, and never done otherwise.
func TestGraftRefuses(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct{ text, donor, pointer string }{
		"braces":         {"options: {tags: [a], testMode: true}\n", "options: {tags: [b], testMode: true}\n", "/options/tags"},
		"an alias":       {"a: 1\n", "x: &n [1]\na: *n\n", "/a"},
		"through a list": {"a: [1, 2]\n", "a: [1, 3]\n", "/a/1"},
		"the only one":   {"a:\n  b: 1\n", "a: {}\n", "/a/b"},
	} {
		got, err := config.Graft(document(x.text, config.YAML), document(x.donor, config.YAML), x.pointer)
		if _, ok := errors.AsType[*config.GraftError](err); !ok {
			t.Errorf("%s: Graft = %q, %v, want a GraftError", name, got.Data, err)
		}
	}
}

func TestChanges(t *testing.T) {
	t.Parallel()
	was := config.Revision{Document: document(yamlText+"templates:\n- {languageTag: en, details: {subject: a}}\nlayout: l.html\n", config.YAML), Files: map[string]string{"l.html": "1"}}
	for name, x := range map[string]struct {
		change func(string) string
		files  map[string]string
		want   []string
	}{
		"nothing":       {func(s string) string { return s }, was.Files, []string{}},
		"a comment":     {func(s string) string { return strings.Replace(s, "# Ours", "# Theirs", 1) }, was.Files, []string{}},
		"a subject":     {func(s string) string { return strings.Replace(s, "'Your code'", "'A code'", 1) }, was.Files, []string{"/deliveries/Generic/subject"}},
		"a new mail":    {func(s string) string { return strings.Replace(s, "  Generic:", "  A~/b: {html: x}\n  Generic:", 1) }, was.Files, []string{"/deliveries/A~0~1b"}},
		"a template":    {func(s string) string { return strings.Replace(s, "subject: a", "subject: b", 1) }, was.Files, []string{"/templates/0/details/subject"}},
		"two templates": {func(s string) string { return strings.Replace(s, "layout:", "- {languageTag: de}\nlayout:", 1) }, was.Files, []string{"/templates"}},
		"a file":        {func(s string) string { return s }, map[string]string{"l.html": "2"}, []string{"/layout"}},
		"two":           {func(s string) string { return strings.NewReplacer("mg.ex", "m.ex", "[otp]", "[x]").Replace(s) }, was.Files, []string{"/domain", "/from", "/options/tags/0"}},
	} {
		got, err := config.Changes(was, config.Revision{Document: document(x.change(string(was.Data)), config.YAML), Files: x.files})
		if diff := cmp.Diff(x.want, got); err != nil || diff != "" {
			t.Errorf("%s: Changes = %v (-want +got):\n%s", name, err, diff)
		}
	}
}

func TestMerge(t *testing.T) {
	t.Parallel()
	base := config.Revision{Document: document(yamlText, config.YAML)}
	change := func(pairs ...string) config.Document {
		return document(strings.NewReplacer(pairs...).Replace(yamlText), config.YAML)
	}
	for name, x := range map[string]struct {
		mine, theirs config.Document
		want         string
		conflict     []string
	}{
		"apart": {change("{{code}} is your", "Mine: {{code}}, your"), change("'Your code'", "'Theirs'", "[otp]", "[theirs]"),
			strings.NewReplacer("{{code}} is your", "Mine: {{code}}, your", "'Your code'", "'Theirs'", "[otp]", "[theirs]").Replace(yamlText), nil},
		"the same place": {change("'Your code'", "'Mine'", "# EU", "# us"), change("'Your code'", "'Theirs'"), "", []string{"/deliveries/Generic/subject"}},
		"in what is gone": {change("'Your code'", "'Mine'"),
			change("  # Everything else.\n  Generic:\n      subject: 'Your code'\n      html: \"<p>{{code}}</p>\"\n", ""), "", []string{"/deliveries/Generic/subject"}},
		"the same way": {change("'Your code'", "'Ours'", "mg.", "m."), change("'Your code'", "'Ours'"),
			strings.NewReplacer("'Your code'", "'Ours'", "mg.", "m.").Replace(yamlText), nil},
		"nothing of mine": {change(), change("mg.", "m."), strings.ReplaceAll(yamlText, "mg.", "m."), nil},
	} {
		got, err := config.Merge(base, config.Revision{Document: x.theirs}, x.mine)
		if conflict, ok := errors.AsType[*config.ConflictError](err); ok {
			if diff := cmp.Diff(x.conflict, conflict.Pointers); diff != "" {
				t.Errorf("%s: conflict (-want +got):\n%s", name, diff)
			}
			continue
		}
		if diff := cmp.Diff(x.want, string(got.Data)); err != nil || diff != "" || x.conflict != nil {
			t.Errorf("%s: Merge = %v (-want +got):\n%s", name, err, diff)
		}
	}
}

func document(text string, format config.Format) config.Document {
	return config.Document{Data: []byte(text), Format: format}
}
