package app_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"mailgun-connector/connector/app"
	"mailgun-connector/connector/app/apptest"
	"mailgun-connector/connector/sandbox"
)

const (
	healthCall = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
	bodyCall   = "POST /send-code HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + apptest.Token +
		"\r\nContent-Type: application/json\r\nContent-Length: 200\r\n\r\n{"
	unsigned = "POST /webhooks/mailgun HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 200\r\n\r\n{"
	goodBody = `{"to":"ada@example.org","type":"SignIn","payload":{"code":"481629"}}`
	noToken  = "GET /config HTTP/1.1\r\nHost: x\r\nAuthorization: wrong\r\n\r\n"
)

var goodCall = fmt.Sprintf("POST /send-code HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"+
	"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", apptest.Token, len(goodBody), goodBody)

// caller is a raw connection to a service.
type caller struct {
	net.Conn
	in *bufio.Reader
}

func call(t *testing.T, s *apptest.Service, request string) *caller {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", s.App.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_, _ = io.WriteString(conn, request) // it may be ended already
	return &caller{conn, bufio.NewReader(conn)}
}

// answer reads an answer, 0 for none before the connection is ended.
func (c *caller) answer(t *testing.T) int {
	t.Helper()
	resp, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

// ended reports whether the service has ended the connection, or does within a moment.
func (c *caller) ended(t *testing.T, within time.Duration) bool {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(within)); err != nil {
		t.Fatal(err)
	}
	_, err := c.in.ReadByte()
	return !errors.Is(err, os.ErrDeadlineExceeded)
}

// The service below has room for 2 × 4 + 64 connections.
const room = 72

func smallService(t *testing.T) *apptest.Service {
	return apptest.Start(t, apptest.Config{Options: func(o *app.Options) { o.MaxInFlight, o.SendTimeout = 4, 20*time.Second }})
}

// Whatever strangers hold connections open for, callers and probes get in, what is in
// flight is not cut, and the connections stay bounded.
func TestConnectionsAreBounded(t *testing.T) {
	t.Parallel()
	for name, request := range map[string]string{
		"silent": "", "half a header": "GET /hea", "idle": healthCall, "half a body": bodyCall,
		"half a report": unsigned, "no token": strings.Repeat(noToken, 40),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := smallService(t)
			s.Sandbox.SetFaults(sandbox.Fault{Delay: 2 * time.Second, Times: 1})
			inFlight := call(t, s, goodCall)
			apptest.Within(t, "the send", func() bool { return s.Sandbox.Requests() > 0 })
			var strangers []*caller
			for range 4 * room {
				strangers = append(strangers, call(t, s, request))
			}
			for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
				if a := s.Get(t, path); a.Status != http.StatusOK {
					t.Errorf("GET %s beside them = %d, want 200", path, a.Status)
				}
			}
			if a := s.Post(t, "/send-code", strings.Replace(goodBody, "ada", "bob", 1)); a.Status != http.StatusOK {
				t.Errorf("a send beside them = %d %s, want 200", a.Status, a.Body)
			}
			if status := inFlight.answer(t); status != http.StatusOK {
				t.Errorf("the send in flight = %d, want 200", status)
			}
			apptest.Within(t, "fewer connections", func() bool { return float(t, s, "mailgun_connector_connections") <= room })
			if got := float(t, s, "mailgun_connector_connections_ended_total"); got < 3*room {
				t.Errorf("%v connections were ended, want at least %d", got, 3*room)
			}
			if !strangers[0].ended(t, 10*time.Second) {
				t.Error("the stranger who came first is still connected")
			}
		})
	}
}

// float is the value of a metric without labels.
func float(t *testing.T, s *apptest.Service, name string) float64 {
	t.Helper()
	value, err := strconv.ParseFloat(metric(t, s, name), 64)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// The connection that has waited longest goes first, so one in use stays.
func TestConnectionsInUseStay(t *testing.T) {
	t.Parallel()
	s := smallService(t)
	used, idle := call(t, s, healthCall), call(t, s, healthCall)
	used.answer(t)
	idle.answer(t)
	for range 3 * room {
		call(t, s, healthCall).answer(t)
		if _, err := io.WriteString(used, healthCall); err != nil {
			t.Fatal(err)
		}
		if status := used.answer(t); status != http.StatusOK {
			t.Fatalf("the connection in use = %d, want 200", status)
		}
	}
	if !idle.ended(t, 10*time.Second) {
		t.Error("the idle connection was kept")
	}
}

// A caller that has sent keeps its connection, whatever strangers do; when only such
// connections are left to wait, the one that has waited longest goes.
func TestConnectionsOfCallersStay(t *testing.T) {
	t.Parallel()
	s := smallService(t)
	first := call(t, s, goodCall)
	if status := first.answer(t); status != http.StatusOK {
		t.Fatalf("a send = %d, want 200", status)
	}
	for range 2 * room {
		call(t, s, healthCall).answer(t)
	}
	if _, err := io.WriteString(first, goodCall); err != nil {
		t.Fatal(err)
	}
	if status := first.answer(t); status != http.StatusOK {
		t.Fatalf("a second send on the connection, beside strangers = %d, want 200", status)
	}
	for range 2 * room {
		call(t, s, goodCall).answer(t)
	}
	if !first.ended(t, 10*time.Second) {
		t.Error("the connection of the caller that has waited longest was kept")
	}
}
