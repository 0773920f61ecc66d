package httpapi_test

import (
	"encoding/json"
	"net/http"
	"net/mail"
	"strings"
	"testing"

	"mailgun-connector/connector"
	"mailgun-connector/connector/app/apptest"
	"mailgun-connector/connector/sandbox"
)

// headerContents has values of the payload in every header that can have some.
const headerContents = `{"domain":"mg.example.com","from":"Sender Name <no-reply@mg.example.com>",
	"deliveries":{"Register":{"subject":"Hi <<user.name>>","html":"<p>{{code}} {{user.name}}</p>","text":"{{code}} {{user.name}}"}},
	"templates":[{"languageTag":"en","templateType":"SignIn","details":{
		"subject":"Hi {{user.name}}",
		"content":"<p>Hi {{user.name}}, your code is {{code}}</p>",
		"sendFrom":"{{application.name}} <sender@mg.example.com>",
		"replyTo":"Re <{{user.primaryEmail}}>"}}]}`

// values are what reaches a header.
type values struct{ user, application, email string }

func (v values) request(t *testing.T, to, usageType string) string {
	t.Helper()
	text, err := json.Marshal(map[string]any{"to": to, "type": usageType, "payload": map[string]any{
		"code":        hostileCode,
		"user":        map[string]string{"name": v.user, "primaryEmail": v.email},
		"application": map[string]string{"name": v.application},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// lineBreaks are values that would end a header line somewhere.
var lineBreaks = map[string]string{
	"CRLF":                "Annemarie\r\nBcc: evil@example.net",
	"LF":                  "Annemarie\nBcc: evil@example.net",
	"CR":                  "Annemarie\rBcc: evil@example.net",
	"folded":              "Annemarie\r\n Bcc: evil@example.net",
	"end of headers":      "Annemarie\r\n\r\n<b>evil@example.net</b>",
	"NUL":                 "Annemarie\x00evil@example.net",
	"escape":              "Annemarie\x1b[2Jevil@example.net",
	"vertical tab":        "Annemarie\vBcc: evil@example.net",
	"form feed":           "Annemarie\fBcc: evil@example.net",
	"next line":           "Annemarie\u0085Bcc: evil@example.net",
	"line separator":      "Annemarie\u2028Bcc: evil@example.net",
	"paragraph separator": "Annemarie\u2029Bcc: evil@example.net",
	"multipart boundary":  "Annemarie\r\n--x\r\nContent-Disposition: form-data; name=\"bcc\"\r\n\r\nevil@example.net",
}

func TestHostileHeaderInjection(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{Connector: headerContents})
	for place, put := range map[string]func(string) values{
		"subject":  func(v string) values { return values{v, "Example Shop", "ann@example.org"} },
		"sendFrom": func(v string) values { return values{"Annemarie", v, "ann@example.org"} },
		"replyTo":  func(v string) values { return values{"Annemarie", "Example Shop", v} },
	} {
		for name, value := range lineBreaks {
			t.Run(place+"/"+name, func(t *testing.T) {
				t.Parallel()
				a := s.Post(t, "/send-code", put(value).request(t, "victim@example.org", "SignIn"))
				checkRefusal(t, "Post("+place+", "+name+")", a, refusal{http.StatusBadRequest, connector.InvalidRequest}, "victim@", "evil@", "Annemarie")
				checkAlive(t, s)
			})
		}
	}
}

// A reply address that is not one must not become two, or something else.
func TestHostileReplyTo(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{Connector: headerContents})
	for _, email := range []string{
		"ann@example.org>, <evil@example.net",
		"ann@example.org, evil@example.net",
		"ann@example.org;evil@example.net",
		"<ann@example.org>",
		"Ann <ann@example.org>",
		`"Annemarie" <ann@example.org`,
		"ann@example.org> (x",
		"ann@example.org (evil)",
		"group: ann@example.org, evil@example.net;",
		"group: ann@example.org;",
		"ann",
		"ann@",
		"ann@@example.org",
		"<>",
		"{{user.name}}",
	} {
		t.Run(email, func(t *testing.T) {
			t.Parallel()
			a := s.Post(t, "/send-code", values{"Annemarie", "Example Shop", email}.request(t, "victim@example.org", "SignIn"))
			checkRefusal(t, "Post(primaryEmail "+email+")", a, refusal{http.StatusBadRequest, connector.InvalidRequest}, "victim@", "evil@", "ann@")
			checkAlive(t, s)
		})
	}
}

// A name may be anything that fits on a line; the mailbox stays the config's.
func TestHostileSenderNames(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{Connector: headerContents})
	for name, from := range map[string]string{
		"Acme":                            `Acme <sender@mg.example.com>`,
		"Acme, Inc.":                      `"Acme, Inc." <sender@mg.example.com>`,
		`The "Best" Shop`:                 `"The \"Best\" Shop" <sender@mg.example.com>`,
		`Acme <evil@example.net>`:         `"Acme <evil@example.net>" <sender@mg.example.com>`,
		`Acme <evil@example.net>, x`:      `"Acme <evil@example.net>, x" <sender@mg.example.com>`,
		`", <evil@example.net>, "x`:       `"\", <evil@example.net>, \"x" <sender@mg.example.com>`,
		`x" <evil@example.net>, "y`:       `"x\" <evil@example.net>, \"y" <sender@mg.example.com>`,
		`evil@example.net`:                `"evil@example.net" <sender@mg.example.com>`,
		`group: evil@example.net;`:        `"group: evil@example.net;" <sender@mg.example.com>`,
		`Acme (evil)`:                     `"Acme (evil)" <sender@mg.example.com>`,
		`back\slash`:                      `"back\\slash" <sender@mg.example.com>`,
		`slash at the end\`:               `"slash at the end\\" <sender@mg.example.com>`,
		`Società Pelletteria 株式会社`:        `Società Pelletteria 株式会社 <sender@mg.example.com>`,
		"  spaces around and \r\n after ": ``, // its line break is inside
		"\r\n trimmed \r\n":               `trimmed <sender@mg.example.com>`,
		"":                                `sender@mg.example.com`,
		" ":                               `sender@mg.example.com`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := s.Post(t, "/send-code", values{"Annemarie", name, "ann@example.org"}.request(t, alive, "SignIn"))
			if from == "" {
				checkRefusal(t, name, a, refusal{http.StatusBadRequest, connector.InvalidRequest})
				return
			}
			m := sent(t, s, a)
			if m.From != from {
				t.Errorf("Post(application.name %q) from %q, want %q", name, m.From, from)
			}
			list, err := mail.ParseAddressList(m.From)
			if err != nil || len(list) != 1 || list[0].Address != "sender@mg.example.com" || list[0].Name != strings.TrimSpace(name) {
				t.Errorf("Post(application.name %q) from %q, which reads as %v, %v", name, m.From, list, err)
			}
			if got := m.Form["h:Reply-To"]; len(got) != 1 || got[0] != "Re <ann@example.org>" {
				t.Errorf("Post(application.name %q) with Reply-To %q", name, got)
			}
			checkAlive(t, s)
		})
	}
}

// sent gives the mail that a 200 speaks of.
func sent(t *testing.T, s *apptest.Service, a apptest.Answer) sandbox.Message {
	t.Helper()
	var answer struct{ ProviderID string }
	if a.Decode(t, &answer); a.Status != http.StatusOK {
		t.Fatalf("Post = %d %s, want 200", a.Status, a.Body)
	}
	for _, m := range s.Sandbox.Messages() {
		if m.ID == answer.ProviderID {
			return m
		}
	}
	t.Fatalf("Post = %s, but there is no such mail", a.Body)
	return sandbox.Message{}
}

func TestHostileMarkup(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{Connector: headerContents})
	for _, usageType := range []string{"SignIn", "Register"} { // a derived text part, and one of its own
		for value, escaped := range map[string]string{
			`<script>alert(1)</script>`:                 `&lt;script&gt;alert(1)&lt;/script&gt;`,
			`<a href="https://evil.example">here</a>`:   `&lt;a href=&#34;https://evil.example&#34;&gt;here&lt;/a&gt;`,
			`" onload='x' & co`:                         `&#34; onload=&#39;x&#39; &amp; co`,
			`&lt;b&gt;`:                                 `&amp;lt;b&amp;gt;`,
			`{{code}} {{{code}}} <<code>>`:              `{{code}} {{{code}}} &lt;&lt;code&gt;&gt;`,
			`</p></body><!-- -->`:                       `&lt;/p&gt;&lt;/body&gt;&lt;!-- --&gt;`,
			`%recipient.email% %unsubscribe_url% {{x}}`: `&#37;recipient.email&#37; &#37;unsubscribe_url&#37; {{x}}`,
		} {
			t.Run(usageType+"/"+value, func(t *testing.T) {
				t.Parallel()
				m := sent(t, s, s.Post(t, "/send-code", values{value, "Example Shop", "ann@example.org"}.request(t, alive, usageType)))
				if !strings.Contains(m.HTML, escaped) || escaped != value && strings.Contains(m.HTML, value) {
					t.Errorf("Post(user.name %q) with HTML %q, want %q in it", value, m.HTML, escaped)
				}
				plain := strings.ReplaceAll(value, "%", "％") // or Mailgun would take it for a variable of its own
				if !strings.Contains(m.Text, plain) {
					t.Errorf("Post(user.name %q) with text %q, want %q in it", value, m.Text, plain)
				}
				if m.Subject != "Hi "+plain {
					t.Errorf("Post(user.name %q) with subject %q, want %q", value, m.Subject, "Hi "+plain)
				}
				checkAlive(t, s)
			})
		}
	}
}

