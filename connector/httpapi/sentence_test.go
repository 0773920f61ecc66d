package httpapi_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/app"
	"mailgun-connector/connector/app/apptest"
	"mailgun-connector/connector/httpapi"
	"mailgun-connector/connector/idempotency"
	"mailgun-connector/connector/ratelimit"
	"mailgun-connector/connector/sandbox"
)

// asLogto posts to /send-code as Logto does: without an Accept header.
func asLogto(t *testing.T, s *apptest.Service, body string, more map[string]string) apptest.Answer {
	t.Helper()
	header := map[string]string{
		"Authorization": "Bearer " + apptest.Token, "Content-Type": "application/json", "Accept": "",
		"User-Agent": "got (https://github.com/sindresorhus/got)", "Accept-Encoding": "gzip, deflate, br",
	}
	maps.Copy(header, more)
	return s.Do(t, http.MethodPost, "/send-code", body, header)
}

// checkSentence wants an answer to be a sentence and the request id, nothing else.
func checkSentence(t *testing.T, what string, a apptest.Answer, status int, sentence string) {
	t.Helper()
	want := sentence + " " + a.Header.Get("X-Request-Id")
	if a.Status != status || string(a.Body) != want {
		t.Errorf("%s = %d %q, want %d %q", what, a.Status, a.Body, status, want)
	}
	if got := a.Header.Get("Content-Type"); got != "text/plain; charset=utf-8" {
		t.Errorf("%s with Content-Type %q, want text", what, got)
	}
}

// told is what a person is told in each language.
type told struct{ en, ja string }

var (
	notSent = told{
		"The email could not be sent. Please try again in a few minutes.",
		"メールを送信できませんでした。数分後にもう一度お試しください。",
	}
	maybeSent = told{
		"The email may be on its way. Please check your inbox, and try again if nothing arrives in a few minutes.",
		"メールはすでに送信されている可能性があります。受信トレイをご確認のうえ、数分たっても届かない場合はもう一度お試しください。",
	}
	stillSending = told{
		"The email is still being sent. Please wait a moment and check your inbox.",
		"メールを送信しています。しばらくお待ちいただき、受信トレイをご確認ください。",
	}
	busy = told{
		"Too many emails are being sent right now. Please try again in a few minutes.",
		"ただいまメールの送信が混み合っています。数分後にもう一度お試しください。",
	}
	expired = told{
		"This code has expired. Please ask for a new one.",
		"このコードの有効期限が切れています。新しいコードをリクエストしてください。",
	}
	badAddress = told{
		"This email address can't be right. Please check it and try again.",
		"メールアドレスが正しくないようです。ご確認のうえ、もう一度お試しください。",
	}
	badSetup = told{
		"Sending email is not set up correctly here. Please contact support.",
		"メール送信が正しく設定されていません。サポートにお問い合わせください。",
	}
)

// failure is a way in which a request fails.
type failure struct {
	service func(t *testing.T) *apptest.Service // nil for a plain one
	body    string                              // in which LOCALE is filled in
	header  map[string]string
	unread  bool // it fails before the body is read, so only Accept-Language counts
	status  int
	told    told
}

const localeBody = `{"to":"user@example.org","type":"SignIn","payload":{"code":"739164","locale":"LOCALE"}}`

// withFault runs a service whose Mailgun fails.
func withFault(f sandbox.Fault) func(*testing.T) *apptest.Service {
	return func(t *testing.T) *apptest.Service {
		s := apptest.Start(t, apptest.Config{Connector: manyContents, Options: func(o *app.Options) {
			o.SendTimeout, o.RetryMax = 500*time.Millisecond, 0
		}})
		s.Sandbox.SetFaults(f)
		return s
	}
}

// withLimit runs a service that has sent as many mails to the user as a limit allows.
func withLimit(per time.Duration) func(*testing.T) *apptest.Service {
	return func(t *testing.T) *apptest.Service {
		s := apptest.Start(t, apptest.Config{Options: func(o *app.Options) {
			o.RecipientLimit = ratelimit.Rate{Sends: 1, Per: per}
		}})
		if a := s.Post(t, "/send-code", goodBody); a.Status != http.StatusOK {
			t.Fatalf("the first mail = %d %s, want 200", a.Status, a.Body)
		}
		return s
	}
}

