package templates_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/templates"
)

// payload decodes JSON the way a request is decoded.
func payload(t testing.TB, text string) map[string]any {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var p map[string]any
	if err := dec.Decode(&p); err != nil {
		t.Fatal(err)
	}
	return p
}

func parse(t testing.TB, text string, kind templates.Kind) *templates.Template {
	t.Helper()
	tmpl, err := templates.Parse(text, kind)
	if err != nil {
		t.Fatalf("Parse(%q) = %v, want nil", text, err)
	}
	return tmpl
}

// render fills a template and gives what it noticed.
func render(t *templates.Template, payload map[string]any) (string, templates.Findings) {
	var b strings.Builder
	var found templates.Findings
	t.Render(&b, payload, &found)
	return b.String(), found
}

func TestRender(t *testing.T) {
	t.Parallel()
	const values = `{
		"code":"123456", "n":120000000, "f":1.50, "yes":true, "nothing":null,
		"user":{"name":"<b>Ann & \"Bob\"</b>","profile":{}},
		"list":[{"name":"first"},"second"], "like":"{{code}}", "日本":"語", "a-b":"hyphen"}`
	for _, c := range []struct {
		name, text string
		kind       templates.Kind
		want       string
		unresolved []string
	}{
		{name: "no placeholder", text: "hello", want: "hello"},
		{name: "empty", text: "", want: ""},
		{name: "both spellings", text: "{{code}} <<code>>", want: "123456 123456"},
		{name: "white space", text: "{{ code }} {{code }} {{\n\tcode  }} << code >>", want: "123456 123456 123456 123456"},
		{name: "adjacent", text: "{{code}}{{code}}<<code>>", want: "123456123456123456"},
		{name: "numbers as written", text: "{{n}} {{f}}", want: "120000000 1.50"},
		{name: "booleans and null", text: "{{yes}}[{{nothing}}]", want: "true[]"},
		{name: "objects and arrays", text: "{{user.profile}} {{list}}", want: `{} [{"name":"first"},"second"]`},
		{name: "list index", text: "{{list.0.name}} {{list.1}} [{{list.2}}] [{{list.x}}] [{{list.-1}}]", want: "first second [] [] []"},
		{name: "leaf of a string", text: "[{{code.length}}]", want: "[]"},
		{name: "missing leaf", text: "[{{user.age}}] [{{user.profile.nick}}]", want: "[] []"},
		{name: "missing root", text: "{{foo}} << user2.name >> {{code}}", want: "{{foo}} << user2.name >> 123456", unresolved: []string{"foo", "user2.name"}},
		{name: "no prototype names", text: "{{toString}}", want: "{{toString}}", unresolved: []string{"toString"}},
		{name: "one pass", text: "{{like}}", want: "{{code}}"},
		{name: "any letters", text: "{{日本}} {{a-b}}", want: "語 hyphen"},
		{name: "not placeholders", text: "{{}} {{ }} {{a b}} {{.code}} {{code.}} {{a..b}} {code} {{code} {{#each code}} <code> <<code> {{", want: "{{}} {{ }} {{a b}} {{.code}} {{code.}} {{a..b}} {code} {{code} {{#each code}} <code> <<code> {{",
			unresolved: []string{"{{}}", "{{ }}", "{{a b}}", "{{.code}}", "{{code.}}", "{{a..b}}", "{{code}", "{{#each code}}", "{{"}},
		{name: "nested braces", text: "{{{{code}}}}", want: "{123456}"},
		{name: "text is not escaped", text: "{{user.name}}", want: `<b>Ann & "Bob"</b>`},
		{name: "html is escaped", kind: templates.HTML, text: "<p>{{user.name}}</p>", want: "<p>&lt;b&gt;Ann &amp; &#34;Bob&#34;&lt;/b&gt;</p>"},
		{name: "html objects are escaped", kind: templates.HTML, text: "{{list}}", want: "[{&#34;name&#34;:&#34;first&#34;},&#34;second&#34;]"},
		{name: "raw", kind: templates.HTML, text: "{{{user.name}}}{{{ code }}}", want: `<b>Ann & "Bob"</b>123456`},
		{name: "angle brackets beside tags", kind: templates.HTML, text: "<b><<code>></b><a href=<<code>>>", want: "<b>123456</b><a href=123456>"},
		{name: "header trims", kind: templates.Header, text: "Code {{code}}", want: "Code 123456"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, found := render(parse(t, c.text, c.kind), payload(t, values))
			if got != c.want {
				t.Errorf("Render(%q) = %q, want %q", c.text, got, c.want)
			}
			if diff := cmp.Diff(c.unresolved, found.Unresolved); diff != "" {
				t.Errorf("unresolved (-want +got):\n%s", diff)
			}
		})
	}
}

