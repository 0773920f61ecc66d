package app_test

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mailgun-connector/connector/app"
	"mailgun-connector/connector/app/apptest"
	"mailgun-connector/connector/config"
	"mailgun-connector/connector/configfile"
	"mailgun-connector/connector/sandbox"
)

// emptyFolder runs a service where there is no config yet, and a sandbox for its mails.
func emptyFolder(t *testing.T, change func(*app.Options)) (*apptest.Service, string) {
	t.Helper()
	box := sandbox.New(sandbox.Config{APIKey: apptest.APIKey, Domains: []string{apptest.Domain}})
	upstream := httptest.NewServer(box)
	t.Cleanup(upstream.Close)
	dir := t.TempDir()
	opts := app.DefaultOptions()
	opts.Config, opts.Listen, opts.Token, opts.Console = filepath.Join(dir, "connector.json"), "127.0.0.1:0", apptest.Token+" send,read,edit name=ada", true
	opts.AllowEndpointHosts = []string{strings.TrimPrefix(upstream.URL, "http://")}
	s := &apptest.Service{Sandbox: box, SandboxURL: upstream.URL, Logs: &apptest.Buffer{}}
	opts.Logger = slog.New(slog.NewJSONHandler(s.Logs, nil))
	if change != nil {
		change(&opts)
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
	return s, dir
}

func first(s *apptest.Service) string {
	return "# Mine.\nendpoint: " + s.SandboxURL + "\ndomain: " + apptest.Domain + "\nfrom: no-reply@" + apptest.Domain +
		"\napiKey: " + apptest.APIKey + "\nbrand: {name: Acme}\n"
}

func putFirst(t *testing.T, s *apptest.Service, text string) apptest.Answer {
	t.Helper()
	return s.Do(t, http.MethodPut, "/config", text, map[string]string{
		"Authorization": "Bearer " + apptest.Token, "Content-Type": asYAML, "If-None-Match": "*"})
}

func checkSecretFile(t *testing.T, path, want string) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode of %s = %v, %v, want 0600", filepath.Base(path), info, err)
	}
	if got := fileText(t, path); got != want {
		t.Errorf("%s = %q, want %q", filepath.Base(path), got, want)
	}
}

func TestSetUp(t *testing.T) {
	t.Parallel()
	s, dir := emptyFolder(t, nil)
	for path, want := range map[string]int{
		"/healthz": 200, "/readyz": 503, "/metrics": 200, "/metadata": 200, "/": 200, "/token": 200, "/config": 503,
		"/config/versions": 503, "/config/files/x.html": 503, "/messages": 503, "/nowhere": 404,
	} {
		if a := s.Get(t, path); a.Status != want && (path != "/nowhere" || a.Status != 503) {
			t.Errorf("GET %s = %d %s, want %d", path, a.Status, a.Body, want)
		}
	}
	var status struct {
		Config struct {
			File     string
			Writable bool
			KeyFiles map[string]string
		}
		Setup *struct{ KeyKnown bool }
	}
	s.Get(t, "/status").Decode(t, &status)
	file := filepath.Join(dir, "connector.json")
	if status.Config.File != file || !status.Config.Writable || len(status.Config.KeyFiles) > 0 ||
		status.Setup == nil || status.Setup.KeyKnown {
		t.Errorf("status = %+v, want a config to be made with the key in it", status)
	}
	asJSON := s.Fill(t, `{"domain":"mg.example.com","from":"a@mg.example.com","brand":{"name":"Acme"}}`)
	for _, x := range []struct {
		path, body string
		want       int
	}{
		{"/send-code", anyMail, 503},
		{"/test", `{"email":"a@example.org"}`, 503},
		{"/test", `{"email":"a@example.org","type":"SignIn","config":` + asJSON + `}`, 204},
		{"/preview", `{"type":"SignIn","config":` + asJSON + `}`, 200},
		{"/preview", `{"type":"SignIn"}`, 503},
		{"/config/validate", asJSON, 200},
		{"/doctor", `{"config":` + asJSON + `}`, 200},
		{"/doctor", `{}`, 503},
		{"/mails", `{"config":` + asJSON + `}`, 200},
	} {
		if a := s.Post(t, x.path, x.body); a.Status != x.want {
			t.Errorf("POST %s %s = %d %s, want %d", x.path, x.body, a.Status, a.Body, x.want)
		}
	}
	if a := put(t, s, asYAML, first(s), "*"); a.Status != http.StatusPreconditionRequired {
		t.Errorf("PUT without If-None-Match = %d %s, want 428", a.Status, a.Body)
	}
	if a := putFirst(t, s, strings.Replace(first(s), "domain:", "domian:", 1)); a.Status != http.StatusBadRequest || len(folder(t, dir)) > 0 {
		t.Errorf("PUT of a broken config = %d %s beside %q, want 400 and no file", a.Status, a.Body, folder(t, dir))
	}
	if a := putFirst(t, s, first(s)); a.Status != http.StatusOK {
		t.Fatalf("PUT of the first config = %d %s", a.Status, a.Body)
	}
	checkSecretFile(t, filepath.Join(dir, "connector.yaml"), first(s)) // as it is YAML
	if a := s.Get(t, "/readyz"); a.Status != http.StatusOK {
		t.Errorf("GET /readyz after that = %d %s", a.Status, a.Body)
	}
	if a := s.Post(t, "/send-code", anyMail); a.Status != http.StatusOK || len(s.Sandbox.Messages()) != 2 {
		t.Errorf("POST /send-code after that = %d %s", a.Status, a.Body)
	}
	if kept := versions(t, s); len(kept) != 1 || kept[0].By != "ada" {
		t.Errorf("versions after that = %+v, want the first, by ada", kept)
	}
	if strings.Contains(s.Logs.String(), apptest.APIKey) {
		t.Error("the log has the key")
	}
}

