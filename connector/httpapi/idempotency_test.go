package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"mailgun-connector/connector/app"
	"mailgun-connector/connector/app/apptest"
	"mailgun-connector/connector/sandbox"
)

func keyed(t testing.TB, s *apptest.Service, key, body string) apptest.Answer {
	t.Helper()
	return s.Do(t, http.MethodPost, "/send-code", body, map[string]string{
		"Authorization": "Bearer " + apptest.Token, "Content-Type": "application/json", "Idempotency-Key": key})
}

const keyedBody = `{"to":"ada@example.org","type":"SignIn","payload":{"code":"481629"}}`

func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{})
	first, again := keyed(t, s, "k1", keyedBody), keyed(t, s, "k1", keyedBody)
	if first.Status != 200 || again.Status != 200 || string(first.Body) != string(again.Body) || again.Header.Get("Idempotency-Replayed") != "true" ||
		first.Header.Get("Idempotency-Replayed") != "" || again.Header.Get("Content-Type") != "application/json" {
		t.Errorf("the same request again = %d %s %v, want what the first got: %d %s", again.Status, again.Body, again.Header, first.Status, first.Body)
	}
	if other := keyed(t, s, "k1", strings.Replace(keyedBody, "481629", "1", 1)); other.Status != http.StatusUnprocessableEntity {
		t.Errorf("another request with the key = %d %s, want 422", other.Status, other.Body)
	}
	if n := len(s.Sandbox.Messages()); n != 1 {
		t.Errorf("mails = %d, want 1", n)
	}
	for _, key := range []string{strings.Repeat("k", 256), "a b", "é"} {
		if bad := keyed(t, s, key, keyedBody); bad.Status != http.StatusBadRequest {
			t.Errorf("key %q = %d %s, want 400", key, bad.Status, bad.Body)
		}
	}
}

// A key belongs to the token that it came with: another caller's is another key.
func TestIdempotencyKeyOfAnotherToken(t *testing.T) {
	t.Parallel()
	const other = "other-token-0123456789"
	s := apptest.Start(t, apptest.Config{Options: func(o *app.Options) { o.Token += "," + other }})
	keyed(t, s, "k", keyedBody)
	body := strings.Replace(keyedBody, "481629", "223344", 1)
	a := s.Do(t, http.MethodPost, "/send-code", body, map[string]string{
		"Authorization": "Bearer " + other, "Content-Type": "application/json", "Idempotency-Key": "k"})
	if a.Status != 200 || a.Header.Get("Idempotency-Replayed") != "" {
		t.Errorf("the key with another token = %d %s, want a request of its own", a.Status, a.Body)
	}
	if n := len(s.Sandbox.Messages()); n != 2 {
		t.Errorf("mails = %d, want 2", n)
	}
}

// A failure that may pass frees the key; one that stays is kept.
func TestIdempotencyKeyAfterFailures(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{})
	s.Sandbox.SetFaults(sandbox.Fault{Status: 500, Times: 3})
	if a := keyed(t, s, "k", keyedBody); a.Status != http.StatusServiceUnavailable {
		t.Fatalf("while Mailgun fails = %d, want 503", a.Status)
	}
	if a := keyed(t, s, "k", keyedBody); a.Status != 200 || a.Header.Get("Idempotency-Replayed") != "" {
		t.Errorf("afterwards = %d %v, want a new try that succeeds", a.Status, a.Header)
	}
	s.Sandbox.SetFaults(sandbox.Fault{Status: 401, Times: 1})
	for i, replayed := range []string{"", "true"} {
		a := keyed(t, s, "refused", keyedBody)
		if a.Status != http.StatusBadGateway || a.Header.Get("Idempotency-Replayed") != replayed || a.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("refused, request %d = %d %v, want 502, replayed %q", i, a.Status, a.Header, replayed)
		}
	}
}

// A hundred identical requests at once make one mail.
func TestIdempotencyKeyRace(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{})
	var group sync.WaitGroup
	statuses := make([]int, 100)
	for i := range statuses {
		group.Go(func() { statuses[i] = keyed(t, s, "race", keyedBody).Status })
	}
	group.Wait()
	if n := len(s.Sandbox.Messages()); n != 1 {
		t.Errorf("mails = %d, want 1", n)
	}
	for _, status := range statuses {
		if status != http.StatusOK && status != http.StatusConflict {
			t.Errorf("statuses = %s, want 200 or 409 only", fmt.Sprint(statuses))
			break
		}
	}
}

func TestExpiresAt(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{})
	const body = `{"to":"ada@example.org","type":"SignIn","payload":{"code":"481629"},"expiresAt":%q}`
	if a := s.Post(t, "/send-code", fmt.Sprintf(body, "2020-01-01T00:00:00Z")); a.Status != http.StatusBadRequest {
		t.Errorf("an expired code = %d %s, want 400", a.Status, a.Body)
	}
	if a := s.Post(t, "/send-code", fmt.Sprintf(body, "tomorrow")); a.Status != http.StatusBadRequest {
		t.Errorf("no time = %d %s, want 400", a.Status, a.Body)
	}
	if a := s.Post(t, "/send-code", fmt.Sprintf(body, "2999-01-01T00:00:00Z")); a.Status != http.StatusOK {
		t.Fatalf("a far end = %d %s, want 200", a.Status, a.Body)
	}
	if got := s.Sandbox.Messages()[0].Form["h:X-Mailgun-Deliver-Within"]; len(got) != 1 || got[0] != "24h0m" {
		t.Errorf("deliver within = %v, want Mailgun's longest, 24h0m", got)
	}
}