func TestHeaderNamesUnsafeValues(t *testing.T) {
	t.Parallel()
	for value, unsafe := range map[string]bool{
		"plain":            false,
		" \r\n trimmed\n":  false,
		"tab\tinside":      false,
		"a\r\nBcc: x@y.z":  true,
		"a\nb":             true,
		"a\rb":             true,
		"nul\x00":          true,
		"next line\u0085x": true,
		"line\u2028sep":    true,
	} {
		_, found := render(parse(t, "S {{v}}", templates.Header), map[string]any{"v": value})
		if got := len(found.Unsafe) > 0; got != unsafe {
			t.Errorf("unsafe(%q) = %v, want %v", value, got, unsafe)
		}
	}
}

func TestHeaderDropsInvisibleCharacters(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"Ada \u202egnp.exe\u202c\u200b":           "Ada gnp.exe",
		"\u2066\u2067\u2068a\u2069b\ufeffc\u2060": "abc",
		"\u202a \u202b\n\u202d ":                  "",
		"می\u200cخواهم 👩\u200d💻 a\u200e b\u200f":  "می\u200cخواهم 👩\u200d💻 a\u200e b\u200f",
		"%unsubscribe\u200b_url%":                 "％unsubscribe_url％",
	} {
		got, found := render(parse(t, "{{v}}", templates.Header), map[string]any{"v": value})
		if got != want || len(found.Unsafe) > 0 {
			t.Errorf("Render(%q) = %q, unsafe %q, want %q", value, got, found.Unsafe, want)
		}
		if text, _ := render(parse(t, "{{{v}}}", templates.Text), map[string]any{"v": value}); text != value {
			t.Errorf("Render(%q) in a text = %q, want it as it is", value, text)
		}
	}
}

func TestUses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"{{code}}": true, "<<code>>": true, "{{{code}}}": true, "{{ code }}": true,
		"{{code.x}}": false, "{{codes}}": false, "code": false,
	} {
		if got := parse(t, text, templates.HTML).Uses("code"); got != want {
			t.Errorf("Uses(%q) = %v, want %v", text, got, want)
		}
	}
}

func TestPlainText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ html, want string }{
		{`<h1>Welcome</h1><p>Your code is <b>{{code}}</b>.</p>`, "Welcome\n\nYour code is 123456."},
		{`<p>Your code is <<code>></p>`, "Your code is 123456"},
		{`<style>p{color:red}</style><p>{{ code }} &amp; {{{name}}}</p>`, "123456 & <A&B>"},
		{`<p>{{name}} {{unknown}}</p>`, "<A&B> {{unknown}}"},
		{`<a href="{{link}}">Open</a>`, "Open ( https://example.com/?a=1&b=2 )"},
		{`<a href="{{link}}">{{ link }}</a>`, "https://example.com/?a=1&b=2"},
		{`&#112;laceholderQ-1Q pQ0Q {{code}}`, "placeholderQ-1Q pQ0Q 123456"}, // nothing that a text could hold is taken for our mark
		{`just text`, "just text"},
		{``, ""},
	} {
		text, err := parse(t, c.html, templates.HTML).PlainText()
		if err != nil {
			t.Errorf("PlainText(%q): %v", c.html, err)
			continue
		}
		p := payload(t, `{"code":"123456","name":"<A&B>","link":"https://example.com/?a=1&b=2"}`)
		if got, _ := render(text, p); got != c.want {
			t.Errorf("PlainText(%q) = %q, want %q", c.html, got, c.want)
		}
	}
}

// FuzzRender checks what must hold for every text and value: no panic, literal
// text survives when there is nothing to fill in, values are never parsed again,
// and HTML values bring no markup.
func FuzzRender(f *testing.F) {
	for _, seed := range [][2]string{
		{"Your code is {{code}}", "123456"}, {"<<code>>", "<script>"}, {"{{{code}}}", "{{code}}"},
		{"{{{{ code }}}}", "\r\nBcc: x"}, {"{{code", "}}"}, {"<<<code>>>", "\xff"}, {"{{a.b.0}}", ""},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		for _, kind := range []templates.Kind{templates.Text, templates.HTML, templates.Header} {
			tmpl, err := templates.Parse(text, kind)
			if err != nil {
				return
			}
			if got, _ := render(tmpl, nil); got != text && !tag.MatchString(text) {
				t.Fatalf("with no payload %q became %q", text, got)
			}
			got, found := render(tmpl, map[string]any{"code": value})
			if kind == templates.HTML && !strings.ContainsAny(text, "<>") && !strings.Contains(text, "{{{") &&
				strings.ContainsAny(got, "<>") {
				t.Fatalf("value %q brought markup into %q: %q", value, text, got)
			}
			if kind == templates.Header && len(found.Unsafe) == 0 && !strings.ContainsAny(text, "\r\n") &&
				strings.ContainsAny(got, "\r\n") {
				t.Fatalf("value %q broke the header line %q: %q", value, text, got)
			}
		}
		if _, err := parse(t, text, templates.HTML).PlainText(); err != nil {
			t.Fatalf("PlainText(%q): %v", text, err)
		}
	})
}

// tag is what a condition or a comment begins with.
var tag = regexp.MustCompile(`\{\{[ \t\r\n]*([#/]|else)|\{\{!`)
