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

// event sends a message, reports e about it, and returns the event-data.
func event(t *testing.T, e sandbox.Event, changes ...string) map[string]any {
	t.Helper()
	h := listen(t)
	s := serve(t, account())
	s.post(t, fields(changes...))
	s.SetWebhook(h.quick())
	if status, err := s.Report(t.Context(), 1, e); err != nil || status != 200 {
		t.Fatalf("Report(%+v) = %d, %v, want 200", e, status, err)
	}
	return parse(t, (<-h.hits).body).EventData
}

// everyEvent are the members of all events, in the form of encoding/json.
const everyEvent = `"id":"?","timestamp":"?","recipient":"zoe@example.net","tags":["otp"],"user-variables":[],
	"message":{"headers":{
		"from":"Acme <no-reply@mg.example.com>","to":"zoe@example.net","subject":"Code","message-id":"?"
	}},`

func TestEventShapes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		event sandbox.Event
		want  string
	}{
		{sandbox.Event{Event: sandbox.EventAccepted}, `"event":"accepted"`},
		{
			sandbox.Event{Event: sandbox.EventDelivered, Code: 250},
			`"event":"delivered","delivery-status":{"code":250,"description":""}`,
		},
		{
			sandbox.Event{Event: sandbox.EventFailed, Severity: sandbox.SeverityTemporary, Reason: "generic"},
			`"event":"failed","severity":"temporary","reason":"generic"`,
		},
		{
			sandbox.Event{Event: "failed", Severity: sandbox.SeverityPermanent, Reason: "suppress-complaint", Code: 607},
			`"event":"failed","severity":"permanent","reason":"suppress-complaint",
				"delivery-status":{"code":607,"description":"Not delivering to a user who marked your messages as spam"}`,
		},
		{sandbox.Event{Event: "teleported"}, `"event":"teleported"`},
	} {
		got := event(t, test.event, "o:tag", "otp")
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

func TestEventVariables(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		header string
		want   any
	}{
		"none":    {"", []any{}},
		"some":    {`{"code":"123456"}`, map[string]any{"code": "123456"}},
		"no JSON": {`x`, []any{}},
	} {
		got := event(t, sandbox.Event{Event: sandbox.EventDelivered}, "h:x-mailgun-variables", test.header)
		if diff := cmp.Diff(test.want, got["user-variables"]); diff != "" {
			t.Errorf("%s: user-variables (-want +got):\n%s", name, diff)
		}
	}
}

func TestMailgunGoReadsEvents(t *testing.T) {
	t.Parallel()
	start := time.Now().Truncate(time.Millisecond)
	for _, name := range []string{"accepted", "delivered", "failed", "complained"} {
		raw, err := json.Marshal(event(t, sandbox.Event{Event: name, Code: 250}))
		if err != nil {
			t.Fatal(err)
		}
		got, err := mg.ParseEvent(raw)
		if err != nil || got.GetName() != name || got.GetTimestamp().Before(start) || got.GetTimestamp().After(time.Now()) {
			t.Errorf("ParseEvent(%s) = %+v, %v, want %s of now", raw, got, err, name)
		}
	}
}
