package httpapi_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
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
	"mailgun-connector/templates/builtin"
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

// told is what a person is told in each language: that of the interface of most products,
// one without spaces, one that is written from the right, and one with a region.
type told struct{ en, ja, ar, ptBR string }

func (x told) in() map[string]string {
	return map[string]string{"en": x.en, "ja": x.ja, "ar": x.ar, "pt-BR": x.ptBR}
}

var (
	notSent = told{
		"The email could not be sent. Please try again in a few minutes.",
		"メールを送信できませんでした。数分後にもう一度お試しください。",
		"تعذّر إرسال الرسالة. يُرجى إعادة المحاولة بعد بضع دقائق.",
		"Não foi possível enviar o e-mail. Tente novamente em alguns minutos.",
	}
	maybeSent = told{
		"The email may be on its way. Please check your inbox, and try again if nothing arrives in a few minutes.",
		"メールはすでに送信されている可能性があります。受信トレイをご確認のうえ、数分たっても届かない場合はもう一度お試しください。",
		"ربما تكون الرسالة في طريقها إليك. تحقّق من بريدك الوارد، وأعد المحاولة إذا لم تصل خلال بضع دقائق.",
		"O e-mail pode já estar a caminho. Verifique sua caixa de entrada e tente novamente se nada chegar em alguns minutos.",
	}
	stillSending = told{
		"The email is still being sent. Please wait a moment and check your inbox.",
		"メールを送信しています。しばらくお待ちいただき、受信トレイをご確認ください。",
		"لا يزال إرسال الرسالة جاريًا. يُرجى الانتظار قليلًا ثم التحقق من بريدك الوارد.",
		"O e-mail ainda está sendo enviado. Aguarde um pouco e verifique sua caixa de entrada.",
	}
	busy = told{
		"Too many emails are being sent right now. Please try again in a few minutes.",
		"ただいまメールの送信が混み合っています。数分後にもう一度お試しください。",
		"يُرسَل حاليًا عدد كبير جدًا من الرسائل. يُرجى إعادة المحاولة بعد بضع دقائق.",
		"Muitos e-mails estão sendo enviados agora. Tente novamente em alguns minutos.",
	}
	expired = told{
		"This code has expired. Please ask for a new one.",
		"このコードの有効期限が切れています。新しいコードをリクエストしてください。",
		"انتهت صلاحية هذا الرمز. يُرجى طلب رمز جديد.",
		"Este código expirou. Solicite um novo.",
	}
	badAddress = told{
		"This email address can't be right. Please check it and try again.",
		"メールアドレスが正しくないようです。ご確認のうえ、もう一度お試しください。",
		"يبدو أن عنوان البريد الإلكتروني غير صحيح. يُرجى التحقق منه وإعادة المحاولة.",
		"Este endereço de e-mail não parece correto. Verifique-o e tente novamente.",
	}
	badSetup = told{
		"Sending email is not set up correctly here. Please contact support.",
		"メール送信が正しく設定されていません。サポートにお問い合わせください。",
		"إرسال البريد الإلكتروني غير مُعدّ بشكل صحيح. يُرجى التواصل مع فريق الدعم.",
		"O envio de e-mails não está configurado corretamente. Entre em contato com o suporte.",
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
			"أُرسل عدد كبير جدًا من الرسائل إلى هذا العنوان. يُرجى إعادة المحاولة بعد 30 دقيقة.",
			"Foram enviados e-mails demais para este endereço. Tente novamente em 30 minutos.",
		}},
		"short limit": {service: withLimit(time.Minute), body: localeBody, status: 429, told: told{
			"Too many emails were sent to this address. Please wait 1 minute and try again.",
			"このメールアドレスへの送信回数が多すぎます。1分ほど待ってから、もう一度お試しください。",
			"أُرسل عدد كبير جدًا من الرسائل إلى هذا العنوان. يُرجى إعادة المحاولة بعد دقيقة واحدة.",
			"Foram enviados e-mails demais para este endereço. Tente novamente em 1 minuto.",
		}},
		"long limit": {service: withLimit(24 * time.Hour), body: localeBody, status: 429, told: told{
			"Too many emails were sent to this address. Please wait 24 hours and try again.",
			"このメールアドレスへの送信回数が多すぎます。24時間ほど待ってから、もう一度お試しください。",
			"أُرسل عدد كبير جدًا من الرسائل إلى هذا العنوان. يُرجى إعادة المحاولة بعد 24 ساعة.",
			"Foram enviados e-mails demais para este endereço. Tente novamente em 24 horas.",
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
			s := f.start(t)
			for locale, sentence := range f.told.in() {
				checkSentence(t, name+" in "+locale, f.ask(t, s, locale), f.status, sentence)
			}
		})
	}
}

