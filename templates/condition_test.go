package templates_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/templates"
)

func TestConditions(t *testing.T) {
	t.Parallel()
	const values = `{"code":"123456","user":{"name":"Ann","age":0},"yes":true,"empty":{},"list":[{"name":"x"}]}`
	for _, c := range []struct{ name, text, want string }{
		{"true", "{{#if code}}a{{/if}}b", "ab"},
		{"false", "{{#if nothing}}a{{/if}}b", "b"},
		{"else of true", "{{#if code}}a{{else}}b{{/if}}c", "ac"},
		{"else of false", "{{#if nothing}}a{{else}}b{{/if}}c", "bc"},
		{"unless true", "{{#unless code}}a{{else}}b{{/unless}}c", "bc"},
		{"unless false", "{{#unless nothing}}a{{else}}b{{/unless}}c", "ac"},
		{"path", "{{#if user.name}}Hello {{user.name}}{{/if}}{{#if user.age}}!{{/if}}{{#if user.nick}}!{{/if}}{{#if list.0.name}}.{{/if}}", "Hello Ann."},
		{"nested", "{{#if code}}a{{#if nothing}}b{{else}}c{{#unless nothing}}d{{/unless}}{{/if}}e{{else}}f{{/if}}g", "acdeg"},
		{"nested in what is left out", "{{#if nothing}}a{{#if code}}b{{else}}c{{/if}}d{{else}}e{{#if code}}f{{/if}}{{/if}}g", "efg"},
		{"side by side", "{{#if code}}a{{/if}}{{#if code}}b{{/if}}{{#unless code}}c{{/unless}}", "ab"},
		{"empty branches", "{{#if code}}{{else}}{{/if}}{{#if nothing}}{{/if}}a", "a"},
		{"white space", "{{# if  code }}a{{ else }}b{{/ if }}{{ #unless code }}c{{ /unless }}{{#if\ncode\n}}d{{/if}}", "ad"},
		{"comments", "a{{! one }}b{{!-- two {{code}} }} --}}c{{!}}{{!----}}d", "abcd"},
		{"comment around conditions", "{{!-- {{#if code}} --}}a", "a"},
		{"unresolved in what is left out", "{{#if nothing}}{{nobody}}{{/if}}{{#if code}}{{code}}{{else}}{{nobody}}{{/if}}", "123456"},
		{"other spellings are placeholders", "{{{else}}} <<else>> {{else.x}} {{elsewhere}}", "{{{else}}} <<else>> {{else.x}} {{elsewhere}}"},
		{"not ours", "{{#ifx code}}{{/ifx}}{{#each list}}{{/each}}{{/x}}{{if code}}", "{{#ifx code}}{{/ifx}}{{#each list}}{{/each}}{{/x}}{{if code}}"},
		{"triple braces", "{{{#if code}}}a{{/if}}", "{}a"},
		{"own lines", "a\n{{#if code}}\n  b\n  {{else}}  \n  c\n{{/if}}\n{{! x }}\nd\n", "a\n  b\nd\n"},
		{"own lines with CR", "a\r\n{{#if code}}\r\nb\r\n{{/if}}\r\nc", "a\r\nb\r\nc"},
		{"first and last line", "{{#if code}}\na\n{{/if}}", "a\n"},
		{"not an own line", "a {{#if code}}\nb{{/if}}\nc{{#if code}} {{/if}}\nd", "a \nb\nc \nd"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, kind := range []templates.Kind{templates.Text, templates.HTML} {
				if got, _ := render(parse(t, c.text, kind), payload(t, values)); got != c.want {
					t.Errorf("Render(%q) = %q, want %q", c.text, got, c.want)
				}
			}
		})
	}
}

func TestHeaderKeepsItsLines(t *testing.T) {
	t.Parallel()
	got, _ := render(parse(t, "{{! for all }}\n {{code}}", templates.Header), map[string]any{"code": "1"})
	if want := "\n 1"; got != want {
		t.Errorf("Render() = %q, want %q", got, want)
	}
}

