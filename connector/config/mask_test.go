package config_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/connector/config"
)

// Configs in YAML but for their apiKey: in lines, in lines without deliveries, in braces.
const (
	rest    = head + "deliveries: {G: {html: '{{code}}', subject: s}}\n"
	head    = "domain: mg.example.com\nfrom: a@mg.example.com\n"
	members = "domain: mg.example.com, deliveries: {G: {html: '{{code}}', subject: s}}"
)

// keyTexts has, by the name of a file, ways to write the key key-01234567 between « and
// » and what stands around it.
var keyTexts = []struct{ name, file, text string }{
	{"bare", "c.yaml", "apiKey: «key-01234567»\n" + rest},
	{"comment", "c.yaml", "# Acme\n\napiKey:   «key-01234567»   # of the EU account\n" + rest},
	{"end", "c.yaml", rest + "apiKey: «key-01234567»"},
	{"double quotes", "c.yaml", `apiKey: "«key-01234567»" # "quoted"` + "\n" + rest},
	{"escapes", "c.yaml", `apiKey: "«\x6bey\u002d0123\` + "\n  " + `4567»"` + "\n" + rest},
	{"single quotes", "c.yaml", "apiKey: '«key-01234567»'\n" + rest},
	{"next line", "c.yaml", "apiKey:\n\n  # here\n  «key-01234567»\n" + rest},
	{"block", "c.yaml", "apiKey: |-\n    «key-01234567»\n" + rest},
	{"block with a comment", "c.yaml", "apiKey: >2- # >\n  «key-01234567»\n\n" + rest},
	{"explicit", "c.yaml", "? apiKey\n: «key-01234567»\n" + rest},
	{"name in quotes", "c.yaml", `"api\x4bey": «key-01234567»` + "\n" + rest},
	{"anchor", "c.yaml", "apiKey: &k «key-01234567»\n" + rest},
	{"tag", "c.yaml", "apiKey: !!str «key-01234567»\n" + rest},
	{"tag and anchor", "c.yaml", "apiKey: !!str &k\n  # it\n  '«key-01234567»'\n" + rest},
	{"flow", "c.yaml", "{apiKey: «key-01234567», from: a@mg.example.com,\n " + members + "}"},
	{"flow in quotes", "c.yaml", `{"apiKey":"«key-01234567»", from: a@mg.example.com, ` + members + "}"},
	{"emoji before", "c.yaml", "{from: '😀 <a@mg.example.com>', apiKey: «key-01234567», " + members + "}"},
	{"tabs", "c.yaml", "apiKey:\t«key-01234567»\t# tab\t\n" + rest},
	{"Windows", "c.yaml", strings.ReplaceAll("# a\n\napiKey: «key-01234567»\n"+rest, "\n", "\r\n")},
	{"old Macintosh", "c.yaml", strings.ReplaceAll("# a\n\napiKey: «key-01234567»\n"+rest, "\n", "\r")},
	{"byte order mark", "c.yaml", "\ufeffapiKey: «key-01234567»\n" + rest},
	{"markers", "c.yaml", "%YAML 1.1\n---\napiKey: «key-01234567»\n" + rest + "...\n"},
	{"line breaks of other kinds", "c.yaml", "# a\u2028# b\u0085deliveries: {G: {html: \"{{code}}\u2028\u2029\u0085 \", " +
		"subject: \"a \u2028\u2028\u2028 b\"}}\rapiKey: «key-01234567»\u2029" + head},
	{"same name elsewhere", "c.yaml", variables("apiKey: other") + "apiKey: «key-01234567»\n"},

	{"JSON", "c.json", `{"apiKey":"«key-01234567»",` + restJSON},
	{"JSON with spaces", "c.json", "\n{ \"apiKey\"\t:\r\n \"«key-01234567»\" ,\n" + restJSON + "\n\n"},
	{"JSON with escapes", "c.json", `{"api\u004bey":"«\u006bey-0123\u0034567»",` + restJSON},
	{"JSON with a byte order mark", "c.json", "\ufeff" + `{"apiKey":"«key-01234567»",` + restJSON},
	{"JSON with the name elsewhere", "c.json", `{"apiKey":"«key-01234567»","domain":"mg.example.com",
		"from":"a@mg.example.com",
		"deliveries":{"G":{"template":"t","variables":{"apiKey":"other"}}}}`},
	{"YAML in a file of another name", "c.conf", "apiKey: «key-01234567»\n" + rest},
}

const restJSON = `"domain":"mg.example.com","from":"😀 <a@mg.example.com>",
	"deliveries":{"G":{"html":"{{code}}\u2028<\/p>","subject":"s"}}}`

// variables returns a config in YAML but for its apiKey, whose one delivery has these.
func variables(members string) string {
	return "deliveries: {G: {template: t, variables: {" + members + "}}}\n" + head
}

// without returns a text of keyTexts with something else in the key's place.
func without(t *testing.T, text, word string) string {
	t.Helper()
	before, more, ok := strings.Cut(text, "«")
	_, after, closed := strings.Cut(more, "»")
	if !ok || !closed {
		t.Fatalf("%q marks no key", text)
	}
	return before + word + after
}

var unmarked = strings.NewReplacer("«", "", "»", "")

func TestText(t *testing.T) {
	t.Parallel()
	for _, tt := range keyTexts {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			file := unmarked.Replace(tt.text)
			cfg, err := parse(file, tt.file)
			if err != nil || cfg.APIKey.Reveal() != "key-01234567" {
				t.Fatalf("Parse(%q) = %v, want the key in it", file, err)
			}
			shown, err := cfg.Text()
			if err != nil {
				t.Fatalf("Text() of %q = %v, want nil", file, err)
			}
			if diff := cmp.Diff(without(t, tt.text, config.Masked), string(shown.Data)); diff != "" {
				t.Errorf("Text() (-want +got):\n%s", diff)
			}
			asJSON, err := cfg.JSON()
			isMasked := strings.Contains(string(asJSON), `"apiKey":"<secret>"`) && !strings.Contains(string(asJSON), "key-0123")
			if err != nil || !isMasked {
				t.Errorf("JSON() = %s, %v, want the key masked", asJSON, err)
			}
			// Each key goes back, whatever characters it has, and nothing else changes.
			const keys = `key-01234567 12345678 0x12345678 a"b'c\d a,b}c]d#e #key - ~ null &a *a <secret>0`
			for key := range strings.FieldsSeq(keys) {
				file := config.Document{Data: []byte(`{"apiKey":` + quote(key) + `}`), Format: config.JSON}
				back, err := config.Unmask(shown, file)
				if err != nil {
					t.Errorf("Unmask(%q, %s) = %v, want nil", shown.Data, key, err)
					continue
				}
				got, err := config.Parse(back.Data, config.ParseOptions{Format: back.Format})
				if err != nil || got.APIKey.Reveal() != key {
					t.Errorf("Unmask(%q, %s) = %q, want that key in it (%v)", shown.Data, key, back.Data, err)
				}
				parts := strings.Split(string(shown.Data), config.Masked)
				if !strings.HasPrefix(string(back.Data), parts[0]) || !strings.HasSuffix(string(back.Data), parts[1]) {
					t.Errorf("Unmask(%q, %s) = %q, want nothing else changed", shown.Data, key, back.Data)
				}
			}
		})
	}
}

