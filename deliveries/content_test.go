package deliveries_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/deliveries"
)

// payload is a payload as the API decodes it.
func payload(t testing.TB, text string) map[string]any {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var p map[string]any
	if err := dec.Decode(&p); err != nil {
		t.Fatalf("payload %q: %v", text, err)
	}
	return p
}

// only gives the one content of a set.
func only(t testing.TB, d deliveries.Delivery, autoText bool) *deliveries.Content {
	t.Helper()
	s, err := deliveries.New(deliveries.Config{Deliveries: map[string]deliveries.Delivery{"T": d}, AutoText: autoText})
	if err != nil {
		t.Fatal(err)
	}
	c, _ := s.Find(deliveries.Wanted{UsageType: "T"})
	return c
}

// rendered is a rendered mail, flat; empty members are not sent.
type rendered struct {
	From, ReplyTo, Subject, HTML, Text, Template, Version, Variables string
	Unresolved                                                       []string
}

// message is a mail as it is sent.
type message struct {
	deliveries.Head
	deliveries.Body
}

func fill(c *deliveries.Content, payload map[string]any) (message, error) {
	head, err := c.Head(payload)
	if err != nil {
		return message{}, err
	}
	return message{head, c.Body(payload)}, nil
}

func render(t *testing.T, c *deliveries.Content, p string) rendered {
	t.Helper()
	m, err := fill(c, payload(t, p))
	if err != nil {
		t.Fatalf("Render(%s) = %v, want nil", p, err)
	}
	return rendered{m.From, m.ReplyTo, m.Subject, m.HTML, m.Text, m.Template, m.TemplateVersion, m.Variables, m.Unresolved}
}

func TestRenderHTML(t *testing.T) {
	t.Parallel()
	type d = deliveries.Delivery
	tests := []struct {
		name     string
		delivery d
		autoText bool
		payload  string
		want     rendered
	}{
		{"all", d{Subject: "{{code}} it is", HTML: "<b>{{code}}</b>", Text: "T {{code}}", ReplyTo: "r@example.com"}, true, `{"code":"1"}`,
			rendered{Subject: "1 it is", HTML: "<b>1</b>", Text: "T 1", ReplyTo: "r@example.com"}},
		{"derived text", d{HTML: "<p>Your code is <b>{{code}}</b></p>"}, true, `{"code":"1"}`, rendered{HTML: "<p>Your code is <b>1</b></p>", Text: "Your code is 1"}},
		{"no derived text", d{HTML: "<p>{{code}}</p>"}, false, `{"code":"1"}`, rendered{HTML: "<p>1</p>"}},
		{"escaping", d{Subject: "{{n}}", HTML: "{{n}} {{{n}}} <<n>>", Text: "{{n}}"}, false, `{"n":"<&'\">"}`,
			rendered{Subject: `<&'">`, HTML: `&lt;&amp;&#39;&#34;&gt; <&'"> &lt;&amp;&#39;&#34;&gt;`, Text: `<&'">`}},
		{"escaping in derived text", d{HTML: "<p>{{n}}</p>"}, true, `{"n":"<i>"}`, rendered{HTML: "<p>&lt;i&gt;</p>", Text: "<i>"}},
		{"a variable of Mailgun's", d{Subject: "{{n}}", HTML: "<p>{{n}} {{{n}}}</p>"}, true, `{"n":"%unsubscribe_url%"}`,
			rendered{Subject: "％unsubscribe_url％", HTML: "<p>&#37;unsubscribe_url&#37; %unsubscribe_url%</p>", Text: "％unsubscribe_url％ %unsubscribe_url%"}},
		{"link", d{HTML: `<a href="{{link}}">x</a>`, Text: "{{link}}"}, false, `{"link":"https://x.example/?a=1&b=2"}`,
			rendered{HTML: `<a href="https://x.example/?a=1&amp;b=2">x</a>`, Text: "https://x.example/?a=1&b=2"}},
		{"missing root", d{Subject: "{{b}} {{ a.x }}", HTML: "{{code}} <<b>>", Text: "{{{c}}}"}, false, `{"code":"1"}`,
			rendered{Subject: "{{b}} {{ a.x }}", HTML: "1 <<b>>", Text: "{{{c}}}", Unresolved: []string{"a.x", "b", "c"}}},
		{"missing leaf", d{HTML: "[{{a.b}}] [{{a.b.c}}] [{{s.x}}] [{{n}}] [{{l.7}}] [{{l.x}}]"}, false, `{"a":{},"s":"text","n":null,"l":[1]}`, rendered{HTML: "[] [] [] [] [] []"}},
		{"kinds", d{HTML: "{{n}} {{f}} {{e}} {{t}} {{o}} {{l}} {{l.1}} {{o.a}}"}, false, `{"n":12345678901234567890,"f":1.50,"e":1e3,"t":true,"o":{"a":1},"l":[1,"x"]}`,
			rendered{HTML: `12345678901234567890 1.50 1e3 true {&#34;a&#34;:1} [1,&#34;x&#34;] x 1`}},
		{"one pass", d{Subject: "{{a}}{{b}}", HTML: "{{a}} {{b}}"}, false, `{"a":"{{b}}","b":"{{a}}"}`, rendered{Subject: "{{b}}{{a}}", HTML: "{{b}} {{a}}"}},
		{"made of two values", d{HTML: "{{a}}{{b}}"}, false, `{"a":"{{","b":"code}}","code":"1"}`, rendered{HTML: "{{code}}"}},
		{"replyTo of a delivery stays", d{HTML: "x", ReplyTo: "{{user.email}}"}, false, `{"user":{"email":"u@example.org"}}`, rendered{HTML: "x", ReplyTo: "{{user.email}}"}},
		{"trimmed in a header", d{Subject: "a {{n}}", HTML: "{{n}}"}, false, `{"n":" v \r\n"}`, rendered{Subject: "a v", HTML: " v \r\n"}},
		{"names", d{HTML: "{{コード}} {{a-b_c}} {{1}}"}, false, `{"コード":"x","a-b_c":"y","1":"z"}`, rendered{HTML: "x y z"}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, render(t, only(t, tt.delivery, tt.autoText), tt.payload)); diff != "" {
			t.Errorf("%s: Render(%s) (-want +got):\n%s", tt.name, tt.payload, diff)
		}
	}
}

