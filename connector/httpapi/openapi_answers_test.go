package httpapi_test

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/app"
	"mailgun-connector/connector/app/apptest"
	"mailgun-connector/connector/sandbox"
	"mailgun-connector/schema"
)

// unprovoked are the promises of the document that no test can bring about, with
// the reason.
var unprovoked = map[string]string{}

const (
	goodBody = `{"to":"user@example.org","type":"SignIn","payload":{"code":"739164","locale":"fr"}}`
	goodTest = `{"email":"user@example.org","type":"SignIn"}`

	// manyContents has each kind of content, and no Generic.
	manyContents = `{"domain":"mg.example.com","from":"Sender Name <no-reply@mg.example.com>",
		"templates":[{"languageTag":"ja","templateType":"SignIn","details":{"subject":"{{code}}","content":"<p>{{code}}</p>"}}],
		"options":{"tags":["otp"]},
		"deliveries":{
			"SignIn":{"subject":"{{code}} is your code","html":"<p>Your code is {{code}}, {{user.name}}</p>","replyTo":"help@example.org"},
			"MfaVerification":{"template":"mfa","variables":{"brand":"Example Shop"}}}}`
	// draftConfig is put into bodies; without an endpoint of its own it is
	// Mailgun's, so nothing must be sent with it.
	draftConfig = `{"domain":"mg.example.com","from":"no-reply@mg.example.com","deliveries":{"Generic":{"text":"{{code}}","html":"<p>{{code}}</p>"}}}`
)

// tried is one request of [TestOpenAPIAnswers].
type tried struct {
	method, path string
	body         string
	header       map[string]string // laid over the token and application/json; "" removes
	status       int
	code         connector.Code
}

// exchange makes the request and holds the answer, and the body of a request
// that was fine, against the document.
func (x tried) exchange(t *testing.T, c *contract, s *apptest.Service) {
	t.Helper()
	header := map[string]string{"Authorization": "Bearer " + apptest.Token}
	if x.method == http.MethodPost || x.method == http.MethodPut {
		header["Content-Type"] = "application/json"
	}
	maps.Copy(header, x.header)
	maps.DeleteFunc(header, func(_, value string) bool { return value == "" })
	a := s.Do(t, x.method, x.path, x.body, header)
	op := operation{x.method, documentedPath(x.path)}
	if code := c.check(t, op, a); a.Status != x.status || code != string(x.code) {
		t.Errorf("%s(%.100q) = %d %q, want %d %q; body %.300q", op, x.body, a.Status, code, x.status, x.code, a.Body)
	}
	if x.status < 300 && x.body != "" {
		at, _, _ := c.resolve(op.pointer("requestBody"))
		at += "/content/" + step(header["Content-Type"]) + "/schema"
		if err := c.schema(t, at).Validate(decodeAs(t, header["Content-Type"], []byte(x.body))); err != nil {
			t.Errorf("%s takes the body %s, which is not documented: %v", op, x.body, err)
		}
	}
}

var inPath = map[string]*regexp.Regexp{
	"/suppressions/{kind}":  regexp.MustCompile(`^/suppressions/[^/?]+`),
	"/messages/{id}":        regexp.MustCompile(`^/messages/[^/?]+`),
	"/config/versions/{id}": regexp.MustCompile(`^/config/versions/[^/?]+`),
	"/config/files/{path}":  regexp.MustCompile(`^/config/files/.+`),
	"/hooks/{name}":         regexp.MustCompile(`^/hooks/[^/?]+`),
}

// documentedPath gives a path as the document has it.
func documentedPath(path string) string {
	path, _, _ = strings.Cut(path, "?")
	if path == "/messages/search" {
		return path
	}
	for documented, real := range inPath {
		path = real.ReplaceAllString(path, documented)
	}
	return path
}

