package httpapi_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/app/apptest"
)

const (
	// hostileCode is the code in every bad request: no answer may repeat it.
	hostileCode = "739164"
	// alive is the recipient of the good sends between the bad ones.
	alive     = "alive@example.org"
	aliveBody = `{"to":"` + alive + `","type":"SignIn","payload":{"code":"` + hostileCode + `",
		"user":{"name":"Ann","primaryEmail":"ann@example.org"},"application":{"name":"Example Shop"}}}`

	maxProblem = 1024 // bytes of a problem that may be shown to people
)

// refusal is what a problem says to programs.
type refusal struct {
	status int
	code   connector.Code
}

// checkRefusal wants a problem that says so, of the members that it must have and
// no others, short, and without the secrets.
func checkRefusal(t *testing.T, what string, a apptest.Answer, want refusal, secrets ...string) {
	t.Helper()
	var p struct {
		Type, Title, Detail, Code, RequestID *string
		Status                               *int
		Retryable                            *bool
		Hint                                 string
		Errors                               []struct {
			Pointer, Detail string
			Line            int
		}
		Data *struct {
			StatusCode int
			Message    string
		}
	}
	dec := json.NewDecoder(bytes.NewReader(a.Body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&p); err != nil {
		t.Fatalf("%.100s = %d with body %.300q, want a problem: %v", what, a.Status, a.Body, err)
	}
	if p.Type == nil || p.Title == nil || p.Detail == nil || p.Code == nil || p.RequestID == nil || p.Status == nil || p.Retryable == nil {
		t.Fatalf("%.100s = %s, want all of type, title, detail, code, requestId, status, retryable", what, a.Body)
	}
	if a.Status != want.status || *p.Status != want.status || *p.Code != string(want.code) {
		t.Errorf("%.100s = %d with %s, want %d %s", what, a.Status, a.Body, want.status, want.code)
	}
	if got := a.Header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("%.100s with Content-Type %q, want application/problem+json", what, got)
	}
	if got := a.Header.Get("X-Request-Id"); got == "" || got != *p.RequestID {
		t.Errorf("%.100s with X-Request-Id %q and requestId %q, want one id", what, got, *p.RequestID)
	}
	if len(a.Body) >= maxProblem && *p.Code != string(connector.InvalidConfig) { // which lists every problem
		t.Errorf("%.100s with %d bytes of body, want fewer than %d: %.300s", what, len(a.Body), maxProblem, a.Body)
	}
	checkNoSecrets(t, what, a, secrets...)
}

// checkNoSecrets wants an answer without the code, the token, the API key and
// the secrets given.
func checkNoSecrets(t *testing.T, what string, a apptest.Answer, secrets ...string) {
	t.Helper()
	text := strings.ToLower(string(a.Body))
	for _, secret := range append(secrets, hostileCode, apptest.Token, apptest.APIKey) {
		if secret != "" && strings.Contains(text, strings.ToLower(secret)) {
			t.Errorf("%.100s gives away %q: %s", what, secret, a.Body)
		}
	}
}

// checkAlive wants the service to send as ever, and to have sent nothing but
// that.
func checkAlive(t *testing.T, s *apptest.Service) {
	t.Helper()
	if a := s.Post(t, "/send-code", aliveBody); a.Status != http.StatusOK {
		t.Errorf("a good Post afterwards = %d %s, want 200", a.Status, a.Body)
	}
	for _, m := range s.Sandbox.Messages() {
		if len(m.Recipients) != 1 || m.Recipients[0] != alive {
			t.Errorf("a mail to %q was sent, want none but those to %s", m.Recipients, alive)
		}
	}
}

// patience bounds every wait on a raw connection; the server's own limits are 5
// and 10 seconds.
const patience = 14 * time.Second

// wire is a raw connection to a service, for what no HTTP client would send.
type wire struct {
	net.Conn
	in *bufio.Reader
}

func dial(t *testing.T, s *apptest.Service) *wire {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	w := &wire{conn, bufio.NewReader(conn)}
	w.wait(t)
	return w
}

// wait gives the service its time anew.
func (w *wire) wait(t *testing.T) {
	t.Helper()
	if err := w.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
}

func (w *wire) send(t *testing.T, text string) {
	t.Helper()
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatalf("writing %.40q: %v", text, err)
	}
}

func (w *wire) line(t *testing.T) string {
	t.Helper()
	line, err := w.in.ReadString('\n')
	if err != nil {
		t.Fatalf("reading a line: %v", err)
	}
	return line
}

// answer reads one answer to a request of the method.
func (w *wire) answer(t *testing.T, method string) apptest.Answer {
	t.Helper()
	resp, err := http.ReadResponse(w.in, &http.Request{Method: method})
	if err != nil {
		t.Fatalf("reading an answer: %v", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("reading an answer: %v", err)
	}
	return apptest.Answer{Status: resp.StatusCode, Header: resp.Header, Body: body}
}

// untilClosed gives what the server still says before it hangs up, which it must.
func (w *wire) untilClosed(t *testing.T) string {
	t.Helper()
	rest, err := io.ReadAll(w.in)
	if timeout := net.Error(nil); errors.As(err, &timeout) && timeout.Timeout() {
		t.Errorf("the server keeps the connection: %v", err)
	}
	return string(rest) // a reset is a way of hanging up, too
}
