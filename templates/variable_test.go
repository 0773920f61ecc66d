package templates_test

import (
	"html"
	"regexp"
	"strings"
	"testing"

	"mailgun-connector/templates"
)

func TestValuesMakeNoVariables(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, a, b, html, plain string }{
		{"by itself", "Hello {{a}}!", "%unsubscribe_url%", "", "Hello &#37;unsubscribe_url&#37;!", "Hello ％unsubscribe_url％!"},
		{"any name", "{{a}}", "%recipient.first-name% %tag_unsubscribe_url%%mailing_list_unsubscribe_url%", "",
			"&#37;recipient.first-name&#37; &#37;tag_unsubscribe_url&#37;&#37;mailing_list_unsubscribe_url&#37;",
			"％recipient.first-name％ ％tag_unsubscribe_url％％mailing_list_unsubscribe_url％"},
		{"of two values", "{{a}}{{b}}", "%unsubscribe", "_url%", "%unsubscribe_url&#37;", "%unsubscribe_url％"},
		{"sign and name", "{{a}}{{b}}", "%", "unsubscribe_url%", "%unsubscribe_url&#37;", "%unsubscribe_url％"},
		{"name and sign", "{{a}}{{b}}", "%unsubscribe_url", "%", "%unsubscribe_url&#37;", "%unsubscribe_url％"},
		{"value and text", "{{a}}_url% now", "%unsubscribe", "", "%unsubscribe_url&#37; now", "%unsubscribe_url％ now"},
		{"text and value", "%unsubscribe{{a}}", "_url% now", "", "%unsubscribe_url&#37; now", "%unsubscribe_url％ now"},
		{"value between", "%unsubscribe_{{a}}% now", "url", "", "%unsubscribe_url&#37; now", "%unsubscribe_url％ now"},
		{"nothing between", "%unsubscribe{{a}}_url%", "", "", "%unsubscribe_url&#37;", "%unsubscribe_url％"},
		{"text between", "{{a}}_{{b}}", "%unsubscribe", "url%", "%unsubscribe_url&#37;", "%unsubscribe_url％"},
		{"object", "{{a}}", `%x.y%`, "", "&#37;x.y&#37;", "％x.y％"},
		{"three signs", "{{a}}", "%a%b%", "", "&#37;a&#37;b%", "％a％b%"},
		{"no variable", "{{a}}, {{b}}", "100 % sure", "50% off, 30% more, %, %%", "100 % sure, 50% off, 30% more, %, %%", "100 % sure, 50% off, 30% more, %, %%"},
		{"the operator's own", "%unsubscribe_url% {{a}} %recipient.x%", "x", "", "%unsubscribe_url% x %recipient.x%", "%unsubscribe_url% x %recipient.x%"},
		{"the operator's own beside values", "{{a}}%unsubscribe_url%{{b}}", "x ", " y", "x %unsubscribe_url% y", "x %unsubscribe_url% y"},
		{"raw", "{{{a}}} {{{b}}}", "%unsubscribe_url%", "50%", "%unsubscribe_url% 50%", "%unsubscribe_url% 50%"},
		{"raw and another", "{{{a}}}{{b}}", "%unsubscribe", "_url%", "%unsubscribe_url&#37;", "%unsubscribe_url％"},
		{"unresolved", "%{{nobody}}%{{a}}%", "x", "", "%{{nobody}}%x&#37;", "%{{nobody}}%x％"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			values := map[string]any{"a": c.a, "b": c.b}
			for kind, want := range map[templates.Kind]string{templates.HTML: c.html, templates.Text: c.plain, templates.Header: c.plain} {
				if kind == templates.Header && strings.HasPrefix(c.b, " ") {
					continue // trimmed
				}
				if got, _ := render(parse(t, c.text, kind), values); got != want {
					t.Errorf("Render(%q) as %d = %q, want %q", c.text, kind, got, want)
				}
			}
		})
	}
}

