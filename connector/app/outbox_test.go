package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"mailgun-connector/connector/app"
	"mailgun-connector/connector/app/apptest"
	"mailgun-connector/connector/config"
	"mailgun-connector/connector/ratelimit"
	"mailgun-connector/connector/sandbox"
)

// durable runs a service with a SQLite database in path.
func durable(t *testing.T, path string) *apptest.Service {
	t.Helper()
	return apptest.Start(t, apptest.Config{Options: func(o *app.Options) {
		o.Database, o.Retention = config.Secret("sqlite:"+path), 168*time.Hour
		o.SendTimeout, o.RetryMax = time.Second, 0
	}})
}

const durableBody = `{"to":"ada@example.org","type":"SignIn","payload":{"code":"481629"}}`

// While Mailgun is down, callers get a promise, and it is kept.
func TestOutage(t *testing.T) {
	t.Parallel()
	s := durable(t, filepath.Join(t.TempDir(), "outbox.db"))
	if a := s.Post(t, "/send-code", durableBody); a.Status != http.StatusOK {
		t.Fatalf("with Mailgun up = %d %s, want 200", a.Status, a.Body)
	}
	s.Sandbox.SetFaults(sandbox.Fault{Status: 503})
	const sends = 12
	for n := range sends {
		var answer struct{ ID, Status string }
		a := s.Post(t, "/send-code", strings.Replace(durableBody, "ada", fmt.Sprintf("ada%d", n), 1))
		if a.Decode(t, &answer); a.Status != http.StatusAccepted || answer.ID == "" || answer.Status != "queued" {
			t.Fatalf("with Mailgun down = %d %s, want 202 with an id, queued", a.Status, a.Body)
		}
	}
	if metrics := string(s.Get(t, "/metrics").Body); !strings.Contains(metrics, "mailgun_connector_outbox_breaker_open 1") {
		t.Error("the breaker is not open")
	}
	s.Sandbox.SetFaults()
	apptest.Within(t, "all mails after the outage", func() bool { return len(s.Sandbox.Messages()) == 1+sends })
	for _, m := range s.Sandbox.Messages() {
		if m.HTML != "<p>Your code is 481629</p>" || m.Subject != "481629 is your code" {
			t.Errorf("mail = %q %q, want the one that was accepted", m.Subject, m.HTML)
		}
	}
}

// What one process has promised, the next one keeps.
func TestPromisesOutliveTheProcess(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "outbox.db")
	first := durable(t, path)
	first.Sandbox.SetFaults(sandbox.Fault{Status: 500})
	if a := first.Post(t, "/send-code", durableBody); a.Status != http.StatusAccepted {
		t.Fatalf("with Mailgun down = %d %s, want 202", a.Status, a.Body)
	}
	if err := first.App.Stop(); err != nil {
		t.Fatal(err)
	}
	second := durable(t, path)
	apptest.Within(t, "the mail from the next process", func() bool { return len(second.Sandbox.Messages()) == 1 })
}

// A refusal for good is told, and not kept for later.
func TestDurableRefusal(t *testing.T) {
	t.Parallel()
	s := durable(t, filepath.Join(t.TempDir(), "outbox.db"))
	s.Sandbox.SetFaults(sandbox.Fault{Status: 401, Times: 1})
	if a := s.Post(t, "/send-code", durableBody); a.Status != http.StatusBadGateway {
		t.Errorf("refused = %d %s, want 502", a.Status, a.Body)
	}
	apptest.Within(t, "an empty queue", func() bool {
		return strings.Contains(string(s.Get(t, "/metrics").Body), `outbox_transitions_total{from="sending",to="failed"} 1`)
	})
	if n := s.Sandbox.Requests(); n != 1 {
		t.Errorf("requests to Mailgun = %d, want 1", n)
	}
}

// An expired code is never sent.
func TestExpiredCodes(t *testing.T) {
	t.Parallel()
	s := durable(t, filepath.Join(t.TempDir(), "outbox.db"))
	s.Sandbox.SetFaults(sandbox.Fault{Status: 500})
	soon := time.Now().Add(1500 * time.Millisecond).Format(time.RFC3339Nano)
	body := strings.TrimSuffix(durableBody, "}") + `,"expiresAt":"` + soon + `"}`
	if a := s.Post(t, "/send-code", body); a.Status != http.StatusAccepted {
		t.Fatalf("with Mailgun down = %d %s, want 202", a.Status, a.Body)
	}
	apptest.Within(t, "the end of the code's life", func() bool {
		return strings.Contains(string(s.Get(t, "/metrics").Body), `to="expired"} 1`)
	})
	if n := len(s.Sandbox.Messages()); n != 0 {
		t.Errorf("mails = %d, want none", n)
	}
}

// An answer outlives the process, and so does the promise of a request that never
// got one.
func TestKeysOutliveTheProcess(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "outbox.db")
	header := map[string]string{"Authorization": "Bearer " + apptest.Token, "Content-Type": "application/json", "Idempotency-Key": "k"}
	first := durable(t, path)
	a := first.Do(t, http.MethodPost, "/send-code", durableBody, header)
	if err := first.App.Stop(); err != nil {
		t.Fatal(err)
	}
	second := durable(t, path)
	b := second.Do(t, http.MethodPost, "/send-code", durableBody, header)
	if a.Status != http.StatusOK || b.Status != http.StatusOK || string(a.Body) != string(b.Body) || b.Header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("the next process = %d %s, want the first one's %d %s", b.Status, b.Body, a.Status, a.Body)
	}
	if n := len(second.Sandbox.Messages()); n != 0 {
		t.Errorf("mails of the next process = %d, want none", n)
	}
}

