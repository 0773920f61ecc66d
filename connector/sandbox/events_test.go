package sandbox_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	mg "github.com/mailgun/mailgun-go/v4"
	"github.com/mailgun/mailgun-go/v4/events"

	"mailgun-connector/connector/sandbox"
)

// manual serves a Sandbox that posts only what is reported, with message 1.
func manual(t *testing.T, changes ...string) site {
	t.Helper()
	w := listen(t).quick()
	w.Manual = true
	s := hooked(t, w)
	s.post(t, fields(changes...))
	return s
}

// event reports e about message 1 and returns the event-data.
func (s site) event(t *testing.T, e sandbox.Event) map[string]any {
	t.Helper()
	list, err := s.Report(1, e)
	if err != nil {
		t.Fatalf("Report(%+v) = %v, want no error", e, err)
	}
	return parse(t, string(list[0].Body)).EventData
}

// The members of all events, and those of most, in the form of encoding/json.
const (
	everyEvent = `"id":"?","timestamp":1791201600.001,"recipient":"zoe@example.net","recipient-domain":"example.net",
		"tags":[],"campaigns":[],"user-variables":[],"account":{"id":"000000000000000000000000"},"domain":{"name":"mg.example.com"},`
	mailEvent = `"flags":{"is-routed":false,"is-authenticated":true,"is-system-test":false,"is-test-mode":false},
		"storage":{"key":"?","url":"?"},` + message
	message = `"message":{"headers":{"from":"Acme <no-reply@mg.example.com>","message-id":"?","subject":"Code","to":"zoe@example.net"},
		"attachments":[],"size":10},`
	browserEvent = `"ip":"198.51.100.7","geolocation":{"country":"US","region":"CA","city":"San Francisco"},
		"client-info":{"client-name":"Chrome","client-os":"OS X","client-type":"browser","device-type":"desktop","user-agent":"Mozilla/5.0 (sandbox)"},
		"message":{"headers":{"message-id":"?"},"attachments":[],"size":10},`
	reached = `"envelope":{"sender":"no-reply@mg.example.com","targets":"zoe@example.net","transport":"smtp","sending-ip":"192.0.2.25"},`
	session = `"tls":true,"certificate-verified":true,"utf8":true,"mx-host":"mx.example.net","attempt-no":1,"session-seconds":0.25,"description":"",`
)

func TestEventShapes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ event, want string }{
		{`{"event":"accepted"}`, everyEvent + mailEvent + `"event":"accepted","log-level":"info","method":"HTTP","api-key-id":"00000000-00000000",
			"envelope":{"sender":"no-reply@mg.example.com","targets":"zoe@example.net","transport":"smtp"}`},
		{`{"event":"delivered"}`, everyEvent + mailEvent + reached + `"event":"delivered","log-level":"info",
			"delivery-status":{` + session + `"code":250,"enhanced-code":"2.0.0","message":"OK"}`},
		{`{"event":"failed"}`, everyEvent + mailEvent + reached + `"event":"failed","log-level":"error","severity":"permanent","reason":"bounce",
			"delivery-status":{` + session + `"code":550,"enhanced-code":"5.1.1","message":"5.1.1 The email account that you tried to reach does not exist"}`},
		{`{"event":"failed","severity":"permanent","reason":"hardfail","code":554,"message":"no\nthanks"}`, everyEvent + mailEvent + reached +
			`"event":"failed","log-level":"error","severity":"permanent","reason":"hardfail","delivery-status":{` + session + `"code":554,"message":"no\nthanks"}`},
		{`{"event":"failed","severity":"temporary"}`, everyEvent + mailEvent + reached + `"event":"failed","log-level":"warn","severity":"temporary","reason":"generic",
			"delivery-status":{` + session + `"code":451,"enhanced-code":"4.3.0","message":"4.3.0 Temporary server error, try again later","retry-seconds":600}`},
		{`{"event":"failed","reason":"suppress-complaint"}`, everyEvent + mailEvent + `"event":"failed","log-level":"error","severity":"permanent","reason":"suppress-complaint",
			"envelope":{"sender":"no-reply@mg.example.com","targets":"zoe@example.net","transport":"smtp"},
			"delivery-status":{"attempt-no":1,"code":607,"description":"Not delivering to a user who marked your messages as spam","message":"","session-seconds":0}`},
		{`{"event":"complained"}`, everyEvent + message + `"event":"complained","log-level":"warn","envelope":{"sending-ip":"192.0.2.25"},
			"flags":{"is-routed":false,"is-authenticated":true,"is-system-test":false,"is-test-mode":false}`},
		{`{"event":"opened"}`, everyEvent + browserEvent + `"event":"opened","log-level":"info"`},
		{`{"event":"clicked"}`, everyEvent + browserEvent + `"event":"clicked","log-level":"info","url":"https://example.com/"`},
		{`{"event":"unsubscribed"}`, everyEvent + browserEvent + `"event":"unsubscribed","log-level":"info"`},
		{`{"event":"teleported"}`, everyEvent + message + `"event":"teleported","log-level":"info"`},
	} {
		s := manual(t)
		var e sandbox.Event
		if err := json.Unmarshal([]byte(test.event), &e); err != nil {
			t.Fatalf("Unmarshal(%s) = %v", test.event, err)
		}
		got := s.event(t, e)
		mask(t, got)
		var want map[string]any
		if err := json.Unmarshal([]byte("{"+test.want+"}"), &want); err != nil {
			t.Fatalf("want %s: %v", test.want, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.event, diff)
		}
	}
}

