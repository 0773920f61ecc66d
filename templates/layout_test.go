package templates_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/templates"
)

func parseLayout(t testing.TB, text string) *templates.Layout {
	t.Helper()
	l, err := templates.ParseLayout(text)
	if err != nil {
		t.Fatalf("ParseLayout(%q) = %v, want nil", text, err)
	}
	return l
}

func TestWrap(t *testing.T) {
	t.Parallel()
	const values = `{"code":"1<2","content":"of the payload","user":{"name":"Ann"}}`
	for _, c := range []struct{ name, layout, content, want string }{
		{"in the middle", "<a>{{{content}}}</a>", "{{code}}", "<a>1&lt;2</a>"},
		{"alone", "{{{content}}}", "{{code}}", "1&lt;2"},
		{"first", "{{{ content }}}b", "a", "ab"},
		{"last", "a{{{content}}}", "b", "ab"},
		{"conditions before, in and after", "{{#if code}}a{{else}}b{{/if}}[{{{content}}}]{{#unless code}}c{{else}}d{{/unless}}e",
			"{{#if nothing}}1{{else}}2{{#if user.name}}3{{/if}}{{/if}}4", "a[234]de"},
		{"conditions around nothing", "{{#if nothing}}a{{/if}}{{{content}}}{{#if nothing}}b{{/if}}c", "", "c"},
		{"nothing but conditions", "{{#if nothing}}{{/if}}{{{content}}}{{#if nothing}}a{{else}}b{{/if}}", "{{#if nothing}}x{{/if}}", "b"},
		{"values and comments", "{{!-- {{{content}}} --}}{{user.name}}: {{{content}}}{{!-- {{content}} --}}.", "{{{code}}}", "Ann: 1<2."},
		{"the payload's content", "<{{{content}}}>", "{{content}} {{{content}}}", "<of the payload of the payload>"},
		{"a path below", "{{content.title}}{{{content}}}", "a", "a"},
		{"lines of their own", "<body>\n  {{{content}}}\n</body>\n", "{{#if code}}\n<p>a</p>\n{{/if}}\n", "<body>\n  <p>a</p>\n\n</body>\n"},
	} {
		whole := parseLayout(t, c.layout).Wrap(parse(t, c.content, templates.HTML))
		if got, _ := render(whole, payload(t, values)); got != c.want {
			t.Errorf("%s: %q in %q became %q, want %q", c.name, c.content, c.layout, got, c.want)
		}
	}
	var none *templates.Layout
	if page := parse(t, "{{code}}", templates.HTML); none.Wrap(page) != page {
		t.Error("no layout changes a page")
	}
}

// A value that a page puts beside the layout's words must not become a variable of
// Mailgun's with them.
func TestWrapGuardsVariables(t *testing.T) {
	t.Parallel()
	whole := parseLayout(t, "{{{content}}}_url%").Wrap(parse(t, "{{a}}", templates.HTML))
	if got, _ := render(whole, map[string]any{"a": "%unsubscribe"}); got != "%unsubscribe_url&#37;" {
		t.Errorf("render = %q, want no variable", got)
	}
}

func TestLayoutMistakes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, layout string
		want         []string
	}{
		{"no place", "<html></html>", []string{"has no {{{content}}}: write it where the mails belong"}},
		{"empty", "", []string{"has no {{{content}}}: write it where the mails belong"}},
		{"in a comment only", "{{!-- {{{content}}} --}}", []string{"has no {{{content}}}: write it where the mails belong"}},
		{"of another name", "{{{contents}}} {{{content.html}}}", []string{"has no {{{content}}}: write it where the mails belong"}},
		{"escaped", "a\n {{content}}", []string{"line 2: {{content}} would show the tags of a mail: write {{{content}}}"}},
		{"escaped in the other spelling", "<< content >>", []string{"line 1: << content >> would show the tags of a mail: write {{{content}}}"}},
		{"both", "{{{content}}}\n{{content}}", []string{"line 2: {{content}} would show the tags of a mail: write {{{content}}}"}},
		{"twice", "{{{content}}}\n\n{{{content}}} {{{content}}}", []string{
			"line 3: {{{content}}} appears a second time, after line 1: keep one of the two",
			"line 3: {{{content}}} appears a second time, after line 1: keep one of the two"}},
		{"in a condition", "{{#if a}}\n{{{content}}}\n{{/if}}",
			[]string{"line 2: {{{content}}} is inside {{#if a}} of line 1, and a mail without its content is of no use: put it outside"}},
		{"in both branches", "{{#if a}}\n{{#unless b}}{{{content}}}{{/unless}}\n{{else}}\n{{{content}}}\n{{/if}}", []string{
			"line 2: {{{content}}} is inside {{#unless b}} of line 2, and a mail without its content is of no use: put it outside",
			"line 4: {{{content}}} appears a second time, after line 2: keep one of the two"}},
		{"beside a condition that is not closed", "{{{content}}}\n{{#if a}}", []string{"line 2: {{#if a}} is not closed: add {{/if}}"}},
		{"inside one that is not closed", "{{#if a}}{{{content}}}", []string{
			"line 1: {{{content}}} is inside {{#if a}} of line 1, and a mail without its content is of no use: put it outside",
			"line 1: {{#if a}} is not closed: add {{/if}}"}},
	} {
		l, err := templates.ParseLayout(c.layout)
		errs, _ := errors.AsType[templates.SyntaxErrors](err)
		var got []string
		for _, e := range errs {
			got = append(got, e.Error())
		}
		if diff := cmp.Diff(c.want, got); diff != "" || l != nil {
			t.Errorf("%s: ParseLayout(%q) = %v, errors (-want +got):\n%s", c.name, c.layout, l, diff)
		}
	}
}

