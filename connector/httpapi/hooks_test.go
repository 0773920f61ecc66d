package httpapi_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
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
	"mailgun-connector/connector/sandbox"
)

// hookKey is what the tests' Supabase signs with, hookToken what others send.
const (
	hookKey   = "a-key-of-some-24-bytes-or-more"
	hookToken = "a-token-of-a-caller-of-ours"
)

// withCallers is a config with identity servers.
var withCallers = `{"domain":"mg.example.com","from":"Sender Name <no-reply@mg.example.com>",
	"deliveries":{"Generic":{"subject":"{{code}}","html":"<p>{{code}}</p>"}},
	"callers":{"supabase":{"type":"supabase","secrets":["v1,whsec_` +
	base64.StdEncoding.EncodeToString([]byte(hookKey)) + `"]},
		"kratos":{"type":"kratos","tokens":["` + hookToken + `"],"content":"own"},
		"casdoor":{"type":"casdoor","tokens":["` + hookToken + `"],"content":"own"}}}`

const (
	recovery = `{"metadata":{"uuid":"u-1"},"user":{"email":"ada@example.org"},
		"email_data":{"token":"739164","token_hash":"h","email_action_type":"recovery"}}`
	changed = `{"metadata":{"uuid":"u-2"},"user":{"email":"ada@example.org","new_email":"eva@example.org"},
		"email_data":{"token":"111111","token_hash":"hash-of-new","token_new":"222222","token_hash_new":"hash-of-old",
		"email_action_type":"email_change"}}`
)

// signedCall returns the headers of a call of Supabase's.
func signedCall(body string) map[string]string {
	id, at := "id-1", strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(hookKey))
	fmt.Fprintf(mac, "%s.%s.%s", id, at, body)
	return map[string]string{
		"Content-Type": "application/json", "Authorization": "",
		"Webhook-Id": id, "Webhook-Timestamp": at, "Webhook-Signature": "v1," +
			base64.StdEncoding.EncodeToString(mac.Sum(nil)),
	}
}

// calls brings about what is promised of calls.
func calls(t *testing.T, c *contract) {
	s := apptest.Start(t, apptest.Config{Connector: withCallers})
	unsigned := signedCall(recovery)
	unsigned["Webhook-Signature"] = "v1,AAAA"
	for _, x := range []tried{
		{"POST", "/hooks/supabase", recovery, signedCall(recovery), 200, ""},
		{"POST", "/hooks/supabase", recovery, unsigned, 401, "authorization_failed"},
		{"POST", "/hooks/supabase", "[]", signedCall("[]"), 400, "invalid_request_parameters"},
		{"POST", "/hooks/nobody", recovery, signedCall(recovery), 404, "invalid_request_parameters"},
		{"GET", "/hooks/supabase", "", nil, 405, "invalid_request_parameters"},
		{"PUT", "/hooks/supabase", "", nil, 405, "invalid_request_parameters"},
		{"POST", "/hooks/supabase", strings.Repeat("x", 256<<10+1), nil, 413, "invalid_request_parameters"},
	} {
		x.exchange(t, c, s)
	}
	for method, caller := range map[string]string{"POST": "kratos", "PUT": "casdoor"} {
		callsByToken(t, c, method, "/hooks/"+caller)
	}
	broken := newHandler(t, func(cfg *httpapi.Config) {
		cfg.Callers = func() map[string]connector.Caller { return map[string]connector.Caller{"supabase": brokenCaller{}} }
	})
	server := httptest.NewServer(broken)
	defer server.Close()
	for _, method := range []string{"POST", "PUT"} {
		tried{method, "/hooks/supabase", recovery, nil, 500, "internal"}.exchange(t, c, &apptest.Service{URL: server.URL})
	}
}

