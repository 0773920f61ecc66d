package app_test

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mailgun-connector/connector/app"
	"mailgun-connector/connector/app/apptest"
	"mailgun-connector/connector/ratelimit"
	"mailgun-connector/connector/sandbox"
)

// goodOptions are options that work, with a config on disk.
func goodOptions(t *testing.T) app.Options {
	t.Helper()
	file := filepath.Join(t.TempDir(), "connector.json")
	write(t, file, `{"domain":"mg.example.com","apiKey":"key-0123","from":"a@mg.example.com","deliveries":{"Generic":{"html":"{{code}}","subject":"s"}}}`)
	return app.Options{
		Config: file, Listen: "127.0.0.1:0", SendTimeout: 4 * time.Second, RetryMax: 2, MaxInFlight: 1,
		Logger: slog.New(slog.DiscardHandler), Version: "test",
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*app.Options)
		want   string // in the misuse error, "" for none
	}{
		{"good", func(*app.Options) {}, ""},
		{"every address without a token", func(o *app.Options) { o.Listen = ":0" }, "without a token"},
		{"0.0.0.0 without a token", func(o *app.Options) { o.Listen = "0.0.0.0:0" }, "without a token"},
		{"[::] without a token", func(o *app.Options) { o.Listen = "[::]:0" }, "without a token"},
		{"a name without a token", func(o *app.Options) { o.Listen = "mail.internal:0" }, "without a token"},
		{"10.0.0.1 without a token", func(o *app.Options) { o.Listen = "10.0.0.1:0" }, "without a token"},
		{"a name that begins like loopback", func(o *app.Options) { o.Listen = "localhost.example.com:0" }, "without a token"},
		{"every address with a token", func(o *app.Options) { o.Listen, o.Token = ":0", "token-0123456789" }, ""},
		{"localhost", func(o *app.Options) { o.Listen = "localhost:0" }, ""},
		{"127.0.0.2", func(o *app.Options) { o.Listen = "127.0.0.2:0" }, ""},
		{"[::1]", func(o *app.Options) { o.Listen = "[::1]:0" }, ""},
		{"no port", func(o *app.Options) { o.Listen = "127.0.0.1" }, "no address"},
		{"short timeout", func(o *app.Options) { o.SendTimeout = 499 * time.Millisecond }, "too short"},
		{"shortest timeout", func(o *app.Options) { o.SendTimeout = 500 * time.Millisecond }, ""},
		{"none in flight", func(o *app.Options) { o.MaxInFlight = 0 }, "max-in-flight"},
		{"negative retries", func(o *app.Options) { o.RetryMax = -1 }, "retry-max"},
		{"too many retries", func(o *app.Options) { o.RetryMax = 11 }, "retry-max"},
		{"no retries", func(o *app.Options) { o.RetryMax = 0 }, ""},
		{"no config", func(o *app.Options) { o.Config += ".missing" }, "there is no config"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			opts := goodOptions(t)
			tt.change(&opts)
			_, err := app.New(opts)
			if tt.want == "" {
				if err != nil {
					t.Errorf("New(%s) = %v, want nil", tt.name, err)
				}
				return
			}
			var misuse *app.MisuseError
			if !errors.As(err, &misuse) || !strings.Contains(misuse.Message, tt.want) || misuse.Hint == "" {
				t.Errorf("New(%s) = %v, want a misuse error with %q and a hint", tt.name, err, tt.want)
			}
		})
	}
}

func TestNewRefusesBadSecrets(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*testing.T, *app.Options)
	}{
		{"short token", func(_ *testing.T, o *app.Options) { o.Token = "qv7short" }},
		{"one short token of two", func(_ *testing.T, o *app.Options) { o.Token = "token-0123456789,qv7short" }},
		{"only commas", func(_ *testing.T, o *app.Options) { o.Token = ",qv7short," }},
		{"missing token file", func(_ *testing.T, o *app.Options) { o.TokenFile = o.Config + ".none" }},
		{"empty token file", func(t *testing.T, o *app.Options) { o.TokenFile = o.Config + ".tokens"; write(t, o.TokenFile, " \n") }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			opts := goodOptions(t)
			tt.change(t, &opts)
			_, err := app.New(opts)
			if err == nil || strings.Contains(err.Error(), "qv7short") {
				t.Errorf("New(%s) = %v, want an error without the token", tt.name, err)
			}
		})
	}
}

