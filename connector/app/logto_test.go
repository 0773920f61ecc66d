package app_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/connector/app"
	"mailgun-connector/connector/app/apptest"
	"mailgun-connector/connector/config"
	"mailgun-connector/connector/ratelimit"
	"mailgun-connector/connector/sandbox"
)

// logtoCall is one case of testdata/logto-recorded.json: what a real Logto 1.42.0 sent,
// what an earlier version of this service answered, and the mail that came of it. The
// file is a copy of recordings and is never edited to make this test pass.
type logtoCall struct {
	Name    string            `json:"name"`
	Method  string            `json:"method"` // "" where no request reached the service
	Path    string            `json:"path"`
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body"`
	Answer  struct {
		Status  int               `json:"status"`
		Headers map[string]string `json:"headers"`
		Body    map[string]any    `json:"body"`
	} `json:"ourAnswer"`
	Saw struct {
		Mail *logtoMail `json:"mail"`
	} `json:"whatTheUserSaw"`
}

type logtoMail struct {
	From    string `json:"from"`
	To      string `json:"to"`
	Subject string `json:"subject"`
	Text    string `json:"text"`
}

// told are the sentences for the person who signs in: every error that is recorded as a
// problem is one today, since Logto shows it to them (it sends no Accept header). Who
// sends one still gets the problem as it is recorded.
var told = map[string]string{
	"invitation-mailgun-down":    "The email could not be sent. Please try again in a few minutes.",
	"endpoint-without-path":      "Sending email is not set up correctly here. Please contact support.",
	"wrong-token":                "Sending email is not set up correctly here. Please contact support.",
	"no-authorization":           "Sending email is not set up correctly here. Please contact support.",
	"mailgun-401":                "Sending email is not set up correctly here. Please contact support.",
	"mailgun-500":                "The email could not be sent. Please try again in a few minutes.",
	"mailgun-429":                "Too many emails are being sent right now. Please try again in a few minutes.",
	"mailgun-400":                "Too many emails are being sent right now. Please try again in a few minutes.",
	"mailgun-slow-6s":            "The email may be on its way. Please check your inbox, and try again if nothing arrives in a few minutes.",
	"faults-then-code-of-outage": "The email could not be sent. Please try again in a few minutes.",
	"outage-three-codes-2":       "The email could not be sent. Please try again in a few minutes.",
	"outage-three-codes-3":       "The email could not be sent. Please try again in a few minutes.",
	"recipient-limit-2":          "Too many emails were sent to this address. Please wait 10 minutes and try again.",
	"limit-counts-failures-1":    "Too many emails are being sent right now. Please try again in a few minutes.",
	"address-ada@example.org.":   "This email address can't be right. Please check it and try again.",
}

// changed are the outcomes that are others today, with the reason.
var changed = map[string]struct {
	status int
	why    string
}{
	"endpoint-trailing-slash": {200, "a slash too many is forgiven"},
	"invitation-without-link": {400, "a mail without the link that it is for is refused, not sent with {{link}} in it"},
	"limit-counts-failures-2": {200, "the recipient limit no longer counts mails that were never sent"},
}

// unasked are the recordings that have nothing to replay, as no request reached the
// service, with the reason.
var unasked = map[string]string{
	"forgot-password-unknown-address":       "Logto sends nothing to an address that it does not know",
	"sign-in-registration-disabled-unknown": "Logto sends nothing to an address that it does not know",
	"service-down-behind-proxy":             "the service was down",
	"endpoint-no-scheme":                    "Logto takes an endpoint without a scheme for no URL",
	"address-Ada <ada@example.org>":         "Logto refuses the address by itself",
	"address-\"quoted local\"@example.org":  "Logto refuses the address by itself",
}

// TestLogto replays every recording against the running service, as Logto sends it and
// once more with an Accept header.
func TestLogto(t *testing.T) {
	t.Parallel()
	all := logtoCalls(t)
	replayed := map[string]bool{}
	for _, call := range all {
		why, silent := unasked[call.Name]
		if silent != (call.Method == "") {
			t.Errorf("%s has a request: %v, want the opposite (%q)", call.Name, call.Method != "", why)
		}
		if call.Method == "" {
			continue
		}
		replayed[call.Name] = true
		t.Run(call.Name, func(t *testing.T) {
			t.Parallel()
			call.replay(t)
		})
	}
	if want := 50; len(replayed) != want || len(all) != want+len(unasked) {
		t.Errorf("%d of %d recordings are replayed, want %d of %d", len(replayed), len(all), want, want+len(unasked))
	}
	for name := range maps.Keys(told) {
		if !replayed[name] {
			t.Errorf("there is no recording %s", name)
		}
	}
	for name := range maps.Keys(changed) {
		if !replayed[name] {
			t.Errorf("there is no recording %s", name)
		}
	}
}