func TestRenderTemplate(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name            string
		variables       string
		payload, merged string
	}{
		{"payload alone", `{}`, `{"code":"1"}`, `{"code":"1"}`},
		{"both", `{"a":1}`, `{"code":"1"}`, `{"a":1,"code":"1"}`},
		{"the payload wins", `{"code":"x","o":{"a":1,"b":2}}`, `{"code":"1","o":{"c":3}}`, `{"code":"1","o":{"c":3}}`},
		{"null wins too", `{"a":"x"}`, `{"a":null}`, `{"a":null}`},
		{"as written", `{"n":1.50}`, `{"m":12345678901234567890}`, `{"m":12345678901234567890,"n":1.50}`},
		{"not escaped", `{}`, `{"link":"https://x.example/?a=1&b=<2>"}`, `{"link":"https://x.example/?a=1&b=<2>"}`},
		{"placeholders stay", `{"a":"{{code}}"}`, `{"code":"1"}`, `{"a":"{{code}}","code":"1"}`},
		{"nothing", `{}`, `{}`, `{}`},
	} {
		c := only(t, deliveries.Delivery{Template: "t", TemplateVersion: "v2", Subject: "S {{code}}", Variables: payload(t, tt.variables)}, true)
		got := render(t, c, tt.payload)
		if got.Variables != tt.merged {
			t.Errorf("%s: variables = %s, want %s", tt.name, got.Variables, tt.merged)
		}
		if got.Template != "t" || got.Version != "v2" || got.HTML != "" || got.Text != "" {
			t.Errorf("%s: Render() = %+v, want the template and no bodies", tt.name, got)
		}
	}
}

// A config belongs to every request: none may leave something in it.
func TestRenderLeavesVariablesAlone(t *testing.T) {
	t.Parallel()
	c := only(t, deliveries.Delivery{Template: "t", Variables: map[string]any{"a": "x"}}, false)
	render(t, c, `{"a":"y","code":"secret"}`)
	if got, want := render(t, c, `{}`).Variables, `{"a":"x"}`; got != want {
		t.Errorf("variables of the next mail = %s, want %s", got, want)
	}
}

