package templates_test

import (
	"fmt"
	"strings"

	"mailgun-connector/templates"
)

// A template is compiled once, and filled for each mail. Its text part is derived
// from it once, too.
func ExampleParse() {
	html, err := templates.Parse(`<p>Hello{{#if user.name}} {{user.name}}{{/if}},</p>
<p>your code for <a href="https://acme.example/">Acme</a> is <b>{{code}}</b>.</p>`, templates.HTML)
	if err != nil {
		fmt.Println(err)
		return
	}
	text, err := html.PlainText()
	if err != nil {
		fmt.Println(err)
		return
	}
	payload := map[string]any{"code": "481629", "user": map[string]any{"name": "Ann <3"}}
	for _, t := range []*templates.Template{html, text} {
		var b strings.Builder
		var found templates.Findings
		t.Render(&b, payload, &found)
		fmt.Println(b.String())
	}
	// Output:
	// <p>Hello Ann &lt;3,</p>
	// <p>your code for <a href="https://acme.example/">Acme</a> is <b>481629</b>.</p>
	// Hello Ann <3,
	//
	// your code for Acme ( https://acme.example/ ) is 481629.
}

func ExampleParse_errors() {
	_, err := templates.Parse("Hello {{#if user.name}}{{user.name}}{{else if code}}you{{/unless}}", templates.Text)
	fmt.Println(strings.ReplaceAll(err.Error(), "; ", "\n"))
	// Output:
	// line 1: {{else if code}} is not supported: write {{else}} and put another condition, with its own end, into it
	// line 1: {{/unless}} can't close {{#if user.name}} of line 1: write {{/if}}
}