func TestTruth(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]bool{
		`null`: false, `false`: false, `""`: false, `0`: false, `0.0`: false, `-0`: false, `0e7`: false, `0.00E-3`: false, `[]`: false,
		`true`: true, `"0"`: true, `"false"`: true, `" "`: true, `1`: true, `-1`: true, `0.01`: true, `1e-9`: true, `10`: true,
		`{}`: true, `{"a":null}`: true, `[null]`: true, `[[]]`: true,
	} {
		p := payload(t, `{"v":`+value+`,"deep":{"v":`+value+`}}`)
		for _, path := range []string{"v", "deep.v"} {
			text := "{{#if " + path + "}}true{{else}}false{{/if}}"
			if got, _ := render(parse(t, text, templates.Text), p); got != fmt.Sprint(want) {
				t.Errorf("%s is %s, want %v", value, got, want)
			}
		}
	}
	for _, absent := range []string{"x", "deep.x", "deep.v.x", "v.0"} {
		if got, _ := render(parse(t, "{{#if "+absent+"}}true{{/if}}", templates.Text), payload(t, `{"v":"s","deep":{"v":1}}`)); got != "" {
			t.Errorf("%s is true, want false", absent)
		}
	}
}

func TestFindingsAreOfTheBranchTaken(t *testing.T) {
	t.Parallel()
	tmpl := parse(t, "{{#if code}}{{a}}{{else}}{{b}}{{c}}{{/if}}{{#if nothing}}{{long}}{{/if}}{{d}}", templates.HTML)
	for _, c := range []struct {
		payload string
		want    []string
	}{
		{`{"code":"1"}`, []string{"a", "d"}},
		{`{"code":"","long":"xxxxxxxxxxxxxxxxxxxx"}`, []string{"b", "c", "d"}},
	} {
		_, rendered := render(tmpl, payload(t, c.payload))
		var measured templates.Findings
		tmpl.Measure(payload(t, c.payload), 1<<20, &measured)
		if diff := cmp.Diff(c.want, rendered.Unresolved); diff != "" {
			t.Errorf("Render(%s): unresolved (-want +got):\n%s", c.payload, diff)
		}
		if diff := cmp.Diff(c.want, measured.Unresolved); diff != "" || measured.Size != 0 {
			t.Errorf("Measure(%s): size %d, unresolved (-want +got):\n%s", c.payload, measured.Size, diff)
		}
	}
}

func TestSyntaxErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"not closed", "a\n  {{#if user.name}}b", []string{"line 2: {{#if user.name}} is not closed: add {{/if}}"}},
		{"inner one closed", "{{#unless a}}{{#if b}}{{/if}}", []string{"line 1: {{#unless a}} is not closed: add {{/unless}}"}},
		{"closed by the other", "{{#if a}}\nb\n{{/unless}}", []string{"line 3: {{/unless}} can't close {{#if a}} of line 1: write {{/if}}"}},
		{"closed twice", "{{#if a}}{{/if}}\n\n{{ /if }}", []string{"line 3: {{ /if }} closes nothing: there is no {{#if}} before it"}},
		{"stray else", "a\n{{else}}", []string{"line 2: {{else}} is outside {{#if}} and {{#unless}}"}},
		{"else after the end", "{{#if a}}{{/if}}{{else}}", []string{"line 1: {{else}} is outside {{#if}} and {{#unless}}"}},
		{"second else", "{{#if a}}\n{{else}}\n{{else}}\n{{/if}}", []string{"line 3: {{else}} is the second one in {{#if a}} of line 1"}},
		{"else if", "{{#if a}}\n{{else if b}}\n{{/if}}", []string{"line 2: {{else if b}} is not supported: write {{else}} and put another condition, with its own end, into it"}},
		{"no path", "{{#if}}a{{/if}}", []string{"line 1: {{#if}} needs one path, such as {{#if user.name}}"}},
		{"more than a path", "{{#if (eq a b)}}{{/if}}{{#unless a b}}{{/unless}}{{#if a..b}}{{/if}}", []string{
			"line 1: {{#if (eq a b)}} needs one path, such as {{#if user.name}}",
			"line 1: {{#unless a b}} needs one path, such as {{#unless user.name}}",
			"line 1: {{#if a..b}} needs one path, such as {{#if user.name}}"}},
		{"end with words", "{{#if a}}{{/if a}}", []string{"line 1: {{/if a}} has words in it: write {{/if}}"}},
		{"tag not closed", "a\n{{#if a\nb", []string{"line 2: {{#if a… is not closed: add }}"}},
		{"comment not closed", "a\n{{!-- b }}\nc", []string{"line 2: {{!-- b }}… is not closed: add --}}"}},
		{"short comment not closed", "{{! b }", []string{"line 1: {{! b } is not closed: add }}"}},
		{"several", "{{else}}\n{{/if}}\n{{#if a}}", []string{
			"line 1: {{else}} is outside {{#if}} and {{#unless}}",
			"line 2: {{/if}} closes nothing: there is no {{#if}} before it",
			"line 3: {{#if a}} is not closed: add {{/if}}"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tmpl, err := templates.Parse(c.text, templates.HTML)
			errs, _ := errors.AsType[templates.SyntaxErrors](err)
			var got []string
			for _, e := range errs {
				got = append(got, e.Error())
			}
			if diff := cmp.Diff(c.want, got); diff != "" || tmpl != nil {
				t.Errorf("Parse(%q) = %v, errors (-want +got):\n%s", c.text, tmpl, diff)
			}
			if err == nil || err.Error() != strings.Join(c.want, "; ") {
				t.Errorf("Parse(%q) = %v, want all errors in one line", c.text, err)
			}
		})
	}
}