// What Mailgun, or whatever stands in its place, says of a mail may repeat the
// mail. Our answers may not.
func TestHostileMailgunAnswers(t *testing.T) {
	t.Parallel()
	const link = "https://example.org/invite?t=8f14e45f"
	for name, fault := range map[string]sandbox.Fault{
		"repeats the mail":   {Status: 400, Body: `{"message":"'to' victim@example.org (code 739164, ` + link + `, Your code: 739164) is bad"}`},
		"across lines":       {Status: 400, Body: `{"message":"bad:\n Your code:\t739164 \r\n victim@example.org"}`},
		"is long":            {Status: 400, Body: `{"message":"` + strings.Repeat("victim@example.org 739164 ", 2000) + `"}`},
		"is long and JSON":   {Status: 418, Body: `{"message":"x","echo":"` + strings.Repeat("739164 ", 20_000) + `"}`},
		"is a page":          {Status: 403, Body: `<html>victim@example.org 739164 ` + apptest.APIKey + `</html>`, ContentType: "text/html"},
		"is a page with 200": {Status: 200, Body: `<html>victim@example.org 739164</html>`, ContentType: "text/html"},
		"has another shape":  {Status: 404, Body: `[{"message":"victim@example.org 739164"}]`},
		"redirects":          {Status: 307, Location: "https://victim@example.org/739164"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := apptest.Start(t, apptest.Config{Connector: `{"domain":"mg.example.com","from":"no-reply@mg.example.com",
				"deliveries":{"Generic":{"subject":"Your code: {{code}}","html":"<p>{{code}} {{link}}</p>"}}}`})
			s.Sandbox.SetFaults(fault)
			a := s.Post(t, "/send-code", `{"to":"victim@example.org","type":"SignIn","payload":{"code":"739164","link":"`+link+`"}}`)
			checkRefusal(t, "Post("+name+")", a, refusal{http.StatusBadGateway, connector.General}, "victim@example.org", link, "Your code:")
			s.Sandbox.SetFaults()
			checkAlive(t, s)
		})
	}
}