// withHandler serves an API whose parts are replaced.
func withHandler(change func(*httpapi.Config)) func(*testing.T) *apptest.Service {
	return func(t *testing.T) *apptest.Service {
		server := httptest.NewServer(newHandler(t, change))
		t.Cleanup(server.Close)
		return &apptest.Service{URL: server.URL}
	}
}

// unreachable runs a service whose Mailgun is gone.
func unreachable(t *testing.T) *apptest.Service {
	server := httptest.NewServer(http.NotFoundHandler())
	s := apptest.Start(t, apptest.Config{
		Connector: strings.Replace(manyContents, `{`, `{"endpoint":"`+server.URL+`",`, 1),
		Options: func(o *app.Options) {
			o.RetryMax, o.AllowEndpointHosts = 0, []string{strings.TrimPrefix(server.URL, "http://")}
		},
	})
	server.Close()
	return s
}

// keyUsed runs a service that has seen the key k with another request.
func keyUsed(t *testing.T) *apptest.Service {
	s := apptest.Start(t, apptest.Config{})
	asLogto(t, s, goodBody, map[string]string{"Idempotency-Key": "k"})
	return s
}

func failures() map[string]failure {
	noContent := func(t *testing.T) *apptest.Service { return apptest.Start(t, apptest.Config{Connector: manyContents}) }
	to := func(address string) string { return strings.Replace(localeBody, "user@example.org", address, 1) }
	key := map[string]string{"Idempotency-Key": "k"}
	return map[string]failure{
		"bad member": {
			body:   `{"to":"user@example.org","type":5,"payload":{"code":"1","locale":"LOCALE"}}`,
			status: 400, told: badSetup,
		},
		"bad recipient": {body: to("Ann <user@example.org>"), status: 400, told: badAddress},
		"expired": {
			body:   strings.Replace(localeBody, `{`, `{"expiresAt":"2026-01-01T00:00:00Z",`, 1),
			status: 400, told: expired,
		},
		"no recipient": {body: to(""), status: 400, told: badAddress},
		"two recipients": {
			body:   strings.Replace(localeBody, `{`, `{"to":"a@example.org",`, 1),
			status: 400, told: badSetup,
		},
		"no code": {
			service: noContent, body: strings.Replace(localeBody, `"code":"739164",`, "", 1), status: 400, told: badSetup,
		},
		"no content": {
			service: noContent, body: strings.Replace(localeBody, "SignIn", "Register", 1),
			status: 400, told: badSetup,
		},
		"bad key": {
			body: localeBody, header: map[string]string{"Idempotency-Key": "a b"}, unread: true,
			status: 400, told: badSetup,
		},
		"no body": {unread: true, status: 400, told: badSetup},
		"no JSON": {body: "{", unread: true, status: 400, told: badSetup},
		"wrong token": {
			body: localeBody, header: map[string]string{"Authorization": "Bearer no"}, unread: true,
			status: 401, told: badSetup,
		},
		"key in use": {
			service: withHandler(func(c *httpapi.Config) { c.Idempotency = failingKeys{idempotency.ErrBusy} }), body: localeBody, header: key,
			status: 409, told: stillSending,
		},
		"too large": {body: strings.Repeat(" ", 256<<10) + localeBody, unread: true, status: 413, told: badSetup},
		"media type": {
			body: localeBody, header: map[string]string{"Content-Type": "text/plain"}, unread: true,
			status: 415, told: badSetup,
		},
		"key used": {service: keyUsed, body: localeBody, header: key, status: 422, told: badSetup},
		"limit": {service: withLimit(30 * time.Minute), body: localeBody, status: 429, told: told{
			"Too many emails were sent to this address. Please wait 30 minutes and try again.",
			"このメールアドレスへの送信回数が多すぎます。30分ほど待ってから、もう一度お試しください。",
		}},
		"short limit": {service: withLimit(time.Minute), body: localeBody, status: 429, told: told{
			"Too many emails were sent to this address. Please wait 1 minute and try again.",
			"このメールアドレスへの送信回数が多すぎます。1分ほど待ってから、もう一度お試しください。",
		}},
		"long limit": {service: withLimit(24 * time.Hour), body: localeBody, status: 429, told: told{
			"Too many emails were sent to this address. Please wait 24 hours and try again.",
			"このメールアドレスへの送信回数が多すぎます。24時間ほど待ってから、もう一度お試しください。",
		}},
		"slow down": {service: withFault(sandbox.Fault{Status: 429}), body: localeBody, status: 429, told: busy},
		"panic": {
			service: withHandler(func(c *httpapi.Config) { c.Connector = func() *connector.Connector { panic("secret") } }),
			body:    localeBody, status: 500, told: notSent,
		},
		"refused": {service: withFault(sandbox.Fault{Status: 401}), body: localeBody, status: 502, told: badSetup},
		"refused address": {
			service: withFault(sandbox.Fault{Status: 400, Body: `{"message":"to parameter is not a valid address. please check documentation"}`}),
			body:    localeBody, status: 400, told: badAddress,
		},
		"no message id": {
			service: withFault(sandbox.Fault{Status: 200, Body: `{"message":"Queued."}`}), body: localeBody,
			status: 502, told: maybeSent,
		},
		"Mailgun failing": {
			service: withFault(sandbox.Fault{Status: 500}), body: localeBody,
			status: 503, told: notSent,
		},
		"unreachable": {service: unreachable, body: localeBody, status: 503, told: notSent},
		"too many":    {service: full, body: localeBody, status: 503, told: busy},
		"silence": {
			service: withFault(sandbox.Fault{Hang: true}), body: localeBody,
			status: 504, told: maybeSent,
		},
	}
}

