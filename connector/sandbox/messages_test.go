package sandbox_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	mg "github.com/mailgun/mailgun-go/v4"

	"mailgun-connector/connector/sandbox"
)

func TestSendHTML(t *testing.T) {
	t.Parallel()
	s := serve(t, account())
	m := mg.NewMessage(sender, "Ваш код", "123456", "Zoë <zoe@example.net>")
	m.SetHTML("<b>123456</b>")
	m.AddHeader("Auto-Submitted", "auto-generated")
	if err := m.AddTag("otp"); err != nil {
		t.Fatal(err)
	}
	answer, id, err := s.mailgun().Send(t.Context(), m)
	if err != nil || answer != "Queued. Thank you." {
		t.Fatalf("Send() = %q, %v, want Mailgun's words", answer, err)
	}
	got := s.Messages()
	at := got[0].ReceivedAt
	if age := time.Since(at); age < 0 || age > time.Minute {
		t.Errorf("ReceivedAt = %v, want now", at)
	}
	want := regexp.MustCompile(at.UTC().Format("^<20060102150405") + `\.[0-9a-f]{16}@mg\.example\.com>$`)
	if !want.MatchString(id) {
		t.Errorf("Send() id = %q, want %v", id, want)
	}
	if diff := cmp.Diff([]sandbox.Message{{
		Seq: 1, ID: id, Domain: domain, Path: "/v3/mg.example.com/messages", ReceivedAt: at,
		Authorization: "Basic YXBpOmtleS0wMTIzNDU2Nzg5",
		State:         sandbox.StateDelivered, Code: 250, Recipients: []string{student},
		From: sender, To: "Zoë <zoe@example.net>", Subject: "Ваш код", HTML: "<b>123456</b>", Text: "123456",
		Form: map[string][]string{
			"from": {sender}, "to": {"Zoë <zoe@example.net>"}, "subject": {"Ваш код"}, "text": {"123456"},
			"html": {"<b>123456</b>"}, "o:tag": {"otp"}, "h:Auto-Submitted": {"auto-generated"},
		},
	}}, got); diff != "" {
		t.Errorf("Messages() (-want +got):\n%s", diff)
	}
}

func TestSendTemplate(t *testing.T) {
	t.Parallel()
	s := serve(t, account())
	m := mg.NewMessage(sender, "", "", student)
	m.SetTemplate("otp")
	if err := m.AddTemplateVariable("user", map[string]any{"name": "Zoë"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.send(t, m); err != nil {
		t.Fatalf("Send() = %v, want no error", err)
	}
	got := s.Messages()[0]
	want := map[string]any{"user": map[string]any{"name": "Zoë"}}
	if diff := cmp.Diff(want, got.Variables); diff != "" {
		t.Errorf("Variables (-want +got):\n%s", diff)
	}
	// mailgun-go sends empty fields, and the record must show that it did.
	if diff := cmp.Diff([]string{""}, got.Form["subject"]); diff != "" {
		t.Errorf("Form[subject] (-want +got):\n%s", diff)
	}
}

func TestURLEncoded(t *testing.T) {
	t.Parallel()
	s := serve(t, account())
	f := fields("to", "Zoe@Example.net, b@example.net", "cc", "zoe@example.net",
		"h:x-mailgun-variables", `{"code":"1","name":"Zoe"}`)
	got := s.post(t, f)
	var body struct{ ID, Message string }
	if err := json.Unmarshal([]byte(got.body), &body); err != nil {
		t.Fatalf("body %q: %v", got.body, err)
	}
	if want := `{"id":"` + body.ID + `","message":"Queued. Thank you."}` + "\n"; got.body != want {
		t.Errorf("POST = %q, want %q", got.body, want)
	}
	if got.status != 200 || got.header.Get("Content-Type") != "application/json" {
		t.Errorf("POST = %d %s, want 200 application/json", got.status, got.header.Get("Content-Type"))
	}
	m := s.Messages()[0]
	if diff := cmp.Diff([]string{"Zoe@Example.net", "b@example.net"}, m.Recipients); diff != "" {
		t.Errorf("Recipients (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]any{"code": "1", "name": "Zoe"}, m.Variables); diff != "" {
		t.Errorf("Variables (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string][]string(f), m.Form); diff != "" {
		t.Errorf("Form (-want +got):\n%s", diff)
	}
}

func TestOutcome(t *testing.T) {
	t.Parallel()
	c := account()
	c.Templates = []string{"OTP"}
	c.Suppressed = map[string]int{"Bounced@example.net": 605, "gone@example.net": 606}
	for name, test := range map[string]struct {
		changes []string
		state   string
		code    int
	}{
		"delivered":            {nil, sandbox.StateDelivered, 250},
		"bounced":              {[]string{"to", "bounced@EXAMPLE.net"}, sandbox.StateSuppressed, 605},
		"one of two":           {[]string{"cc", "gone@example.net"}, sandbox.StateSuppressed, 606},
		"test mode yes":        {[]string{"o:testmode", "yes"}, sandbox.StateTestMode, 650},
		"test mode true":       {[]string{"o:testmode", "true", "to", "gone@example.net"}, sandbox.StateTestMode, 650},
		"test mode no":         {[]string{"o:testmode", "no"}, sandbox.StateDelivered, 250},
		"template":             {[]string{"template", "otp", "from", ""}, sandbox.StateDelivered, 250},
		"template missing":     {[]string{"template", "nope", "o:testmode", "yes"}, sandbox.StateTemplateMissing, 0},
		"wrong deliver-within": {[]string{"h:X-Mailgun-Deliver-Within", "1s"}, sandbox.StateDelivered, 250},
		"eleven tags, long":    {[]string{"o:tag", strings.Repeat("x", 129)}, sandbox.StateDelivered, 250},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, c)
			f := fields(test.changes...)
			for len(f["o:tag"]) > 0 && len(f["o:tag"]) < 11 {
				f.Add("o:tag", "more")
			}
			if got := s.post(t, f); got.status != http.StatusOK {
				t.Fatalf("POST = %d %s, want 200", got.status, got.body)
			}
			if m := s.Messages()[0]; m.State != test.state || m.Code != test.code {
				t.Errorf("message is %s %d, want %s %d", m.State, m.Code, test.state, test.code)
			}
		})
	}
}

func TestEveryTemplateExistsByDefault(t *testing.T) {
	t.Parallel()
	s := serve(t, account())
	s.post(t, fields("template", "anything"))
	if m := s.Messages()[0]; m.State != sandbox.StateDelivered {
		t.Errorf("State = %q, want %q", m.State, sandbox.StateDelivered)
	}
}

func TestMessagesAreCopies(t *testing.T) {
	t.Parallel()
	s := serve(t, account())
	s.mustSend(t, student)
	m := s.Messages()[0]
	m.Form["text"][0], m.Recipients[0] = "changed", "changed"
	delete(m.Form, "from")
	m = s.Messages()[0]
	if m.Form["text"][0] != "123456" || m.Recipients[0] != student || len(m.Form["from"]) != 1 {
		t.Errorf("Messages() = %+v after a change to what it returned before", m)
	}
}