func TestLayoutForeign(t *testing.T) {
	t.Parallel()
	got := parseLayout(t, "{{{content}}}\n {% if x %}").Foreign()
	want := []templates.Foreign{{Position: templates.Position{Line: 2, Column: 2}, Text: "{% if x %}"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Foreign (-want +got):\n%s", diff)
	}
}

// What is around a mail is in its text, too.
func TestTextOfAWrappedPage(t *testing.T) {
	t.Parallel()
	layout := parseLayout(t, `<html><body><table role="presentation"><tr><td>{{brand.name}}</td></tr>
<tr><td>{{{content}}}</td></tr><tr><td>{{#if address}}<p>{{address}}</p>{{/if}}<p>Help: <a href="mailto:help@acme.example">help@acme.example</a></p></td></tr></table></body></html>`)
	page := parse(t, "<h1>Your code</h1>{{#if code}}<p>{{code}}</p>{{else}}<p>none</p>{{/if}}", templates.HTML)
	text, err := layout.Wrap(page).PlainText()
	if err != nil {
		t.Fatal(err)
	}
	for values, want := range map[string]string{
		`{"brand":{"name":"Acme"},"code":"1","address":"1 Main Street"}`: "Acme\n\nYour code\n\n1\n\n1 Main Street\n\nHelp: help@acme.example",
		`{"brand":{"name":"Acme"}}`:                                      "Acme\n\nYour code\n\nnone\n\nHelp: help@acme.example",
	} {
		if got, _ := render(text, payload(t, values)); got != want {
			t.Errorf("text with %s = %q, want %q", values, got, want)
		}
	}
}

func TestAppend(t *testing.T) {
	t.Parallel()
	line := parse(t, "{{#if code}}@acme.example #{{code}}{{/if}}", templates.Text)
	for text, want := range map[string]string{
		"":               "@acme.example #1",
		"a":              "a\n\n@acme.example #1",
		"a\n b\n\n \r\n": "a\n b\n\n@acme.example #1",
		"{{code}}":       "1\n\n@acme.example #1",
		"{{#if x}}a{{else}}b{{#if code}}c{{/if}}{{/if}}\n": "bc\n\n@acme.example #1",
	} {
		whole := parse(t, text, templates.Text).Append(line)
		if got, _ := render(whole, map[string]any{"code": "1"}); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
		without, _ := render(whole, map[string]any{"code": ""})
		if strings.Contains(without, "@") || strings.TrimSpace(without) != without {
			t.Errorf("%q became %q without a code, want no line and no white space for it", text, without)
		}
	}
	derived, err := parse(t, "<ul><li>{{code}}</li><li>a</li></ul><blockquote>b</blockquote>", templates.HTML).PlainText()
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := render(derived.Append(line), map[string]any{"code": "1"}); !strings.HasSuffix(got, "b\n\n@acme.example #1") {
		t.Errorf("a derived text became %q, want the line at its end", got)
	}
	var none *templates.Template
	if none.Append(line) != nil {
		t.Error("no text has become one")
	}
}

// FuzzLayout checks that a page in a layout becomes what both say by themselves.
func FuzzLayout(f *testing.F) {
	f.Add([]byte("\x01\x04\x01\x00\x03"), []byte("\x2c\x01\x0a"), []byte("(.4:FLRX^djpv|\x00\x01"))
	f.Add([]byte(""), []byte("\x0c\x01"), []byte(""))
	f.Add([]byte("\x2c\x01\x0a\x03\x00\x02\x00\x07"), []byte(""), []byte("\x04\x00\x00"))
	f.Fuzz(func(t *testing.T, before, content, after []byte) {
		var source, want [3]string
		for i, b := range [][]byte{before, content, after} {
			w := writing{bytes: b}
			w.write(8, true)
			source[i], want[i] = w.template.String(), w.text.String()
		}
		layout := parseLayout(t, source[0]+"<p>{{{content}}}</p>"+source[2])
		whole := layout.Wrap(parse(t, source[1], templates.HTML))
		values := map[string]any{"a": "A", "b": map[string]any{"c": ""}}
		if got, _ := render(whole, values); got != want[0]+"<p>"+want[1]+"</p>"+want[2] {
			t.Fatalf("%q became %q, want %q", source, got, want)
		}
		text, err := whole.PlainText()
		if err != nil {
			t.Fatal(err)
		}
		words, _ := render(text, values)
		bare := strings.NewReplacer("<i>", "", "</i>", "", " ", "", "\n", "")
		if got := bare.Replace(words); got != bare.Replace(strings.Join(want[:], "")) {
			t.Fatalf("text of %q became %q, want %q", source, words, want)
		}
	})
}
