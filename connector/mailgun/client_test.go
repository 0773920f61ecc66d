package mailgun_test

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"mailgun-connector/connector"
	"mailgun-connector/connector/mailgun"
	"mailgun-connector/connector/sandbox"
)

// dialed is a client's connection whose end can be waited for.
type dialed struct {
	net.Conn
	closed func() // once the client has closed it
	broken *atomic.Bool
}

func (d *dialed) Close() error {
	err := d.Conn.Close()
	d.closed()
	return err
}

// Write fails as on a connection that the peer has reset, if it is to.
func (d *dialed) Write(b []byte) (int, error) {
	if d.broken.Load() {
		return 0, syscall.ECONNRESET
	}
	return d.Conn.Write(b)
}

// dialer opens a client's connections and remembers them.
type dialer struct {
	mu     sync.Mutex
	opened int
	last   context.Context // ends when the latest connection is closed
	broken *atomic.Bool    // set to break the latest
}

func (d *dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.opened++
	ctx, cancel := context.WithCancel(context.Background())
	d.last, d.broken = ctx, new(atomic.Bool)
	return &dialed{conn, cancel, d.broken}, nil
}

func (d *dialer) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.opened
}

// waitClosed waits until the client has noticed that its latest connection ended.
func (d *dialer) waitClosed() {
	d.mu.Lock()
	last := d.last
	d.mu.Unlock()
	<-last.Done()
}

// breakLatest makes the latest connection fail before a byte is written.
func (d *dialer) breakLatest() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.broken.Store(true)
}

// watch returns a sender to the endpoint and what opens its connections.
func watch(t *testing.T, endpoint string, change func(*mailgun.Config)) (*mailgun.Sender, *dialer) {
	t.Helper()
	d := &dialer{}
	s := newSender(t, endpoint, func(c *mailgun.Config) {
		c.Client.Transport().DialContext = d.dial
		if change != nil {
			change(c)
		}
	})
	return s, d
}

// trust returns a sender to a TLS server with the handler.
func trust(t *testing.T, h http.HandlerFunc) (*mailgun.Sender, *dialer, *httptest.Server) {
	t.Helper()
	server := httptest.NewTLSServer(h)
	t.Cleanup(server.Close)
	s, d := watch(t, server.URL, func(c *mailgun.Config) {
		pool := x509.NewCertPool()
		pool.AddCert(server.Certificate())
		c.Client.Transport().TLSClientConfig.RootCAs = pool
	})
	return s, d, server
}

func accept(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprint(w, `{"id":"<1@mg.example.com>","message":"Queued. Thank you."}`)
}

func mustSend(t *testing.T, s *mailgun.Sender, mail *connector.Email) connector.Receipt {
	t.Helper()
	receipt, err := s.Send(t.Context(), mail)
	if err != nil {
		t.Fatalf("Send() = %v, want nil", err)
	}
	return receipt
}

// Connections are kept: a handshake with every code would cost a person's time.
func TestConnectionsAreReused(t *testing.T) {
	t.Parallel()
	_, url := fake(t)
	plain, plainDialer := watch(t, url, nil)
	secure, secureDialer, _ := trust(t, accept)
	for range 20 {
		mustSend(t, plain, htmlMail())
		mustSend(t, secure, htmlMail())
	}
	if plainDialer.count() != 1 || secureDialer.count() != 1 {
		t.Errorf("connections for 20 sends = %d plain, %d over TLS, want 1", plainDialer.count(), secureDialer.count())
	}
}

// A connection that the server has closed while it was idle must not cost a send
// its first attempt.
func TestClosedConnectionsAreNotUsed(t *testing.T) {
	t.Parallel()
	s, d, server := trust(t, accept)
	for i := range 5 {
		if got := mustSend(t, s, htmlMail()).Attempts; got != 1 {
			t.Errorf("attempts of send %d = %d, want 1", i, got)
		}
		server.CloseClientConnections()
		d.waitClosed()
	}
	if got := d.count(); got != 5 {
		t.Errorf("connections = %d, want 5", got)
	}
}