// mediaType gives one that an operation takes.
func (c *contract) mediaType(op operation) string {
	_, body, _ := c.resolve(op.pointer("requestBody"))
	content, _ := body["content"].(map[string]any)
	return slices.Min(slices.Collect(maps.Keys(content)))
}

// takesBody reports whether an operation is a caller's, with a body.
func (c *contract) takesBody(op operation) bool {
	return c.lookup(op.pointer("requestBody")) != nil && !c.isPublic(op)
}

// TestOpenAPIAnswers brings about everything that the document says may be
// answered, holds each answer against it, and fails if some promise was never
// seen.
func TestOpenAPIAnswers(t *testing.T) {
	t.Parallel()
	c := loadContract(t)
	late := startSlowBodies(t, c)
	t.Cleanup(func() { // after all subtests
		late(t)
		for _, promise := range c.promises(t) {
			if _, excused := unprovoked[promise]; c.seen[promise] == excused {
				t.Errorf("%q: seen = %v, excused = %v (%s)", promise, c.seen[promise], excused, unprovoked[promise])
			}
		}
	})
	for name, try := range map[string]func(*testing.T, *contract){
		"plain": plainAnswers, "scopes": lackingScopes, "bad bodies": badBodies, "mailgun": mailgunAnswers,
		"limit": overTheLimit, "busy": tooManyInFlight, "broken": brokenInside, "keys": keysInUse, "queued": queuedMail,
		"messages": lookedUp, "versions": keptVersions, "reports": reports, "saved": savedConfigs, "mail files": mailFiles, "all mails": allMails, "all callers": allCallers, "saved as YAML": yamlConfigs,
		"unread files": unreadFiles, "calls": calls, "suppressions": suppressedRecipients,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			try(t, c)
		})
	}
}

