package deliveries_test

import (
	"encoding/json"
	"errors"
	"net/mail"
	"testing"

	"mailgun-connector/deliveries"
)

// addressed gives the content of a template with these addresses.
func addressed(t *testing.T, replyTo, sendFrom string) *deliveries.Content {
	t.Helper()
	s := newSet(t, deliveries.Config{Templates: []deliveries.Localized{{
		LanguageTag: "en", TemplateType: "T", Details: deliveries.Details{Subject: "s", Content: "c", ReplyTo: replyTo, SendFrom: sendFrom},
	}}})
	c, _ := s.Find(deliveries.Wanted{UsageType: "T"})
	return c
}

func TestReplyToOfTemplates(t *testing.T) {
	t.Parallel()
	const user = `{"user":{"name":"Ann","primaryEmail":"ann@example.org"},"evil":"a@x.example>, <b@x.example","two":"a@x.example, b@x.example","named":"Ann <ann@example.org>","break":"a@x.example\r\nBcc: b@x.example","text":"nobody","empty":""}`
	const bad = "!"
	for _, tt := range []struct{ replyTo, want string }{
		{"", ""},
		{"help@example.com", "help@example.com"},
		{"サポート <help@example.com>", "サポート <help@example.com>"},
		{"{{user.primaryEmail}}", "ann@example.org"},
		{"<<user.primaryEmail>>", "ann@example.org"},
		{"<{{user.primaryEmail}}>", "ann@example.org"},
		{"Re <{{user.primaryEmail}}>", "Re <ann@example.org>"},
		{"Re <<<user.primaryEmail>>>", "Re <ann@example.org>"},
		{"{{user.name}} <{{user.primaryEmail}}>", "Ann <ann@example.org>"},
		{"<<user.name>> <<<user.primaryEmail>>>", "Ann <ann@example.org>"},
		{"{{user.name}} <help@example.com>", "Ann <help@example.com>"},
		{"help+{{user.name}}@example.com", "help+Ann@example.com"},
		{"{{named}}", "Ann <ann@example.org>"},
		// Without a mailbox there is no Reply-To, rather than no mail.
		{"{{nobody.email}}", ""},
		{"Re <{{nobody.email}}>", ""},
		{"{{user.email}}", ""},
		{"{{empty}}", ""},
		{"Re <{{empty}}>", ""},
		{"{{nobody.name}} <help@example.com>", `"{{nobody.name}}" <help@example.com>`}, // a name that is missing stays as written
		// One mailbox, whatever a value says.
		{"{{two}}", bad}, {"Re <{{two}}>", bad}, {"<{{evil}}>", bad}, {"Re <{{evil}}>", bad}, {"{{text}}", bad}, {"{{break}}", bad}, {"Re <{{named}}>", bad},
	} {
		m, err := fill(addressed(t, tt.replyTo, ""), payload(t, user))
		if tt.want == bad {
			if _, ok := errors.AsType[*deliveries.UnsafeValueError](err); !ok {
				t.Errorf("Render(replyTo %q) = %q, %v, want an *UnsafeValueError", tt.replyTo, m.ReplyTo, err)
			}
			continue
		}
		if err != nil || m.ReplyTo != tt.want {
			t.Errorf("Render(replyTo %q) = %q, %v, want %q", tt.replyTo, m.ReplyTo, err, tt.want)
		}
	}
}

// TestNamesStayNames: whatever a name says, the sender's mailbox is the config's.
func TestNamesStayNames(t *testing.T) {
	t.Parallel()
	c := addressed(t, "", "{{name}} <no-reply@mg.example.com>")
	for name, want := range map[string]string{
		"Foo":                                  "Foo <no-reply@mg.example.com>",
		"":                                     "no-reply@mg.example.com",
		"  ":                                   "no-reply@mg.example.com",
		"本 <no-reply@mg.example.com>":          "=?utf-8?q?=E6=9C=AC_=3Cno-reply=40mg=2Eexample=2Ecom=3E?= <no-reply@mg.example.com>",
		"Foo, Inc.":                            `"Foo, Inc." <no-reply@mg.example.com>`,
		`Foo "Bar"`:                            `"Foo \"Bar\"" <no-reply@mg.example.com>`,
		`"Foo, Inc."`:                          `"\"Foo, Inc.\"" <no-reply@mg.example.com>`, // a value has no quotes to itself
		`C:\`:                                  `"C:\\" <no-reply@mg.example.com>`,
		"eve@evil.example":                     `"eve@evil.example" <no-reply@mg.example.com>`,
		"Zoë":                                  "Zoë <no-reply@mg.example.com>",
		"Eve <eve@evil.example>, Foo":          `"Eve <eve@evil.example>, Foo" <no-reply@mg.example.com>`,
		`"a" <eve@evil.example>, "b"`:          "",
		`"a", "b"`:                             "",
		"Team: eve@evil.example;":              "",
		`"`:                                    "",
		`\`:                                    "",
		`"a" (b`:                               "",
		`"a" <`:                                "",
		"(":                                    "",
		"a\tb":                                 "",
		"=?utf-8?q?=3Ceve=40evil.example=3E?=": "",
	} {
		text, _ := json.Marshal(map[string]string{"name": name})
		m, err := fill(c, payload(t, string(text)))
		if err != nil {
			t.Errorf("Render(name %q) = %v, want nil", name, err)
			continue
		}
		all, err := mail.ParseAddressList(m.From)
		if err != nil || len(all) != 1 || all[0].Address != "no-reply@mg.example.com" {
			t.Errorf("From with the name %q = %q, %v, want one address, the config's", name, m.From, err)
		}
		if want != "" && m.From != want {
			t.Errorf("From with the name %q = %q, want %q", name, m.From, want)
		}
	}
	if m, err := fill(c, payload(t, `{"name":"Foo\r\nBcc: eve@evil.example"}`)); err == nil {
		t.Errorf("Render(a name with a line break) = %q, want an error", m.From)
	}
}

// RFC 5322, section 3.2.4: a backslash in quotes makes the next character a plain one.
func TestQuotedNames(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ sendFrom, want string }{
		{`"Acme \"{{name}}\"" <a@example.com>`, `"Acme \"Ann\"" <a@example.com>`},
		{`"Acme, \\{{name}}" <a@example.com>`, `"Acme, \\Ann" <a@example.com>`},
		{`"Acme" and {{name}} <a@example.com>`, `Acme and Ann <a@example.com>`},
		{`"Acme {{name}}" "Inc." <a@example.com>`, `"Acme Ann Inc." <a@example.com>`},
		{`"Acme \"Inc\"" <a@example.com>`, `"Acme \"Inc\"" <a@example.com>`}, // as it stands
		{`Acme" {{name}} <a@example.com>`, `"Acme\" Ann" <a@example.com>`},   // no RFC, but what was meant is plain
		{`"{{name}} \"" <{{mail}}>`, `"Ann \"" <ann@example.org>`},
	} {
		m, err := fill(addressed(t, "", tt.sendFrom), payload(t, `{"name":"Ann","mail":"ann@example.org"}`))
		if err != nil || m.From != tt.want {
			t.Errorf("Render(sendFrom %s) = %s, %v, want %s", tt.sendFrom, m.From, err, tt.want)
			continue
		}
		if _, err := mail.ParseAddress(m.From); err != nil {
			t.Errorf("From %s is no mailbox: %v", m.From, err)
		}
	}
}
