package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/app"
	"mailgun-connector/connector/app/apptest"
	"mailgun-connector/connector/config"
	"mailgun-connector/connector/ratelimit"
	"mailgun-connector/connector/sandbox"
)

// step is what is told of a message, or of one of its steps.
type step struct {
	Reason, Detail, Hint, Error, Message, State, Description string
	Status, Code                                             int
}

// record is a message as support looks it up.
type record struct {
	step
	ID, Type, Source, Recipient string
	Requests                    int
	Test                        bool
	Attempts, Events            []step
}

// lookUp returns all records of an address, newest first.
func lookUp(t *testing.T, s *apptest.Service, address string) []record {
	t.Helper()
	var page struct{ Messages []record }
	a := s.Get(t, "/messages?to="+url.QueryEscape(address))
	if a.Decode(t, &page); a.Status != http.StatusOK {
		t.Fatalf("GET /messages?to= = %d %s, want 200", a.Status, a.Body)
	}
	if strings.Contains(string(a.Body), "@example.org") || strings.Contains(string(a.Body), "481629") {
		t.Errorf("GET /messages?to= = %s, want neither address nor code", a.Body)
	}
	return page.Messages
}

// only returns the only record of an address, once there is one.
func only(t *testing.T, s *apptest.Service, address string) (found record) {
	t.Helper()
	apptest.Within(t, "a record of "+address, func() bool {
		all := lookUp(t, s, address)
		if len(all) == 1 {
			found = all[0]
		}
		return len(all) == 1
	})
	return found
}

func supported(t *testing.T, change func(*app.Options)) *apptest.Service {
	t.Helper()
	return apptest.Start(t, apptest.Config{
		Connector: `{"domain":"mg.example.com","from":"Sender Name <no-reply@mg.example.com>","deliveries":{
			"SignIn":{"subject":"{{code}}","html":"<p>{{code}}</p>"},
			"Note":{"subject":"Hello {{name}}","html":"<p>Hello</p>"}}}`,
		Options: func(o *app.Options) {
			o.Database, o.Retention = config.Secret("sqlite:"+filepath.Join(t.TempDir(), "outbox.db")), 24*time.Hour
			o.SendTimeout, o.RetryMax = time.Second, 0
			if change != nil {
				change(o)
			}
		},
	})
}

func mailRequest(to, usageType, payload string) string {
	return fmt.Sprintf(`{"to":%q,"type":%q,"payload":%s}`, to, usageType, payload)
}

// What comes to no mail leaves a record with its reason all the same.
func TestRefusedRequestsAreRecorded(t *testing.T) {
	t.Parallel()
	s := supported(t, func(o *app.Options) { o.RecipientLimit = ratelimit.Rate{Sends: 1, Per: time.Hour} })
	if a := s.Post(t, "/send-code", mailRequest("limit@example.org", "SignIn", `{"code":"481629"}`)); a.Status != 200 {
		t.Fatalf("the first send = %d %s, want 200", a.Status, a.Body)
	}
	for name, x := range map[string]struct {
		kind, payload string
		status, times int
		want          record
	}{
		"limit":   {"SignIn", `{"code":"481629"}`, 429, 3, record{step: step{Reason: "recipient_limit", Error: "rate_limit_exceeded"}, Type: "SignIn", Source: "deliveries/SignIn"}},
		"content": {"Register", `{"code":"481629"}`, 400, 1, record{step: step{Reason: "no_content", Error: "template_not_found"}, Type: "Register"}},
		"code":    {"SignIn", `{}`, 400, 2, record{step: step{Reason: "no_code", Error: "insufficient_request_parameters"}, Type: "SignIn"}},
		"name":    {"Note", `{"name":"a\nb"}`, 400, 1, record{step: step{Reason: "request_invalid", Error: "invalid_request_parameters"}, Type: "Note"}},
		"type":    {"a type?", `{}`, 400, 1, record{step: step{Reason: "request_invalid", Error: "invalid_request_parameters"}, Type: "other"}},
	} {
		to := name + "@example.org"
		for range x.times {
			if a := s.Post(t, "/send-code", mailRequest(to, x.kind, x.payload)); a.Status != x.status {
				t.Errorf("%s = %d %s, want %d", name, a.Status, a.Body, x.status)
			}
		}
		var got record
		apptest.Within(t, "all refusals of "+name, func() bool {
			for _, r := range lookUp(t, s, strings.ToUpper(to)) {
				if r.State == "refused" {
					got = r
				}
			}
			return got.Requests == x.times
		})
		words := connector.Reason(got.Reason).Words()
		if got.Reason != x.want.Reason || got.Error != x.want.Error || got.Type != x.want.Type ||
			(x.want.Source != "" && got.Source != x.want.Source) || got.Test || words.What == "" ||
			got.Detail != words.What || got.Hint != words.Hint || len(got.Attempts) > 0 {
			t.Errorf("record of %s = %+v, want %+v in words", name, got, x.want)
		}
		if !strings.Contains(s.Logs.String(), got.Recipient) {
			t.Errorf("the log lacks the recipient's hash %s of %s", got.Recipient, name)
		}
	}
}