// What could not be written to a kept connection is written to another one within
// the same attempt, whole.
func TestUnwrittenRequestIsRepeated(t *testing.T) {
	t.Parallel()
	for name, mail := range map[string]*connector.Email{
		"html":     htmlMail(),
		"template": email(content{Template: "t", Variables: `{"code":"1"}`}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mg, url := fake(t)
			s, d := watch(t, url, func(c *mailgun.Config) { c.RetryMax = 0 })
			mustSend(t, s, mail)
			d.breakLatest()
			if got := mustSend(t, s, mail).Attempts; got != 1 {
				t.Errorf("attempts = %d, want 1", got)
			}
			if got := mg.Messages(); d.count() != 2 || len(got) != 2 || len(got[0].Form) != len(got[1].Form) {
				t.Errorf("%d connections, mails %+v; want 2 connections and the same mail twice", d.count(), got)
			}
		})
	}
}

// Nothing is left of a failed try on a kept connection once its repetition can't
// be sent either.
func TestUnwrittenRequestIsSurelyNotSent(t *testing.T) {
	t.Parallel()
	_, url := fake(t)
	var client *mailgun.Client
	s, d := watch(t, url, func(c *mailgun.Config) { c.RetryMax, client = 0, c.Client })
	mustSend(t, s, htmlMail())
	d.breakLatest()
	client.Transport().DialContext = func(context.Context, string, string) (net.Conn, error) { return nil, syscall.ECONNREFUSED }
	if e, _ := failure(t, s); e.Outcome != connector.NotSent {
		t.Errorf("Send() = %+v, want one that was surely not sent", e)
	}
}

// A request that a kept connection has taken may have become a mail: it is never
// repeated behind the back of the attempts that are counted.
func TestWrittenRequestIsNotRepeated(t *testing.T) {
	t.Parallel()
	for _, retries := range []int{0, 1} {
		mg, url := fake(t)
		s, d := watch(t, url, func(c *mailgun.Config) { c.RetryMax = retries })
		mustSend(t, s, htmlMail())
		mg.SetFaults(sandbox.Fault{Drop: sandbox.DropAfter})
		e, receipt := failure(t, s)
		if e.Outcome != connector.Unknown || receipt.Attempts != 1+retries || mg.Requests() != 1+receipt.Attempts || d.count() != 1+retries {
			t.Errorf("Send() with %d retries = %+v after %d attempts, %d requests and %d connections in all; want unknown, %d, %d, %d",
				retries, e, receipt.Attempts, mg.Requests(), d.count(), 1+retries, 2+retries, 1+retries)
		}
	}
}

// An answer that nobody asked for must not be taken for that of the next mail.
func TestSurplusAnswersAreNotUsed(t *testing.T) {
	t.Parallel()
	const answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 33\r\n\r\n" + `{"id":"<%d@x>","message":"Queued"}`
	var requests atomic.Int32
	s, d, _ := trust(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = fmt.Fprintf(c, answer+answer, requests.Add(1), 9)
		_, _ = io.Copy(io.Discard, c)
		_ = c.Close()
	})
	for i, want := range []string{"<1@x>", "<2@x>"} {
		if got := mustSend(t, s, htmlMail()).ProviderID; got != want {
			t.Errorf("id of send %d = %s, want %s", i, got, want)
		}
		d.waitClosed()
	}
}

// Where the environment names a proxy, sends go through it. net/http reads the
// environment once in a process, so this takes a process of its own.
func TestProxyOfTheEnvironment(t *testing.T) {
	t.Parallel()
	const child = "TEST_BEHIND_PROXY"
	if os.Getenv(child) != "" {
		mustSend(t, newSender(t, "http://mailgun.test", nil), htmlMail())
		return
	}
	mg, url := fake(t)
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), child+"=1", "HTTP_PROXY="+url, "NO_PROXY=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("sending behind a proxy: %v\n%s", err, out)
	}
	if got := len(mg.Messages()); got != 1 {
		t.Errorf("the proxy saw %d mails, want 1", got)
	}
}