// callsByToken brings about what callers are told that read the status alone.
func callsByToken(t *testing.T, c *contract, method, path string) {
	number := 0
	body := func(fields string) (string, map[string]string) { // each with a code of its own, or it would be a repetition
		number++
		header := map[string]string{"Authorization": "Bearer " + hookToken}
		if path == "/hooks/casdoor" {
			header["Content-Type"] = "application/x-www-form-urlencoded"
			header["X-Usage-Type"] = fields
			return fmt.Sprintf("toAddress=ada%%40example.org&content=%06d", number), header
		}
		return fmt.Sprintf(`{"recipient":"ada@example.org","template_type":%q,"login_code":"%06d"}`, fields, number), header
	}
	try := func(s *apptest.Service, kind string, status int, code connector.Code) {
		t.Helper()
		text, header := body(kind)
		tried{method, path, text, header, status, code}.exchange(t, c, s)
	}
	start := func(change func(*app.Options)) *apptest.Service {
		return apptest.Start(t, apptest.Config{Connector: withCallers, Options: func(o *app.Options) {
			if o.SendTimeout, o.RetryMax = 500*time.Millisecond, 0; change != nil {
				change(o)
			}
		}})
	}
	kind := map[string]string{"/hooks/kratos": "login_code_valid", "/hooks/casdoor": "SignIn"}[path]
	s := start(nil)
	try(s, kind, 200, "")
	tried{method, path, "{", map[string]string{"Authorization": "Bearer " + hookToken}, 400,
		"invalid_request_parameters"}.exchange(t, c, s)
	tried{method, path, "{}", map[string]string{"Authorization": "Bearer wrong"}, 401,
		"authorization_failed"}.exchange(t, c, s)
	tried{method, "/hooks/nobody", "{}", nil, 404, "invalid_request_parameters"}.exchange(t, c, s)
	tried{method, path, strings.Repeat("x", 256<<10+1), nil, 413, "invalid_request_parameters"}.exchange(t, c, s)
	noContent := map[string]string{"/hooks/kratos": "recovery_code_valid", "/hooks/casdoor": "Nothing"}[path]
	needsMore := map[string]string{"/hooks/kratos": "verification_code_valid",
		"/hooks/casdoor": "OrganizationInvitation"}[path]
	bare := apptest.Start(t, apptest.Config{Connector: strings.Replace(withCallers, `"Generic":`,
		`"EmailVerification":{"subject":"s","html":"{{link}}"},`+
			`"OrganizationInvitation":{"subject":"s","html":"{{link}}"},"SignIn":`, 1)})
	try(bare, noContent, 400, "template_not_found")
	try(bare, needsMore, 400, "insufficient_request_parameters")
	for _, f := range []struct {
		fault  sandbox.Fault
		status int
		code   connector.Code
	}{
		{sandbox.Fault{Status: 429}, 429, "rate_limit_exceeded"},
		{sandbox.Fault{Status: 401}, 502, "general"},
		{sandbox.Fault{Status: 500}, 503, "general"},
		{sandbox.Fault{Hang: true}, 504, "general"},
	} {
		s.Sandbox.SetFaults(f.fault)
		try(s, kind, f.status, f.code)
	}
}

// A call can be tried without a proof, with the running config or a draft of one.
func TestPreviewOfCalls(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{Connector: withCallers})
	draft := strings.Replace(withCallers, `"{{code}}"`, `"draft {{code}}"`, 1)
	for request, want := range map[string]string{
		`"caller":"supabase","request":{"body":` + strconv.Quote(changed) +
			`}`: "EmailChangeApproval ada@example.org 111111, BindNewIdentifier eva@example.org 222222, ",
		`"caller":"supabase","request":{"headers":{"A":"b"},"body":` + strconv.Quote(recovery) + `},"config":` +
			draft: "ForgotPassword ada@example.org draft 739164, ",
		`"caller":"kratos",` +
			`"request":{"body":"{\"to\":\"a@example.org\",\"template_type\":\"recovery_invalid\"}"}`: "no_content",
		`"caller":"casdoor","request":{"headers":{"x-usage-type":"SignIn"},` +
			`"body":"toAddress=a%40example.org&content=1234"}`: "SignIn a@example.org 1234, ",
	} {
		answer := s.Post(t, "/preview", "{"+request+"}")
		var got struct {
			Mails   []struct{ Type, To, Subject string }
			Nothing string
		}
		answer.Decode(t, &got)
		told := got.Nothing
		for _, m := range got.Mails {
			told += m.Type + " " + m.To + " " + m.Subject + ", "
		}
		if answer.Status != http.StatusOK || told != want {
			t.Errorf("POST /preview {%s} = %d %s, want %s", request, answer.Status, answer.Body, want)
		}
	}
	if n := len(s.Sandbox.Messages()); n > 0 {
		t.Errorf("%d mails were sent, want none", n)
	}
}