func TestNeedsCode(t *testing.T) {
	t.Parallel()
	type d = deliveries.Delivery
	for _, tt := range []struct {
		delivery d
		want     bool
	}{
		{d{HTML: "{{code}}"}, true}, {d{HTML: "{{ code }}"}, true}, {d{HTML: "<<code>>"}, true}, {d{HTML: "{{{code}}}"}, true},
		{d{HTML: "x", Subject: "{{code}}"}, true}, {d{HTML: "x", Text: "{{code}}"}, true}, {d{Template: "t", Subject: "{{code}}"}, true},
		{d{HTML: "{{link}}"}, false}, {d{HTML: "{{code.x}} {{codes}} {{Code}} {{x.code}} { {code} }"}, false}, {d{Template: "t"}, false},
		{d{HTML: "x", ReplyTo: "{{code}}"}, false}, // it is sent as it stands
	} {
		if got := only(t, tt.delivery, true).Needs("code", nil); got != tt.want {
			t.Errorf("NeedsCode(%+v) = %v, want %v", tt.delivery, got, tt.want)
		}
	}
}

func TestNeedsCodeOfThePayload(t *testing.T) {
	t.Parallel()
	c := only(t, deliveries.Delivery{HTML: "{{#if link}}<a href='{{link}}'>Sign in</a>{{else}}{{code}}{{/if}}"}, true)
	for p, want := range map[string]bool{`{}`: true, `{"link":""}`: true, `{"link":"https://x.example/"}`: false} {
		if got := c.Needs("code", payload(t, p)); got != want {
			t.Errorf("NeedsCode(%s) = %v, want %v", p, got, want)
		}
	}
	guarded := only(t, deliveries.Delivery{Subject: "{{#if code}}{{code}} is your code{{else}}Hello{{/if}}", HTML: "<p>{{#if code}}{{code}}{{/if}}</p>"}, true)
	if guarded.Needs("code", nil) {
		t.Error("NeedsCode() of a code with a condition around = true, want false")
	}
}

func TestRenderConditions(t *testing.T) {
	t.Parallel()
	c := only(t, deliveries.Delivery{
		Subject: "{{#if code}}{{code}} is your code{{else}}Sign in{{/if}}",
		HTML:    "{{! for all types }}<p>Hello{{#if user.name}} {{user.name}}{{/if}}</p>{{#if link}}<p>{{link}}</p>{{/if}}<p>{{code}}</p>",
	}, true)
	for p, want := range map[string]rendered{
		`{"code":"1"}`:                       {Subject: "1 is your code", HTML: "<p>Hello</p><p>1</p>", Text: "Hello\n\n1"},
		`{"code":"1","user":{"name":"A&B"}}`: {Subject: "1 is your code", HTML: "<p>Hello A&amp;B</p><p>1</p>", Text: "Hello A&B\n\n1"},
		`{"code":"","link":"x","user":""}`:   {Subject: "Sign in", HTML: "<p>Hello</p><p>x</p><p></p>", Text: "Hello\n\nx"},
	} {
		if diff := cmp.Diff(want, render(t, c, p)); diff != "" {
			t.Errorf("Render(%s) (-want +got):\n%s", p, diff)
		}
	}
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	type line struct {
		Member string
		Line   int
	}
	const bad = "a\n{{#if b}}"
	for name, tt := range map[string]struct {
		mistakes []deliveries.Mistake
		want     []line
	}{
		"delivery": {deliveries.Delivery{Subject: bad, HTML: bad, Text: bad, ReplyTo: bad}.Mistakes(),
			[]line{{"subject", 2}, {"html", 2}, {"text", 2}}}, // replyTo is sent as it stands
		"files": {deliveries.Delivery{HTML: bad, HTMLFile: "a.html", Text: bad, TextFile: "a.txt"}.Mistakes(),
			[]line{{"htmlFile", 2}, {"textFile", 2}}},
		"template": {deliveries.Delivery{Template: "t", Subject: bad}.Mistakes(), []line{{"subject", 2}}},
		"localized": {deliveries.Localized{Details: deliveries.Details{Subject: bad, Content: bad, ContentType: "text/plain", ReplyTo: "{{/if}}",
			SendFrom: "{{#if a}}A <{{/if}}a@example.com>"}}.Mistakes(),
			[]line{{"subject", 2}, {"replyTo", 1}, {"sendFrom", 1}, {"sendFrom", 1}, {"content", 2}}}, // name and mailbox are two texts
		"another language": {deliveries.Delivery{Subject: "{{ .Code }}", HTML: "\n\n{{> a}}"}.Mistakes(), []line{{"subject", 1}, {"html", 3}}},
		"none":             {deliveries.Delivery{Subject: "{{#if a}}{{/if}}", HTML: "{{! a }}"}.Mistakes(), nil},
	} {
		var got []line
		for _, m := range tt.mistakes {
			got = append(got, line{m.Member, m.Line})
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: Mistakes() (-want +got):\n%s", name, diff)
		}
	}
	if _, err := deliveries.New(deliveries.Config{Deliveries: map[string]deliveries.Delivery{"T": {Subject: "{{ .Code }}", HTML: bad}}}); err == nil ||
		!strings.Contains(err.Error(), "html, line 2: {{#if b}} is not closed") {
		t.Errorf("New() of a broken condition = %v, want an error with its line", err)
	}
}