// An address must stay what it is, also where it can't be written in another way.
func TestAddressesKeepTheirOctets(t *testing.T) {
	t.Parallel()
	const link = "https://x.example/?next=%2Fhome%2Fa%20b&to=a%40b.example%2c&x=%7Bname%7D"
	values := map[string]any{"link": link, "path": "%2Fhome", "next": "%2Fa"}
	for text, want := range map[string]string{
		"{{link}}":                              link,
		"https://x.example/{{path}}%2F":         "https://x.example/%2Fhome%2F",
		"https://x.example/%2F{{path}}{{next}}": "https://x.example/%2F%2Fhome%2Fa",
	} {
		if got, _ := render(parse(t, text, templates.Text), values); got != want {
			t.Errorf("Render(%q) = %q, want %q", text, got, want)
		}
		got, _ := render(parse(t, `<a href="`+text+`">x</a>`, templates.HTML), values)
		if href := html.UnescapeString(strings.TrimSuffix(strings.TrimPrefix(got, `<a href="`), `">x</a>`)); href != want {
			t.Errorf("address in %q = %q, want %q", got, href, want)
		}
	}
	// An octet at one end alone is no address.
	for _, value := range []string{"%unsubscribe_url%20", "%20unsubscribe_url%"} {
		if got, _ := render(parse(t, "{{a}}", templates.Text), map[string]any{"a": value}); got == value {
			t.Errorf("Render(%q) = %q, want it broken", value, got)
		}
	}
}

func TestVariablesInATextMadeOfHTML(t *testing.T) {
	t.Parallel()
	text, err := parse(t, `<p>{{a}}<b>{{b}}</b></p><p>{{b}}<br>%{{a}}</p>`, templates.HTML).PlainText()
	if err != nil {
		t.Fatal(err)
	}
	got, _ := render(text, map[string]any{"a": "%unsubscribe", "b": "_url%"})
	if want := "%unsubscribe_url％\n\n_url%\n%%unsubscribe"; got != want {
		t.Errorf("text = %q, want %q", got, want)
	}
}

// Two templates may be rendered into one builder: the second starts afresh.
func TestVariablesOfTwoTemplates(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	var found templates.Findings
	for _, text := range []string{"{{a}}", "b% {{a}}"} {
		parse(t, text, templates.Text).Render(&b, map[string]any{"a": "%a"}, &found)
	}
	if got, want := b.String(), "%ab% %a"; got != want {
		t.Errorf("Render() twice = %q, want %q", got, want)
	}
}

func TestMeasureCountsWhatIsWritten(t *testing.T) {
	t.Parallel()
	value := strings.Repeat("%a%<", 100)
	values := map[string]any{"a": value}
	for _, kind := range []templates.Kind{templates.HTML, templates.Text} {
		for _, text := range []string{"{{a}}", "{{{a}}}"} {
			tmpl := parse(t, text, kind)
			got, _ := render(tmpl, values)
			var found templates.Findings
			tmpl.Measure(values, 1<<20, &found)
			if found.Size < len(got) || found.Size > 2*len(got) {
				t.Errorf("Measure(%s) as %d = %d, want about the %d bytes that it has", text, kind, found.Size, len(got))
			}
		}
	}
}

var variable = regexp.MustCompile(`%[A-Za-z0-9_.-]+%`)

// FuzzVariables checks that values make no variable of Mailgun's, whatever stands
// around them.
func FuzzVariables(f *testing.F) {
	f.Add("Hello ", "%unsubscribe_url%", "", "x", "!")
	f.Add("%", "unsubscribe", "_", "url", "%")
	f.Add("%a", "b%c", "d%", "%", "e%")
	f.Add("%2F", "home%2Fa", "%", "20", "%2f%")
	f.Fuzz(func(t *testing.T, before, a, between, b, after string) {
		for _, literal := range []string{before, between, after} {
			if strings.ContainsAny(literal, "{}<>") || variable.MatchString(literal) {
				return // may be a variable on purpose
			}
		}
		text := before + "{{a}}" + between + "{{b}}" + after
		values := map[string]any{"a": a, "b": b}
		for _, kind := range []templates.Kind{templates.HTML, templates.Text, templates.Header} {
			got, _ := render(parse(t, text, kind), values)
			for rest := got; ; {
				_, name, found := strings.Cut(rest, "%")
				if !found {
					break
				}
				rest = name
				at := variable.FindStringIndex("%" + name)
				if at == nil || at[0] != 0 {
					continue
				}
				name, behind := name[:at[1]-2], name[at[1]-1:]
				if kind == templates.HTML || !octets.MatchString(name) || !octets.MatchString(behind) {
					t.Fatalf("%q with %q and %q became %q, which has the variable %q", text, a, b, got, name)
				}
			}
			if kind == templates.HTML {
				if got, want := html.UnescapeString(got), html.UnescapeString(before)+a+html.UnescapeString(between)+b+html.UnescapeString(after); got != want &&
					!strings.Contains(before+between+after, "&") {
					t.Fatalf("%q with %q and %q became %q, want %q", text, a, b, got, want)
				}
			}
		}
	})
}

var octets = regexp.MustCompile(`^[0-9A-Fa-f]{2}`)
