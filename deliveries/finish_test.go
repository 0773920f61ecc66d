package deliveries_test

import (
	"strings"
	"testing"
	"time"

	"mailgun-connector/deliveries"
	"mailgun-connector/templates/builtin"
)

// mailOf renders a usage type's mail, completed as for sending.
func mailOf(t *testing.T, s *deliveries.Set, wanted deliveries.Wanted, values string) message {
	t.Helper()
	c, ok := s.Find(wanted)
	if !ok {
		t.Fatalf("no content for %+v", wanted)
	}
	m, err := fill(c, c.Complete(payload(t, values), time.Now().Add(10*time.Minute)))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

const footed = "<html lang=\"{{locale}}\"><body>{{{content}}}<p>{{brand.name}}, for {{expiresIn}}</p></body></html>"

func TestLayout(t *testing.T) {
	t.Parallel()
	alone := false
	s := newSet(t, deliveries.Config{
		Layout: footed, AutoText: true, Brand: &builtin.Brand{Name: "Acme"},
		Deliveries: map[string]deliveries.Delivery{
			"HTML":   {HTML: "<p>{{code}}</p>"},
			"Text":   {HTML: "<p>{{code}}</p>", Text: "Code {{code}}"},
			"Alone":  {HTML: "<p>{{code}}</p>", Layout: &alone},
			"Stored": {Template: "t"},
		},
		Templates: []deliveries.Localized{
			{LanguageTag: "fr", TemplateType: "Local", Details: deliveries.Details{Content: "<p>{{code}}</p>"}},
			{LanguageTag: "fr", TemplateType: "LocalText", Details: deliveries.Details{Content: "<p>{{code}}</p>", Text: "Code {{code}}"}},
			{LanguageTag: "fr", TemplateType: "LocalAlone", Details: deliveries.Details{Content: "<p>{{code}}</p>", Layout: &alone}},
			{LanguageTag: "fr", TemplateType: "Plain", Details: deliveries.Details{Content: "<{{code}}>", ContentType: "text/plain"}},
		},
	})
	const foot = "<p>Acme, for 10 minutes</p></body></html>"
	for usageType, want := range map[string]deliveries.Body{
		"HTML":       {HTML: `<html lang="en"><body><p>1</p>` + foot, Text: "1\n\nAcme, for 10 minutes"},
		"Text":       {HTML: `<html lang="en"><body><p>1</p>` + foot, Text: "Code 1"},
		"Alone":      {HTML: "<p>1</p>", Text: "1"},
		"Stored":     {Variables: `{"code":"1"}`},
		"Local":      {HTML: `<html lang="fr"><body><p>1</p>` + foot, Text: "1\n\nAcme, for 10 minutes"},
		"LocalText":  {HTML: `<html lang="fr"><body><p>1</p>` + foot, Text: "Code 1"},
		"LocalAlone": {HTML: "<p>1</p>", Text: "1"},
		"Plain":      {HTML: `<html lang="fr"><body>&lt;1&gt;` + foot, Text: "<1>"},
	} {
		m := mailOf(t, s, deliveries.Wanted{UsageType: usageType, Languages: list("fr")}, `{"code":"1"}`)
		if m.Body != want {
			t.Errorf("%s = %+v, want %+v", usageType, m.Body, want)
		}
	}
	m := mailOf(t, s, deliveries.Wanted{UsageType: "SignIn"}, `{"code":"1"}`)
	if strings.Contains(m.HTML, "Acme, for 10 minutes") {
		t.Error("a built-in mail is in the layout, want only own ones")
	}
}

func TestBadLayout(t *testing.T) {
	t.Parallel()
	if s, err := deliveries.New(deliveries.Config{Layout: "<p></p>"}); err == nil {
		t.Errorf("New() = %v, want an error", s)
	}
}

// A layout is no work for a send: the content needs no more than its parts.
func BenchmarkLayout(b *testing.B) {
	s, err := deliveries.New(deliveries.Config{
		Layout: "<html><body>{{{content}}}<p>1 Main Street</p></body></html>", FallbackLanguage: "en", AutoText: true,
		Deliveries: map[string]deliveries.Delivery{"T": {Subject: "{{code}}", HTML: "<h1>Welcome</h1><p>Your code is {{code}}.</p>"}},
	})
	if err != nil {
		b.Fatal(err)
	}
	c, _ := s.Find(deliveries.Wanted{UsageType: "T"})
	p := payload(b, `{"code":"481629"}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := fill(c, p); err != nil {
			b.Fatal(err)
		}
	}
}

const autofilled = "@acme.example #481629"

// Every mail of a code ends in the line for it, whatever its text part is made of.
func TestAutofill(t *testing.T) {
	t.Parallel()
	const both, none, link = `{"code":"481629","link":"https://acme.example/x"}`, `{"code":""}`, `{"link":"https://acme.example/x"}`
	cfg := deliveries.Config{
		Brand: &builtin.Brand{Name: "Acme", AutofillDomain: "acme.example"}, AutoText: true,
		Deliveries: map[string]deliveries.Delivery{
			"Derived": {HTML: "<ul><li>{{code}}</li></ul>"}, "Text": {HTML: "{{code}}", Text: "Code {{code}}\n\n"},
			"Either": {HTML: "{{#if code}}{{code}}{{else}}{{link}}{{/if}}"}, "Subject": {Subject: "{{code}}", HTML: "<p>See above</p>"},
			"Codeless": {HTML: "<p>{{link}}</p>"}, "Stored": {Template: "t"},
		},
		Templates: []deliveries.Localized{
			{LanguageTag: "en", TemplateType: "Local", Details: deliveries.Details{Content: "{{code}}"}},
			{LanguageTag: "en", TemplateType: "Plain", Details: deliveries.Details{Content: "{{code}}\n", ContentType: "text/plain"}},
		},
	}
	s := newSet(t, cfg)
	type ask struct {
		usageType, payload string
		want               bool
	}
	asks := []ask{
		{"Derived", both, true}, {"Text", both, true}, {"Either", both, true}, {"Subject", both, true}, {"Local", both, true}, {"Plain", both, true},
		{"Codeless", both, false}, {"Stored", both, false}, {"Either", link, false}, {"Text", none, false}, {"Derived", none, false},
		// A payload has no say in whose pages fill the code in.
		{"Text", `{"code":"481629","brand":{"autofillDomain":"evil.example"}}`, true},
	}
	for _, usageType := range builtin.Types() {
		asks = append(asks, ask{usageType.Name, both, usageType.Kind != builtin.Notice})
		if usageType.Kind != builtin.Code {
			asks = append(asks, ask{usageType.Name, link, false})
		}
	}
	for _, a := range asks {
		m := mailOf(t, s, deliveries.Wanted{UsageType: a.usageType}, a.payload)
		if strings.HasSuffix(m.Text, "\n\n"+autofilled) != a.want || strings.Count(m.Text, "@acme.example") > 1 || !a.want && strings.Contains(m.Text, "@") {
			t.Errorf("text of %s with %s = %q, want the line at its end: %v", a.usageType, a.payload, m.Text, a.want)
		}
		if strings.Contains(m.HTML, autofilled) {
			t.Errorf("HTML of %s has the line, want it in the text alone", a.usageType)
		}
	}
	for _, language := range builtin.Languages() {
		if m := mailOf(t, s, deliveries.Wanted{UsageType: "SignIn", Languages: list(language)}, both); !strings.HasSuffix(m.Text, "\n\n"+autofilled) {
			t.Errorf("text in %s = %q, want the line at its end", language, m.Text)
		}
	}
	cfg.Brand, cfg.AutoText = &builtin.Brand{Name: "Acme"}, false
	s = newSet(t, cfg)
	for _, usageType := range []string{"Text", "SignIn", "Derived"} {
		if m := mailOf(t, s, deliveries.Wanted{UsageType: usageType}, both); strings.Contains(m.Text, "@acme") {
			t.Errorf("text of %s without a domain = %q, want no line", usageType, m.Text)
		}
	}
}