func TestMistakesAreBounded(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"{{else}}", "{{ .X }}"} {
		if got := len(deliveries.Delivery{Subject: strings.Repeat(text, 1000), HTML: text}.Mistakes()); got != 101 {
			t.Errorf("%d mistakes of 1001 times %s, want 100 of the subject and one of the HTML", got, text)
		}
	}
}

// What another language has is no reason to refuse a content, but it is told.
func TestOtherLanguagesAreSent(t *testing.T) {
	t.Parallel()
	c := only(t, deliveries.Delivery{Subject: "{{ .Code }}", HTML: "{{code}} {% x %} {{&nbsp;y}}"}, true)
	want := rendered{Subject: "{{ .Code }}", HTML: "1 {% x %} {{&nbsp;y}}", Text: "1 {% x %} {{ y}}",
		Unresolved: []string{"{% x %}", "{{ .Code }}", "{{&nbsp;y}}"}}
	if diff := cmp.Diff(want, render(t, c, `{"code":"1"}`)); diff != "" {
		t.Errorf("Render() (-want +got):\n%s", diff)
	}
}

func TestConditionalSender(t *testing.T) {
	t.Parallel()
	s := newSet(t, deliveries.Config{Templates: []deliveries.Localized{{LanguageTag: "en", TemplateType: "T", Details: deliveries.Details{
		Subject: "s", Content: "c", SendFrom: "{{#if application.name}}{{application.name}}{{else}}Acme{{/if}} <no-reply@example.com>"}}}})
	c, _ := s.Find(deliveries.Wanted{UsageType: "T"})
	for p, want := range map[string]string{`{}`: "Acme <no-reply@example.com>", `{"application":{"name":"Books"}}`: "Books <no-reply@example.com>"} {
		if got := render(t, c, p).From; got != want {
			t.Errorf("From(%s) = %q, want %q", p, got, want)
		}
	}
}

func TestUnsafeValues(t *testing.T) {
	t.Parallel()
	c := only(t, deliveries.Delivery{Subject: "{{b}} {{a}} {{b}}", HTML: "{{a}}{{b}}"}, false)
	for _, value := range []string{"x\r\nBcc: eve@example.org", "x\ny", "x\ry", "x\x00y", "x\u2028y", "x\u0085y", "x\x1by"} {
		text, _ := json.Marshal(map[string]string{"a": "fine", "b": value})
		_, err := fill(c, payload(t, string(text)))
		var unsafe *deliveries.UnsafeValueError
		if !errors.As(err, &unsafe) || cmp.Diff([]string{"b"}, unsafe.Placeholders) != "" {
			t.Errorf("Render(b = %q) = %v, want an error that names b", value, err)
		}
		if err != nil && strings.Contains(err.Error(), value) {
			t.Errorf("Render(b = %q) = %v, which repeats the value", value, err)
		}
	}
	html := only(t, deliveries.Delivery{HTML: "{{b}}"}, false)
	if got := render(t, html, `{"b":"x\r\ny"}`).HTML; got != "x\r\ny" {
		t.Errorf("HTML of a value with a line break = %q, want it as it is", got)
	}
}