func TestConfigIsFoundUnderAnotherEnding(t *testing.T) {
	t.Parallel()
	const yaml = "domain: mg.example.com\napiKey: key-0123\nfrom: a@mg.example.com\ndeliveries:\n  Generic: {html: '{{code}}', subject: s}\n"
	for _, ending := range []string{".yaml", ".yml"} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "connector"+ending), yaml)
		snap, err := app.Source{Config: filepath.Join(dir, "connector.json")}.Load()
		if err != nil || snap.Path != filepath.Join(dir, "connector"+ending) {
			t.Errorf("Load(connector.json) = %+v, %v, want the file with %s", snap, err, ending)
		}
	}
}

func TestAddressInUse(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{})
	opts := goodOptions(t)
	opts.Listen = s.App.Addr()
	a, err := app.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	var misuse *app.MisuseError
	if err := a.Start(); !errors.As(err, &misuse) {
		t.Errorf("Start() on a used address = %v, want a misuse error", err)
	}
}

// Stop must wait for the send, and not for the send's whole time limit. It is
// tried on a second service beside the harness's, which stops its own.
func TestStopDrains(t *testing.T) {
	t.Parallel()
	var opts app.Options
	s := apptest.Start(t, apptest.Config{Options: func(o *app.Options) { opts = *o }})
	a, err := app.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Start(); err != nil {
		t.Fatal(err)
	}
	s.URL = "http://" + a.Addr()
	s.Sandbox.SetFaults(sandbox.Fault{Delay: 300 * time.Millisecond})
	answered := make(chan apptest.Answer, 1)
	go func() { answered <- s.Post(t, "/send-code", anyMail) }()
	eventually(t, "the send is in flight", func() bool { return s.Sandbox.Requests() == 1 })
	if err := a.Stop(); err != nil {
		t.Errorf("Stop() = %v, want nil", err)
	}
	if got := len(s.Sandbox.Messages()); got != 1 {
		t.Errorf("mails when Stop returned = %d, want 1", got)
	}
	if got := (<-answered).Status; got != http.StatusOK {
		t.Errorf("POST /send-code while stopping = %d, want 200", got)
	}
	if conn, err := net.Dial("tcp", a.Addr()); err == nil {
		conn.Close()
		t.Error("Dial after Stop = nil, want a refused connection")
	}
}

// The recipient limit is the process's: a reload does not forget who had what.
func TestRecipientLimitSurvivesReload(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{Options: func(o *app.Options) { o.RecipientLimit = ratelimit.Rate{Sends: 2, Per: time.Hour} }})
	for range 2 {
		if got := s.Post(t, "/send-code", anyMail).Status; got != 200 {
			t.Fatalf("POST /send-code within the limit = %d, want 200", got)
		}
	}
	s.WriteConfig(t, withSubject("new"))
	if err := s.App.Reload(); err != nil {
		t.Fatal(err)
	}
	got := s.Post(t, "/send-code", strings.Replace(anyMail, "a@example", "A+tag@example", 1))
	if got.Status != http.StatusTooManyRequests || got.Header.Get("Retry-After") == "" {
		t.Errorf("POST /send-code over the limit = %d, Retry-After %q, want 429 and a time", got.Status, got.Header.Get("Retry-After"))
	}
	if n := s.Sandbox.Requests(); n != 2 {
		t.Errorf("requests to Mailgun = %d, want 2", n)
	}
	if got := metric(t, s, "mailgun_connector_recipient_limit_refusals_total"); got != "1" {
		t.Errorf("refusals = %s, want 1", got)
	}
}