// After a failure that may pass a key is free again; another body is then another
// message, and not told to be sent because the first one was.
func TestKeyWithAnotherBodyAfterAFailure(t *testing.T) {
	t.Parallel()
	s := durable(t, filepath.Join(t.TempDir(), "outbox.db"))
	header := map[string]string{"Authorization": "Bearer " + apptest.Token, "Content-Type": "application/json", "Idempotency-Key": "k"}
	s.Sandbox.SetFaults(sandbox.Fault{Status: 200, Body: "{}"}) // no id: nobody knows
	if a := s.Do(t, http.MethodPost, "/send-code", durableBody, header); a.Status != http.StatusBadGateway {
		t.Fatalf("a success without an id = %d %s, want 502", a.Status, a.Body)
	}
	s.Sandbox.SetFaults()
	a := s.Do(t, http.MethodPost, "/send-code", strings.Replace(durableBody, "481629", "555555", 1), header)
	if n := len(s.Sandbox.Messages()); a.Status != http.StatusOK || n != 1 {
		t.Errorf("another body = %d %s and %d mails, want it sent", a.Status, a.Body, n)
	}
}

// What Mailgun says it will not take within the code's life is not promised; what it may
// take is, and the log says why it waits.
func TestMailgunAsksToWait(t *testing.T) {
	t.Parallel()
	s := durable(t, filepath.Join(t.TempDir(), "outbox.db"))
	s.Sandbox.SetFaults(sandbox.Fault{Status: 420, Wait: 8 * time.Hour})
	a := s.Post(t, "/send-code", durableBody)
	wait, _ := strconv.Atoi(a.Header.Get("Retry-After"))
	if a.Status != http.StatusTooManyRequests || wait < 28_000 || wait > 28_801 {
		t.Errorf("asked to wait for eight hours = %d, Retry-After %d, want 429 and eight hours", a.Status, wait)
	}
	s.Sandbox.SetFaults(sandbox.Fault{Status: 420, Wait: time.Minute})
	if a := s.Post(t, "/send-code", durableBody); a.Status != http.StatusAccepted {
		t.Errorf("asked to wait for a minute = %d %s, want 202", a.Status, a.Body)
	}
	s.Sandbox.SetFaults(sandbox.Fault{Status: 500})
	if a := s.Post(t, "/send-code", strings.Replace(durableBody, "ada", "bob", 1)); a.Status != http.StatusAccepted {
		t.Errorf("failing = %d %s, want 202", a.Status, a.Body)
	}
	type line struct {
		Level, Msg     string
		Status         int
		MailgunStatus  int     `json:"mailgun_status"`
		MailgunMessage string  `json:"mailgun_message"`
		MailgunMS      float64 `json:"mailgun_ms"`
	}
	var got []line
	for text := range strings.Lines(s.Logs.String()) {
		var l line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatal(err)
		}
		if l.Status > 0 {
			got = append(got, l)
		}
	}
	for i, want := range []line{
		{"WARN", "not sent", 429, 420, "recipient limit exceeded", 0},
		{"WARN", "queued", 202, 420, "recipient limit exceeded", 0},
		{"WARN", "queued", 202, 500, "Internal Server Error", 0},
	} {
		if i >= len(got) {
			t.Fatalf("lines = %+v, want three", got)
		}
		l := got[i]
		if l.Level != want.Level || l.Msg != want.Msg || l.Status != want.Status || l.MailgunStatus != want.MailgunStatus ||
			!strings.Contains(l.MailgunMessage, want.MailgunMessage) || l.MailgunMS <= 0 {
			t.Errorf("line %d = %+v, want %+v with Mailgun's time", i, l, want)
		}
	}
}

// What an outage refused does not count for the recipient's limit; what was sent does.
func TestFailedSendsDoNotCount(t *testing.T) {
	t.Parallel()
	limited := func(o *app.Options) {
		o.RecipientLimit, o.RetryMax, o.SendTimeout = ratelimit.Rate{Sends: 3, Per: 10 * time.Minute}, 0, time.Second
	}
	for name, fault := range map[string]sandbox.Fault{
		"failing": {Status: 503}, "refusing": {Status: 401}, "slowing down": {Status: 429},
	} {
		s := apptest.Start(t, apptest.Config{Options: limited})
		for range 5 {
			s.Sandbox.SetFaults(fault)
			if a := s.Post(t, "/send-code", durableBody); a.Status < 400 {
				t.Fatalf("%s = %d, want a failure", name, a.Status)
			}
		}
		s.Sandbox.SetFaults()
		for i, status := range []int{200, 200, 200, 429} {
			if a := s.Post(t, "/send-code", durableBody); a.Status != status {
				t.Errorf("%s, then send %d = %d %s, want %d", name, i+1, a.Status, a.Body, status)
			}
		}
	}
}