func TestSendCodeTellsThePerson(t *testing.T) {
	t.Parallel()
	for name, f := range failures() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := f.service
			if start == nil {
				start = func(t *testing.T) *apptest.Service { return apptest.Start(t, apptest.Config{}) }
			}
			s := start(t)
			for locale, sentence := range map[string]string{"en": f.told.en, "ja": f.told.ja} {
				header := maps.Clone(f.header)
				if f.unread {
					if header == nil {
						header = map[string]string{}
					}
					header["Accept-Language"] = locale
				}
				a := asLogto(t, s, strings.Replace(f.body, "LOCALE", locale, 1), header)
				checkSentence(t, name+" in "+locale, a, f.status, sentence)
			}
		})
	}
}

// Whoever sends Accept gets a problem, whatever it accepts, and so does everybody on
// other routes.
func TestAcceptGetsAProblem(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{})
	for _, accept := range []string{"*/*", "application/json", "text/plain", "text/html, */*;q=0.8", "nonsense"} {
		a := asLogto(t, s, "{}", map[string]string{"Accept": accept})
		if got := a.Header.Get("Content-Type"); a.Status != http.StatusBadRequest || got != "application/problem+json" {
			t.Errorf("POST /send-code with Accept %s = %d %s, want 400 and a problem", accept, a.Status, got)
		}
	}
	none := map[string]string{"Authorization": "Bearer " + apptest.Token, "Content-Type": "application/json", "Accept": ""}
	for _, x := range []struct{ method, path string }{
		{"POST", "/test"}, {"POST", "/preview"}, {"POST", "/config/validate"}, {"GET", "/send-code"}, {"GET", "/nowhere"},
	} {
		a := s.Do(t, x.method, x.path, "{}", none)
		if got := a.Header.Get("Content-Type"); a.Status < 400 || got != "application/problem+json" {
			t.Errorf("%s %s without Accept = %d %s, want a problem", x.method, x.path, a.Status, got)
		}
	}
	if a := asLogto(t, s, goodBody, nil); a.Status != http.StatusOK || a.Header.Get("Content-Type") != "application/json" {
		t.Errorf("POST /send-code without Accept = %d %s, want 200 in JSON", a.Status, a.Header.Get("Content-Type"))
	}
}

