//go:build e2e

package e2e_test

import (
	"net"
	"net/http"
	"testing"
	"time"

	"mailgun-connector/connector/sandbox"
)

// Connections survive a new config.
func TestConnectionsOutliveConfig(t *testing.T) {
	t.Parallel()
	s := start(t, spec{})
	s.send(t)
	const next = "Acorn Lane again"
	s.configure(t, withSubject(next))
	eventually(t, "the new subject is used", noticed, func() bool { return s.running(t) == next })
	s.checkSubject(t, next)
	if got := s.connections.Load(); got != 1 {
		t.Errorf("%d connections to Mailgun, want 1", got)
	}
}

// A connection that Mailgun closed while nobody looked is no reason to fail, nor
// to wait.
func TestConnectionsGoStale(t *testing.T) {
	t.Parallel()
	s := start(t, spec{})
	for range 5 {
		s.sendMany(t, 4)
		s.upstream.CloseClientConnections()
		if got := s.send(t); got.status != http.StatusOK || got.took > 2*atOnce {
			t.Errorf("answer = %d %s after %v, want 200 at once", got.status, got.body, got.took)
		}
	}
	s.checkRecipients(t, 25)
}

func TestTLS(t *testing.T) {
	t.Parallel()
	s := start(t, spec{tls: true})
	for range 3 {
		if got := s.send(t); got.status != http.StatusOK {
			t.Errorf("answer = %d %s, want 200", got.status, got.body)
		}
	}
	if got := s.connections.Load(); got != 1 {
		t.Errorf("%d connections to Mailgun, want 1", got)
	}
	s.upstream.CloseClientConnections()
	s.sandbox.SetFaults(sandbox.Fault{Drop: sandbox.DropBefore, Times: 1}, sandbox.Fault{Hang: true, Times: 1})
	if got := s.send(t); got.status != http.StatusGatewayTimeout || got.took > sendTimeout+slack {
		t.Errorf("answer to a drop and a hang = %d %s after %v, want 504 in time", got.status, got.body, got.took)
	}
	if got := s.send(t); got.status != http.StatusOK {
		t.Errorf("answer = %d %s, want 200", got.status, got.body)
	}
	if got := len(s.sandbox.Messages()); got != 4 {
		t.Errorf("Mailgun took %d mails, want 4", got)
	}
}

// What can't be trusted gets no mail, and no key.
func TestTLSRefused(t *testing.T) {
	t.Parallel()
	stranger := start(t, spec{tls: true})
	plain := start(t, spec{})
	address := func(s *service) string { return s.upstream.Listener.Addr().String() }
	unsent := outcome{status: 503, code: "general", retryable: true, attempts: 3, most: 2 * time.Second}
	for name, test := range map[string]struct {
		endpoint string
		want     outcome
	}{
		"untrusted": {"https://" + address(stranger), unsent},
		"no TLS":    {"https://" + address(plain), unsent},
		"never answers": {"https://" + brokenServer(t, func(net.Conn) {}), outcome{
			status: 503, code: "general", retryable: true, attempts: 2, least: 2 * time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, spec{endpoint: test.endpoint})
			s.checkOutcome(t, s.send(t), test.want)
			if n := stranger.sandbox.Requests() + plain.sandbox.Requests(); n != 0 {
				t.Errorf("Mailgun got %d requests, want none", n)
			}
		})
	}
}
