package mailgun

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"mailgun-connector/connector"
	"mailgun-connector/connector/config"
	"mailgun-connector/deliveries"
)

// This test stands inside the package for one reason: no other way makes the
// client trust a certificate of httptest's.

// trusting is a sender to a TLS server that counts the connections it opens.
func trusting(t *testing.T) (*Sender, *httptest.Server, *atomic.Int32) {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"id":"<1@mg.example.com>","message":"Queued. Thank you."}`))
	}))
	opened := new(atomic.Int32)
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	client := NewClient(4)
	t.Cleanup(client.CloseIdleConnections)
	client.transport.direct.tls.RootCAs = x509.NewCertPool()
	client.transport.direct.tls.RootCAs.AddCert(server.Certificate())
	return NewSender(Config{
		Connector: &config.Config{Endpoint: server.URL, Domain: "mg.example.com", APIKey: "key-0123"},
		Client:    client,
		Timeout:   4 * time.Second,
		Metrics:   NewMetrics(prometheus.NewRegistry()),
	}), server, opened
}

func sendOne(t *testing.T, s *Sender) connector.Receipt {
	t.Helper()
	receipt, err := s.Send(context.Background(), &connector.Email{
		Head: deliveries.Head{From: "a@mg.example.com"}, To: "ada@example.org",
		Body: func() deliveries.Body { return deliveries.Body{HTML: "<p>"} },
	})
	if err != nil {
		t.Fatalf("Send() = %v, want nil", err)
	}
	return receipt
}

func TestConnectionsOverTLSAreReused(t *testing.T) {
	t.Parallel()
	s, _, opened := trusting(t)
	for range 20 {
		sendOne(t, s)
	}
	if got := opened.Load(); got != 1 {
		t.Errorf("connections for 20 sends = %d, want 1", got)
	}
}

// A connection that the server has closed while it was idle must not cost a send
// its first attempt.
func TestClosedConnectionsAreNotUsed(t *testing.T) {
	t.Parallel()
	s, server, opened := trusting(t)
	for i := range 5 {
		if got := sendOne(t, s).Attempts; got != 1 {
			t.Errorf("attempts of send %d = %d, want 1", i, got)
		}
		server.CloseClientConnections() // returns when they are closed
	}
	if got := opened.Load(); got != 5 {
		t.Errorf("connections = %d, want 5", got)
	}
}

// Connections that nobody has used for long are closed, not only those that
// would be next in turn.
func TestIdleConnectionsAreSwept(t *testing.T) {
	t.Parallel()
	s, server, _ := trusting(t)
	p := s.transport.direct
	var all []*conn
	for range 3 {
		c, err := p.get(t.Context(), s.server)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	for _, c := range all {
		p.put(c)
	}
	p.mu.Lock()
	for _, c := range p.idle[server.URL][:2] {
		c.since = c.since.Add(-idleTimeout)
	}
	p.mu.Unlock()
	p.sweep()
	p.mu.Lock()
	defer p.mu.Unlock()
	if got := len(p.idle[server.URL]); got != 1 {
		t.Errorf("idle connections after a sweep = %d, want 1", got)
	}
	if _, err := all[0].Write([]byte("x")); err == nil {
		t.Error("a swept connection is still open")
	}
}

// An answer that nobody asked for must not be taken for that of the next mail.
func TestSurplusAnswersAreNotUsed(t *testing.T) {
	t.Parallel()
	s, server, opened := trusting(t)
	const answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 33\r\n\r\n" + `{"id":"<%s@x>","message":"Queued"}`
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		n := fmt.Sprint(opened.Load())
		_, _ = io.WriteString(c, fmt.Sprintf(answer, n)+fmt.Sprintf(answer, "surplus"[:1]))
		_, _ = io.Copy(io.Discard, c)
		_ = c.Close()
	})
	for i, want := range []string{"<1@x>", "<2@x>"} {
		if got := sendOne(t, s).ProviderID; got != want {
			t.Errorf("id of send %d = %s, want %s", i, got, want)
		}
	}
}