// A caller that was told a wrong path shows that error to the person, too.
func TestLostSendsTellThePerson(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{})
	none := map[string]string{"Authorization": "Bearer " + apptest.Token, "Content-Type": "application/json", "Accept": ""}
	for path, want := range map[string]int{"/": 405, "/send_code": 404, "/api/send-code": 404, "/healthz": 405} {
		checkSentence(t, "POST "+path, s.Do(t, http.MethodPost, path, goodBody, none), want, badSetup.en)
	}
	none["Accept-Language"] = "ja"
	checkSentence(t, "POST /send_code in Japanese", s.Do(t, http.MethodPost, "/send_code", goodBody, none), 404, badSetup.ja)
	none["Accept"] = "*/*"
	if a := s.Do(t, http.MethodPost, "/send_code", goodBody, none); a.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("POST /send_code with Accept = %s, want a problem", a.Body)
	}
}

func TestSentenceLanguages(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{})
	for _, x := range []struct {
		payload, accepted string
		japanese          bool
	}{
		{`{"locale":"ja"}`, "", true},
		{`{"locale":"ja-JP"}`, "", true},
		{`{"locale":"ja_JP"}`, "", true},
		{`{"locale":"JA-jp"}`, "", true},
		{`{"locale":"en","uiLocales":"ja"}`, "", true},
		{`{"locale":"ja","uiLocales":"en"}`, "", false},
		{`{"locale":"en","uiLocales":"sv ja en"}`, "", true},
		{`{"locale":"ja","uiLocales":"sv"}`, "", true},
		{`{"locale":"en-GB","uiLocales":"fr-CA fr en"}`, "ja", false},
		{`{"locale":"fr"}`, "", false},
		{`{"locale":"fr"}`, "de, ja;q=0.5", true},
		{`{"locale":5,"uiLocales":["en"]}`, "ja", true},
		{`{"locale":5,"uiLocales":"ja"}`, "", true},
		{`{"locale":"!","uiLocales":"- _ jaja ja"}`, "", true},
		{`{"locale":"` + strings.Repeat("ja-", 1000) + `"}`, "", false},
		{`{"uiLocales":"` + strings.Repeat("sv ", 10000) + `ja"}`, "", false},
		{`"ja"`, "", false},
		{`null`, "ja, en", true},
		{`{}`, ";;;", false},
	} {
		body := `{"to":"nobody","type":"SignIn","payload":` + x.payload + `}`
		a := asLogto(t, s, body, map[string]string{"Accept-Language": x.accepted})
		want := badAddress.en
		if x.japanese {
			want = badAddress.ja
		}
		if got := string(a.Body); !strings.HasPrefix(got, want) && !strings.HasPrefix(got, pick(badSetup, x.japanese)) {
			t.Errorf("POST /send-code with payload %.100s, Accept-Language %q = %s, want Japanese = %v",
				x.payload, x.accepted, got, x.japanese)
		}
	}
}

func pick(both told, japanese bool) string {
	if japanese {
		return both.ja
	}
	return both.en
}

// A sentence that was kept for an idempotency key comes again as it was.
func TestSentenceIsReplayed(t *testing.T) {
	t.Parallel()
	s := withFault(sandbox.Fault{Status: 401})(t)
	body, key := strings.Replace(localeBody, "LOCALE", "ja", 1), map[string]string{"Idempotency-Key": "k"}
	first := asLogto(t, s, body, key)
	checkSentence(t, "first", first, http.StatusBadGateway, badSetup.ja)
	again := asLogto(t, s, body, key)
	if string(again.Body) != string(first.Body) || again.Header.Get("Content-Type") != first.Header.Get("Content-Type") ||
		again.Header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("again = %s %q, want %q replayed", again.Header.Get("Content-Type"), again.Body, first.Body)
	}
}

func TestSentencesAreInTheContract(t *testing.T) {
	t.Parallel()
	c := loadContract(t)
	s := apptest.Start(t, apptest.Config{})
	c.check(t, operation{http.MethodPost, "/send-code"}, asLogto(t, s, "{}", nil))
	for status := range c.object(t, "/paths/~1send-code/post/responses") {
		_, response, _ := c.resolve("/paths/~1send-code/post/responses/" + status)
		content, _ := response["content"].(map[string]any)
		if _, ok := content["text/plain"]; ok != (status >= "400") {
			t.Errorf("openapi.yaml has text for %s of POST /send-code: %v", status, ok)
		}
	}
}