type brokenCaller struct{ connector.Caller }

func (brokenCaller) Read(context.Context, *connector.Call) (*connector.Order, error) { panic("secret") }

// Every refusal of a call that is not proven is the same, byte for byte, and only the log
// and the metric have the reason.
func TestUnprovenCallsLearnNothing(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{Connector: withCallers})
	with := func(name, value string) map[string]string {
		header := signedCall(recovery)
		header[name] = value
		header["X-Request-Id"] = "same"
		return header
	}
	first := ""
	for reason, header := range map[string]map[string]string{
		"missing_header": with("Webhook-Id", ""),
		"bad_timestamp":  with("Webhook-Timestamp", "soon"),
		"stale":          with("Webhook-Timestamp", "1000000000"),
		"future":         with("Webhook-Timestamp", "99999999999"),
		"bad_signature":  with("Webhook-Signature", "v1,"+base64.StdEncoding.EncodeToString(make([]byte, 32))),
	} {
		answer := s.Do(t, "POST", "/hooks/supabase", recovery, header)
		if answer.Status != http.StatusUnauthorized {
			t.Errorf("%s = %d %s, want 401", reason, answer.Status, answer.Body)
		}
		if first == "" {
			first = string(answer.Body)
		}
		if string(answer.Body) != first {
			t.Errorf("%s is answered %s, and others %s", reason, answer.Body, first)
		}
		want := fmt.Sprintf(`mailgun_connector_hook_refusals_total{caller="supabase",reason=%q} 1`, reason)
		if metrics := string(s.Get(t, "/metrics").Body); !strings.Contains(metrics, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
	if len(s.Sandbox.Messages()) > 0 {
		t.Error("a mail was sent for a call that is not proven")
	}
}

// The log tells of calls, and of nothing that is in them.
func TestCallsAreLoggedWithoutValues(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{Connector: withCallers})
	odd := strings.Replace(recovery, "recovery", "passkey_offer", 1)
	for _, body := range []string{recovery, strings.Replace(odd, "u-1", "u-3", 1), `{"email_data":{"x":"739164"}}`} {
		s.Do(t, "POST", "/hooks/supabase", body, signedCall(body))
	}
	logs := s.Logs.String()
	for _, secret := range []string{"739164", "ada@example.org", hookKey, `"h"`, "u-1"} {
		if strings.Contains(logs, secret) {
			t.Errorf("the log holds %q:\n%s", secret, logs)
		}
	}
	for _, told := range []string{`"caller":"supabase"`, "passkey_offer", `"status":400`} {
		if !strings.Contains(logs, told) {
			t.Errorf("the log lacks %q:\n%s", told, logs)
		}
	}
}

// The mails of one call are stored in one step, and sent once however often it comes.
func TestTwoMailsOfOneCall(t *testing.T) {
	t.Parallel()
	for name, service := range map[string]apptest.Config{"memory": {}, "database": withDatabase(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service.Connector = withCallers
			s := apptest.Start(t, service)
			for range 3 {
				if answer := s.Do(t, "POST", "/hooks/supabase", changed, signedCall(changed)); answer.Status != http.StatusOK {
					t.Fatalf("POST = %d %s, want 200", answer.Status, answer.Body)
				}
			}
			got := map[string]string{}
			for _, m := range s.Sandbox.Messages() {
				got[m.To] += m.Subject
			}
			want := map[string]string{"ada@example.org": "111111", "eva@example.org": "222222"}
			if !maps.Equal(got, want) {
				t.Errorf("sent were %v, want %v", got, want)
			}
		})
	}
}

