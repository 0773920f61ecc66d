package templates_test

import (
	"strings"
	"testing"

	"mailgun-connector/templates"
)

// BenchmarkRender renders the SignIn mail of the starter and its text part, which
// have no condition, and the same with two conditions.
func BenchmarkRender(b *testing.B) {
	var page string
	for _, m := range templates.Starter() {
		if m.UsageType == "SignIn" {
			page = m.HTML
		}
	}
	greeting := "<p>{{#if user.name}}Hello {{user.name}}{{else}}Hello{{/if}}</p>{{#if link}}<p>{{link}}</p>{{/if}}</body>"
	values := payload(b, `{"code":"481629","user":{"name":"Ann"}}`)
	for _, bb := range []struct{ name, page string }{
		{"plain", page},
		{"conditions", strings.Replace(page, "</body>", greeting, 1)},
	} {
		html := parse(b, bb.page, templates.HTML)
		text, err := html.PlainText()
		if err != nil {
			b.Fatal(err)
		}
		for name, t := range map[string]*templates.Template{"html": html, "text": text} {
			b.Run(bb.name+"/"+name, func(b *testing.B) {
				var found templates.Findings
				b.ReportAllocs()
				for b.Loop() {
					var out strings.Builder
					out.Grow(t.Size() + 128)
					t.Render(&out, values, &found)
				}
			})
		}
	}
}

// BenchmarkParse compiles the SignIn mail of the starter, and derives its text.
func BenchmarkParse(b *testing.B) {
	page := templates.Starter()[0].HTML
	b.Run("html", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			parse(b, page, templates.HTML)
		}
	})
	b.Run("text", func(b *testing.B) {
		html := parse(b, page, templates.HTML)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := html.PlainText(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