func quote(key string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(key) + `"`
}

// What GET shows goes back to the same bytes, but for escapes.
func TestUnmaskGivesTheFileBack(t *testing.T) {
	t.Parallel()
	for _, tt := range keyTexts {
		file := config.Document{Data: []byte(unmarked.Replace(tt.text)), Format: config.FormatOf(tt.file, []byte(tt.text))}
		draft := config.Document{Data: []byte(without(t, tt.text, config.Masked)), Format: file.Format}
		back, err := config.Unmask(draft, file)
		if want := without(t, tt.text, "key-01234567"); err != nil || string(back.Data) != want {
			t.Errorf("Unmask(%s) = %q, %v, want %q", tt.name, back.Data, err, want)
		}
	}
}

func TestUnmaskLeavesAlone(t *testing.T) {
	t.Parallel()
	file := config.Document{Data: []byte("apiKey: key-01234567\n"), Format: config.YAML}
	for _, tt := range []struct{ name, draft, file string }{
		{"another key", "apiKey: key-other\n# <secret>\n", "apiKey: key-01234567\n"},
		{"no key", "domain: <secret>\n", "apiKey: key-01234567\n"},
		{"a mask elsewhere", "deliveries: {G: {template: t, variables: {apiKey: <secret>}}}\n", "apiKey: key-01234567\n"},
		{"no key in the file", "apiKey: <secret>\n", "domain: x\n"},
		{"a mask in the file", "apiKey: <secret>\n", "apiKey: '<secret>'\n"},
		{"an empty key in the file", "apiKey: <secret>\n", "apiKey: ''\n"},
	} {
		file.Data = []byte(tt.file)
		got, err := config.Unmask(config.Document{Data: []byte(tt.draft), Format: config.YAML}, file)
		if err != nil || string(got.Data) != tt.draft {
			t.Errorf("Unmask(%s) = %q, %v, want it as it was", tt.name, got.Data, err)
		}
	}
}

func TestUnmaskRefuses(t *testing.T) {
	t.Parallel()
	file := config.Document{Data: []byte("apiKey: key-01234567\n"), Format: config.YAML}
	for _, draft := range []string{"a: &k <secret>\napiKey: *k\n", "a: [\n"} {
		_, err := config.Unmask(config.Document{Data: []byte(draft), Format: config.YAML}, file)
		if got := problems(t, err); len(got) != 1 {
			t.Errorf("Unmask(%q) = %q, want a problem", draft, got)
		}
	}
}

