package app_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"mailgun-connector/connector/app"
	"mailgun-connector/connector/app/apptest"
	"mailgun-connector/connector/config"
	"mailgun-connector/connector/ratelimit"
	"mailgun-connector/connector/sandbox"
)

// What must never be seen outside a mail. The values occur nowhere else, so that
// finding one is never an accident. The code stands in two halves: a text that
// was cut off inside it must not give either away.
const (
	code1, code2 = "Q8XW", "93KZ" // no random id has them: those of base 32 lack 8 and 9, those of base 16 capitals
	code         = code1 + code2
	recipient    = "wilhelmina.quux@recipient-domain.example"
	person       = "Ottoline Vexworth"
	link         = "https://app.example.org/invite?ticket=tkt-5HJ2NQ&org=zzorg"
	subjectWords = "Zebrafish subject"
	bodyWords    = "Quokka body"
	token        = "tok-4M8R2CVB61PL0YXD"
	wrongToken   = "tok-wrong-9JHG65FDE3"
	apiKey       = "key-e5b1c08f2a6d4973"
	otherKey     = "key-77aa31d9be60c4f8"
	envKey       = "key-0d9c8b7a6f5e4d3c"
)

var secrets = []string{
	code1, code2, recipient, "wilhelmina", "Ottoline", "tkt-5HJ2NQ", subjectWords, "Zebrafish", bodyWords, "Quokka",
	token, wrongToken, apiKey, otherKey, envKey,
}

// witness collects what the service lets out.
type witness struct {
	t *testing.T
	s *apptest.Service
	// seen is every answer, by what was asked.
	seen map[string]apptest.Answer
}

// leaks names the secrets in a text.
func leaks(text string) []string {
	return slices.DeleteFunc(slices.Clone(secrets), func(s string) bool { return !strings.Contains(text, s) })
}

// ask sends a request with the token and keeps the answer.
func (w *witness) ask(what, path, body string, header ...string) apptest.Answer {
	w.t.Helper()
	h := map[string]string{"Authorization": "Bearer " + token, "Content-Type": "application/json", "X-Request-Id": recipient}
	for i := 0; i+1 < len(header); i += 2 {
		h[header[i]] = header[i+1]
	}
	method := http.MethodPost
	if body == "" {
		method = http.MethodGet
	}
	a := w.s.Do(w.t, method, path, body, h)
	w.seen[what] = a
	return a
}

// check looks for secrets in all answers and in the log.
func (w *witness) check() {
	w.t.Helper()
	for what, a := range w.seen {
		if found := leaks(fmt.Sprint(a.Header) + string(a.Body)); len(found) > 0 {
			w.t.Errorf("answer to %s holds %q: %s", what, found, a.Body)
		}
	}
	for line := range strings.Lines(w.s.Logs.String()) {
		if found := leaks(line); len(found) > 0 {
			w.t.Errorf("log line holds %q: %s", found, line)
		}
	}
}

const secretDeliveries = `"deliveries":{
	"Generic":{"subject":"` + subjectWords + `  {{code}} for {{name}}","html":"<p>` + bodyWords + ` {{code}} {{link}} {{name}}</p>"},
	"OrganizationInvitation":{"subject":"` + subjectWords + `","html":"<p>` + bodyWords + ` <a href='{{link}}'>{{link}}</a></p>"},
	"Stored":{"template":"stored","variables":{"a":"` + bodyWords + `"}}}`

const secretConfig = `{"domain":"` + apptest.Domain + `","from":"Sender <no-reply@mg.example.com>","apiKey":"` + apiKey + `",` + secretDeliveries + `}`

func mailTo(to, usageType string) string {
	body, _ := json.Marshal(map[string]any{"to": to, "type": usageType, "ip": "203.0.113.9",
		"payload": map[string]any{"code": code, "link": link, "name": person, "user": map[string]string{"primaryEmail": recipient}}})
	return string(body)
}

func newWitness(t *testing.T, change func(*app.Options)) *witness {
	t.Helper()
	s := apptest.Start(t, apptest.Config{
		Connector: secretConfig,
		LogLevel:  slog.LevelDebug,
		Sandbox:   func(c *sandbox.Config) { c.APIKey = apiKey },
		Options: func(o *app.Options) {
			o.Token, o.APIKey = token+" send,read,edit", envKey
			o.SendTimeout, o.RetryMax = 600*time.Millisecond, 1
			if change != nil {
				change(o)
			}
		},
	})
	w := &witness{t, s, map[string]apptest.Answer{}}
	t.Cleanup(w.check)
	return w
}

