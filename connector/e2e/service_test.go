//go:build e2e

package e2e_test

import (
	"encoding/json"
	"encoding/pem"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"mailgun-connector/connector/sandbox"
)

// What the services of these tests have in common. The words are distinctive, as
// none may turn up in a log.
const (
	domain  = "mg.example.com"
	apiKey  = "key-5e1f0c7a9b"
	token   = "token-for-the-callers-0123456789"
	from    = "Acorn Lane <acorn@mg.example.com>"
	subject = "Come back to Acorn Lane"

	// sendTimeout is the service's default; slack is what an answer may take
	// beyond it, on its way.
	sendTimeout = 4 * time.Second
	slack       = 750 * time.Millisecond
)

// spec says what differs from a plain service.
type spec struct {
	endpoint string                     // in Mailgun's place; "" for the sandbox
	config   func(doc map[string]any)   // changes the config
	install  func(*testing.T, fileTree) // puts files in place; nil for writeFiles
	args     []string                   // further ones
	tls      bool                       // serves the sandbox over TLS, which the service trusts
}

// fileTree is a folder and what is to stand in it, by name.
type fileTree struct {
	dir   string
	files map[string]string
}

// service is the running service, in front of a sandbox that this process runs.
type service struct {
	*process
	spec
	dir, url    string
	sandbox     *sandbox.Sandbox
	upstream    *httptest.Server // serves the sandbox
	client      *http.Client
	connections atomic.Int64 // that the sandbox has accepted
	messages    atomic.Int64 // made by newMessage
}

// start starts a service until the test ends.
func start(t *testing.T, c spec) *service {
	t.Helper()
	s := &service{
		spec:    c,
		dir:     t.TempDir(),
		sandbox: sandbox.New(sandbox.Config{APIKey: apiKey, Domains: []string{domain}}),
		client:  &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}, Timeout: 20 * time.Second},
	}
	env := append(s.serveSandbox(t), "CONNECTOR_TOKEN="+token)
	if s.install == nil {
		s.install = writeFiles
	}
	s.configure(t, s.config)
	t.Cleanup(s.client.CloseIdleConnections)
	s.process = launch(t, env, append([]string{
		"serve", "--config", filepath.Join(s.dir, "connector.json"), "--listen", "127.0.0.1:0",
		"--allow-endpoint-hosts", s.endpoint[strings.LastIndexByte(s.endpoint, '/')+1:],
	}, c.args...)...)
	s.keepSecret(apiKey, token, "acorn@", "Acorn Lane")
	select {
	case address := <-s.serving:
		s.url = "http://" + address
	case <-s.ended:
		t.Fatalf("exit status = %d, want a service", s.cmd.ProcessState.ExitCode())
	case <-time.After(15 * time.Second):
		t.Fatal("no line with msg serving, want one")
	}
	return s
}

// serveSandbox gives what the service's environment needs for it.
func (s *service) serveSandbox(t *testing.T) []string {
	t.Helper()
	s.upstream = httptest.NewUnstartedServer(s.sandbox)
	s.upstream.Config.ErrorLog = log.New(io.Discard, "", 0) // refused handshakes are some test's point
	s.upstream.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.connections.Add(1)
		}
	}
	var env []string
	if s.tls {
		s.upstream.EnableHTTP2 = true // as Mailgun offers it
		s.upstream.StartTLS()
		file := filepath.Join(t.TempDir(), "ca.pem")
		must(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.upstream.Certificate().Raw}), 0o600))
		env = []string{"SSL_CERT_FILE=" + file}
	} else {
		s.upstream.Start()
	}
	t.Cleanup(s.upstream.Close)
	t.Cleanup(func() { _ = s.sandbox.Close() }) // runs first, and frees what a fault holds up
	if s.endpoint == "" {
		s.endpoint = s.upstream.URL
	}
	return env
}

// configure puts the plain config in place, with a change.
func (s *service) configure(t *testing.T, change func(doc map[string]any)) {
	t.Helper()
	doc := map[string]any{
		"endpoint": s.endpoint, "domain": domain, "apiKey": apiKey, "from": from,
		"deliveries": map[string]any{
			"SignIn":                 map[string]any{"subject": subject, "html": "<p>Hello, your code is <b>{{code}}</b></p>"},
			"OrganizationInvitation": map[string]any{"subject": subject, "html": `<p><a href="{{link}}">Join us</a></p>`},
		},
	}
	if change != nil {
		change(doc)
	}
	text, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	s.install(t, fileTree{s.dir, map[string]string{"connector.json": string(text)}})
}

// withSubject is a change of the config that a mail shows.
func withSubject(subject string) func(doc map[string]any) {
	return func(doc map[string]any) {
		doc["deliveries"].(map[string]any)["SignIn"].(map[string]any)["subject"] = subject
	}
}

// withoutDomain is a change that no config survives.
func withoutDomain(doc map[string]any) { delete(doc, "domain") }

// writeFiles replaces each file in one step, as a careful editor does.
func writeFiles(t *testing.T, tree fileTree) {
	t.Helper()
	for name, text := range tree.files {
		path := filepath.Join(tree.dir, name)
		must(t, os.WriteFile(path+".next", []byte(text), 0o600))
		must(t, os.Rename(path+".next", path))
	}
}

// must ends the test on an error of the test's own making.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// eventually waits until something holds and tells how long that took. What a
// process does to itself gives no other sign.
func eventually(t *testing.T, what string, within time.Duration, holds func() bool) time.Duration {
	t.Helper()
	began := time.Now()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		if time.Since(began) > within {
			t.Fatalf("%s: not so after %v", what, within)
		}
		<-tick.C
	}
	return time.Since(began)
}