// The key must not be shown where it can't be masked without changing what the config
// says.
func TestTextOfAKeyThatIsElsewhereToo(t *testing.T) {
	t.Parallel()
	const key = "apiKey: key-01234567\n"
	for _, tt := range []struct{ name, text, want string }{
		{"alias", variables("k: &k key-01234567") + "apiKey: *k\n", "an alias"},
		{"variable", variables("l: [1, {k: x key-01234567}]") + key, "/deliveries/G/variables/l/1/k"},
		{"variable in escapes", variables(`k: "\x6bey-01234567"`) + key, "/deliveries/G/variables/k"},
		{"name of a variable", variables("key-01234567: x") + key, "/deliveries/G/variables"},
		{"number", variables("n: 12345678") + "apiKey: '12345678'\n", "where it can't be masked"},
		{"JSON", `{"domain":"mg.example.com","from":"a@mg.example.com","apiKey":"key-01234567",
			"deliveries":{"G":{"template":"t","variables":{"k":"key-01234567"}}}}`, "/deliveries/G/variables/k"},
		{"from elsewhere", variables("k: key-from-outside"), "/deliveries/G/variables/k"},
	} {
		cfg, err := config.Parse([]byte(tt.text), config.ParseOptions{APIKey: "key-from-outside"})
		if err != nil {
			t.Fatalf("Parse(%s) = %v, want nil", tt.name, err)
		}
		shown, err := cfg.Text()
		var mask *config.MaskError
		if !errors.As(err, &mask) || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "key-0") ||
			len(shown.Data) > 0 {
			t.Errorf("Text() of %s = %q, %v, want a *MaskError that says %q", tt.name, shown.Data, err, tt.want)
		}
		if text, err := cfg.JSON(); err != nil || strings.Contains(string(text), `key-`) {
			t.Errorf("JSON() of %s = %s, %v, want no key", tt.name, text, err)
		}
	}
}

// A copy in a comment, and what shares the key by an alias, is masked with it.
func TestTextMasksComments(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, want string }{
		{"# apiKey: key-01234567 once\napiKey: key-01234567 # key-01234567\n" + rest,
			"# apiKey: <secret> once\napiKey: <secret> # <secret>\n" + rest},
		{"# key-from-outside\n" + rest, "# <secret>\n" + rest},
		{"apiKey: &k key-01234567\n" + variables("k: *k"), "apiKey: &k <secret>\n" + variables("k: *k")},
		{"apiKey: k\n# k\n" + rest, "apiKey: <secret>\n# k\n" + rest},
		{"apiKey: ''\n" + rest, "apiKey: ''\n" + rest},
	} {
		cfg, err := config.Parse([]byte(tt.text), config.ParseOptions{APIKey: "key-from-outside"})
		if err != nil {
			t.Fatalf("Parse(%q) = %v, want nil", tt.text, err)
		}
		shown, err := cfg.Text()
		if err != nil || string(shown.Data) != tt.want {
			t.Errorf("Text() = %q, %v, want %q", shown.Data, err, tt.want)
		}
	}
}

// FuzzText: whatever the config, its text and its JSON show no key, and the text goes
// back to a config that says the same.
func FuzzText(f *testing.F) {
	for _, tt := range keyTexts {
		f.Add(unmarked.Replace(tt.text), tt.file)
	}
	f.Fuzz(func(t *testing.T, text, name string) {
		cfg, err := parse(text, name)
		if err != nil || len(cfg.APIKey) < 8 {
			return
		}
		key := cfg.APIKey.Reveal()
		shows := func(text []byte) bool {
			return strings.Contains(string(text), key) && !strings.Contains(config.Masked, key)
		}
		if asJSON, err := cfg.JSON(); err != nil || shows(asJSON) {
			t.Errorf("JSON() of %q = %s, %v, want no key", text, asJSON, err)
		}
		shown, err := cfg.Text()
		if err != nil {
			if !errors.As(err, new(*config.MaskError)) {
				t.Errorf("Text() of %q = %v, want a *MaskError", text, err)
			}
			return
		}
		if shows(shown.Data) {
			t.Errorf("Text() of %q = %q, want no key", text, shown.Data)
		}
		back, err := config.Unmask(shown, config.Document{Data: []byte(text), Format: cfg.Format})
		if err != nil {
			t.Fatalf("Unmask(%q) = %v, want nil", shown.Data, err)
		}
		again, err := config.Parse(back.Data, config.ParseOptions{Format: back.Format})
		if err != nil {
			t.Fatalf("Unmask(%q) = %q, which is refused: %v", shown.Data, back.Data, err)
		}
		diff := cmp.Diff(cfg.Deliveries, again.Deliveries)
		if diff != "" || again.APIKey != cfg.APIKey || again.From != cfg.From || again.Domain != cfg.Domain {
			t.Errorf("Unmask(%q) = %q, want what the file says:\n%s", shown.Data, back.Data, diff)
		}
	})
}