func TestSecrecyOfSends(t *testing.T) {
	t.Parallel()
	w := newWitness(t, func(o *app.Options) { o.RecipientLimit = ratelimit.Rate{Sends: 3, Per: time.Hour} })
	for _, usageType := range []string{"SignIn", "OrganizationInvitation", "Stored"} {
		if a := w.ask("send "+usageType, "/send-code", mailTo(recipient, usageType)); a.Status != 200 {
			t.Fatalf("POST /send-code %s = %d %s, want 200", usageType, a.Status, a.Body)
		}
	}
	if a := w.ask("send over the limit", "/send-code", mailTo(recipient, "SignIn")); a.Status != 429 {
		t.Errorf("POST /send-code over the limit = %d, want 429", a.Status)
	}
	for what, body := range map[string]string{
		"no JSON":        `{"to":"` + recipient + `","payload":{"code":"` + code + `"`,
		"to a number":    `{"to":17,"type":"SignIn","payload":{"code":"` + code + `"}}`,
		"payload a text": `{"to":"` + recipient + `","type":"SignIn","payload":"` + code + `"}`,
		"code a number":  `{"to":"` + recipient + `","type":"SignIn","payload":{"code":81,"link":"` + link + `"}}`,
		"trailing":       mailTo(recipient, "SignIn") + code,
		"two recipients": mailTo(recipient+","+recipient, "SignIn"),
		"named":          mailTo(person+" <"+recipient+">", "SignIn"),
		"broken":         mailTo(recipient+"\r\nBcc: "+recipient, "SignIn"),
		"long":           mailTo(strings.Repeat("a", 300)+recipient, "SignIn"),
		"bad type":       mailTo(recipient, code+" "+recipient),
		"no code":        `{"to":"` + recipient + `","type":"SignIn","payload":{"name":"` + person + `"}}`,
		"header break":   `{"to":"` + recipient + `","type":"SignIn","payload":{"code":"` + code + `","name":"` + person + `\r\nBcc: ` + recipient + `"}}`,
		"array":          `["` + code + `"]`,
		"too large":      `{"to":"` + recipient + strings.Repeat(code, 40_000) + `"}`,
	} {
		if a := w.ask(what, "/send-code", body); a.Status < 400 || a.Status > 499 {
			t.Errorf("POST /send-code %s = %d, want 4xx", what, a.Status)
		}
	}
	w.ask("wrong media type", "/send-code", mailTo(recipient, "SignIn"), "Content-Type", "text/"+code)
	w.ask("wrong token", "/send-code", mailTo(recipient, "SignIn"), "Authorization", "Bearer "+wrongToken)
	w.ask("basic", "/send-code", mailTo(recipient, "SignIn"), "Authorization", "Basic "+wrongToken)
	w.ask("unknown path", "/send-code/"+code+"?to="+recipient, mailTo(recipient, "SignIn"))
	w.ask("wrong method", "/send-code?to="+recipient, "")
	for _, path := range []string{"/metrics", "/metadata", "/healthz", "/readyz", "/openapi.yaml", "/schema/connector.json"} {
		w.ask(path, path, "")
	}
}