func logtoCalls(t *testing.T) []logtoCall {
	t.Helper()
	text, err := os.ReadFile("testdata/logto-recorded.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []logtoCall
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// Logto resolves what was asked for to a language of its own: fr-CA to fr, sv to en. The
// mail, or the sentence in its place, is in the one that was asked for.
func TestLogtoLanguages(t *testing.T) {
	t.Parallel()
	calls := map[string]logtoCall{}
	for _, call := range logtoCalls(t) {
		calls[call.Name] = call
	}
	const more = `"templates": [
		{"languageTag": "fr-CA", "templateType": "SignIn", "details": {"subject": "{{code}} est votre code d’accès", "content": "{{code}}"}},
		{"languageTag": "sv", "templateType": "SignIn", "details": {"subject": "{{code}} är din kod", "content": "{{code}}"}},`
	for name, want := range map[string]struct{ subject, sentence string }{
		"sign-in-ui_locales-list":       {" est votre code d’accès", "L’e-mail n’a pas pu être envoyé. Veuillez réessayer dans quelques minutes."},
		"sign-in-ui_locales-sv":         {" är din kod", "The email could not be sent. Please try again in a few minutes."},
		"sign-in-ui_locales-ja":         {" はサインイン用の確認コードです", "メールを送信できませんでした。数分後にもう一度お試しください。"},
		"sign-in-ui_locales-zh-TW":      {" 是您的登入驗證碼", "郵件無法寄出，請過幾分鐘再試一次。"},
		"sign-in-accept-language-fr-CA": {" est votre code de connexion", "L’e-mail n’a pas pu être envoyé. Veuillez réessayer dans quelques minutes."},
		"account-bind-new-identifier-2": {" is your Acme verification code", "メールを送信できませんでした。数分後にもう一度お試しください。"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			call, ok := calls[name]
			if !ok {
				t.Fatal("there is no such recording")
			}
			s := apptest.Start(t, apptest.Config{Connector: strings.Replace(logtoConfig, `"templates": [`, more, 1)})
			if a := call.send(t, s, ""); a.Status != http.StatusOK {
				t.Fatalf("answer = %d %s, want 200", a.Status, a.Body)
			}
			if got := url.Values(s.Sandbox.Messages()[0].Form).Get("subject"); !strings.HasSuffix(got, want.subject) {
				t.Errorf("subject = %q, want %q at its end", got, want.subject)
			}
			s.Sandbox.SetFaults(sandbox.Fault{Status: http.StatusInternalServerError})
			a := call.send(t, s, "")
			if got := string(a.Body); got != want.sentence+" "+a.Header.Get("X-Request-Id") {
				t.Errorf("answer without Mailgun = %q, want %q", got, want.sentence)
			}
		})
	}
}

func (r *logtoCall) replay(t *testing.T) {
	s := r.service(t)
	before := len(s.Sandbox.Messages())
	got := r.send(t, s, "")
	if change, ok := changed[r.Name]; ok {
		if got.Status != change.status {
			t.Errorf("answer = %d %s, want %d: %s", got.Status, got.Body, change.status, change.why)
		}
		return
	}
	if sentence, ok := told[r.Name]; ok {
		r.checkHead(t, got, "text/plain; charset=utf-8")
		if want := sentence + " " + got.Header.Get("X-Request-Id"); string(got.Body) != want {
			t.Errorf("answer = %s, want %s", got.Body, want)
		}
		got = r.send(t, r.service(t), "*/*")
	}
	r.checkHead(t, got, r.Answer.Headers["Content-Type"])
	var body map[string]any
	got.Decode(t, &body)
	if diff := cmp.Diff(unidentified(r.Answer.Body), unidentified(body)); diff != "" {
		t.Errorf("answer (-recorded +ours):\n%s", diff)
	}
	if want := r.Saw.Mail; want != nil && r.Answer.Status == http.StatusOK && strings.Contains(string(r.Body), want.To) {
		sent := s.Sandbox.Messages()[before:]
		if len(sent) != 1 {
			t.Fatalf("%d mails, want one", len(sent))
		}
		form := url.Values(sent[0].Form)
		mail := &logtoMail{form.Get("from"), form.Get("to"), form.Get("subject"), form.Get("text")}
		if diff := cmp.Diff(want, mail); diff != "" {
			t.Errorf("mail (-recorded +ours):\n%s", diff)
		}
	}
}

// send makes the request as it was recorded, but for the token and the Accept header.
func (r *logtoCall) send(t *testing.T, s *apptest.Service, accept string) apptest.Answer {
	t.Helper()
	header := map[string]string{"Accept": accept}
	for name, value := range r.Headers {
		switch strings.ToLower(name) {
		case "host", "connection", "content-length", "accept-encoding":
		default:
			header[name] = strings.Replace(value, "<token>", apptest.Token, 1)
		}
	}
	return s.Do(t, r.Method, r.Path, string(r.Body), header)
}

func (r *logtoCall) checkHead(t *testing.T, got apptest.Answer, media string) {
	t.Helper()
	if got.Status != r.Answer.Status || got.Header.Get("Content-Type") != media || got.Header.Get("Retry-After") != r.Answer.Headers["Retry-After"] {
		t.Errorf("answer = %d %s with Retry-After %q: %s, want %d %s with %q", got.Status, got.Header.Get("Content-Type"),
			got.Header.Get("Retry-After"), got.Body, r.Answer.Status, media, r.Answer.Headers["Retry-After"])
	}
}

// unidentified is an answer with what is new in each left out.
func unidentified(answer map[string]any) map[string]any {
	answer = maps.Clone(answer)
	for _, name := range []string{"id", "providerId", "requestId"} {
		if id, _ := answer[name].(string); id != "" {
			answer[name] = "<id>"
		}
	}
	return answer
}

// numbered is at the end of the names of calls that were recorded together.
var numbered = regexp.MustCompile(`-\d$`)

// service runs a service in the state that the recording was made in.
func (r *logtoCall) service(t *testing.T) *apptest.Service {
	t.Helper()
	setup := apptest.Config{Connector: logtoConfig}
	name, durable := strings.CutSuffix(numbered.ReplaceAllString(r.Name, ""), "+database")
	setup.Options = func(o *app.Options) {
		o.Console = false
		if durable {
			o.Database, o.Retention = config.Secret("sqlite:"+filepath.Join(t.TempDir(), "outbox.db")), 24*time.Hour
		}
		switch name {
		case "mailgun-slow-6s":
			o.SendTimeout = time.Second
		case "recipient-limit":
			o.RecipientLimit = ratelimit.Rate{Sends: 1, Per: 10 * time.Minute}
		case "limit-counts-failures":
			o.RecipientLimit = ratelimit.Rate{Sends: 2, Per: 10 * time.Minute}
		}
	}
	s := apptest.Start(t, setup)
	switch name {
	case "invitation-mailgun-down", "mailgun-500", "faults-then-code-of-outage", "outage-three-codes":
		s.Sandbox.SetFaults(sandbox.Fault{Status: 500})
	case "mailgun-401":
		s.Sandbox.SetFaults(sandbox.Fault{Status: 401})
	case "mailgun-429":
		s.Sandbox.SetFaults(sandbox.Fault{Status: 429})
	case "mailgun-400":
		s.Sandbox.SetFaults(sandbox.Fault{Status: 400})
	case "mailgun-slow-6s":
		s.Sandbox.SetFaults(sandbox.Fault{Hang: true})
	case "recipient-limit":
		if a := r.send(t, s, ""); a.Status != http.StatusOK {
			t.Fatalf("the send before = %d %s, want 200", a.Status, a.Body)
		}
	case "limit-counts-failures":
		s.Sandbox.SetFaults(sandbox.Fault{Status: 400})
		if r.Name == "limit-counts-failures-2" { // after many that failed
			for range 5 {
				r.send(t, s, "")
			}
			s.Sandbox.SetFaults()
		}
	}
	return s
}

// logtoConfig is as much of the config of the recordings as their mails tell.
const logtoConfig = `{
	"domain": "mg.example.com",
	"from": "Acme <no-reply@mg.example.com>",
	"deliveries": {
		"SignIn": {
			"subject": "{{code}} is your Acme sign-in code", "html": "<p>{{code}}</p>",
			"text": "Your sign-in code for {{application.name}} is {{code}}.\n\nIt works once and expires in ten minutes. If you did not try to sign in,\nignore this mail: nobody gets in without the code.\n"
		},
		"Register": {
			"subject": "{{code}} is your Acme sign-up code", "html": "<p>{{code}}</p>",
			"text": "Welcome to Acme. Your sign-up code is {{code}}.\n\nIt works once and expires in ten minutes."
		},
		"OrganizationInvitation": {
			"subject": "You are invited to join {{organization.name}}", "html": "<a href=\"{{link}}\">Accept the invitation</a>",
			"text": "You are invited to join {{organization.name}} at Acme.\n\nAccept the invitation ( {{link}} )"
		},
		"Generic": {
			"subject": "{{code}} is your Acme verification code", "html": "<p>{{code}}</p>",
			"text": "Your verification code is {{code}}.\n\nIt works once and expires in ten minutes. If you did not ask for it, ignore this mail."
		}
	},
	"templates": [
		{"languageTag": "de", "templateType": "Generic", "details": {
			"subject": "{{code}} ist Ihr Bestätigungscode bei Acme",
			"content": "<p>Ihr Bestätigungscode ist {{code}}.</p><p>Er gilt einmal und läuft in zehn Minuten ab.</p>"}},
		{"languageTag": "zh-TW", "templateType": "SignIn", "details": {
			"subject": "{{code}} 是您的登入驗證碼", "content": "您在 {{application.name}} 的登入驗證碼是 {{code}}",
			"contentType": "text/plain", "sendFrom": "{{application.name}} <no-reply@mg.example.com>"}},
		{"languageTag": "ja", "templateType": "SignIn", "details": {
			"subject": "{{code}} はサインイン用の確認コードです", "content": "{{application.name}} の確認コードは {{code}}",
			"contentType": "text/plain", "sendFrom": "{{application.name}} <no-reply@mg.example.com>"}},
		{"languageTag": "fr", "templateType": "SignIn", "details": {
			"subject": "{{code}} est votre code de connexion", "content": "Votre code de connexion pour {{application.name}} est {{code}}",
			"contentType": "text/plain", "sendFrom": "{{application.name}} <no-reply@mg.example.com>"}}
	]
}`
