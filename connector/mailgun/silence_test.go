package mailgun_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/mailgun"
	"mailgun-connector/connector/sandbox"
)

// closedPort is an endpoint that nobody listens on.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String()
}

// untrusted is a server whose certificate nobody has signed.
func untrusted(t *testing.T) string {
	t.Helper()
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // it complains of the client's alert
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.URL
}

func faulty(f sandbox.Fault) func(*testing.T) string {
	return func(t *testing.T) string {
		mg, url := fake(t)
		mg.SetFaults(f)
		return url
	}
}

// raw is a server that writes text as its answer and then holds the connection
// until the test is over.
func raw(text string) func(*testing.T) string {
	return func(t *testing.T) string {
		over := make(chan struct{})
		url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				panic(err)
			}
			defer conn.Close()
			_, _ = io.WriteString(conn, text)
			<-over
		}))
		t.Cleanup(func() { close(over) })
		return url
	}
}

// TestSilence is about attempts without an answer. Whatever happens, Send is back
// in time: a person waits at the other end.
func TestSilence(t *testing.T) {
	t.Parallel()
	const limit = 2 * time.Second // room for a handshake on a busy machine
	tests := []struct {
		name     string
		endpoint func(*testing.T) string
		outcome  connector.Outcome
		tries    int
		cause    string // in the error for the log
	}{
		{"closed port", closedPort, connector.NotSent, 2, "connection refused"},
		{"no such host", func(*testing.T) string { return "http://host.invalid" }, connector.NotSent, 2, ""},
		{"untrusted certificate", untrusted, connector.NotSent, 2, "certificate"},
		{"TLS where there is none", func(t *testing.T) string {
			return "https" + strings.TrimPrefix(faulty(sandbox.Fault{Hang: true})(t), "http")
		}, connector.NotSent, 2, ""},
		{"dropped before", faulty(sandbox.Fault{Drop: sandbox.DropBefore}), connector.Unknown, 2, "EOF"},
		{"dropped after", faulty(sandbox.Fault{Drop: sandbox.DropAfter}), connector.Unknown, 2, "EOF"},
		{"hang", faulty(sandbox.Fault{Hang: true}), connector.Unknown, 1, "deadline"},
		{"no HTTP", raw("SMTP ready\r\n\r\n"), connector.Unknown, 2, ""},
		{"half a status line", raw("HTTP/1.1 20"), connector.Unknown, 1, ""},
		{"half a body", raw("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"id\":"), connector.Unknown, 1, ""},
		{"endless header", raw("HTTP/1.1 200 OK\r\nX-A: " + strings.Repeat("a", 1<<20)), connector.Unknown, 2, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newSender(t, tt.endpoint(t), func(c *mailgun.Config) { c.Timeout = limit })
			start := time.Now()
			e, receipt := failure(t, s)
			if took := time.Since(start); took > limit+time.Second {
				t.Errorf("Send() took %s, want at most %s", took, limit)
			}
			if e.Code != connector.General || e.Outcome != tt.outcome || e.MailgunStatus != 0 || !e.Retryable() {
				t.Errorf("Send() = %+v, want general with outcome %d and no status", e, tt.outcome)
			}
			if receipt.Attempts != tt.tries {
				t.Errorf("attempts = %d, want %d", receipt.Attempts, tt.tries)
			}
			if e.Err == nil || !strings.Contains(e.Err.Error(), tt.cause) || strings.Contains(e.Err.Error(), "/messages") {
				t.Errorf("cause = %v, want one with %q and without the URL", e.Err, tt.cause)
			}
		})
	}
}

// A proxy that switches protocols hands its connection over, which no context
// ends.
func TestSwitchedProtocolIsNoAnswer(t *testing.T) {
	t.Parallel()
	url := raw("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n")(t)
	s := newSender(t, url, func(c *mailgun.Config) { c.Timeout = 500 * time.Millisecond })
	done := make(chan error, 1)
	go func() {
		_, err := s.Send(context.Background(), htmlMail())
		done <- err
	}()
	select {
	case err := <-done:
		if err == nil {
			t.Error("Send() when Mailgun answers 101 = nil, want an error")
		}
	case <-time.After(3 * time.Second):
		t.Fatal("Send() does not come back from a 101")
	}
}

func TestCallersContextEndsSend(t *testing.T) {
	t.Parallel()
	url := faulty(sandbox.Fault{Hang: true})(t)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := newSender(t, url, nil).Send(ctx, htmlMail())
	var e *connector.Error
	if !errors.As(err, &e) || e.Outcome != connector.Unknown {
		t.Errorf("Send() with a context that ends = %v, want an unknown outcome", err)
	}
}

// Following a redirect would turn the POST into a GET that carries the key, and
// take its 200 for a success.
func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		var elsewhere atomic.Int32
		url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/elsewhere" {
				elsewhere.Add(1)
				fmt.Fprint(w, `{"id":"<1@x>","message":"Queued"}`)
				return
			}
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
			fmt.Fprint(w, `{"id":"<1@x>","message":"Queued"}`)
		}))
		e, receipt := failure(t, newSender(t, url, nil))
		if e.MailgunStatus != status || e.Outcome != connector.Refused || receipt.Attempts != 1 || elsewhere.Load() != 0 {
			t.Errorf("Send() redirected with %d = %+v after %d attempts, %d requests elsewhere; want refused, 1, 0", status, e, receipt.Attempts, elsewhere.Load())
		}
	}
}

// A 200 that is not Mailgun's word that it took the mail.
func TestFalseSuccess(t *testing.T) {
	t.Parallel()
	long := `{"message":"` + strings.Repeat("x", 70<<10) + `","id":"<1@x>"}`
	for _, tt := range []struct{ name, body, hint string }{
		{"magnificent", "Mailgun Magnificent API", "domain"},
		{"magnificent with more", "Mailgun Magnificent API\n", "domain"},
		{"text", "OK", "proxy"},
		{"page", "<html>Sign in to the guest network</html>", "proxy"},
		{"empty object", "{}", "proxy"},
		{"empty", "", "proxy"},
		{"null", "null", "proxy"},
		{"empty id", `{"id":"","message":"Queued. Thank you."}`, "proxy"},
		{"id is a number", `{"id":7,"message":"Queued. Thank you."}`, "proxy"},
		{"array", `[{"id":"<1@x>"}]`, "proxy"},
		{"two values", `{"id":"<1@x>"}{"id":"<2@x>"}`, "proxy"},
		{"more than 64 KiB", long, "proxy"},
	} {
		mg := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, tt.body) }))
		e, receipt := failure(t, newSender(t, mg, nil))
		if e.Code != connector.General || e.MailgunStatus != 200 || receipt.Attempts != 1 || !strings.Contains(e.Hint, tt.hint) {
			t.Errorf("Send() when Mailgun answers %s = %+v after %d attempts, want general with a hint on %s after 1", tt.name, e, receipt.Attempts, tt.hint)
		}
	}
}