func TestSyntaxErrorPosition(t *testing.T) {
	t.Parallel()
	_, err := templates.Parse("{{#if a}}{{/if}}\r\n日本 {{else}}", templates.Text)
	errs, _ := errors.AsType[templates.SyntaxErrors](err)
	if len(errs) != 1 || errs[0].Position != (templates.Position{Line: 2, Column: 4}) {
		t.Errorf("Parse() = %+v, want one error at line 2, column 4", errs)
	}
}

func TestNeeds(t *testing.T) {
	t.Parallel()
	const none, link = `{}`, `{"link":"https://x.example/"}`
	for _, c := range []struct {
		text, payload string
		want          bool
	}{
		{"{{code}}", none, true},
		{"no code", none, false},
		{"{{code.x}} {{codes}}", none, false},
		{"{{#if code}}{{code}}{{/if}}", none, false},
		{"{{#if code}}x{{else}}{{code}}{{/if}}", none, true},
		{"{{#unless code}}x{{else}}{{code}}{{/unless}}", none, false},
		{"{{#unless code}}{{code}}{{/unless}}", none, true},
		{"{{#if code}}{{code}}{{/if}} {{code}}", none, true},
		{"{{#if user.name}}{{code}}{{/if}}", none, true}, // a mail for somebody else
		{"{{#if code}}{{#if user.name}}{{code}}{{/if}}{{/if}}", none, false},
		{"{{#if user.name}}{{#if code}}{{code}}{{/if}}{{/if}}", none, false},
		{"{{#if link}}{{link}}{{else}}{{code}}{{/if}}", none, true},
		{"{{#if link}}{{link}}{{else}}{{code}}{{/if}}", link, false},
		{"{{#unless link}}{{code}}{{/unless}}", none, true},
		{"{{#unless link}}{{code}}{{/unless}}", link, false},
		{"{{#if link}}{{code}}{{/if}}", link, true},
	} {
		for _, kind := range []templates.Kind{templates.Header, templates.HTML} {
			if got := parse(t, c.text, kind).Needs("code", payload(t, c.payload)); got != c.want {
				t.Errorf("Needs(code) of %q for %s = %v, want %v", c.text, c.payload, got, c.want)
			}
		}
	}
	if !parse(t, "{{#if link}}x{{else}}{{code}}{{/if}}", templates.Text).Needs("code", nil) {
		t.Error("Needs(code) without a payload = false, want true")
	}
}