// Where one of two mails can't be made, none is sent: half a change of address is worse
// than none.
func TestMailsOfOneCallAreAllOrNone(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{Connector: strings.Replace(withCallers, `"Generic":{`,
		`"EmailChangeApproval":{"subject":"s","html":"{{link}}"},"Generic":{`, 1)})
	answer := s.Do(t, "POST", "/hooks/supabase", changed, signedCall(changed))
	if n := len(s.Sandbox.Messages()); n > 0 || !strings.Contains(string(answer.Body), `"error"`) {
		t.Errorf("POST = %s, and %d mails were sent, want an error and none", answer.Body, n)
	}
}

// What a caller's call brings in beside the mail is not for Mailgun's templates, whose
// variables the recipient can read.
func TestCallsGiveTemplatesNoProfile(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{Connector: strings.Replace(withCallers,
		`"Generic":{"subject":"{{code}}","html":"<p>{{code}}</p>"}`,
		`"Generic":{"template":"t","variables":{"product":"Acme"}}`, 1)})
	body := strings.Replace(recovery, `"email":"ada@example.org"`,
		`"email":"ada@example.org","user_metadata":{"plan":"secret-plan"}`, 1)
	if answer := s.Do(t, "POST", "/hooks/supabase", body, signedCall(body)); answer.Status != http.StatusOK {
		t.Fatalf("POST = %d %s, want 200", answer.Status, answer.Body)
	}
	m := s.Sandbox.Messages()[0]
	if len(m.Variables) != 2 || m.Variables["code"] != "739164" || m.Variables["product"] != "Acme" {
		t.Errorf("the variables are %v, want code and product alone", m.Variables)
	}
}

// Of a call that comes twice at once, the second waits for the first.
func TestSameCallAtOnce(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{Connector: withCallers,
		Options: func(o *app.Options) { o.SendTimeout = 2 * time.Second }})
	s.Sandbox.SetFaults(sandbox.Fault{Delay: 300 * time.Millisecond})
	answers := make(chan apptest.Answer, 4)
	for range cap(answers) {
		go func() { answers <- s.Do(t, "POST", "/hooks/supabase", recovery, signedCall(recovery)) }()
	}
	for range cap(answers) {
		if answer := <-answers; string(answer.Body) != "{\"status\":\"sent\"}\n" {
			t.Errorf("POST = %d %s, want sent", answer.Status, answer.Body)
		}
	}
	if n := len(s.Sandbox.Messages()); n != 1 {
		t.Errorf("%d mails were sent, want 1", n)
	}
}

// anyCaller asks for one mail, and is done with what another call would not help.
type anyCaller struct{}

func (anyCaller) Type() string { return "any" }

func (anyCaller) Read(context.Context, *connector.Call) (*connector.Order, error) {
	req := &connector.Request{To: "ada@example.org", Type: "SignIn", IdempotencyKey: "callers/any/1/0"}
	return &connector.Order{Mails: []connector.Ordered{{Request: req}}, KeyLife: time.Hour}, nil
}

func (anyCaller) Answer(f *connector.CallFailure) (status int, body any) {
	if f.Final() {
		return http.StatusOK, nil
	}
	return f.Status, nil
}

// unknownRepeats are those of a database that does not answer.
type unknownRepeats struct{ connector.Messages }

func (unknownRepeats) Repeat(context.Context, string) (connector.Receipt, error) {
	return connector.Receipt{}, connector.ErrUnavailable
}

// A caller whose call can't be looked up is to call again: nobody knows that it is done.
func TestCallThatCannotBeLookedUp(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(newHandler(t, func(cfg *httpapi.Config) {
		cfg.Callers = func() map[string]connector.Caller { return map[string]connector.Caller{"any": anyCaller{}} }
		cfg.Idempotency, cfg.Messages = failingKeys{idempotency.ErrElsewhere}, unknownRepeats{}
	}))
	t.Cleanup(server.Close)
	s := &apptest.Service{URL: server.URL}
	if a := s.Post(t, "/hooks/any", "{}"); a.Status != http.StatusServiceUnavailable {
		t.Errorf("POST = %d %s, want 503", a.Status, a.Body)
	}
}
