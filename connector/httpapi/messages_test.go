package httpapi_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/app"
	"mailgun-connector/connector/app/apptest"
	"mailgun-connector/connector/config"
	"mailgun-connector/connector/sandbox"
)

// withDatabase is a service on SQLite that takes Mailgun's reports.
func withDatabase(t *testing.T, more ...func(*app.Options)) apptest.Config {
	t.Helper()
	return apptest.Config{Options: func(o *app.Options) {
		for _, change := range more {
			change(o)
		}
		o.Database, o.Retention = config.Secret("sqlite:"+t.TempDir()+"/outbox.db"), 24*time.Hour
		o.WebhookKey, o.RetryMax = signingKey, 0
	}}
}

const someID = "01a2067d-347b-7d60-9ccd-bce3b382db93"

// brokenStore fails whatever it is asked, with its error.
type brokenStore struct{ cause error }

func (b brokenStore) Get(context.Context, string) (connector.Message, error) {
	return connector.Message{}, b.cause
}

func (b brokenStore) List(context.Context, connector.MessageFilter, string) ([]connector.Message, string, error) {
	return nil, "", b.cause
}

func (b brokenStore) Repeat(context.Context, string) (connector.Receipt, error) {
	return connector.Receipt{}, b.cause
}
func (b brokenStore) Retry(context.Context, string) error                   { return b.cause }
func (b brokenStore) Cancel(context.Context, string) error                  { return b.cause }
func (b brokenStore) Record(context.Context, connector.DeliveryEvent) error { return b.cause }

// shown is a message as the API shows it.
type shown struct {
	ID, State, Type, Source, Recipient, ProviderID, Error string
	NextAttemptAt                                         *time.Time
	Attempts                                              []struct {
		Number, Status, DurationMs int
		Error                      string
	}
	Events []struct{ State, Error string }
}

func accept(t *testing.T, s *apptest.Service, to string, status int) string {
	t.Helper()
	a := s.Post(t, "/send-code", fmt.Sprintf(`{"to":%q,"type":"SignIn","payload":{"code":"739164"}}`, to))
	var answer struct{ ID string }
	if a.Decode(t, &answer); a.Status != status || answer.ID == "" {
		t.Fatalf("send-code = %d %s, want %d with an id", a.Status, a.Body, status)
	}
	return answer.ID
}

func message(t *testing.T, s *apptest.Service, id string) shown {
	t.Helper()
	a := s.Get(t, "/messages/"+id)
	if a.Status != http.StatusOK {
		t.Fatalf("GET /messages/%s = %d %s, want 200", id, a.Status, a.Body)
	}
	for _, secret := range []string{"739164", "example.org", "Your code"} {
		if strings.Contains(string(a.Body), secret) {
			t.Errorf("message %s holds %q", a.Body, secret)
		}
	}
	var m shown
	a.Decode(t, &m)
	return m
}

func lookedUp(t *testing.T, c *contract) {
	s := apptest.Start(t, withDatabase(t))
	sent := accept(t, s, "ada@example.org", 200)
	s.Sandbox.SetFaults(sandbox.Fault{Status: 500, Body: `{"message":"try again after 120 seconds"}`})
	queued := accept(t, s, "bob@example.org", 202)
	plain := apptest.Start(t, apptest.Config{})
	for _, x := range []tried{
		{"GET", "/messages", "", nil, 200, ""},
		{"GET", "/messages?state=queued&type=SignIn&recipient=bob@example.org&since=2026-01-01T00:00:00Z&limit=1", "", nil, 200, ""},
		{"GET", "/messages?to=Ada%2Bx@example.org&until=2126-01-01T00:00:00Z", "", nil, 200, ""},
		{"GET", "/messages?to=ada", "", nil, 400, "invalid_request_parameters"},
		{"POST", "/messages/search", `{"to":"ada@example.org","state":"sent","type":"SignIn","since":"2026-01-01T00:00:00Z","limit":1}`, nil, 200, ""},
		{"POST", "/messages/search", `{"recipient":"0123456789ab","state":"","limit":null}`, nil, 200, ""},
		{"POST", "/messages/search", `{}`, nil, 200, ""},
		{"POST", "/messages/search", `{"limit":0}`, nil, 400, "invalid_request_parameters"},
		{"POST", "/messages/search", `{}`, map[string]string{"Authorization": ""}, 401, "authorization_failed"},
		{"GET", "/messages?state=lost", "", nil, 400, "invalid_request_parameters"},
		{"GET", "/messages?since=yesterday", "", nil, 400, "invalid_request_parameters"},
		{"GET", "/messages?cursor=1", "", nil, 400, "invalid_request_parameters"},
		{"GET", "/messages?limit=0", "", nil, 400, "invalid_request_parameters"},
		{"GET", "/messages?limit=201", "", nil, 400, "invalid_request_parameters"},
		{"GET", "/messages", "", map[string]string{"Authorization": ""}, 401, "authorization_failed"},
		{"GET", "/messages/" + sent, "", nil, 200, ""},
		{"GET", "/messages/" + queued, "", nil, 200, ""},
		{"GET", "/messages/" + sent, "", map[string]string{"Authorization": ""}, 401, "authorization_failed"},
		{"GET", "/messages/" + someID, "", nil, 404, "invalid_request_parameters"},
		{"GET", "/messages/1'--", "", nil, 404, "invalid_request_parameters"},
		{"POST", "/messages/" + queued + "/retry", "", nil, 200, ""},
		{"POST", "/messages/" + sent + "/retry", "", nil, 409, "invalid_request_parameters"},
		{"POST", "/messages/" + someID + "/retry", "", nil, 404, "invalid_request_parameters"},
		{"POST", "/messages/" + queued + "/retry", "", map[string]string{"Authorization": ""}, 401, "authorization_failed"},
		{"POST", "/messages/" + queued + "/cancel", "", map[string]string{"Authorization": ""}, 401, "authorization_failed"},
		{"POST", "/messages/" + sent + "/cancel", "", nil, 409, "invalid_request_parameters"},
		{"POST", "/messages/" + someID + "/cancel", "", nil, 404, "invalid_request_parameters"},
	} {
		x.exchange(t, c, s)
	}
	apptest.Within(t, "cancelled", func() bool { // unless it is being tried right now
		return s.Post(t, "/messages/"+queued+"/cancel", "").Status == http.StatusOK
	})
	again := accept(t, s, "bob@example.org", 202)
	apptest.Within(t, "queued again", func() bool { return message(t, s, again).State == "queued" })
	tried{"POST", "/messages/" + again + "/cancel", "", nil, 200, ""}.exchange(t, c, s)
	for _, path := range []string{"/messages", "/messages/" + someID} {
		tried{"GET", path, "", nil, 404, "invalid_request_parameters"}.exchange(t, c, plain)
	}
	tried{"POST", "/messages/search", "{}", nil, 404, "invalid_request_parameters"}.exchange(t, c, plain)
}

