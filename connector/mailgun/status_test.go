package mailgun_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"mailgun-connector/connector"
	"mailgun-connector/connector/mailgun"
)

// rawAnswers answers a request to the domain "s418.example.com" with status 418
// and the given body. It writes to the connection itself, since net/http has
// ideas of its own about some statuses.
type rawAnswers struct {
	body string

	mu    sync.Mutex
	tries map[int]int
}

func (a *rawAnswers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var status int
	_, _ = fmt.Sscanf(r.URL.Path, "/v3/s%d.example.com/messages", &status)
	a.mu.Lock()
	a.tries[status]++
	a.mu.Unlock()
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "HTTP/1.1 %d Status\r\nContent-Type: application/json\r\nConnection: close\r\n"+
		"Content-Length: %d\r\n\r\n%s", status, len(a.body), a.body)
}

// verdict is what a status should come to.
type verdict struct {
	Code    connector.Code
	Outcome connector.Outcome
	Status  int // told to the caller
	Tries   int // of two that are allowed
}

// wantVerdict is SPEC.md §6 and §7 for an answer without an id.
func wantVerdict(status int) verdict {
	switch {
	case status < 200 && status != 101: // interim; the answer proper never comes
		return verdict{connector.General, connector.Unknown, 0, 2}
	case status == 420 || status == 429:
		return verdict{connector.RateLimitExceeded, connector.NotSent, status, 2}
	case status >= 500, status == 408, status == 425:
		return verdict{connector.General, connector.Unknown, status, 2}
	}
	return verdict{connector.General, connector.Refused, status, 1}
}

// sendAll sends once for every status, many at the same time because of the pauses
// before second tries.
func sendAll(t *testing.T, url string) map[int]error {
	t.Helper()
	client := mailgun.NewClient(64)
	t.Cleanup(client.CloseIdleConnections)
	results := map[int]error{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	slots := make(chan struct{}, 64) // so that none waits for the processor until its time is up
	for status := 100; status < 600; status++ {
		s := newSender(t, url, func(c *mailgun.Config) {
			c.Client = client
			c.Connector.Domain = fmt.Sprintf("s%d.example.com", status)
		})
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			_, err := s.Send(context.Background(), htmlMail())
			mu.Lock()
			defer mu.Unlock()
			results[status] = err
		})
	}
	wg.Wait()
	return results
}

func TestEveryStatus(t *testing.T) {
	t.Parallel()
	answers := &rawAnswers{body: `{"message":"Words"}`, tries: map[int]int{}}
	for status, err := range sendAll(t, serve(t, answers)) {
		want := wantVerdict(status)
		var e *connector.Error
		if !errors.As(err, &e) {
			t.Errorf("Send() when Mailgun answers %d = %v, want a *connector.Error", status, err)
			continue
		}
		got := verdict{e.Code, e.Outcome, e.MailgunStatus, answers.tries[status]}
		if status >= 200 && status < 300 {
			got.Outcome = want.Outcome // may as well be unknown: see mailgun-api.md §8.9
		}
		if got != want {
			t.Errorf("Send() when Mailgun answers %d = %+v, want %+v", status, got, want)
		}
		if e.Message == "" || strings.Contains(e.Error(), "Words") {
			t.Errorf("Send() when Mailgun answers %d: text %q, want our own words only", status, e.Error())
		}
		if status == 401 && !hasAll(e.Hint, "key", "region", "domain", "allowlist") {
			t.Errorf("hint for 401 = %q, want all four causes", e.Hint)
		}
	}
}

// Any 2xx with an id is Mailgun's word, and nothing else is, id or not.
func TestEveryStatusWithID(t *testing.T) {
	t.Parallel()
	answers := &rawAnswers{body: `{"id":"<1@mg.example.com>","message":"Queued. Thank you."}`, tries: map[int]int{}}
	for status, err := range sendAll(t, serve(t, answers)) {
		// 204 can't carry a body.
		want := status >= 200 && status < 300 && status != http.StatusNoContent
		if got := err == nil; got != want {
			t.Errorf("Send() when Mailgun answers %d with an id = %v, want success %v", status, err, want)
		}
	}
}

func hasAll(s string, words ...string) bool {
	for _, w := range words {
		if !strings.Contains(s, w) {
			return false
		}
	}
	return true
}
