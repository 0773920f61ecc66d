package app_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mailgun-connector/connector/app"
	"mailgun-connector/connector/app/apptest"
	"mailgun-connector/connector/config"
	"mailgun-connector/connector/sandbox"
)

// reporting runs a service with a database, whose sandbox reports deliveries to it.
func reporting(t *testing.T, suppressed map[string]int, keys string, change func(*app.Options)) *apptest.Service {
	t.Helper()
	s := apptest.Start(t, apptest.Config{
		Sandbox: func(c *sandbox.Config) { c.Suppressed = suppressed },
		Options: func(o *app.Options) {
			o.Database, o.Retention = config.Secret("sqlite:"+filepath.Join(t.TempDir(), "outbox.db")), 24*time.Hour
			o.WebhookKey = config.Secret(keys)
			if change != nil {
				change(o)
			}
		},
	})
	s.Sandbox.SetWebhook(sandbox.Webhook{
		URL: s.URL + "/webhooks/mailgun", SigningKey: "the-key-of-now", Delay: time.Millisecond, Retry: 20 * time.Millisecond,
	})
	return s
}

// stateOf returns the state of a message that is sent to somebody, once it is final.
func stateOf(t *testing.T, s *apptest.Service, to string) (state, reason string) {
	t.Helper()
	a := s.Post(t, "/send-code", strings.Replace(durableBody, "ada@example.org", to, 1))
	var sent struct{ ID string }
	if a.Decode(t, &sent); a.Status != http.StatusOK {
		t.Fatalf("send = %d %s, want 200", a.Status, a.Body)
	}
	var m struct{ State, Error string }
	apptest.Within(t, "the delivery report", func() bool {
		s.Get(t, "/messages/"+sent.ID).Decode(t, &m)
		return m.State != "sent"
	})
	return m.State, m.Error
}

func TestSandboxReports(t *testing.T) {
	t.Parallel()
	s := reporting(t, map[string]int{"bob@example.org": 605, "cleo@example.org": 606, "dan@example.org": 607}, "the-key-of-now", nil)
	for to, want := range map[string]string{
		"ada@example.org": "delivered ", "bob@example.org": "bounced suppress-bounce",
		"cleo@example.org": "bounced suppress-unsubscribe", "dan@example.org": "bounced suppress-complaint",
	} {
		if state, reason := stateOf(t, s, to); state+" "+reason != want {
			t.Errorf("%s = %s %s, want %s", to, state, reason, want)
		}
	}
	if strings.Contains(string(s.Get(t, "/metrics").Body), `delivery_events_total{event="refused"}`) {
		t.Error("reports were refused, want all of them taken")
	}
	if strings.Contains(s.Logs.String(), "example.org") {
		t.Error("the log holds an address")
	}
}

// A complaint and a late bounce follow a delivery.
func TestSandboxReportsLater(t *testing.T) {
	t.Parallel()
	s := reporting(t, nil, "the-key-of-now", nil)
	if state, _ := stateOf(t, s, "ada@example.org"); state != "delivered" {
		t.Fatalf("state = %s, want delivered", state)
	}
	for _, e := range []sandbox.Event{
		{Event: sandbox.EventFailed, Severity: sandbox.SeverityTemporary, Code: 451},
		{Event: sandbox.EventComplained},
		{Event: sandbox.EventFailed, Severity: sandbox.SeverityPermanent, Reason: "bounce", Code: 550},
		{Event: "teleported"},
	} {
		if got, err := s.Sandbox.Report(t.Context(), 1, e); err != nil || got != http.StatusOK {
			t.Errorf("report of %+v = %d, %v, want 200", e, got, err)
		}
	}
	var page struct {
		Messages []struct{ ID, State, Error string }
	}
	s.Get(t, "/messages").Decode(t, &page)
	var m struct{ Events []struct{ State string } }
	s.Get(t, "/messages/"+page.Messages[0].ID).Decode(t, &m)
	if page.Messages[0].State != "complained" || len(m.Events) != 4 {
		t.Errorf("message = %+v with %+v, want complained with four events", page.Messages[0], m.Events)
	}
}

// A signing key is replaced without a restart, and reports by the old one are taken
// meanwhile.
func TestSigningKeyRotation(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "keys")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("the-key-of-tomorrow\n")
	s := reporting(t, nil, "", func(o *app.Options) { o.WebhookKeyFile = file })
	report := func() int {
		status, err := s.Sandbox.Report(t.Context(), 1, sandbox.Event{Event: sandbox.EventAccepted})
		if err != nil {
			t.Fatal(err)
		}
		return status
	}
	s.Post(t, "/send-code", durableBody)
	if got := report(); got != http.StatusNotAcceptable {
		t.Errorf("with another key = %d, want 406", got)
	}
	write("the-key-of-tomorrow\nthe-key-of-now\n")
	if err := s.App.Reload(); err != nil {
		t.Fatal(err)
	}
	if got := report(); got != http.StatusOK {
		t.Errorf("with both keys = %d, want 200", got)
	}
}
