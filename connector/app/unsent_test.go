package app_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/app"
	"mailgun-connector/connector/app/apptest"
	"mailgun-connector/connector/config"
	"mailgun-connector/connector/sandbox"
)

// unsent is a request that fails before there is a mail, and what its record has.
type unsent struct {
	path, body string
	header     map[string]string
	status     int
	kind       string
	reason     connector.Reason
}

// checkUnsent makes all requests, each to the address of its name, and then looks those up:
// refusals are written once a second.
func checkUnsent(t *testing.T, s *apptest.Service, all map[string]unsent) {
	t.Helper()
	for name, x := range all {
		x.ask(t, s, address(name))
	}
	for name, x := range all {
		x.check(t, s, address(name))
	}
}

// ask makes the request to an address.
func (x *unsent) ask(t *testing.T, s *apptest.Service, to string) {
	t.Helper()
	a := s.Do(t, http.MethodPost, x.path, strings.ReplaceAll(x.body, "TO", to), withHeader(x.header))
	if a.Status != x.status {
		t.Errorf("%s = %d %s, want %d", x.body, a.Status, a.Body, x.status)
	}
}

// check looks the address up.
func (x *unsent) check(t *testing.T, s *apptest.Service, to string) {
	t.Helper()
	got := only(t, s, to)
	words := x.reason.Words()
	if got.State != "refused" || got.Reason != string(x.reason) || got.Type != x.kind || got.Test != (x.path == "/test") ||
		words.What == "" || got.Detail != words.What || got.Hint != words.Hint || got.Requests != 1 {
		t.Errorf("record of %s = %+v, want %s refused as %s", x.body, got, x.kind, x.reason)
	}
	for line := range strings.Lines(s.Logs.String()) {
		if strings.Contains(line, "request refused") && strings.Contains(line, got.Recipient) {
			return
		}
	}
	t.Errorf("the log has no refusal with the recipient's hash %s", got.Recipient)
}

// withHeader returns the headers of a request, beside or in place of the usual ones.
func withHeader(header map[string]string) map[string]string {
	all := map[string]string{
		"Authorization": "Bearer " + apptest.Token, "Content-Type": "application/json", "Accept": "*/*",
	}
	maps.Copy(all, header)
	return all
}

// address returns one for a case's name.
func address(name string) string { return strings.ReplaceAll(name, " ", "-") + "@example.org" }

// A request that can't be read as a whole names its recipient all the same.
func TestUnreadableRequestsAreRecorded(t *testing.T) {
	t.Parallel()
	s := supported(t, nil)
	const invalid = connector.ReasonRequest
	checkUnsent(t, s, map[string]unsent{
		"expiry":         {"/send-code", `{"to":"TO","type":"SignIn","payload":{},"expiresAt":"soon"}`, nil, 400, "SignIn", invalid},
		"expiry first":   {"/send-code", `{"expiresAt":5,"TYPE":"SignIn","To":"TO","payload":{}}`, nil, 400, "SignIn", invalid},
		"payload":        {"/send-code", `{"payload":[1],"to":"TO","type":"SignIn"}`, nil, 400, "SignIn", invalid},
		"ip":             {"/send-code", `{"ip":{},"to":"TO","type":"SignIn","payload":{"to":"other@example.com"}}`, nil, 400, "SignIn", invalid},
		"type":           {"/send-code", `{"type":{"a":1},"to":"TO"}`, nil, 400, "other", invalid},
		"hostile type":   {"/send-code", `{"type":"a@example.com","to":"TO","payload":5}`, nil, 400, "other", invalid},
		"more":           {"/send-code", `{"to":"TO","type":"SignIn"} {}`, nil, 400, "SignIn", invalid},
		"media type":     {"/send-code", `{"to":"TO","type":"SignIn"}`, map[string]string{"Content-Type": "text/plain"}, 415, "SignIn", invalid},
		"key":            {"/send-code", `{"to":"TO","type":"SignIn"}`, map[string]string{"Idempotency-Key": "a b"}, 400, "SignIn", invalid},
		"keyed":          {"/send-code", `{"to":"TO","type":"SignIn","payload":1}`, map[string]string{"Idempotency-Key": "k"}, 400, "SignIn", invalid},
		"sentence":       {"/send-code", `{"to":"TO","type":"SignIn","payload":1}`, map[string]string{"Accept": ""}, 400, "SignIn", invalid},
		"test payload":   {"/test", `{"payload":5,"email":"TO","type":"SignIn","to":5}`, nil, 400, "SignIn", invalid},
		"test locale":    {"/test", `{"email":"TO","locale":5}`, nil, 400, "Generic", invalid},
		"test of config": {"/test", `{"email":"TO","type":"SignIn","config":{"domain":5}}`, nil, 400, "SignIn", invalid},
	})
}

