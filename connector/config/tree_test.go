package config_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/connector"
	"mailgun-connector/connector/config"
)

const yamlHead = "domain: mg.example.com\napiKey: key-0123\nfrom: a@mg.example.com\n"

func TestYAMLAndJSONAgree(t *testing.T) {
	t.Parallel()
	const asYAML = yamlHead + `
options: {tags: [otp], deliverWithin: 30m, tracking: true}
deliveries:
  Generic:
    subject: "{{code}} is it"
    html: |
      <p>{{code}}</p>
  T:
    template: t
    variables: {n: 1.50, i: -7, h: 1e3, s: "1", z: ~, b: false, l: [1, {a: b}], d: 2024-01-02, y: yes, off: off}
`
	const asJSON = `{"domain":"mg.example.com","apiKey":"key-0123","from":"a@mg.example.com",
		"options":{"tags":["otp"],"deliverWithin":"30m","tracking":true},"deliveries":{
		"Generic":{"subject":"{{code}} is it","html":"<p>{{code}}</p>\n"},"T":{"template":"t","variables":
		{"n":1.50,"i":-7,"h":1e3,"s":"1","z":null,"b":false,"l":[1,{"a":"b"}],"d":"2024-01-02","y":"yes","off":"off"}}}}`
	fromYAML, err := parse(asYAML, "connector.yaml")
	if err != nil {
		t.Fatalf("Parse(YAML) = %v, want nil", err)
	}
	fromJSON, err := parse(asJSON, "connector.json")
	if err != nil {
		t.Fatalf("Parse(JSON) = %v, want nil", err)
	}
	if diff := cmp.Diff(fromJSON.Deliveries, fromYAML.Deliveries); diff != "" {
		t.Errorf("deliveries (-JSON +YAML):\n%s", diff)
	}
	if diff := cmp.Diff(fromJSON.Options, fromYAML.Options); diff != "" {
		t.Errorf("options (-JSON +YAML):\n%s", diff)
	}
	if got := fmt.Sprint(fromYAML.Deliveries["T"].Variables["n"]); got != "1.50" {
		t.Errorf("a number of YAML = %s, want 1.50 as it was written", got)
	}
}

// JSON is YAML, and a file's ending decides which errors and lines are told.
func TestYAMLByName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"connector.yaml", "connector.yml"} {
		_, err := parse("{\n\"domain\": \"x\"\n}", name)
		if got := problems(t, err); !strings.Contains(strings.Join(got, "\n"), "line 2: /domain:") {
			t.Errorf("Parse(%s) = %q, want the line of /domain", name, got)
		}
	}
	if _, err := parse("\ufeff"+minimal, "connector.json"); err != nil {
		t.Errorf("Parse() with a byte order mark = %v, want nil", err)
	}
}

func TestYAMLLines(t *testing.T) {
	t.Parallel()
	_, err := parse(`domain: https://mg.example.com
from: nobody
apiKey: k
deliveries:
  SignIn:
    subject: s
  "a b":
    html: x
    subject:
      - 1
options:
  tags:
    - ok
    - ""
templates:
  - languageTag: en
    templateType: T
    details: {subject: s, content: c,
      contentType: x}
`, "connector.yaml")
	want := []string{
		"line 7: /deliveries/a b", "line 5: /deliveries/SignIn", "line 9: /deliveries/a b/subject", "line 1: /domain", "line 2: /from",
		"line 14: /options/tags/1", "line 19: /templates/0/details/contentType",
	}
	got := strings.Join(problems(t, err), "\n")
	for _, w := range want {
		if !strings.Contains(got, w+":") {
			t.Errorf("Parse() = %q, want a problem at %q", got, w)
		}
	}
}

// nested is YAML that is deep levels of lists.
func nested(deep int) string {
	return yamlHead + "deliveries: {T: {template: t, variables: {x: " + strings.Repeat("[", deep) + strings.Repeat("]", deep) + "}}}\n"
}