// A request that is refused as too many are in flight is recorded.
func TestBusyIsRecorded(t *testing.T) {
	t.Parallel()
	s := supported(t, func(o *app.Options) { o.MaxInFlight, o.SendTimeout = 1, 5*time.Second })
	s.Sandbox.SetFaults(sandbox.Fault{Hang: true, Times: 1})
	held := make(chan struct{})
	go func() {
		defer close(held)
		s.Post(t, "/send-code", mailRequest("first@example.org", "SignIn", `{"code":"481629"}`))
	}()
	apptest.Within(t, "the first send", func() bool { return s.Sandbox.Requests() > 0 })
	if a := s.Post(t, "/send-code", mailRequest("busy@example.org", "SignIn", `{"code":"481629"}`)); a.Status != 503 {
		t.Errorf("beyond the bound = %d, want 503", a.Status)
	}
	if got := only(t, s, "busy@example.org"); got.State != "refused" || got.Reason != "busy" {
		t.Errorf("record = %+v, want refused as busy", got)
	}
	_ = s.Sandbox.Close()
	<-held
}

// While Mailgun is down, a request whose code would not outlive that is recorded.
func TestMailgunDownIsRecorded(t *testing.T) {
	t.Parallel()
	s := supported(t, nil)
	s.Sandbox.SetFaults(sandbox.Fault{Status: 503, RetryAfter: "60"})
	apptest.Within(t, "a refusal while Mailgun is down", func() bool {
		s.Post(t, "/send-code", mailRequest("ada@example.org", "SignIn", `{"code":"481629"}`)) // one failure more
		ends := time.Now().Add(900 * time.Millisecond).UTC().Format(time.RFC3339Nano)
		s.Post(t, "/send-code", mailRequest("down@example.org", "SignIn", `{"code":"481629"},"expiresAt":"`+ends+`"`))
		for _, r := range lookUp(t, s, "down@example.org") {
			if r.State == "refused" {
				return r.Reason == string(connector.ReasonMailgunDown) && r.Detail == connector.ReasonMailgunDown.Words().What
			}
		}
		return false
	})
}

// Of a refusal of Mailgun's the record has its status, its words and the hint, the same
// as the answer and the log.
func TestMailgunsRefusalIsRecorded(t *testing.T) {
	t.Parallel()
	s := supported(t, nil)
	s.Sandbox.SetFaults(sandbox.Fault{Status: 404, Body: `{"message":"Domain not found: mg.example.com for ada@example.org"}`})
	a := s.Post(t, "/send-code", mailRequest("ada@example.org", "SignIn", `{"code":"481629"}`))
	var answer struct{ Detail, Hint string }
	if a.Decode(t, &answer); a.Status != http.StatusBadGateway {
		t.Errorf("answer = %d %s, want 502", a.Status, a.Body)
	}
	got := only(t, s, "ada@example.org")
	words := connector.ReasonDomainNotFound.Words()
	want := step{
		Reason: "domain_not_found", Detail: words.What, Hint: words.Hint, Error: "general", Status: 404,
		Message: "Domain not found: mg.example.com for …",
	}
	if got.State != "failed" || len(got.Attempts) != 1 || got.Attempts[0] != want || got.Detail != want.Detail || got.Hint != want.Hint {
		t.Errorf("record = %+v, want failed with %+v", got, want)
	}
	if answer.Detail != want.Detail || answer.Hint != want.Hint {
		t.Errorf("answer = %+v, want the words of the record", answer)
	}
	hint, _ := json.Marshal(want.Hint)
	if log := s.Logs.String(); !strings.Contains(log, string(hint)) || !strings.Contains(log, `"reason":"domain_not_found"`) {
		t.Errorf("log = %s, want reason and hint in it", log)
	}
}

