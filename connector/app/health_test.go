package app_test

import (
	"net/http"
	"testing"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/app"
	"mailgun-connector/connector/app/apptest"
	"mailgun-connector/connector/sandbox"
)

type healthTimes struct{ P50Ms, P95Ms float64 }

type healthSummary struct {
	Outcomes            map[string]int
	Accepted, Delivered *healthTimes
}

type health struct {
	Hour, Day healthSummary
	LastError *struct {
		step
		At time.Time
	}
	Queue *struct {
		Messages int
		Breaker  string
	}
	Webhooks struct {
		Key     bool
		Reports map[string]time.Time
	}
}

func healthOf(t *testing.T, s *apptest.Service) health {
	t.Helper()
	var status struct{ Health health }
	a := s.Get(t, "/status")
	if a.Decode(t, &status); a.Status != http.StatusOK {
		t.Fatalf("GET /status = %d %s, want 200", a.Status, a.Body)
	}
	return status.Health
}

func TestHealthWithoutDatabase(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{Options: func(o *app.Options) { o.RetryMax = 0 }})
	h := healthOf(t, s)
	if len(h.Hour.Outcomes) > 0 || h.Day.Accepted != nil || h.LastError != nil || h.Queue != nil || h.Webhooks.Key {
		t.Errorf("health at first = %+v, want nothing", h)
	}
	s.Post(t, "/send-code", durableBody)
	s.Post(t, "/send-code", `{"to":"ada@example.org","type":"SignIn"}`)
	if h = healthOf(t, s); h.LastError != nil {
		t.Errorf("last error after a bad request = %+v, want none", h.LastError)
	}
	s.Sandbox.SetFaults(sandbox.Fault{Status: 401})
	s.Post(t, "/send-code", durableBody)
	h = healthOf(t, s)
	for _, summary := range []healthSummary{h.Hour, h.Day} {
		if summary.Outcomes["sent"] != 1 || summary.Outcomes["refused"] != 1 || summary.Outcomes["invalid"] != 1 ||
			summary.Accepted == nil || summary.Accepted.P50Ms <= 0 || summary.Delivered != nil {
			t.Errorf("summary = %+v, want one of each", summary)
		}
	}
	words := connector.ReasonCredentials.Words()
	if e := h.LastError; e == nil || e.Detail != words.What || e.Hint != words.Hint || e.Status != 401 || time.Since(e.At) > time.Minute {
		t.Errorf("last error = %+v, want that of the credentials in words", e)
	}
}

func TestHealthWithDatabase(t *testing.T) {
	t.Parallel()
	s := reporting(t, map[string]int{"gone@example.org": 605}, "the-key-of-now", nil)
	for _, to := range []string{"ada@example.org", "gone@example.org"} {
		if a := s.Post(t, "/send-code", mailRequest(to, "SignIn", `{"code":"481629"}`)); a.Status != http.StatusOK {
			t.Fatalf("send = %d %s, want 200", a.Status, a.Body)
		}
	}
	h := healthOf(t, s)
	apptest.Within(t, "both reports", func() bool {
		h = healthOf(t, s)
		return h.Hour.Outcomes["delivered"] == 1 && h.Hour.Outcomes["bounced"] == 1 &&
			!h.Webhooks.Reports["delivered"].IsZero() && !h.Webhooks.Reports["bounced"].IsZero()
	})
	if !h.Webhooks.Key || h.Hour.Delivered == nil {
		t.Errorf("health = %+v, want the reports", h)
	}
	s.Sandbox.SetFaults(sandbox.Fault{Status: 503})
	for range 6 {
		s.Post(t, "/send-code", mailRequest("bob@example.org", "SignIn", `{"code":"481629"}`))
	}
	apptest.Within(t, "a queue", func() bool {
		h = healthOf(t, s)
		return h.Queue != nil && h.Queue.Messages > 0 && h.LastError != nil && h.LastError.Reason == "mailgun_failing"
	})
	s.Sandbox.SetFaults()
	apptest.Within(t, "no queue", func() bool {
		h = healthOf(t, s)
		return h.Queue.Messages == 0 && h.Queue.Breaker == "closed" && h.Hour.Outcomes["sent_later"] > 0
	})
}