func TestMessage(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, withDatabase(t))
	m := message(t, s, accept(t, s, "Ada+news@example.org", 200))
	if m.State != "sent" || m.ProviderID == "" || m.Type != "SignIn" || m.Source != "deliveries/Generic" || len(m.Recipient) != 12 || m.NextAttemptAt != nil {
		t.Errorf("sent = %+v", m)
	}
	if len(m.Attempts) != 1 || m.Attempts[0].Number != 1 || m.Attempts[0].Status != 200 || m.Attempts[0].Error != "" {
		t.Errorf("attempts of the sent one = %+v, want one with 200", m.Attempts)
	}
	if !strings.Contains(s.Logs.String(), m.Recipient) {
		t.Errorf("recipient %q is not the one in the log", m.Recipient)
	}

	s.Sandbox.SetFaults(sandbox.Fault{Status: 429, Wait: time.Minute})
	id := accept(t, s, "bob@example.org", 202)
	m = message(t, s, id)
	if m.State != "queued" || m.NextAttemptAt == nil || time.Until(*m.NextAttemptAt) < 50*time.Second || m.Error == "" || m.Attempts[0].Status != 429 {
		t.Errorf("queued = %+v, want its next attempt in a minute", m)
	}
	s.Sandbox.SetFaults()
	if a := s.Post(t, "/messages/"+id+"/retry", ""); a.Status != http.StatusOK {
		t.Fatalf("retry = %d %s, want 200", a.Status, a.Body)
	}
	apptest.Within(t, "sent by the retry", func() bool { return message(t, s, id).State == "sent" })
	if m = message(t, s, id); len(m.Attempts) != 2 || m.Error != "" {
		t.Errorf("after the retry = %+v, want two attempts", m)
	}
}

func TestCancelledMessagesStayUnsent(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, withDatabase(t))
	s.Sandbox.SetFaults(sandbox.Fault{Status: 429, Wait: time.Second})
	id := accept(t, s, "bob@example.org", 202)
	if a := s.Post(t, "/messages/"+id+"/cancel", ""); a.Status != http.StatusOK {
		t.Fatalf("cancel = %d %s, want 200", a.Status, a.Body)
	}
	s.Sandbox.SetFaults()
	next := accept(t, s, "bob@example.org", 200)
	if m := message(t, s, id); m.State != "cancelled" {
		t.Errorf("state = %s, want cancelled", m.State)
	}
	if metrics := string(s.Get(t, "/metrics").Body); !strings.Contains(metrics, `outbox_transitions_total{from="queued",to="cancelled"} 1`) {
		t.Error("the cancellation is not counted")
	}
	if n := len(s.Sandbox.Messages()); n != 1 {
		t.Errorf("mails = %d, want only that of %s", n, next)
	}
}

// Pages follow each other without gap or repetition, also while new messages come.
func TestMessagePages(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, withDatabase(t))
	var ids []string
	for range 7 {
		ids = append(ids, accept(t, s, "ada@example.org", 200))
	}
	accept(t, s, "bob@example.org", 200)
	var got []string
	cursor := ""
	for range 4 {
		a := s.Get(t, "/messages?limit=3&recipient=ADA%2Bx@example.org&cursor="+cursor)
		var page struct {
			Messages   []shown
			NextCursor string
		}
		a.Decode(t, &page)
		for _, m := range page.Messages {
			got = append([]string{m.ID}, got...)
		}
		if cursor = page.NextCursor; cursor == "" {
			break
		}
		accept(t, s, "ada@example.org", 200)
	}
	if fmt.Sprint(got) != fmt.Sprint(ids) {
		t.Errorf("pages = %v, want %v", got, ids)
	}
}