// A test is recorded and marked, whether it is of the running config or of a draft, and
// can be followed where its answer says.
func TestTestsAreRecorded(t *testing.T) {
	t.Parallel()
	s := supported(t, nil)
	draft := s.Fill(t, `{"domain":"mg.example.com","from":"no-reply@mg.example.com","deliveries":{"SignIn":{"subject":"draft {{code}}","html":"<p>{{name}}</p>"}}}`)
	for name, x := range map[string]struct {
		fault     sandbox.Fault
		config    string
		payload   string
		status    int
		state     string
		reason    connector.Reason
		recordsAt bool
	}{
		"running":       {sandbox.Fault{}, "null", `{"code":"481629"}`, 204, "sent", connector.ReasonNotReported, true},
		"draft":         {sandbox.Fault{}, draft, `{"code":"1","name":"Ada"}`, 204, "sent", connector.ReasonNotReported, true},
		"draft refused": {sandbox.Fault{Status: 401}, draft, "null", 502, "failed", connector.ReasonCredentials, true},
		"no code":       {sandbox.Fault{}, "null", `{}`, 400, "refused", connector.ReasonNoCode, false},
	} {
		s.Sandbox.SetFaults()
		if x.fault.Status != 0 {
			s.Sandbox.SetFaults(x.fault)
		}
		to := strings.ReplaceAll(name, " ", "-") + "@example.org"
		a := s.Post(t, "/test", fmt.Sprintf(`{"email":%q,"type":"SignIn","config":%s,"payload":%s}`, to, x.config, x.payload))
		got := only(t, s, to)
		if a.Status != x.status || got.State != x.state || got.Reason != string(x.reason) || !got.Test {
			t.Errorf("%s = %d %s with %+v, want %d, and %s as a test", name, a.Status, a.Body, got, x.status, x.state)
		}
		at := a.Header.Get("Location")
		if x.recordsAt != (at == "/messages/"+got.ID) || x.recordsAt && s.Get(t, at).Status != 200 {
			t.Errorf("%s is at %q, want %s: %v", name, at, got.ID, x.recordsAt)
		}
	}
	for _, m := range s.Sandbox.Messages() {
		if m.To == "draft@example.org" && (m.HTML != "<p>Ada</p>" || m.Subject != "draft 1") {
			t.Errorf("mail = %q %q, want that of the payload", m.Subject, m.HTML)
		}
	}
}

// Half an address can't be found, and the answer says why. The log's hash finds as much
// as the address.
func TestLookUp(t *testing.T) {
	t.Parallel()
	s := supported(t, nil)
	s.Post(t, "/send-code", mailRequest("ada@example.org", "SignIn", `{"code":"481629"}`))
	hash := only(t, s, "Ada+tag@EXAMPLE.org").Recipient
	for query, want := range map[string]int{
		"recipient=" + hash: 1, "recipient=" + strings.ToUpper(hash): 1, "to=ada%2Bx@example.org": 1, "to=ada+x@example.org": 1,
		"recipient=ada@example.org": 1, "to=bob@example.org": 0, "recipient=000000000000": 0, "type=SignIn": 1, "type=Register": 0,
		"to=ada@example.org&state=sent": 1, "to=ada@example.org&state=failed": 0, "until=2026-01-01T00:00:00Z": 0,
		"since=2026-01-01T00:00:00%2B01:00": 1, "since=2026-01-01T00:00:00+01:00": 1,
	} {
		var page struct{ Messages []record }
		a := s.Get(t, "/messages?"+query)
		if a.Decode(t, &page); a.Status != 200 || len(page.Messages) != want {
			t.Errorf("GET /messages?%s = %d with %d messages, want %d", query, a.Status, len(page.Messages), want)
		}
	}
	for _, q := range []string{`{"to":"ada"}`, `{"to":"ada@"}`, `{"to":"@example.org"}`, `{"to":"ada@example"}`, `{"to":"ada*"}`, `{"to":"ada@example.org, bob@example.org"}`, `{"recipient":"ada"}`, `{"recipient":"ada@example"}`} {
		a := s.Post(t, "/messages/search", q)
		if a.Status != 400 || !strings.Contains(string(a.Body), "whole") {
			t.Errorf("POST /messages/search %s = %d %s, want that the whole address is needed", q, a.Status, a.Body)
		}
	}
	if log := s.Logs.String(); strings.Contains(log, "bob@") || strings.Contains(log, "tag@") {
		t.Error("an address that was looked for is in the log")
	}
}