// A key goes where the process reads its own.
func TestSetUpWritesTheKeyFile(t *testing.T) {
	t.Parallel()
	for name, there := range map[string]bool{"no file yet": false, "an empty one": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			secrets := t.TempDir()
			key := filepath.Join(secrets, "api-key")
			if there {
				write(t, key, "")
			}
			s, dir := emptyFolder(t, func(o *app.Options) { o.APIKeyFile = key })
			if a := s.Get(t, "/status"); !strings.Contains(string(a.Body), `"keyFiles":{"/apiKey":"`+key+`"}`) {
				t.Errorf("status = %s, want the key's file", a.Body)
			}
			if a := putFirst(t, s, first(s)); a.Status != http.StatusOK {
				t.Fatalf("PUT = %d %s", a.Status, a.Body)
			}
			checkSecretFile(t, key, apptest.APIKey+"\n")
			checkSecretFile(t, filepath.Join(dir, "connector.yaml"), strings.Replace(first(s), "apiKey: "+apptest.APIKey+"\n", "", 1))
			if a := s.Post(t, "/send-code", anyMail); a.Status != http.StatusOK {
				t.Errorf("POST /send-code = %d %s", a.Status, a.Body)
			}
		})
	}
}

// A test mail is followed to its end before there is a config: Mailgun reports of it meanwhile.
func TestSetUpFollowsATest(t *testing.T) {
	t.Parallel()
	s, _ := emptyFolder(t, func(o *app.Options) {
		o.Database = config.Secret("sqlite:" + filepath.Join(t.TempDir(), "outbox.db"))
		o.WebhookKey = "the-key-of-now"
	})
	s.Sandbox.SetWebhook(sandbox.Webhook{
		URL: s.URL + "/webhooks/mailgun", SigningKey: "the-key-of-now", Delay: time.Millisecond, Retry: 20 * time.Millisecond,
	})
	draft := s.Fill(t, `{"domain":"`+apptest.Domain+`","from":"a@`+apptest.Domain+`","brand":{"name":"Acme"}}`)
	a := s.Post(t, "/test", `{"email":"ada@example.org","type":"SignIn","config":`+draft+`}`)
	path := a.Header.Get("Location")
	if a.Status != http.StatusNoContent || path == "" {
		t.Fatalf("POST /test = %d %s, Location %q", a.Status, a.Body, path)
	}
	var m struct{ State string }
	eventually(t, "the delivery is reported", func() bool {
		if a := s.Get(t, path); a.Status != http.StatusOK {
			t.Fatalf("GET %s = %d %s", path, a.Status, a.Body)
		} else {
			a.Decode(t, &m)
		}
		return m.State == "delivered"
	})
	for method, path := range map[string]string{
		"GET": "/messages", "POST": path + "/retry", "DELETE": "/suppressions/bounce",
	} {
		if a := s.Do(t, method, path, "", map[string]string{"Authorization": "Bearer " + apptest.Token}); a.Status != 503 {
			t.Errorf("%s %s = %d %s, want 503 without a config", method, path, a.Status, a.Body)
		}
	}
}

// With a key in the environment the config needs none.
func TestSetUpWithAKey(t *testing.T) {
	t.Parallel()
	s, dir := emptyFolder(t, func(o *app.Options) { o.APIKey = apptest.APIKey })
	text := strings.Replace(first(s), "apiKey: "+apptest.APIKey+"\n", "", 1)
	if a := putFirst(t, s, text); a.Status != http.StatusOK {
		t.Fatalf("PUT = %d %s", a.Status, a.Body)
	}
	checkSecretFile(t, filepath.Join(dir, "connector.yaml"), text)
}

// What can't be written leaves nothing behind.
func TestSetUpRefuses(t *testing.T) {
	t.Parallel()
	secrets := t.TempDir()
	key := filepath.Join(secrets, "api-key")
	s, dir := emptyFolder(t, func(o *app.Options) { o.APIKeyFile = key })
	write(t, filepath.Join(dir, "connector.yaml"), "broken: [\n") // somebody writes one by hand just now
	if a := putFirst(t, s, first(s)); a.Status != http.StatusPreconditionFailed {
		t.Errorf("PUT over another's = %d %s, want 412", a.Status, a.Body)
	}
	if _, err := os.Stat(key); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the key's file = %v, want none", err)
	}
	write(t, key, "key-other")
	write(t, filepath.Join(dir, "connector.yaml"), first(s))
	eventually(t, "the config by hand serves", func() bool { return s.Get(t, "/readyz").Status == http.StatusOK })

	opts := app.DefaultOptions()
	opts.Config = filepath.Join(t.TempDir(), "connector.json")
	_, err := app.New(t.Context(), opts)
	if _, ok := errors.AsType[*configfile.NotFoundError](err); !ok {
		t.Errorf("New without a config and console = %v, want a NotFoundError", err)
	}
}