func TestPlainTextKeepsConditions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, html, with, without string }{
		{"greeting", `{{!-- greeting --}}{{#if user.name}}<p>Hello {{user.name}},</p>{{else}}<p>Hello,</p>{{/if}}<p>Your code is <b>{{code}}</b>.</p>`,
			"Hello Ann,\n\nYour code is 1.", "Hello,\n\nYour code is 1."},
		{"row", `<table>{{#if user.name}}<tr><td>{{user.name}}</td></tr>{{/if}}<tr><td>{{code}}</td></tr></table>`, "Ann\n\n1", "1"},
		{"address", `<a href="{{#if user.name}}https://x.example/{{user.name}}{{else}}https://x.example/{{/if}}">Go</a>`,
			"Go ( https://x.example/Ann )", "Go ( https://x.example/ )"},
		{"attribute", `<p {{#if user.name}}class="a"{{/if}} style="{{#if code}}color:red{{/if}}">{{code}}</p>`, "1", "1"},
		{"half in an attribute", `<p title="{{#if user.name}}">a</p>{{else}}<p>b</p>{{/if}}<p title="{{#if code}}">c{{/if}}`, "a\n\nb\n\nc", "a\n\nb\n\nc"},
		{"in comments", `<!--{{#if user.name}}--><p>{{user.name}}</p><!--{{/if}}--><!--[if mso]>{{#if code}}x{{/if}}<![endif]-->b`, "Ann\n\nb", "b"},
		{"around the page", `{{#if user.name}}<html><body>a{{else}}<html><body>b{{/if}}</body></html>`, "a", "b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text, err := parse(t, c.html, templates.HTML).PlainText()
			if err != nil {
				t.Fatal(err)
			}
			if got, _ := render(text, payload(t, `{"code":"1","user":{"name":"Ann"}}`)); got != c.with {
				t.Errorf("with a name: %q, want %q", got, c.with)
			}
			if got, _ := render(text, payload(t, `{"code":"1"}`)); got != c.without {
				t.Errorf("without a name: %q, want %q", got, c.without)
			}
		})
	}
}

// writing makes a template and the text that it must become of random bytes. The
// payload has a value for a and none for b.
type writing struct {
	bytes          []byte
	template, text strings.Builder
}

func (w *writing) next() byte {
	if len(w.bytes) == 0 {
		return 0
	}
	b := w.bytes[0]
	w.bytes = w.bytes[1:]
	return b
}

func (w *writing) write(depth int, shown bool) {
	for len(w.bytes) > 0 {
		b := w.next()
		switch b % 6 {
		case 0:
			return
		case 1, 2:
			word := fmt.Sprintf("<i>%d</i> ", b)
			w.template.WriteString(word)
			if shown {
				w.text.WriteString(word)
			}
		case 3:
			w.template.WriteString("{{a}}{{!-- {{/if}} --}}")
			if shown {
				w.text.WriteString("A")
			}
		default:
			if depth > 0 {
				w.condition(depth, shown, b)
			}
		}
	}
}

func (w *writing) condition(depth int, shown bool, b byte) {
	keyword, path := "if", "a"
	if b&8 > 0 {
		keyword = "unless"
	}
	if b&16 > 0 {
		path = "b.c"
	}
	holds := (keyword == "if") == (path == "a")
	fmt.Fprintf(&w.template, "{{#%s %s}}", keyword, path)
	w.write(depth-1, shown && holds)
	if b&32 > 0 {
		w.template.WriteString("{{else}}")
		w.write(depth-1, shown && !holds)
	}
	fmt.Fprintf(&w.template, "{{/%s}}", keyword)
}

// FuzzConditions checks that every well-formed template becomes what its
// conditions say, as HTML and as the text made of it.
func FuzzConditions(f *testing.F) {
	f.Add([]byte("\x01\x04\x01\x00\x03"))
	f.Add([]byte("\x2c\x01\x0a\x03\x00\x02\x00\x07"))
	f.Add([]byte("(.4:FLRX^djpv|\x00\x01\x02\x03(.4:FLR\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		w := writing{bytes: b}
		w.write(8, true)
		tmpl := parse(t, w.template.String(), templates.HTML)
		values := map[string]any{"a": "A", "b": map[string]any{"c": ""}}
		if got, _ := render(tmpl, values); got != w.text.String() {
			t.Fatalf("%q became %q, want %q", w.template.String(), got, w.text.String())
		}
		text, err := tmpl.PlainText()
		if err != nil {
			t.Fatal(err)
		}
		want := strings.TrimSpace(strings.NewReplacer("<i>", "", "</i>", "").Replace(w.text.String()))
		if got, _ := render(text, values); got != want {
			t.Fatalf("text of %q became %q, want %q", w.template.String(), got, want)
		}
	})
}