func plainAnswers(t *testing.T, c *contract) {
	s := apptest.Start(t, apptest.Config{Connector: manyContents})
	own := s.Fill(t, draftConfig)
	for _, x := range []tried{
		{"GET", "/healthz", "", nil, 200, ""},
		{"GET", "/readyz", "", nil, 200, ""},
		{"GET", "/metrics", "", nil, 200, ""},
		{"GET", "/openapi.yaml", "", nil, 200, ""},
		{"GET", "/schema/connector.json", "", nil, 200, ""},
		{"GET", "/metadata", "", nil, 200, ""},
		{"GET", "/config", "", nil, 200, ""},
		{"GET", "/config", "", map[string]string{"Authorization": ""}, 401, "authorization_failed"},
		{"GET", "/nowhere", "", nil, 404, "invalid_request_parameters"},
		{"GET", "/nowhere", "", map[string]string{"Authorization": ""}, 404, "invalid_request_parameters"},
		{"PUT", "/send-code", "", nil, 405, "invalid_request_parameters"},
		{"DELETE", "/healthz", "", map[string]string{"Authorization": ""}, 405, "invalid_request_parameters"},

		{"POST", "/send-code", goodBody, nil, 200, ""},
		{"POST", "/send-code", `{"to":"user@example.org","type":"MfaVerification","payload":null,"ip":null,"more":1}`, nil, 200, ""},
		{"POST", "/send-code", `{"to":"user@example.org","type":"SignIn"}`, nil, 400, "insufficient_request_parameters"},
		{"POST", "/send-code", `{"to":"user@example.org","type":"Register","payload":{"code":"739164"}}`, nil, 400, "template_not_found"},

		{"POST", "/test", goodTest, nil, 204, ""},
		{"POST", "/test", `{"email":"user@example.org","locale":"fr","config":` + own + `}`, nil, 204, ""},
		{"POST", "/test", `{"email":"user@example.org","type":"SignIn","payload":{"code":"1"}}`, nil, 204, ""},
		{"POST", "/test", `{"email":"user@example.org","type":"SignIn","payload":{}}`, nil, 400, "insufficient_request_parameters"},
		{"POST", "/test", `{"email":"user@example.org","type":"","config":null}`, nil, 400, "template_not_found"},
		{"POST", "/test", `{"email":"user@example.org","config":{"domain":5}}`, nil, 400, "invalid_config"},

		{"POST", "/preview", `{"type":"SignIn"}`, nil, 200, ""},
		{"POST", "/preview", `{"caller":"nobody","request":{"body":"{}"}}`, nil, 404, "invalid_request_parameters"},
		{"POST", "/preview", `{"type":"MfaVerification","to":"user@example.org","payload":{"n":1e3}}`, nil, 200, ""},
		{"POST", "/preview", `{"type":"SignIn","payload":{"code":"739164","uiLocales":"de ja"}}`, nil, 200, ""},
		{"POST", "/preview", `{"type":"Any","config":` + draftConfig + `}`, nil, 200, ""},
		{"POST", "/preview", `{"type":"SignIn","payload":{}}`, nil, 400, "insufficient_request_parameters"},
		{"POST", "/preview", `{"type":"Register"}`, nil, 400, "template_not_found"},
		{"POST", "/preview", `{"type":"SignIn","config":{}}`, nil, 400, "invalid_config"},

		{"POST", "/doctor", "{}", nil, 200, ""},
		{"POST", "/doctor", `{"url":"https://codes.example.com","config":` + own + `}`, nil, 200, ""},
		{"POST", "/doctor", `{"url":"codes.example.com"}`, nil, 400, "invalid_request_parameters"},
		{"POST", "/doctor", `{"config":{}}`, nil, 400, "invalid_config"},

		{"POST", "/config/validate", own, nil, 200, ""},
		{"POST", "/config/validate", `{"domain":"mg.example.com","from":"no-reply@mg.example.com","deliveries":{"A":{"html":"x"}}}`, nil, 200, ""},
		{"POST", "/config/validate", "domain: mg.example.com\nfrom: no-reply@mg.example.com\ndeliveries:\n  A:\n    html: x\n",
			map[string]string{"Content-Type": "application/yaml"}, 200, ""},
		{"POST", "/config/validate", "domain: mg.example.com\nfrom: []\ndeliveries:\n  A:\n    html: 5\n",
			map[string]string{"Content-Type": "application/yaml"}, 400, "invalid_config"},
		{"POST", "/config/validate", "5", nil, 400, "invalid_config"},
		{"POST", "/config/validate", "{domain: mg.example.com, from: no-reply@mg.example.com, deliveries: {A: {html: x}}}",
			map[string]string{"Content-Type": "application/yaml"}, 200, ""},
		{"POST", "/config/validate", "domain: mg.example.com", nil, 400, "invalid_config"},
		{"GET", "/config", "", map[string]string{"Accept": "application/yaml"}, 200, ""},
		{"GET", "/config", "", map[string]string{"If-None-Match": "*"}, 304, ""},
		{"GET", "/token", "", nil, 200, ""},
		{"GET", "/token", "", map[string]string{"Authorization": ""}, 401, "authorization_failed"},
		{"GET", "/status", "", nil, 200, ""},
		{"GET", "/status", "", map[string]string{"Authorization": ""}, 401, "authorization_failed"},
	} {
		x.exchange(t, c, s)
	}
	a := s.Get(t, "/config")
	tried{"GET", "/config", "", map[string]string{"If-None-Match": a.Header.Get("ETag")}, 304, ""}.exchange(t, c, s)
	var config any
	a.Decode(t, &config)
	schema.Validate(config, func(pointer, detail string) bool {
		t.Errorf("GET /config returns what its own schema refuses: %s %s", pointer, detail)
		return true
	})
	if a := s.Get(t, "/openapi.yaml"); string(a.Body) != c.text {
		t.Error("GET /openapi.yaml is not the document")
	}
}

