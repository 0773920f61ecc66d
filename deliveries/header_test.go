package deliveries_test

import (
	"encoding/json"
	"errors"
	"mime"
	"net/mail"
	"strings"
	"testing"

	"mailgun-connector/deliveries"
)

// Only names with both letters beyond ASCII and characters that need quotes are encoded.
func TestEncodeName(t *testing.T) {
	t.Parallel()
	const at = " <a@mg.example.com>"
	for address, want := range map[string]string{
		`"Société (Paris)"` + at:        "=?utf-8?q?Soci=C3=A9t=C3=A9_=28Paris=29?=" + at,
		`"Müller, Söhne"` + at:          "=?utf-8?q?M=C3=BCller=2C_S=C3=B6hne?=" + at,
		`"Dr. Zoë \"Z\" O'Neil_x"` + at: "=?utf-8?q?Dr=2E_Zo=C3=AB_=22Z=22_O=27Neil=5Fx?=" + at,
		"Société Paris" + at:            "Société Paris" + at,
		`"Doe, Jane"` + at:              `"Doe, Jane"` + at,
		"Zoë 🔑" + at:                    "Zoë 🔑" + at,
		"=?utf-8?q?Zo=C3=AB?=" + at:     "=?utf-8?q?Zo=C3=AB?=" + at,
		"a@mg.example.com":              "a@mg.example.com",
		`"ü, x" <"a b"@mg.example.com>`: `=?utf-8?q?=C3=BC=2C_x?= <"a b"@mg.example.com>`,
		"{{user.email}}":                "{{user.email}}",
		"":                              "",
	} {
		if got := deliveries.EncodeName(address); got != want {
			t.Errorf("EncodeName(%s) = %s, want %s", address, got, want)
		}
	}
}

func TestEncodedWordsAreCutBetweenCharacters(t *testing.T) {
	t.Parallel()
	name := strings.Repeat("株式会社アクメ, ", 12) + "🔑"
	encoded := deliveries.EncodeName((&mail.Address{Name: name, Address: "a@mg.example.com"}).String())
	words := strings.Fields(encoded)
	for _, word := range words[:len(words)-1] {
		text, err := new(mime.WordDecoder).Decode(word)
		if err != nil || len(word) > 75 || strings.ContainsRune(text, '\ufffd') {
			t.Errorf("encoded word %q = %q, %v, want whole characters in 75 bytes", word, text, err)
		}
	}
	if got, err := mail.ParseAddress(encoded); err != nil || got.Name != name {
		t.Errorf("decoded name = %v, %v, want %q", got, err, name)
	}
}

func localizedContent(t *testing.T, details deliveries.Details) *deliveries.Content {
	t.Helper()
	s := newSet(t, deliveries.Config{
		Templates: []deliveries.Localized{{LanguageTag: "en", TemplateType: "T", Details: details}}, FallbackLanguage: "en", AutoText: true,
	})
	c, ok := s.Find(deliveries.Wanted{UsageType: "T"})
	if !ok {
		t.Fatal("no content")
	}
	return c
}

func quoted(t *testing.T, members map[string]string) map[string]any {
	t.Helper()
	text, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return payload(t, string(text))
}

// What nobody sees must not change what a header says.
func TestUnseenCharacters(t *testing.T) {
	t.Parallel()
	c := localizedContent(t, deliveries.Details{
		Subject: "Join {{name}}", Content: "{{name}}", SendFrom: "{{name}} <a@mg.example.com>", ReplyTo: "{{name}} <{{mail}}>",
	})
	unseen := "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u2060\ufeff"
	m, err := fill(c, quoted(t, map[string]string{"name": "Ac" + unseen + "me", "mail": "a\u200b@example.org"}))
	if err != nil {
		t.Fatalf("Head() = %v, want nil", err)
	}
	for header, got := range map[string][2]string{
		"Subject": {m.Subject, "Join Acme"}, "From": {m.From, "Acme <a@mg.example.com>"}, "Reply-To": {m.ReplyTo, "Acme <a@example.org>"},
	} {
		if got[0] != got[1] {
			t.Errorf("%s = %q, want %q", header, got[0], got[1])
		}
	}
	if !strings.Contains(m.HTML, unseen) {
		t.Errorf("HTML = %q, want the value as it is", m.HTML)
	}
	const needed = "نمی\u200cخواهم 👩\u200d💻 \u200eשלום\u200f"
	if m, err := fill(c, quoted(t, map[string]string{"name": needed, "mail": "a@example.org"})); err != nil || m.Subject != "Join "+needed {
		t.Errorf("Subject with joiners and marks = %q, %v, want them kept", m.Subject, err)
	}
}

func TestLongHeaders(t *testing.T) {
	t.Parallel()
	c := localizedContent(t, deliveries.Details{
		Subject: "{{s}}", Content: "x", SendFrom: "{{f}} <a@mg.example.com>", ReplyTo: "{{r}} <a@mg.example.com>",
	})
	for member, header := range map[string]string{"s": "Subject", "f": "From", "r": "Reply-To"} {
		values := map[string]string{"s": "s", "f": "f", "r": "r"}
		values[member] = strings.Repeat("é", 500)
		_, err := c.Head(quoted(t, values))
		if long, ok := errors.AsType[*deliveries.LongHeaderError](err); !ok || long.Header != header {
			t.Errorf("Head() with 1000 bytes in %s = %v, want an error that names it", header, err)
		}
	}
	if _, err := c.Head(quoted(t, map[string]string{"s": strings.Repeat("s", 998), "f": "f", "r": "r"})); err != nil {
		t.Errorf("Head() with 998 bytes in Subject = %v, want nil", err)
	}
}

// What is declared as plain text can be read in every part.
func TestPlainTemplates(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ content, payload, html, text string }{
		{"Code {{code}}", `{"code":"1"}`, "Code 1", "Code 1"}, // as the published connector sends it
		{"<Acme: Your code is {{code}}. (sign-in)>", `{"code":"1"}`, "&lt;Acme: Your code is 1. (sign-in)&gt;", "<Acme: Your code is 1. (sign-in)>"},
		{"a\nb\r\nc & <<code>> {{{code}}}", `{"code":"<1>"}`, "a<br>\nb<br>\nc &amp; &lt;1&gt; &lt;1&gt;", "a\nb\r\nc & <1> <1>"},
		{"<{{code}}>", `{}`, "&lt;{{code}}&gt;", "<{{code}}>"},
		{"<<code>>", `{}`, "&lt;&lt;code&gt;&gt;", "<<code>>"},
		{"{{#if code}}<{{code}}>{{else}}<none>{{/if}}", `{"code":"1"}`, "&lt;1&gt;", "<1>"},
		{"{{#if code}}<{{code}}>{{else}}<none>{{/if}}", `{}`, "&lt;none&gt;", "<none>"},
	} {
		c := localizedContent(t, deliveries.Details{Subject: "s", Content: tt.content, ContentType: "text/plain"})
		got := render(t, c, tt.payload)
		if got.HTML != tt.html || got.Text != tt.text {
			t.Errorf("%q with %s = %q, %q, want %q, %q", tt.content, tt.payload, got.HTML, got.Text, tt.html, tt.text)
		}
	}
}