// Nobody is named by a body without a valid address, by one that names two, or by a
// request that proves nothing.
func TestNobodyIsRecorded(t *testing.T) {
	t.Parallel()
	s := supported(t, func(o *app.Options) {
		o.Token = config.Secret(apptest.Token + ",read-only-token-0123456789 read")
	})
	for body, header := range map[string]map[string]string{
		`{"to":"ada@example.org","TO":"eva@example.org","payload":5}`: nil,
		`{"to":"ada@example.org, eva@example.org","payload":5}`:       nil,
		`{"to":"ada","payload":5}`:                                    nil,
		`{"to":5,"payload":{"to":"ada@example.org"}}`:                 nil,
		`[{"to":"ada@example.org"}]`:                                  nil,
		`{"to":"ada@example.org","payload":`:                          nil,
		`{"to":"ada@example.org","payload":5}`:                        {"Authorization": "Bearer another-token-0123456789"},
		`{"to":"ada@example.org","payload":6}`:                        {"Authorization": "Bearer read-only-token-0123456789"},
	} {
		if a := s.Do(t, http.MethodPost, "/send-code", body, withHeader(header)); a.Status < 400 || a.Status >= 500 {
			t.Errorf("%s = %d %s, want a refusal", body, a.Status, a.Body)
		}
	}
	// What is refused after them is recorded after them.
	s.Post(t, "/send-code", `{"to":"last@example.org","payload":5}`)
	only(t, s, "last@example.org")
	for _, to := range []string{"ada@example.org", "eva@example.org"} {
		if all := lookUp(t, s, to); len(all) > 0 {
			t.Errorf("records of %s = %+v, want none", to, all)
		}
	}
}

// A key that was used for another request, or is in use, keeps a mail from being sent.
func TestKeysThatRefuseAreRecorded(t *testing.T) {
	t.Parallel()
	s := supported(t, func(o *app.Options) { o.SendTimeout = 5 * time.Second })
	const body = `{"to":"TO","type":"SignIn","payload":{"code":"481629"}}`
	key := func(key string) map[string]string { return map[string]string{"Idempotency-Key": key} }
	send := func(to, used string) apptest.Answer {
		return s.Do(t, http.MethodPost, "/send-code", strings.Replace(body, "TO", to, 1), withHeader(key(used)))
	}
	send("first@example.org", "used")
	reused := unsent{"/send-code", body, key("used"), 422, "SignIn", connector.ReasonKeyReused}
	reused.ask(t, s, "reused@example.org")
	reused.check(t, s, "reused@example.org")

	s.Sandbox.SetFaults(sandbox.Fault{Hang: true, Times: 1})
	before, done := s.Sandbox.Requests(), make(chan struct{})
	go func() {
		defer close(done)
		send("busy@example.org", "busy")
	}()
	apptest.Within(t, "the first request", func() bool { return s.Sandbox.Requests() > before })
	a := send("busy@example.org", "busy")
	_ = s.Sandbox.Close()
	<-done
	if a.Status != http.StatusConflict {
		t.Errorf("while the first is in progress = %d %s, want 409", a.Status, a.Body)
	}
	apptest.Within(t, "the record of the second", func() bool {
		for _, r := range lookUp(t, s, "busy@example.org") {
			if r.State == "refused" && r.Reason == string(connector.ReasonKeyBusy) {
				return true
			}
		}
		return false
	})
}