// Whatever Mailgun says, and however it says it, what a caller and the log learn
// of it must be free of the mail.
func TestSecrecyOfMailgunErrors(t *testing.T) {
	t.Parallel()
	w := newWitness(t, nil)
	echo := func(format string, args ...any) string {
		body, _ := json.Marshal(map[string]string{"message": fmt.Sprintf(format, args...)})
		return string(body)
	}
	subject := subjectWords + "  " + code + " for " + person // its white space may come back changed
	texts := map[string]string{
		"address":      echo("'%s' is not a valid address, nor is <%s>", recipient, strings.ToUpper(recipient)),
		"code":         echo("code %s is spam", code),
		"subject":      echo("subject %q is spam", subject),
		"one space":    echo("subject %s is spam", strings.Join(strings.Fields(subject), " ")),
		"link":         echo("link %s is on a list", link),
		"cut code":     echo("%s%s", strings.Repeat("x ", 98), code), // stands across the place where texts are cut
		"cut subject":  echo("%s%s", strings.Repeat("y ", 95), subject),
		"cut address":  echo("%s%s", strings.Repeat("z ", 93), recipient),
		"page":         "<html>" + code + " " + recipient + " " + bodyWords + "</html>",
		"forbidden":    "Forbidden " + apiKey,
		"other member": `{"error":"` + code + `","to":"` + recipient + `"}`,
		"limit":        echo("recipient limit exceeded for %s %s, try again after 300 seconds", recipient, code),
	}
	for name, body := range texts {
		for _, status := range []int{200, 302, 400, 401, 403, 404, 413, 420, 429, 500} {
			w.s.Sandbox.SetFaults(sandbox.Fault{Status: status, Body: body})
			if a := w.ask(fmt.Sprintf("%s with %d", name, status), "/send-code", mailTo(recipient, "SignIn")); a.Status < 400 {
				t.Errorf("POST /send-code when Mailgun answers %d = %d, want an error", status, a.Status)
			}
		}
	}
	for what, fault := range map[string]sandbox.Fault{
		"hang": {Hang: true}, "drop before": {Drop: sandbox.DropBefore}, "drop after": {Drop: sandbox.DropAfter},
	} {
		w.s.Sandbox.SetFaults(fault)
		w.ask(what, "/send-code", mailTo(recipient, "SignIn"))
	}
	// A success's words come from Mailgun, or from a proxy that plays it.
	w.s.Sandbox.SetFaults(sandbox.Fault{Status: 200, Body: `{"id":"<1@mg.example.com>","message":"Queued ` + code + ` for ` + recipient + `"}`})
	w.ask("success that repeats the mail", "/send-code", mailTo(recipient, "SignIn"))
	w.s.Sandbox.SetFaults(sandbox.Fault{Status: 400, Body: echo("key %s may not send", apiKey)})
	w.ask("error that repeats the key", "/send-code", mailTo(recipient, "SignIn"))
}

// badConfigs have secrets in places where they don't belong.
var badConfigs = map[string]string{
	"domain":           `{"domain":"` + apiKey + `/x","from":"a@x.example",` + secretDeliveries + `}`,
	"from":             `{"domain":"x.example","from":"` + apiKey + `",` + secretDeliveries + `}`,
	"apiKey list":      `{"domain":"x.example","apiKey":["` + apiKey + `"],"from":"a@x.example",` + secretDeliveries + `}`,
	"apiKey spaces":    `{"domain":"x.example","apiKey":"` + apiKey + ` ` + otherKey + `","from":"a@x.example",` + secretDeliveries + `}`,
	"endpoint user":    `{"domain":"x.example","endpoint":"https://api:` + apiKey + `@api.mailgun.net","from":"a@x.example",` + secretDeliveries + `}`,
	"endpoint query":   `{"domain":"x.example","endpoint":"https://api.mailgun.net?key=` + apiKey + `","from":"a@x.example",` + secretDeliveries + `}`,
	"endpoint no URL":  `{"domain":"x.example","endpoint":"` + apiKey + `","from":"a@x.example",` + secretDeliveries + `}`,
	"endpoint control": `{"domain":"x.example","endpoint":"https://x\u007f` + apiKey + `","from":"a@x.example",` + secretDeliveries + `}`,
	"language":         `{"domain":"x.example","fallbackLanguage":"` + apiKey + `!","from":"a@x.example",` + secretDeliveries + `}`,
	"deliverWithin":    `{"domain":"x.example","options":{"deliverWithin":"` + apiKey + `"},"from":"a@x.example",` + secretDeliveries + `}`,
	"tag":              `{"domain":"x.example","options":{"tags":["` + apiKey + `\n"]},"from":"a@x.example",` + secretDeliveries + `}`,
	"tracking":         `{"domain":"x.example","options":{"tracking":"` + apiKey + `"},"from":"a@x.example",` + secretDeliveries + `}`,
	"header value":     `{"domain":"x.example","options":{"headers":{"X-A":"` + apiKey + `\n"}},"from":"a@x.example",` + secretDeliveries + `}`,
	"content type":     `{"domain":"x.example","from":"a@x.example",` + secretDeliveries + `,"templates":[{"languageTag":"en","templateType":"T","details":{"subject":"s","content":"c","contentType":"` + apiKey + `"}}]}`,
	"deliveries":       `{"domain":"x.example","from":"a@x.example","apiKey":"` + apiKey + `","deliveries":"` + bodyWords + `"}`,
	"delivery text":    `{"domain":"x.example","from":"a@x.example","apiKey":"` + apiKey + `","deliveries":{"Generic":"` + bodyWords + `"}}`,
	"subject break":    `{"domain":"x.example","from":"a@x.example","apiKey":"` + apiKey + `","deliveries":{"Generic":{"subject":"` + subjectWords + `\n","html":"` + bodyWords + `"}}}`,
	"file":             `{"domain":"x.example","from":"a@x.example","apiKey":"` + apiKey + `","deliveries":{"Generic":{"htmlFile":"mail.html","subject":"` + subjectWords + `"}}}`,
	"cut off":          `{"domain":"x.example","apiKey":"` + apiKey + `","from":`,
	"cut key":          `{"domain":"x.example","apiKey":"` + apiKey,
	"bare key":         `{"apiKey":` + apiKey + `}`,
	"YAML tag":         "domain: x.example\nfrom: a@x.example\napiKey: !!int " + apiKey + "\ndeliveries: {Generic: {html: " + bodyWords + "}}\n",
	"YAML indent":      "domain: x.example\n  apiKey: " + apiKey + "\nfrom: : a@x.example\n",
	"YAML quote":       "apiKey: \"" + apiKey + "\ndomain: x.example\n",
	"YAML anchor":      "apiKey: *" + apiKey + "\ndomain: x.example\n",
}

