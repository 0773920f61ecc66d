// Package apptest runs the whole service for tests: the real HTTP API on a free
// port of loopback, sending through the real mailgun-go to a sandbox.
//
//	s := apptest.Start(t, apptest.Config{})
//	answer := s.Post(t, "/send-code", `{"to":"a@example.org","type":"SignIn","payload":{"code":"1"}}`)
//	mail := s.Sandbox.Messages()[0]
package apptest

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"mailgun-connector/connector/app"
	"mailgun-connector/connector/ratelimit"
	"mailgun-connector/connector/sandbox"
)

// What every test service starts with.
const (
	Token  = "test-token-0123456789"
	APIKey = "key-0123"
	Domain = "mg.example.com"
	From   = "Sender Name <no-reply@mg.example.com>"
)

// Config says what differs from a plain service. The zero Config is fine.
type Config struct {
	// Connector is a config in JSON; endpoint and apiKey are filled in. Empty
	// means one with an HTML delivery for Generic.
	Connector string
	// Options changes the process options before the start.
	Options func(*app.Options)
	// Sandbox changes the sandbox's config before the start.
	Sandbox func(*sandbox.Config)
	// LogLevel is that of the log in [Service.Logs].
	LogLevel slog.Level
}

// Service is a running service. It stops with the test.
type Service struct {
	URL        string
	App        *app.App
	Sandbox    *sandbox.Sandbox
	SandboxURL string
	ConfigPath string
	Logs       *Buffer
}

const defaultConnector = `{"domain":"` + Domain + `","from":"` + From + `","deliveries":{
	"Generic":{"subject":"{{code}} is your code","html":"<p>Your code is {{code}}</p>"}}}`

// Start runs a service until the test ends, and fails the test if it can't.
func Start(t testing.TB, c Config) *Service {
	t.Helper()
	fake := sandbox.Config{APIKey: APIKey, Domains: []string{Domain}}
	if c.Sandbox != nil {
		c.Sandbox(&fake)
	}
	s := &Service{Sandbox: sandbox.New(fake), Logs: &Buffer{}}
	upstream := httptest.NewServer(s.Sandbox)
	s.SandboxURL = upstream.URL
	t.Cleanup(upstream.Close)
	t.Cleanup(func() { _ = s.Sandbox.Close() })

	if c.Connector == "" {
		c.Connector = defaultConnector
	}
	s.ConfigPath = filepath.Join(t.TempDir(), "connector.json")
	s.WriteConfig(t, c.Connector)
	opts := app.DefaultOptions()
	opts.Config, opts.Listen, opts.Token, opts.Console = s.ConfigPath, "127.0.0.1:0", Token+" send,read,edit", true
	opts.AllowEndpointHosts = []string{strings.TrimPrefix(upstream.URL, "http://")}
	opts.RecipientLimit = ratelimit.Rate{}
	opts.Logger = slog.New(slog.NewJSONHandler(s.Logs, &slog.HandlerOptions{Level: c.LogLevel}))
	opts.Version = "test"
	if c.Options != nil {
		c.Options(&opts)
	}
	var err error
	if s.App, err = app.New(t.Context(), opts); err != nil {
		t.Fatalf("New: %v", err)
	}
	if err := s.App.Start(); err != nil {
		t.Fatalf("Start: %v", err)
	}
	t.Cleanup(func() { _ = s.App.Stop() })
	s.URL = "http://" + s.App.Addr()
	return s
}

// Fill returns a connector config with the sandbox's endpoint and key filled in
// where it has none of its own.
func (s *Service) Fill(t testing.TB, config string) string {
	t.Helper()
	var doc map[string]json.RawMessage
	if err := json.Unmarshal([]byte(config), &doc); err != nil {
		t.Fatalf("config: %v", err)
	}
	for name, value := range map[string]string{"endpoint": s.SandboxURL, "apiKey": APIKey} {
		if _, ok := doc[name]; !ok {
			doc[name], _ = json.Marshal(value)
		}
	}
	text, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// WriteConfig replaces the config file, in one step, by [Service.Fill] of config.
func (s *Service) WriteConfig(t testing.TB, config string) {
	t.Helper()
	next := s.ConfigPath + ".next"
	if err := os.WriteFile(next, []byte(s.Fill(t, config)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(next, s.ConfigPath); err != nil {
		t.Fatal(err)
	}
}

// Answer is an HTTP answer.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Decode reads a JSON body into v.
func (a Answer) Decode(t testing.TB, v any) {
	t.Helper()
	if err := json.Unmarshal(a.Body, v); err != nil {
		t.Fatalf("body %q: %v", a.Body, err)
	}
}

// Post sends JSON with the token.
func (s *Service) Post(t testing.TB, path, body string) Answer {
	t.Helper()
	return s.Do(t, http.MethodPost, path, body, map[string]string{
		"Authorization": "Bearer " + Token, "Content-Type": "application/json",
	})
}

// Get asks with the token.
func (s *Service) Get(t testing.TB, path string) Answer {
	t.Helper()
	return s.Do(t, http.MethodGet, path, "", map[string]string{"Authorization": "Bearer " + Token})
}

// Do sends a request with these headers, and with an Accept of */* as most programs do.
// An empty value leaves a header out.
func (s *Service) Do(t testing.TB, method, path, body string, header map[string]string) Answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "*/*")
	for name, value := range header {
		if req.Header.Set(name, value); value == "" {
			req.Header.Del(name)
		}
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return Answer{resp.StatusCode, resp.Header, text}
}

// Within polls until ok, for at most ten seconds: for what nothing tells of.
func Within(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline:
			t.Fatalf("%s: not within ten seconds", what)
		case <-tick.C:
		}
	}
}

// Buffer is a bytes.Buffer for several goroutines.
type Buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

// String returns everything written so far.
func (b *Buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