// mask checks what differs every time, and puts "?" in its place.
func mask(t *testing.T, d map[string]any) {
	t.Helper()
	headers := d["message"].(map[string]any)["headers"].(map[string]any)
	for _, m := range []struct {
		in        map[string]any
		name, fit string
	}{
		{d, "id", `^[\w-]{22}$`},
		{headers, "message-id", `^20261005120000\.[0-9a-f]{16}@mg\.example\.com$`},
	} {
		if value, ok := m.in[m.name].(string); !ok || !regexp.MustCompile(m.fit).MatchString(value) {
			t.Errorf("%s = %v, want it like %s", m.name, m.in[m.name], m.fit)
		}
		m.in[m.name] = "?"
	}
	if storage, ok := d["storage"].(map[string]any); ok {
		storage["key"], storage["url"] = "?", "?"
	}
}

func TestMailgunGoReadsEvents(t *testing.T) {
	t.Parallel()
	s := manual(t, "v:app", "web")
	for _, name := range []string{"accepted", "delivered", "failed", "opened", "clicked", "unsubscribed", "complained"} {
		raw, err := json.Marshal(s.event(t, sandbox.Event{Event: name}))
		if err != nil {
			t.Fatal(err)
		}
		got, err := mg.ParseEvent(raw)
		if err != nil || got.GetName() != name || !got.GetTimestamp().Round(time.Millisecond).Equal(noon) {
			t.Errorf("ParseEvent(%s) = %+v, %v, want %s at %v", raw, got, err, name, noon)
		}
	}
	raw, err := json.Marshal(s.event(t, sandbox.Event{Event: "failed", Reason: "old"}))
	if err != nil {
		t.Fatal(err)
	}
	got, err := mg.ParseEvent(raw)
	if err != nil {
		t.Fatal(err)
	}
	want := events.DeliveryStatus{Code: 602, AttemptNo: 1, Description: "Too old"}
	if diff := cmp.Diff(want, got.(*events.Failed).DeliveryStatus); diff != "" {
		t.Errorf("DeliveryStatus (-want +got):\n%s", diff)
	}
}

func TestUserVariables(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		changes []string
		want    any
	}{
		"none":     {nil, []any{}},
		"fields":   {[]string{"v:app", "web", "v:n", "2"}, map[string]any{"app": "web", "n": "2"}},
		"header":   {[]string{"v:n", "1", "h:x-mailgun-variables", `{"n":2,"b":true,"o":{"x":[1]},"s":"text"}`}, map[string]any{"n": "2", "b": "true", "o": `{"x":[1]}`, "s": "text"}},
		"no JSON":  {[]string{"h:X-Mailgun-Variables", `x`}, []any{}},
		"template": {[]string{"template", "otp", "t:variables", `{"code":"123456"}`}, []any{}},
	} {
		s := manual(t, test.changes...)
		got := s.event(t, sandbox.Event{Event: "delivered"})
		if diff := cmp.Diff(test.want, got["user-variables"]); diff != "" {
			t.Errorf("%s: user-variables (-want +got):\n%s", name, diff)
		}
	}
}

func TestEventOfUnusualMessage(t *testing.T) {
	t.Parallel()
	s := manual(t, "from", "", "template", "otp", "o:testmode", "yes", "o:tag", "otp", "cc", `"a@b"@Example.org`)
	got := s.event(t, sandbox.Event{Event: "accepted", Recipient: "a@b@example.org"})
	if got["recipient-domain"] != "example.org" || got["envelope"].(map[string]any)["sender"] != "postmaster@mg.example.com" ||
		got["flags"].(map[string]any)["is-test-mode"] != true || !cmp.Equal([]any{"otp"}, got["tags"]) {
		t.Errorf("event-data = %v, want the fallback sender, the test mode, and the tag", got)
	}
}

func TestLateEvent(t *testing.T) {
	t.Parallel()
	s := manual(t)
	list, err := s.Report(1, sandbox.Event{Event: "delivered", Ago: time.Hour})
	if err != nil {
		t.Fatalf("Report() = %v, want no error", err)
	}
	got := parse(t, string(list[0].Body))
	if got.EventData["timestamp"] != 1791201600.001-3600 || got.Signature.TimeStamp != "1791201600" {
		t.Errorf("event of %v, signed at %s, want it an hour old and signed now", got.EventData["timestamp"], got.Signature.TimeStamp)
	}
}

func TestReportRefuses(t *testing.T) {
	t.Parallel()
	s := manual(t)
	if _, err := s.Report(2, sandbox.Event{Event: "opened"}); err == nil || err.Error() != "no message 2 in the inbox" {
		t.Errorf("Report(2) = %v, want an error", err)
	}
	if _, err := s.Report(1, sandbox.Event{Event: "opened", Recipient: "bob@example.net"}); err == nil || !strings.Contains(err.Error(), "has no recipient bob@example.net") {
		t.Errorf("Report(to bob) = %v, want an error", err)
	}
	if got := len(s.Posts()); got != 0 {
		t.Errorf("%d posts, want none", got)
	}
}