// callersConfig has an identity server for each way of naming a recipient.
const callersConfig = `{"domain":"mg.example.com","from":"no-reply@mg.example.com",
	"deliveries":{"SignIn":{"subject":"{{code}}","html":"<p>{{code}}</p>"}},
	"callers":{
		"kratos":{"type":"kratos","tokens":["a-token-of-a-caller-of-ours"],"content":"own"},
		"casdoor":{"type":"casdoor","tokens":["a-token-of-a-caller-of-ours"],"content":"own"},
		"supabase":{"type":"supabase","secrets":["v1,whsec_KEY"]},
		"clerk":{"type":"clerk","secrets":["whsec_KEY"],"content":"own"}}}`

const webhookSecret = "a-key-of-some-24-bytes-or-more"

// signedWebhook returns the headers of a call that Standard Webhooks sign.
func signedWebhook(body string) map[string]string {
	id, at := "id of "+body[:min(len(body), 100)], strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(webhookSecret))
	mac.Write([]byte(id + "." + at + "." + body))
	return map[string]string{
		"Webhook-Id": id, "Webhook-Timestamp": at,
		"Webhook-Signature": "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)),
	}
}

// A call that is the identity server's own, names a recipient and makes no sense is
// recorded; one that proves nothing is not.
func TestSenselessCallsAreRecorded(t *testing.T) {
	t.Parallel()
	secret := base64.StdEncoding.EncodeToString([]byte(webhookSecret))
	s := apptest.Start(t, apptest.Config{
		Connector: strings.ReplaceAll(callersConfig, "KEY", secret),
		Options: func(o *app.Options) {
			o.Database, o.Retention = config.Secret("sqlite:"+filepath.Join(t.TempDir(), "outbox.db")), 24*time.Hour
		},
	})
	bearer := map[string]string{"Authorization": "Bearer a-token-of-a-caller-of-ours"}
	form := map[string]string{"Authorization": bearer["Authorization"], "Content-Type": "application/x-www-form-urlencoded"}
	const senseless = connector.ReasonCall
	all := map[string]unsent{
		"kratos code":   {"/hooks/kratos", `{"recipient":"TO","template_type":"login_code_valid"}`, bearer, 400, "SignIn", senseless},
		"kratos type":   {"/hooks/kratos", `{"recipient":"TO","login_code":"481629"}`, bearer, 400, "Generic", senseless},
		"casdoor code":  {"/hooks/casdoor", `toAddress=TO&subject=s&content=hello`, form, 400, "Generic", senseless},
		"supabase code": {"/hooks/supabase", `{"user":{"email":"TO"},"email_data":{"email_action_type":"magiclink"}}`, nil, 400, "SignIn", senseless},
		"supabase type": {"/hooks/supabase", `{"user":{"email":"TO"},"email_data":{"token":"481629"}}`, nil, 400, "Generic", senseless},
		"clerk code":    {"/hooks/clerk", `{"type":"email.created","data":{"to_email_address":"TO","slug":"verification_code"}}`, nil, 400, "SignIn", senseless},
		"clerk type":    {"/hooks/clerk", `{"data":{"to_email_address":"TO","slug":"verification_code","data":{"otp_code":"481629"}}}`, nil, 400, "SignIn", senseless},
	}
	for name, x := range all {
		if x.header == nil {
			x.header = signedWebhook(strings.ReplaceAll(x.body, "TO", address(name)))
			all[name] = x
		}
	}
	checkUnsent(t, s, all)
	body := `{"recipient":"unproven@example.org","template_type":"login_code_valid"}`
	if a := s.Do(t, http.MethodPost, "/hooks/kratos", body, map[string]string{"Authorization": "Bearer x"}); a.Status != 401 {
		t.Errorf("an unproven call = %d %s, want 401", a.Status, a.Body)
	}
	both := unsent{"/hooks/casdoor", `toAddress=TO&toAddress=second@example.org&content=hello`, form, 400, "Generic", senseless}
	both.ask(t, s, "both@example.org")
	both.check(t, s, "both@example.org")
	if got := only(t, s, "second@example.org"); got.Reason != string(senseless) {
		t.Errorf("record of the second recipient = %+v, want %s", got, senseless)
	}
	if found := lookUp(t, s, "unproven@example.org"); len(found) > 0 {
		t.Errorf("records of an unproven call = %+v, want none", found)
	}
}
