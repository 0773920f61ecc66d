package app_test

import (
	"mailgun-connector/connector"
	"mailgun-connector/connector/app"
	"mailgun-connector/connector/app/apptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestSaveNamesFiles(t *testing.T) {
	t.Parallel()
	outside := filepath.Join(t.TempDir(), "outside.html")
	write(t, outside, "<p>{{code}}</p>")
	text := commented + "  SignIn:\n    subject: s\n    htmlFile: " + outside + "\n"
	s := startYAML(t, text, map[string]string{
		"mails/new.html": "<p>new {{code}}</p>", "secret.txt": "{{code}} key-0123", ".env": "{{code}}", "tokens": "{{code}}",
	})
	symlink(t, outside, filepath.Join(filepath.Dir(s.ConfigPath), "link.html"))
	symlink(t, "mails/new.html", filepath.Join(filepath.Dir(s.ConfigPath), "near.html"))
	for name, want := range map[string]int{
		outside: 200, "mails/new.html": 200, "near.html": 200, "./mails/../near.html": 200,
		"none.html": 400, "link.html": 400, "../x.html": 400, "/etc/passwd": 400, ".env": 400, "secret.txt": 400,
		"connector.yaml": 400, "mails": 400,
	} {
		body, etag := got(t, s, asYAML)
		before, _, _ := strings.Cut(body, "htmlFile: ")
		a := put(t, s, asYAML, before+"htmlFile: "+name+"\n", etag)
		if a.Status != want || want == 400 && !strings.Contains(string(a.Body), "/deliveries/SignIn/htmlFile") {
			t.Errorf("PUT with htmlFile %s = %d %s, want %d", name, a.Status, a.Body, want)
		}
		write(t, s.ConfigPath, text)
		if err := s.App.Reload(); err != nil {
			t.Fatal(err)
		}
	}
}

// What GET gives can be tried as it is, with the files as they are loaded.
func TestUnsavedConfigMayNameTheRunningFiles(t *testing.T) {
	t.Parallel()
	s := startYAML(t, strings.Replace(commented, "apiKey", "endpoint: https://api.mailgun.net\napiKey", 1)+
		"  SignIn:\n    subject: s\n    htmlFile: in.html\n    textFile: in.txt\n", map[string]string{
		"in.html": "<p>in {{code}}</p>", "in.txt": "in {{code}}", "other.html": "other {{code}}",
	}, func(o *app.Options) { o.Console = false })
	text, _ := got(t, s, asJSON)
	var mail struct{ HTML, Text string }
	a := s.Post(t, "/preview", `{"type":"SignIn","config":`+text+`}`)
	if a.Decode(t, &mail); a.Status != 200 || mail.HTML != "<p>in 000000</p>" || mail.Text != "in 000000" {
		t.Errorf("POST /preview = %d %s, want the files", a.Status, a.Body)
	}
	if a := s.Post(t, "/config/validate", text); a.Status != 200 {
		t.Errorf("POST /config/validate = %d %s, want 200", a.Status, a.Body)
	}
	for _, other := range []string{
		strings.Replace(text, "in.html", "other.html", 1),
		strings.Replace(text, "in.html", "./in.html", 1),
		strings.Replace(text, `"SignIn"`, `"Register"`, 1),
		strings.Replace(text, `"textFile":"in.txt"`, `"textFile":"in.html"`, 1),
	} {
		if a := s.Post(t, "/config/validate", other); a.Status != 400 || !strings.Contains(string(a.Body), "only in a config file on disk") {
			t.Errorf("POST /config/validate of %s = %d %s, want 400", other, a.Status, a.Body)
		}
	}
}

// A draft may be tried with the files that it may be saved with, and no others.
func TestDraftsMayNameNewFiles(t *testing.T) {
	t.Parallel()
	for console, want := range map[bool]map[string]int{
		true:  {"new.html": 200, ".secret": 400, "../outside.html": 400, "/etc/hostname": 400, "none.html": 400, "connector.json": 400},
		false: {"new.html": 400},
	} {
		s := apptest.Start(t, apptest.Config{Options: func(o *app.Options) { o.Console = console }})
		dir := filepath.Dir(s.ConfigPath)
		for _, name := range []string{"new.html", ".secret", "../outside.html"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte("<p>{{code}}</p>"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for name, status := range want {
			draft := s.Fill(t, `{"domain":"mg.example.com","from":"no-reply@mg.example.com","deliveries":{"SignIn":{"htmlFile":"`+name+`"}}}`)
			if a := s.Post(t, "/config/validate", draft); a.Status != status {
				t.Errorf("console %v, htmlFile %s = %d %s, want %d", console, name, a.Status, a.Body, status)
			}
		}
	}
}

// No draft may make one of the service's own files part of a mail, under whatever name.
func TestDraftsMayNotNameTheServicesFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	write(t, path("connector.yaml"), commented)
	for name, text := range map[string]string{
		"api": apptest.APIKey, "tokens": apptest.Token, "signing": "signing-key-0123", "seal": strings.Repeat("0b", 32), "mail.html": "<p>{{code}}</p>",
	} {
		write(t, path(name), text)
		symlink(t, name, path("link-"+name))
	}
	s := apptest.Start(t, apptest.Config{Options: func(o *app.Options) {
		o.Config, o.APIKeyFile, o.Token, o.TokenFile = path("connector.yaml"), path("api"), "", path("tokens")
		o.WebhookKeyFile, o.StoreKeyFile = path("signing"), path("seal")
		o.Database, o.Retention = connector.Secret("sqlite:"+path("outbox.db")), 24*time.Hour
	}})
	s.ConfigPath = path("connector.yaml")
	for name, want := range map[string]int{
		"mail.html": 200, "link-mail.html": 200, "api": 400, "tokens": 400, "signing": 400, "seal": 400, "link-api": 400, "link-tokens": 400,
		"link-signing": 400, "link-seal": 400, "outbox.db": 400, "outbox.db.lock": 400, "outbox.db-wal": 400, "outbox.db-shm": 400,
	} {
		draft := strings.Replace(commented, "apiKey: key-0123   # may only send\n", "", 1) + "  SignIn:\n    subject: s\n    html: <p>{{code}}</p>\n    textFile: " + name + "\n"
		_, etag := got(t, s, asYAML)
		a := put(t, s, asYAML, draft, etag)
		if a.Status != want {
			t.Errorf("PUT with textFile %s = %d %s, want %d", name, a.Status, a.Body, want)
		}
		write(t, s.ConfigPath, commented)
		if err := s.App.Reload(); err != nil {
			t.Fatal(err)
		}
	}
}