// badBodies tries what every route with a body refuses alike.
func badBodies(t *testing.T, c *contract) {
	s := apptest.Start(t, apptest.Config{})
	tooLarge := func(path string) string {
		size := 256 << 10
		if strings.HasPrefix(path, "/config") {
			size = 4 << 20
		}
		return `{"x":"` + strings.Repeat("x", size) + `"}`
	}
	for _, op := range c.operations() {
		if !c.takesBody(op) {
			continue
		}
		for _, x := range []tried{
			{body: "", status: 400, code: "invalid_request_parameters"},
			{body: " \n", status: 400, code: "invalid_request_parameters"},
			{body: tooLarge(op.path), status: 413, code: "invalid_request_parameters"},
			{body: "{}", header: map[string]string{"Content-Type": "image/png"}, status: 415, code: "invalid_request_parameters"},
			{body: "{}", header: map[string]string{"Content-Type": ""}, status: 415, code: "invalid_request_parameters"},
			{body: "{}", header: map[string]string{"Authorization": "Bearer wrong"}, status: 401, code: "authorization_failed"},
		} {
			x.method, x.path = op.method, op.path
			x.header = maps.Clone(x.header)
			if x.header == nil {
				x.header = map[string]string{"Content-Type": c.mediaType(op)}
			}
			x.header["If-Match"] = "*"
			x.exchange(t, c, s)
		}
		if strings.HasPrefix(op.path, "/config") { // whose body is wrong in ways of its own
			continue
		}
		bodies := []string{"{", "[]"}
		if !strings.HasPrefix(op.path, "/mails") && op.path != "/doctor" && op.path != "/callers" { // which is about no one mail
			bodies = append(bodies, `{"type":5}`, `{"to":"x","email":"x","type":"?"}`)
		}
		for _, body := range bodies {
			tried{op.method, op.path, body, nil, 400, "invalid_request_parameters"}.exchange(t, c, s)
		}
	}
}

// mailgunAnswers tries every way in which Mailgun can fail.
func mailgunAnswers(t *testing.T, c *contract) {
	for _, f := range []struct {
		name   string
		fault  sandbox.Fault
		status int
		code   connector.Code
	}{
		{"slow down", sandbox.Fault{Status: 429}, 429, "rate_limit_exceeded"},
		{"limit of its own status", sandbox.Fault{Status: 420}, 429, "rate_limit_exceeded"},
		{"probation", sandbox.Fault{Status: 400}, 429, "rate_limit_exceeded"},
		{"credentials", sandbox.Fault{Status: 401}, 502, "general"},
		{"disabled account", sandbox.Fault{Status: 403}, 502, "general"},
		{"refusal without words", sandbox.Fault{Status: 422, Body: "no", ContentType: "text/plain"}, 502, "general"},
		{"success without an id", sandbox.Fault{Status: 200}, 502, "general"},
		{"redirect", sandbox.Fault{Status: 302, Location: "/elsewhere"}, 502, "general"},
		{"failure", sandbox.Fault{Status: 500}, 503, "general"},
		{"gateway page", sandbox.Fault{Status: 503}, 503, "general"},
		{"silence", sandbox.Fault{Hang: true}, 504, "general"},
		{"cut after the mail", sandbox.Fault{Drop: sandbox.DropAfter}, 504, "general"},
	} {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			s := apptest.Start(t, apptest.Config{Connector: manyContents, Options: func(o *app.Options) {
				o.SendTimeout, o.RetryMax = 500*time.Millisecond, 0
			}})
			s.Sandbox.SetFaults(f.fault)
			tried{"POST", "/send-code", goodBody, nil, f.status, f.code}.exchange(t, c, s)
			tried{"POST", "/test", goodTest, nil, f.status, f.code}.exchange(t, c, s)
		})
	}
}

func queuedMail(t *testing.T, c *contract) {
	s := apptest.Start(t, withDatabase(t))
	s.Sandbox.SetFaults(sandbox.Fault{Status: 500})
	tried{"POST", "/send-code", goodBody, nil, 202, ""}.exchange(t, c, s)
}
