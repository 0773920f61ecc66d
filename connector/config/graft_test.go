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

// yamlList is a config with a list of localized templates, whose text is hard to cut.
const yamlList = `domain: mg.example.com
templates:
  # English.
  - templateType: SignIn
    languageTag: en
    details:
      content: |
        {{code}}

          - is it
    # of English
  # German.
  -   languageTag: de  # of Germany
      details:
        subject: Ja
        list: [a, b]
      templateType: SignIn
# the end
from: no-reply@mg.example.com
`

const jsonList = `{"templates": [{"templateType": "SignIn", "languageTag": "en"},
  {"templateType": "SignIn", "languageTag": "de", "x": 1} ,
  {"templateType": "Generic", "languageTag": "de"}], "domain": "mg.example.com"}`

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
		{"YAML odd comment", config.YAML, "a:\n  b:\n    c: 1\n # here\n    d: 2\n  e: 3\n", "c: 1", "c: 2", "/a/b", "", ""},
		{"YAML localized", config.YAML, yamlList, "subject: Ja\n", "subject: Jawohl  # mine\n", "/templates/1", "", ""},
		{"YAML localized, first", config.YAML, yamlList, "{{code}}\n\n", "{{code}}\n        - no list\n\n", "/templates/0", "", ""},
		{"YAML localized, elsewhere in the list", config.YAML, yamlList, "  # English.\n", "  - {templateType: Register, languageTag: en, details: {subject: x}}\n", "/templates/0",
			"      templateType: SignIn\n#", "      templateType: SignIn\n  - {templateType: Register, languageTag: en, details: {subject: x}}\n#"},
		{"YAML localized, gone", config.YAML, "a: b\ntemplates:\n- templateType: X\n  languageTag: en\n", "  languageTag: en\n", "  languageTag: en\n# Mine.\n- languageTag: fr\n  templateType: X\n", "/templates/1",
			"Tag: en\n", "Tag: en\n- languageTag: fr\n  templateType: X\n"},
		{"YAML localized, in a list without any", config.YAML, "a: b\ntemplates: []\nc: d\n", " []", "\n  - templateType: X\n    languageTag: fr\n  - languageTag: en\n    templateType: X", "/templates/0", " []", "\n  - templateType: X\n    languageTag: fr"},
		{"YAML localized, without a list", config.YAML, "a: b\n", "a: b\n", "a: b\ntemplates:\n  -\n    templateType: X\n    languageTag: fr\n  - languageTag: en\n    templateType: X\n", "/templates/0",
			"a: b\n", "a: b\ntemplates:\n  -\n    templateType: X\n    languageTag: fr\n"},
		{"JSON localized", config.JSON, jsonList, `"de", "x": 1`, `"DE", "x": 2`, "/templates/1", "", ""},
		{"JSON localized, gone", config.JSON, "{\n  \"templates\": [\n    {\"templateType\": \"X\", \"languageTag\": \"fr\"}\n  ]\n}", "\"fr\"}", "\"fr\"},\n    {\"languageTag\": \"de\", \"templateType\": \"X\"}", "/templates/1", "", ""},
		{"JSON localized, in a list without any", config.JSON, `{"templates":[]}`, `[]`, `[{"templateType":"X","languageTag":"fr"}]`, "/templates/0", "", ""},
		{"JSON localized, without a list", config.JSON, `{"a":1}`, `1`, `1,"templates":[{"templateType":"X","languageTag":"fr"},{}]`, "/templates/0", `1`, `1,"templates":[{"templateType":"X","languageTag":"fr"}]`},
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
		"no such place":  {"a: 1\n", "templates:\n- {templateType: X, languageTag: en}\n", "/templates/1"},
		"no place":       {"a: 1\n", "templates:\n- {templateType: X, languageTag: en}\n", "/templates/-1"},
		"no name":        {"a: 1\n", "templates:\n- {templateType: X}\n", "/templates/0"},
		"in a template":  {"templates: []\n", "templates:\n- {templateType: X, languageTag: en, x: 1}\n", "/templates/0/x"},
		"list in braces": {"templates: [{templateType: X, languageTag: en, x: 1}]\n", "templates: [{templateType: X, languageTag: en, x: 2}]\n", "/templates/0"},
		"no list":        {"templates: {a: 1}\n", "templates:\n- {templateType: X, languageTag: en}\n", "/templates/0"},
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

// Localized templates are told apart by what they are for, wherever they stand.
func TestChangesOfLocalized(t *testing.T) {
	t.Parallel()
	en, de, fr := `{"templateType":"X","languageTag":"en"}`, `{"templateType":"X","languageTag":"de","x":1}`, `{"templateType":"X","languageTag":"fr"}`
	for name, x := range map[string]struct{ was, is, want []string }{
		"one gone":         {[]string{en, de, fr}, []string{en, fr}, []string{"/templates/1"}},
		"one new":          {[]string{en, fr}, []string{en, de, fr}, []string{"/templates"}},
		"one for another":  {[]string{en, de}, []string{fr, de}, []string{"/templates", "/templates/0"}},
		"another order":    {[]string{en, fr}, []string{fr, en}, []string{"/templates"}},
		"one other, moved": {[]string{en, de}, []string{strings.Replace(de, "1", "2", 1), en}, []string{"/templates", "/templates/1/x"}},
		"another spelling": {[]string{en}, []string{strings.Replace(en, "en", "EN", 1)}, []string{"/templates/0/languageTag"}},
		"one twice":        {[]string{en, en}, []string{en, de}, []string{"/templates/1/languageTag", "/templates/1/x"}},
	} {
		list := func(all []string) config.Revision {
			return config.Revision{Document: document(`{"templates":[`+strings.Join(all, ",")+`]}`, config.JSON)}
		}
		got, err := config.Changes(list(x.was), list(x.is))
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
