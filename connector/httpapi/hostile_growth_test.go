package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"mailgun-connector/connector"
	"mailgun-connector/connector/app/apptest"
)

// A long value in a text with many placeholders would be gigabytes.
func TestHostileGrowth(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{})
	long, many := strings.Repeat("x", 20_000), strings.Repeat("{{a}}", 2_000)
	config := func(delivery string) string {
		return s.Fill(t, `{"domain":"mg.example.com","from":"no-reply@mg.example.com","deliveries":{"Generic":`+delivery+`}}`)
	}
	for name, body := range map[string]string{
		"html":     `{"type":"T","payload":{"a":"` + long + `"},"config":` + config(`{"html":"`+many+`"}`) + `}`,
		"text":     `{"type":"T","payload":{"a":"` + long + `"},"config":` + config(`{"html":"x","text":"`+many+`"}`) + `}`,
		"subject":  `{"type":"T","payload":{"a":"` + long + `"},"config":` + config(`{"html":"x","subject":"`+many+`"}`) + `}`,
		"escapes":  `{"type":"T","payload":{"a":"` + strings.Repeat("&", 9_000) + `"},"config":` + config(`{"html":"`+strings.Repeat("{{a}}", 100)+`","text":"x"}`) + `}`,
		"an array": `{"type":"T","payload":{"a":[` + strings.Repeat("1,", 10_000) + `1]},"config":` + config(`{"html":"`+many+`"}`) + `}`,
		"reply-to": `{"type":"T","payload":{"a":"` + long + `"},"config":` + s.Fill(t, `{"domain":"mg.example.com","from":"no-reply@mg.example.com","deliveries":{},
			"templates":[{"languageTag":"en","templateType":"T","details":{"subject":"s","content":"c","replyTo":"`+many+` <a@example.org>"}}]}`) + `}`,
	} {
		a := s.Post(t, "/preview", body)
		checkRefusal(t, "/preview with "+name, a, refusal{http.StatusBadRequest, connector.InvalidRequest})
		if !strings.Contains(string(a.Body), "4 MiB") {
			t.Errorf("/preview with %s = %s, want the bound", name, a.Body)
		}
	}
	body := `{"email":"` + alive + `","type":"T","locale":"` + long + `","config":` + config(`{"html":"`+strings.Repeat("{{locale}}", 1_000)+`"}`) + `}`
	checkRefusal(t, "/test", s.Post(t, "/test", body), refusal{http.StatusBadRequest, connector.InvalidRequest})
	if a := s.Post(t, "/preview", `{"type":"T","payload":{"a":"`+long+`"},"config":`+config(`{"html":"{{a}}{{a}}"}`)+`}`); a.Status != 200 {
		t.Errorf("/preview of a long value twice = %d %.100s, want 200", a.Status, a.Body)
	}
	checkAlive(t, s)
}

// Of two recipients, whoever has looked at the request before us may have seen the
// other.
func TestHostileRecipientTwice(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{})
	const rest = `"type":"SignIn","payload":{"code":"` + hostileCode + `","to":"x","TO":"y"}}`
	for _, twice := range []string{
		`"to":"ada@example.org","TO":"victim@example.org"`, `"TO":"ada@example.org","to":"victim@example.org"`,
		`"to":"ada@example.org","to":"ada@example.org"`, `"to":"ada@example.org","\u0074\u006F":"victim@example.org"`,
		`"to":"ada@example.org","to":null`, `"to":null,"tO":"ada@example.org"`, `"to":"ada@example.org","to":5`,
	} {
		a := s.Post(t, "/send-code", "{"+twice+","+rest)
		checkRefusal(t, twice, a, refusal{http.StatusBadRequest, connector.InvalidRequest}, "victim@example.org")
		a = s.Post(t, "/test", strings.NewReplacer(`"to"`, `"email"`, `"TO"`, `"EMAIL"`, `"tO"`, `"Email"`, `"\u0074\u006F"`, `"\u0045mail"`).Replace("{"+twice+"}"))
		checkRefusal(t, "/test "+twice, a, refusal{http.StatusBadRequest, connector.InvalidRequest}, "victim@example.org")
	}
	for body, want := range map[string]string{
		`{"to":5,` + rest:    `"\"to\" must be a string, not a number."`,
		`{"to":null,` + rest: `\"to\" must be an e-mail address, not empty`,
		`{` + rest:           `\"to\" must be an e-mail address, not empty`,
	} {
		if a := s.Post(t, "/send-code", body); a.Status != 400 || !strings.Contains(string(a.Body), want) {
			t.Errorf("POST %s = %d %s, want 400 and %s", body, a.Status, a.Body, want)
		}
	}
	checkAlive(t, s)
}

// A caller must find in an error the name that it has sent.
func TestTestSpeaksOfEmail(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{})
	for _, email := range []string{`""`, `"a b@example.org"`, `"a@example.org,b@example.org"`, `"nobody"`, `5`, `"` + strings.Repeat("a", 300) + `@example.org"`} {
		if a := s.Post(t, "/test", `{"email":`+email+`}`); a.Status != 400 || !strings.Contains(string(a.Body), `"detail":"\"email\" `) {
			t.Errorf("POST /test with email %s = %d %s, want 400 about email", email, a.Status, a.Body)
		}
	}
}
