//go:build e2e

package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// message is the body of a send, as Logto writes it.
type message struct {
	To      string         `json:"to"`
	Type    string         `json:"type"`
	Payload map[string]any `json:"payload"`
	IP      string         `json:"ip,omitempty"`
}

// newMessage makes a message with a recipient, a code and a link of its own, all
// of them secrets from then on.
func (s *service) newMessage() message {
	n := s.messages.Add(1)
	mailbox, code := fmt.Sprintf("reader-%04d", n), fmt.Sprintf("q%04d-7z", n)
	link := fmt.Sprintf("https://login.example.net/once/%04d", n)
	s.keepSecret(mailbox, code, link)
	return message{mailbox + "@example.net", "SignIn", map[string]any{"code": code, "link": link}, "192.0.2.7"}
}

// problem is the body of an error.
type problem struct {
	Type, Title, Detail, Code, Hint, RequestID string
	Status                                     int
	Retryable                                  bool
	Data                                       struct {
		StatusCode int
		Message    string
	}
}

// answer is what came back of one send.
type answer struct {
	status  int // 0 for no complete answer
	header  http.Header
	body    string
	problem problem // zero for a success
	began   time.Time
	took    time.Duration
}

// retryAfter gives the seconds of the Retry-After header, 0 without one.
func (a answer) retryAfter() int {
	seconds, _ := strconv.Atoi(a.header.Get("Retry-After"))
	return seconds
}

// send sends a new message.
func (s *service) send(t *testing.T) answer {
	t.Helper()
	return s.post(t, s.newMessage())
}

// sendMany sends n new messages, all at once, and gives the answers.
func (s *service) sendMany(t *testing.T, n int) []answer {
	t.Helper()
	return s.sendBy(t, n, n)
}

// sendBy sends n new messages from a number of workers.
func (s *service) sendBy(t *testing.T, workers, n int) []answer {
	t.Helper()
	answers := make([]answer, n)
	next := make(chan int)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := range next {
				answers[i] = s.send(t)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
	return answers
}

// post sends a message.
func (s *service) post(t *testing.T, m message) answer {
	t.Helper()
	body, err := json.Marshal(m)
	if err != nil {
		t.Error(err)
	}
	return s.postBody(t, body)
}

// postBody sends a request for a mail and checks what every answer has to be: complete, in
// the right form, and without secrets.
func (s *service) postBody(t *testing.T, body []byte) answer {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, s.url+"/send-code", bytes.NewReader(body))
	if err != nil {
		t.Error(err)
		return answer{}
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	a := answer{began: time.Now()}
	resp, err := s.client.Do(req)
	if err != nil {
		t.Errorf("POST /send-code = %v, want an answer", err)
		return a
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	a.took = time.Since(a.began)
	if err != nil {
		t.Errorf("POST /send-code broke off with %v, want a complete answer", err)
		return a
	}
	a.status, a.header, a.body = resp.StatusCode, resp.Header, string(text)
	s.checkSecrets(t, "body", a.body)
	if a.status != http.StatusOK {
		a.problem = readProblem(t, a.header.Get("Content-Type"), a.body)
		if a.problem.RequestID != a.header.Get("X-Request-Id") || a.problem.Status != a.status {
			t.Errorf("problem = %+v, want status %d and the request id %q", a.problem, a.status, a.header.Get("X-Request-Id"))
		}
	}
	return a
}

func readProblem(t *testing.T, contentType, body string) problem {
	t.Helper()
	var p problem
	if err := json.Unmarshal([]byte(body), &p); err != nil || contentType != "application/problem+json" {
		t.Errorf("body = %s %q, %v, want a problem", contentType, body, err)
	}
	if p.Code == "" || p.Title == "" || p.Detail == "" || p.RequestID == "" {
		t.Errorf("problem = %+v, want it with code, title, detail and request id", p)
	}
	return p
}

// get gives the body at a path.
func (s *service) get(t *testing.T, path string) string {
	t.Helper()
	resp, err := s.client.Get(s.url + path)
	must(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	must(t, err)
	return string(text)
}

// metric gives the value of a metric without labels, -1 if there is none.
func (s *service) metric(t *testing.T, name string) float64 {
	t.Helper()
	for line := range strings.Lines(s.get(t, "/metrics")) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			v, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			must(t, err)
			return v
		}
	}
	return -1
}

// logged gives the log lines with a message, in order. Lines of a service that
// still runs may be missing.
func (s *service) logged(t *testing.T, msgs ...string) []map[string]any {
	t.Helper()
	var found []map[string]any
	for _, line := range s.stderr() {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Errorf("stderr line %q: %v, want a log line", line, err)
		}
		for _, msg := range msgs {
			if fields["msg"] == msg {
				found = append(found, fields)
			}
		}
	}
	return found
}

// tally counts answers by status.
func tally(answers []answer) map[int]int {
	count := map[int]int{}
	for _, a := range answers {
		count[a.status]++
	}
	return count
}

// slowest is the longest that any answer took.
func slowest(answers []answer) time.Duration {
	var most time.Duration
	for _, a := range answers {
		most = max(most, a.took)
	}
	return most
}

// postAndLeave sends a new message and hangs up once something holds.
func (s *service) postAndLeave(t *testing.T, holds func() bool) {
	t.Helper()
	body, err := json.Marshal(s.newMessage())
	must(t, err)
	ctx, leave := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/send-code", bytes.NewReader(body))
	must(t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	left := make(chan error)
	go func() {
		resp, err := s.client.Do(req)
		if err == nil {
			resp.Body.Close()
		}
		left <- err
	}()
	eventually(t, "the send is under way", 2*time.Second, holds)
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("POST /send-code = %v, want %v", err, context.Canceled)
	}
}

// wantIn fails the test if a text lacks a word.
func wantIn(t *testing.T, what, text, word string) {
	t.Helper()
	if !strings.Contains(text, word) {
		t.Errorf("%s = %q, want %q in it", what, text, word)
	}
}
