package templates_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/templates"
)

func TestForeign(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		want []string
	}{
		{"{{code}} <<code>> {{{code}}} {{#if a}}{{else}}{{/if}}{{! {{> a}} }}", nil}, // the comment ends at its first braces
		{"{{!-- {{> a}} {% b %} --}}", nil},
		{"{{ .Code }} {{.User.Name}}", []string{"{{ .Code }}", "{{.User.Name}}"}},
		{"{{ code | upper }}", []string{"{{ code | upper }}"}},
		{"{{> partial}}", []string{"{{> partial}}"}},
		{"{{#each list}}{{this}}{{/each}}{{#with a}}{{/with}}", []string{"{{#each list}}", "{{/each}}", "{{#with a}}", "{{/with}}"}},
		{"{{^code}}{{&code}}{{~code~}}{{@index}}{{../code}}{{code 1}}{{'code'}}", []string{
			"{{^code}}", "{{&code}}", "{{~code~}}", "{{@index}}", "{{../code}}", "{{code 1}}", "{{'code'}}"}},
		{"{{&nbsp;code}} {{\u00a0code}}", []string{"{{&nbsp;code}}", "{{\u00a0code}}"}},
		{"{{{ .Code }}} {{{{code}}}}", []string{"{{ .Code }}"}},
		{"{% if code %}{{code}}{% endif %} {%- x -%}", []string{"{% if code %}", "{% endif %}", "{%- x -%}"}},
		{"<%= code %><% if (x) { %>", []string{"<%= code %>", "<% if (x) { %>"}},
		{"%recipient.name% %recipient% %recipient_email%", []string{"%recipient.name%", "%recipient%", "%recipient_email%"}},
		{"{{ code", []string{"{{ code"}},
		{"{{\ncode", []string{"{{…"}},
		{"{{a b {{code}}", []string{"{{a b"}},
		{"{{" + strings.Repeat("x ", 300) + "}}", []string{"{{" + strings.Repeat("x ", 18) + "x…"}},
		{"{{ foo(\n  bar) }}", []string{"{{ foo(…"}},
		// Neither has these.
		{"a { b } {{{code}}} { {code} } 100% %name% {%} <% a < b %", nil},
		{"%unsubscribe_url% $" + "{code} [[code]] width:50%;{color:red}}", nil},
	} {
		for _, kind := range []templates.Kind{templates.HTML, templates.Text, templates.Header} {
			tmpl := parse(t, c.text, kind)
			var got []string
			for _, f := range tmpl.Foreign() {
				got = append(got, f.Text)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("Foreign() of %q (-want +got):\n%s", c.text, diff)
			}
		}
	}
}

func TestForeignPositions(t *testing.T) {
	t.Parallel()
	tmpl := parse(t, "<p>{{ .A }}</p>\r\n\n  日本 {% b %} {{#if c}}\n{{> d}}{{/if}} {{!\n\n}}%recipient.e%", templates.HTML)
	want := []templates.Foreign{
		{Position: templates.Position{Line: 1, Column: 4}, Text: "{{ .A }}"},
		{Position: templates.Position{Line: 3, Column: 6}, Text: "{% b %}"},
		{Position: templates.Position{Line: 4, Column: 1}, Text: "{{> d}}"},
		{Position: templates.Position{Line: 6, Column: 3}, Text: "%recipient.e%"},
	}
	if diff := cmp.Diff(want, tmpl.Foreign()); diff != "" {
		t.Errorf("Foreign() (-want +got):\n%s", diff)
	}
}

// What is foreign is sent as it stands, and told as unresolved where it is sent.
func TestForeignIsUnresolved(t *testing.T) {
	t.Parallel()
	tmpl := parse(t, "<p>{{ .A }} {{a}} {{#if a}}{{> b}}{{else}}{% c %}{{/if}} {{&nbsp;d}}</p>", templates.HTML)
	text, err := tmpl.PlainText()
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]any{"a": "1"}
	got, found := render(tmpl, values)
	if want := "<p>{{ .A }} 1 {{> b}} {{&nbsp;d}}</p>"; got != want {
		t.Errorf("Render() = %q, want %q", got, want)
	}
	var measured templates.Findings
	tmpl.Measure(values, 1, &measured)
	for _, unresolved := range [][]string{found.Unresolved, measured.Unresolved} {
		if diff := cmp.Diff([]string{"{{ .A }}", "{{> b}}", "{{&nbsp;d}}"}, unresolved); diff != "" {
			t.Errorf("unresolved (-want +got):\n%s", diff)
		}
	}
	if got, _ := render(text, values); got != "{{ .A }} 1 {{> b}} {{ d}}" {
		t.Errorf("text = %q, want the same words", got)
	}
}
