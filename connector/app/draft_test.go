package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mailgun-connector/connector/app"
	"mailgun-connector/connector/app/apptest"
	"mailgun-connector/connector/config"
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
func TestDraftMayNameTheRunningFiles(t *testing.T) {
	t.Parallel()
	s := startYAML(t, strings.Replace(commented, "apiKey", "endpoint: https://api.mailgun.net\napiKey", 1)+
		"  SignIn:\n    subject: s\n    htmlFile: in.html\n    textFile: in.txt\n"+
		"layout: layout.html\ntemplates:\n- languageTag: en\n  templateType: Register\n"+
		"  details: {subject: s, contentFile: c.html, textFile: c.txt}\n", map[string]string{
		"in.html": "<p>in {{code}}</p>", "in.txt": "in {{code}}", "other.html": "other {{code}} {{{content}}}",
		"layout.html": "<b>{{{content}}}</b>", "c.html": "<p>c {{code}}</p>", "c.txt": "c {{code}}",
	}, func(o *app.Options) { o.Console = false })
	text, _ := got(t, s, asJSON)
	var mail struct{ HTML, Text string }
	a := s.Post(t, "/preview", `{"type":"SignIn","config":`+text+`}`)
	if a.Decode(t, &mail); a.Status != 200 || mail.HTML != "<b><p>in 000000</p></b>" || mail.Text != "in 000000" {
		t.Errorf("POST /preview = %d %s, want the files", a.Status, a.Body)
	}
	a = s.Post(t, "/preview", `{"type":"Register","config":`+text+`}`)
	if a.Decode(t, &mail); a.Status != 200 || mail.HTML != "<b><p>c 000000</p></b>" || mail.Text != "c 000000" {
		t.Errorf("POST /preview of a template = %d %s, want the files", a.Status, a.Body)
	}
	if a := s.Post(t, "/config/validate", text); a.Status != 200 {
		t.Errorf("POST /config/validate = %d %s, want 200", a.Status, a.Body)
	}
	for _, other := range []string{
		strings.Replace(text, "in.html", "other.html", 1),
		strings.Replace(text, "in.html", "./in.html", 1),
		strings.Replace(text, `"SignIn"`, `"Register"`, 1),
		strings.Replace(text, `"textFile":"in.txt"`, `"textFile":"in.html"`, 1),
		strings.Replace(text, "layout.html", "other.html", 1),
		strings.Replace(text, "c.html", "other.html", 1),
		strings.Replace(text, "c.txt", "in.txt", 1),
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

// No draft may make one of the service's own files part of a mail, even where such a
// file is named like a mail's.
func TestDraftsMayNotNameTheServicesFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	write(t, path("connector.yaml"), commented)
	want := map[string]int{"mail.html": 200, "link-mail.html": 200, "outbox.db": 400, "outbox.db.key": 400}
	for name, text := range map[string]string{
		"api.txt": apptest.APIKey, "tokens.txt": apptest.Token + " send,read,edit", "signing.txt": "signing-key-0123",
		"seal.txt": strings.Repeat("0b", 32), "mail.html": "<p>{{code}}</p>",
	} {
		write(t, path(name), text)
		symlink(t, name, path("link-"+name))
		if name != "mail.html" {
			if err := os.Link(path(name), path("hard-"+name)); err != nil {
				t.Fatal(err)
			}
			want[name], want["link-"+name], want["hard-"+name] = 400, 400, 400
		}
	}
	write(t, path("copy.txt"), "{{code}} "+apptest.APIKey)
	want["copy.txt"] = 400
	s := apptest.Start(t, apptest.Config{Options: func(o *app.Options) {
		o.Config, o.APIKeyFile, o.Token, o.TokenFile = path("connector.yaml"), path("api.txt"), "", path("tokens.txt")
		o.WebhookKeyFile, o.StoreKeyFile = path("signing.txt"), path("seal.txt")
		o.Database, o.Retention = config.Secret("sqlite:"+path("outbox.db")), 24*time.Hour
	}})
	for name, want := range want {
		if a := previewFile(t, s, name); a.Status != want {
			t.Errorf("POST /preview with textFile %s = %d %s, want %d", name, a.Status, a.Body, want)
		}
	}
}
