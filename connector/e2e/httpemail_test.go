//go:build e2e

package e2e_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/connector/sandbox"
)

// httpEmailJob is what send.mjs reads.
type httpEmailJob struct {
	Config struct {
		Endpoint      string `json:"endpoint"`
		Authorization string `json:"authorization,omitempty"`
	} `json:"config"`
	Message message `json:"message"`
}

// httpEmailResult is what send.mjs writes.
type httpEmailResult struct {
	OK     bool
	Status int
	Code   string
	Data   struct{ Message string }
}

// sendByHTTPEmail sends through Logto's own connector.
func (s *service) sendByHTTPEmail(t *testing.T, authorization string, m message) httpEmailResult {
	t.Helper()
	if _, err := os.Stat(filepath.Join("httpemail", "node_modules", "@logto", "connector-http-email")); err != nil {
		t.Fatalf("Logto's connector is not installed: run `make e2e`, which installs it (%v)", err)
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatalf("this test needs Node 20 or later: %v", err)
	}
	job := httpEmailJob{Message: m}
	job.Config.Endpoint, job.Config.Authorization = s.url+"/send-code", authorization
	input, err := json.Marshal(job)
	must(t, err)
	cmd := exec.CommandContext(t.Context(), node, "send.mjs")
	cmd.Dir, cmd.Env = "httpemail", []string{}
	cmd.Stdin = bytes.NewReader(input)
	var said bytes.Buffer
	cmd.Stderr = &said
	output, err := cmd.Output()
	var result httpEmailResult
	if err != nil || json.Unmarshal(output, &result) != nil {
		t.Fatalf("node send.mjs = %q, %v, want a result; it says:\n%s", output, err, said.String())
	}
	return result
}

// signIn is a message as Logto makes it for a sign-in, with all of its context.
func (s *service) signIn() message {
	m := s.newMessage()
	delete(m.Payload, "link")
	m.Payload["locale"], m.Payload["uiLocales"] = "fr-CA", "fr-CA fr en"
	m.Payload["application"] = map[string]any{"id": "foo123456789", "name": "Acorn Lane Shop", "displayName": nil}
	m.Payload["user"] = map[string]any{"id": "u1", "name": nil, "profile": map[string]any{}}
	return m
}

// invitation is the one message of Logto's without a code.
func (s *service) invitation() message {
	m := s.newMessage()
	delete(m.Payload, "code")
	m.Type, m.IP = "OrganizationInvitation", ""
	return m
}

// TestHTTPEmailConnector calls the service as Logto does: through the published
// connector. Not parallel: each run of Node takes a core for a moment.
func TestHTTPEmailConnector(t *testing.T) {
	for name, test := range map[string]struct {
		authorization string
		message       func(*service) message
		html, text    func(message) string
	}{
		"sign-in": {"Bearer " + token, (*service).signIn,
			func(m message) string { return "<p>Hello, your code is <b>" + m.Payload["code"].(string) + "</b></p>" },
			func(m message) string { return "Hello, your code is " + m.Payload["code"].(string) }},
		"invitation, bare token": {token, (*service).invitation,
			func(m message) string { return `<p><a href="` + m.Payload["link"].(string) + `">Join us</a></p>` },
			func(m message) string { return "Join us ( " + m.Payload["link"].(string) + " )" }},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, spec{})
			m := test.message(s)
			if got, want := s.sendByHTTPEmail(t, test.authorization, m), (httpEmailResult{OK: true, Status: 200}); got != want {
				t.Errorf("sendMessage() = %+v, want %+v", got, want)
			}
			mails := s.sandbox.Messages()
			if len(mails) != 1 {
				t.Fatalf("Mailgun took %d mails, want 1", len(mails))
			}
			if diff := cmp.Diff(wantForm(m.To, test.html(m), test.text(m)), mails[0].Form); diff != "" {
				t.Errorf("form that Mailgun took (-want +got):\n%s", diff)
			}
			if mails[0].Path != "/v3/"+domain+"/messages" || mails[0].State != sandbox.StateDelivered {
				t.Errorf("mail = %s to %s, want it delivered", mails[0].State, mails[0].Path)
			}
		})
	}
}

// wantForm is everything that Mailgun gets for a mail.
func wantForm(to, html, text string) map[string][]string {
	return map[string][]string{
		"from": {from}, "to": {to}, "subject": {subject}, "html": {html}, "text": {text},
		"o:tracking": {"no"}, "o:tracking-clicks": {"no"}, "o:tracking-opens": {"no"},
		"h:Auto-Submitted": {"auto-generated"}, "h:X-Auto-Response-Suppress": {"All"},
		"h:X-Mailgun-Deliver-Within": {"10m"},
	}
}

// Whatever goes wrong, Logto shows our body to the person who is signing in: it has to
// be one that helps them, and that anybody may read.
func TestHTTPEmailConnectorErrors(t *testing.T) {
	const wrongToken, wrongKey = "token-that-is-wrong-41", "key-that-is-wrong-41"
	const (
		notSetUp = "L’envoi d’e-mails n’est pas configuré correctement. " // the payload's locale is fr
		unread   = "Sending email is not set up correctly here. "         // of a stranger no payload is read
	)
	for name, test := range map[string]struct {
		spec          spec
		fault         sandbox.Fault
		authorization string
		usageType     string
		want          string // what Logto shows to the person who is signing in
	}{
		"wrong token": {authorization: "Bearer " + wrongToken, want: unread},
		"no token":    {authorization: "", want: unread},
		"no content":  {authorization: token, usageType: "BindMfa", want: notSetUp},
		"wrong key": {
			spec:          spec{config: func(doc map[string]any) { doc["apiKey"] = wrongKey }},
			authorization: token, want: notSetUp,
		},
		"Mailgun drops connections": {
			fault:         sandbox.Fault{Drop: sandbox.DropBefore},
			authorization: token, want: "L’e-mail est peut-être en route. ",
		},
		"Mailgun is down": {
			spec:          spec{endpoint: "http://" + brokenServer(t, nil)},
			authorization: token, want: "L’e-mail n’a pas pu être envoyé. ",
		},
		"Mailgun wants a pause": {
			fault:         sandbox.Fault{Status: 429},
			authorization: token, want: "Trop d’e-mails sont envoyés en ce moment. ",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, test.spec)
			s.keepSecret(wrongToken, wrongKey)
			if test.fault != (sandbox.Fault{}) {
				s.sandbox.SetFaults(test.fault)
			}
			m := s.signIn()
			if test.usageType != "" {
				m.Type = test.usageType
			}
			got := s.sendByHTTPEmail(t, test.authorization, m)
			if got.OK || got.Code != "general" {
				t.Errorf("sendMessage() = %+v, want a ConnectorError general", got)
			}
			s.checkSecrets(t, "data.message", got.Data.Message)
			if !strings.HasPrefix(got.Data.Message, test.want) {
				t.Errorf("data.message = %s, want it to begin with %q", got.Data.Message, test.want)
			}
			if n := len(s.sandbox.Messages()); n != 0 {
				t.Errorf("Mailgun took %d mails, want none", n)
			}
			t.Logf("Logto shows: %s", got.Data.Message)
		})
	}
}