func (f *failure) start(t *testing.T) *apptest.Service {
	t.Helper()
	if f.service == nil {
		return apptest.Start(t, apptest.Config{})
	}
	return f.service(t)
}

// ask makes the request that fails, as of a person who reads a language.
func (f *failure) ask(t *testing.T, s *apptest.Service, locale string) apptest.Answer {
	t.Helper()
	header := map[string]string{}
	maps.Copy(header, f.header)
	if f.unread {
		header["Accept-Language"] = locale
	}
	return asLogto(t, s, strings.Replace(f.body, "LOCALE", locale, 1), header)
}

// Every sentence reaches its reader in every language that the built-in mails have.
func TestEverySentenceIsTold(t *testing.T) {
	t.Parallel()
	all := failures()
	for sentence, name := range map[string]string{
		"notSent": "Mailgun failing", "maybeSent": "no message id", "stillSending": "key in use", "busy": "slow down",
		"waitMinutes 1": "short limit", "waitMinutes 30": "limit", "waitHours 24": "long limit",
		"expired": "expired", "badAddress": "bad recipient", "badSetup": "refused",
	} {
		t.Run(sentence, func(t *testing.T) {
			t.Parallel()
			f := all[name]
			s := f.start(t)
			key, number, _ := strings.Cut(sentence, " ")
			for _, locale := range builtin.Languages() {
				want := key
				if n, err := strconv.Atoi(number); err == nil {
					want += "." + pluralForm(locale, n)
				}
				text := strings.ReplaceAll(sentencesIn(t, locale)[want], "{n}", number)
				checkSentence(t, sentence+" in "+locale, f.ask(t, s, locale), f.status, text)
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
	for _, x := range []struct{ payload, accepted, want string }{
		{`{"locale":"ja"}`, "", "ja"},
		{`{"locale":"ja-JP"}`, "", "ja"},
		{`{"locale":"ja_JP"}`, "", "ja"},
		{`{"locale":"JA-jp"}`, "", "ja"},
		{`{"locale":"ja_JP.UTF-8"}`, "", "ja"},
		{`{"locale":"en","uiLocales":"ja"}`, "", "ja"},
		{`{"locale":"ja","uiLocales":"en"}`, "", "en"},
		{`{"locale":"en","uiLocales":"sv ja en"}`, "", "ja"},
		{`{"locale":"ja","uiLocales":"sv"}`, "", "ja"},
		{`{"locale":"en-GB","uiLocales":"fr-CA fr en"}`, "ja", "fr"},
		{`{"locale":"sv"}`, "", "en"},
		{`{"locale":"sv"}`, "fi, ja;q=0.5", "ja"},
		{`{"locale":"zh-HK"}`, "", "zh-TW"},
		{`{"locale":"zh-Hant-TW"}`, "", "zh-TW"},
		{`{"locale":"zh"}`, "", "zh-CN"},
		{`{"locale":"pt-PT"}`, "", "pt-BR"},
		{`{"locale":"pt"}`, "", "pt-BR"},
		{`{"locale":"ar-EG"}`, "", "ar"},
		{`{}`, "pt-br,pt;q=0.9,en;q=0.5", "pt-BR"},
		{`{"locale":5,"uiLocales":["en"]}`, "ja", "ja"},
		{`{"locale":5,"uiLocales":"ja"}`, "", "ja"},
		{`{"locale":"!","uiLocales":"- _ jaja ja"}`, "", "ja"},
		{`{"locale":"` + strings.Repeat("ja-", 1000) + `"}`, "", "en"},
		{`{"uiLocales":"` + strings.Repeat("sv ", 10000) + `ja"}`, "", "en"},
		{`"ja"`, "", "en"},
		{`null`, "ja, en", "ja"},
		{`{}`, ";;;", "en"},
	} {
		body := `{"to":"nobody","type":"SignIn","payload":` + x.payload + `}`
		a := asLogto(t, s, body, map[string]string{"Accept-Language": x.accepted})
		texts := sentencesIn(t, x.want)
		if got := string(a.Body); !strings.HasPrefix(got, texts["badAddress"]+" ") && !strings.HasPrefix(got, texts["badSetup"]+" ") {
			t.Errorf("POST /send-code with payload %.100s, Accept-Language %q = %s, want it in %s",
				x.payload, x.accepted, got, x.want)
		}
	}
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