func TestYAMLTraps(t *testing.T) {
	t.Parallel()
	// nine aliases of nine aliases of …: half a kilobyte that means a billion words
	bomb := "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
	for i := 1; i < 10; i++ {
		bomb += "a" + strconv.Itoa(i) + ": &a" + strconv.Itoa(i) + " [" + strings.TrimSuffix(strings.Repeat("*a"+strconv.Itoa(i-1)+", ", 9), ", ") + "]\n"
	}
	const generic = "deliveries: {Generic: {html: '{{code}}', subject: s}}\n"
	tests := []struct{ name, text, want string }{
		{"plain", yamlHead + generic, ""},
		{"alias", yamlHead + "deliveries: {Generic: &g {html: '{{code}}', subject: s}, SignIn: *g}\n", ""},
		{"alias bomb", yamlHead + bomb, "it is too large"},
		{"duplicate", yamlHead + generic + "domain: other.example\n", "line 5: /domain: duplicate key"},
		{"duplicate deeper", yamlHead + "deliveries:\n  Generic: {html: a, html: b}\n", `/deliveries/Generic/html: duplicate key`},
		{"merge key", yamlHead + "deliveries:\n  Generic: &g {html: '{{code}}', subject: s}\n  SignIn: {<<: *g}\n", "merge keys (<<) are not supported"},
		{"list as a name", yamlHead + generic + "? [a]\n: b\n", "must be a plain word"},
		{"not a number", yamlHead + "deliveries: {T: {template: t, variables: {n: .nan}}}\n", "put quotes around it"},
		{"infinite", yamlHead + "deliveries: {T: {template: t, variables: {n: -.inf}}}\n", "put quotes around it"},
		{"apiKey of digits", strings.Replace(yamlHead, "key-0123", "0123", 1) + generic, "line 2: /apiKey: is a number that YAML would change"},
		{"apiKey null", strings.Replace(yamlHead, "key-0123", "~", 1) + generic, "/apiKey: must be a string, not null"},
		{"subject true", yamlHead + "deliveries: {Generic: {html: '{{code}}', subject: true}}\n", "/subject: must be a string, not a boolean"},
		{"subject a date", yamlHead + "deliveries: {Generic: {html: '{{code}}', subject: 2024-01-02}}\n", ""},
		{"tracking yes", yamlHead + generic + "options: {tracking: yes}\n", "/options/tracking: must be a boolean"},
		{"tracking true", yamlHead + generic + "options: {tracking: true}\n", ""},
		{"unquoted placeholder", yamlHead + "deliveries: {Generic: {html: {{code}}, subject: s}}\n", "line 4: invalid YAML: a text that begins with"},
		{"tab", yamlHead + "deliveries:\n\tGeneric: {}\n", "invalid YAML"},
		{"unknown alias", yamlHead + "deliveries: *nothing\n", "invalid YAML"},
		{"second document", yamlHead + generic + "---\ndomain: other.example\n", "follows"},
		{"list", "- a\n", "must be an object, not an array"},
		{"word", "hello\n", "must be an object, not a string"},
		{"only markers", "---\n...\n", "must be an object"},
	}
	for _, tt := range tests {
		_, err := parse(tt.text, "connector.yaml")
		if got := strings.Join(problems(t, err), "\n"); (tt.want == "") != (err == nil) || !strings.Contains(got, tt.want) {
			t.Errorf("Parse(%s) = %q, want %q", tt.name, got, tt.want)
		}
	}
}

// A text of a few bytes must not cost more than a few megabytes, since it may come over
// the network: each level makes the pointers below it longer.
func TestDepth(t *testing.T) {
	t.Parallel()
	if _, err := parse(nested(20), "connector.yaml"); err != nil {
		t.Errorf("Parse(20 levels) = %v, want nil", err)
	}
	_, err := parse(nested(2000), "connector.yaml")
	if err == nil {
		// Not worse: an alias of itself would now take all memory there is.
		t.Fatal("Parse(2000 levels) = nil, want an error")
	}
	if got := problems(t, err); len(got) != 1 || !strings.Contains(got[0], "deep") {
		t.Errorf("Parse(2000 levels) = %q, want one problem that says how deep", got)
	}
	for _, text := range []string{"deliveries: &a [*a]\n", "deliveries: &a {T: *a}\n", "deliveries: {T: {template: t, variables: &v {a: *v, b: *v}}}\n"} {
		if _, err := parse(yamlHead+text, "connector.yaml"); err == nil {
			t.Errorf("Parse(%q) = nil, want an error", text)
		}
	}
	deep := strings.Replace(minimal, `"s"`, strings.Repeat(`[`, 100_000)+strings.Repeat(`]`, 100_000), 1)
	if _, err := parse(deep, "connector.json"); err == nil {
		t.Error("Parse(100000 levels of JSON) = nil, want an error")
	}
}

// FuzzParseConfig: whatever the text, no panic; and a config that parses can be
// used, and shows its key to nobody.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"a.json", "a.yaml"} {
		f.Add([]byte(minimal), name)
		f.Add([]byte(yamlHead+"deliveries: {Generic: {html: '{{code}}', subject: s}}\n"), name)
	}
	f.Fuzz(func(t *testing.T, text []byte, name string) {
		cfg, err := config.Parse(text, config.ParseOptions{Name: name})
		if err != nil {
			if got := problems(t, err); len(got) == 0 {
				t.Errorf("Parse(%q) = %v, want problems", text, err)
			}
			return
		}
		if _, err := connector.New(cfg, nil, connector.NewRecipientHasher(nil)); err != nil {
			t.Errorf("New(%q) = %v, want nil", text, err)
		}
		shown, err := cfg.JSON()
		if err != nil || !strings.Contains(string(shown), `"apiKey":"<secret>"`) {
			t.Errorf("JSON() of %q = %s, %v, want the key masked", text, shown, err)
		}
	})
}
