package sandbox_test

import (
	"encoding/json"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	mg "github.com/mailgun/mailgun-go/v4"

	"mailgun-connector/connector/sandbox"
)

// told serves a Sandbox with a webhook and message 1.
func told(t *testing.T, changes ...string) site {
	t.Helper()
	s := hooked(t, listen(t).quick())
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
	return parse(t, list[0].Body).EventData
}

// everyEvent are the members of all events, in the form of encoding/json.
const everyEvent = `"id":"?","timestamp":"?","recipient":"zoe@example.net","tags":["otp"],"user-variables":[],
	"message":{"headers":{"from":"Acme <no-reply@mg.example.com>","message-id":"?","subject":"Code","to":"zoe@example.net"}},`

func TestEventShapes(t *testing.T) {
	t.Parallel()
	s := told(t, "o:tag", "otp")
	for _, test := range []struct {
		event sandbox.Event
		want  string
	}{
		{sandbox.Event{Event: sandbox.EventAccepted}, `"event":"accepted"`},
		{sandbox.Event{Event: sandbox.EventDelivered}, `"event":"delivered","delivery-status":{"code":250,"description":""}`},
		{
			sandbox.Event{Event: sandbox.EventFailed},
			`"event":"failed","severity":"permanent","reason":"bounce","delivery-status":{"code":550,"description":""}`,
		},
		{
			sandbox.Event{Event: sandbox.EventFailed, Severity: sandbox.SeverityTemporary},
			`"event":"failed","severity":"temporary","reason":"generic","delivery-status":{"code":451,"description":""}`,
		},
		{
			sandbox.Event{Event: sandbox.EventFailed, Reason: "suppress-complaint", Code: 607},
			`"event":"failed","severity":"permanent","reason":"suppress-complaint",
				"delivery-status":{"code":607,"description":"Not delivering to a user who marked your messages as spam"}`,
		},
		{sandbox.Event{Event: sandbox.EventComplained}, `"event":"complained"`},
		{sandbox.Event{Event: "teleported"}, `"event":"teleported"`},
	} {
		got := s.event(t, test.event)
		mask(t, got)
		var want map[string]any
		if err := json.Unmarshal([]byte("{"+everyEvent+test.want+"}"), &want); err != nil {
			t.Fatalf("want %s: %v", test.want, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", test.event, diff)
		}
	}
}

// mask checks what differs every time, and puts "?" in its place.
func mask(t *testing.T, d map[string]any) {
	t.Helper()
	if _, ok := d["timestamp"].(float64); !ok {
		t.Errorf("timestamp = %v, want a number", d["timestamp"])
	}
	d["timestamp"] = "?"
	headers := d["message"].(map[string]any)["headers"].(map[string]any)
	for _, m := range []struct {
		in        map[string]any
		name, fit string
	}{
		{d, "id", `^\w{26}$`},
		{headers, "message-id", `^[0-9]{14}\.[0-9a-f]{16}@mg\.example\.com$`},
	} {
		if value, ok := m.in[m.name].(string); !ok || !regexp.MustCompile(m.fit).MatchString(value) {
			t.Errorf("%s = %v, want it like %s", m.name, m.in[m.name], m.fit)
		}
		m.in[m.name] = "?"
	}
}

func TestMailgunGoReadsEvents(t *testing.T) {
	t.Parallel()
	start := time.Now().Truncate(time.Millisecond)
	s := told(t, "v:app", "web")
	for _, name := range []string{sandbox.EventAccepted, sandbox.EventDelivered, sandbox.EventFailed, sandbox.EventComplained} {
		raw, err := json.Marshal(s.event(t, sandbox.Event{Event: name}))
		if err != nil {
			t.Fatal(err)
		}
		got, err := mg.ParseEvent(raw)
		if err != nil || got.GetName() != name || got.GetTimestamp().Before(start) || got.GetTimestamp().After(time.Now()) {
			t.Errorf("ParseEvent(%s) = %+v, %v, want %s of now", raw, got, err, name)
		}
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
		s := told(t, test.changes...)
		got := s.event(t, sandbox.Event{Event: "delivered"})
		if diff := cmp.Diff(test.want, got["user-variables"]); diff != "" {
			t.Errorf("%s: user-variables (-want +got):\n%s", name, diff)
		}
	}
}

func TestReportNeedsMessage(t *testing.T) {
	t.Parallel()
	s := told(t)
	if list, err := s.Report(2, sandbox.Event{Event: "opened"}); err == nil || err.Error() != "no message 2 in the inbox" {
		t.Errorf("Report(2) = %+v, %v, want an error", list, err)
	}
}

func TestReportTimes(t *testing.T) {
	t.Parallel()
	h := listen(t)
	s := hooked(t, h.quick())
	s.mustSend(t, student)
	list, err := s.Report(1, sandbox.Event{Event: "opened", Times: 3})
	if err != nil || len(list) != 3 || list[0].Seq != 3 || list[2].Seq != 5 || list[0].State != sandbox.PostPending {
		t.Fatalf("Report() = %+v, %v, want 3 posts", list, err)
	}
	s.wait(t, 5)
	times := map[string]int{}
	for range 5 {
		times[(<-h.hits).body]++
	}
	if times[list[0].Body] != 3 || len(times) != 3 {
		t.Errorf("hook got %v, want one body 3 times and two others once", times)
	}
}
