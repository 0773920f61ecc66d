package templates_test

import (
	"strings"
	"testing"

	"mailgun-connector/templates"
	"mailgun-connector/templates/builtin"
)

// signIn is the HTML of a built-in mail without its conditions: of the size of a typical
// mail, and with one placeholder.
func signIn(b *testing.B) string {
	b.Helper()
	mails, err := builtin.New(builtin.Brand{Name: "Acme"})
	if err != nil {
		b.Fatal(err)
	}
	source, _ := mails.Source("SignIn", "en")
	var page strings.Builder
	parse(b, source.HTML, templates.HTML).Render(&page, map[string]any{
		"code": "{{code}}", "brand": map[string]any{"name": "Acme"}, "names": nil, "expiresIn": "10 minutes",
	}, &templates.Findings{})
	return page.String()
}

// BenchmarkRender renders a mail and its text part, which have no condition, and the same
// with two conditions.
func BenchmarkRender(b *testing.B) {
	page := signIn(b)
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

// BenchmarkParse compiles a mail, and derives its text.
func BenchmarkParse(b *testing.B) {
	page := signIn(b)
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