func TestSecrecyOfConfigs(t *testing.T) {
	t.Parallel()
	w := newWitness(t, nil)
	for name, config := range badConfigs {
		media := "application/json"
		if strings.HasPrefix(name, "YAML") {
			media = "application/yaml"
		}
		if a := w.ask("validating bad "+name, "/config/validate", config, "Content-Type", media); a.Status != 400 {
			t.Errorf("POST /config/validate %s = %d, want 400", name, a.Status)
		}
		write(t, w.s.ConfigPath, config)
		switch err := w.s.App.Reload(); {
		case err == nil:
			t.Errorf("Reload() with a bad %s = nil, want an error", name)
		case len(leaks(err.Error())) > 0:
			t.Errorf("Reload() with a bad %s = %v, which holds %q", name, err, leaks(err.Error()))
		}
		if media == "application/json" && json.Valid([]byte(config)) {
			w.ask("testing bad "+name, "/test", `{"email":"`+recipient+`","config":`+config+`}`)
			w.ask("previewing bad "+name, "/preview", `{"type":"SignIn","config":`+config+`}`)
		}
	}
	w.s.WriteConfig(t, secretConfig)
	if err := w.s.App.Reload(); err != nil {
		t.Fatal(err)
	}
	draft := w.s.Fill(t, strings.Replace(secretConfig, apiKey, otherKey, 1))
	w.ask("testing another key", "/test", `{"email":"`+recipient+`","config":`+draft+`}`)
	w.ask("testing our key", "/test", `{"email":"`+recipient+`","config":`+w.s.Fill(t, secretConfig)+`}`)
	w.ask("testing a bad address", "/test", `{"email":"`+person+` <`+recipient+`>"}`)
	w.ask("validating a good config", "/config/validate", w.s.Fill(t, secretConfig))
}

// /preview and GET /config show contents by design, but neither a key nor a token.
func TestSecrecyOfKeysInShownContent(t *testing.T) {
	t.Parallel()
	w := newWitness(t, func(o *app.Options) {
		o.TokenFile = filepath.Join(t.TempDir(), "tokens")
		write(t, o.TokenFile, wrongToken+"x\n")
	})
	for _, a := range []apptest.Answer{
		w.s.Do(t, http.MethodPost, "/preview", mailTo(recipient, "SignIn"), map[string]string{"Authorization": token, "Content-Type": "application/json"}),
		w.s.Do(t, http.MethodGet, "/config", "", map[string]string{"Authorization": token}),
	} {
		if a.Status != 200 {
			t.Fatalf("status %d %s, want 200", a.Status, a.Body)
		}
		for _, secret := range []string{token, wrongToken, apiKey, envKey} {
			if strings.Contains(string(a.Body)+fmt.Sprint(a.Header), secret) {
				t.Errorf("answer holds %q: %s", secret, a.Body)
			}
		}
	}
	var shown struct{ APIKey string }
	if w.s.Do(t, http.MethodGet, "/config", "", map[string]string{"Authorization": token}).Decode(t, &shown); shown.APIKey != config.Masked {
		t.Errorf("apiKey of GET /config = %q, want %q", shown.APIKey, config.Masked)
	}
}
