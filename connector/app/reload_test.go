package app_test

import (
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mailgun-connector/connector/app"
	"mailgun-connector/connector/app/apptest"
	"mailgun-connector/connector/sandbox"
)

// eventually waits until ok holds. The deadline is far beyond what is needed, so
// that only a real failure reaches it, and the watcher's slow polling can't help.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.NewTimer(9 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// withSubject is a config whose mails have this subject.
func withSubject(subject string) string {
	return `{"domain":"` + apptest.Domain + `","from":"` + apptest.From + `","deliveries":{"Generic":{"subject":"` + subject + `","html":"<p>{{code}}</p>"}}}`
}

const anyMail = `{"to":"a@example.org","type":"SignIn","payload":{"code":"123456"}}`

// subject returns the subject of the mail that a request for one would get now.
func subject(t *testing.T, s *apptest.Service) string {
	t.Helper()
	var mail struct{ Subject string }
	s.Post(t, "/preview", anyMail).Decode(t, &mail)
	return mail.Subject
}

// metric returns the value of a metric without labels.
func metric(t *testing.T, s *apptest.Service, name string) string {
	t.Helper()
	for line := range strings.Lines(string(s.Get(t, "/metrics").Body)) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	t.Fatalf("no metric %s", name)
	return ""
}

const reloadOK = "mailgun_connector_config_last_reload_successful"

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestReloadOnReplacedFile(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{Connector: withSubject("first")})
	etag := s.Get(t, "/config").Header.Get("Etag")
	s.WriteConfig(t, withSubject("second"))
	eventually(t, "the second config serves", func() bool { return subject(t, s) == "second" })
	if got := s.Get(t, "/config").Header.Get("Etag"); got == etag {
		t.Errorf("ETag = %s after a change, want another", got)
	}
	// Written in place rather than replaced, as some editors do.
	write(t, s.ConfigPath, s.Fill(t, withSubject("third")))
	eventually(t, "the third config serves", func() bool { return subject(t, s) == "third" })
}

// A Kubernetes ConfigMap is a folder of links to ..data/FILE, where ..data is a
// link that is replaced in one step.
func TestReloadOnConfigMapSwap(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := apptest.Start(t, apptest.Config{Options: func(o *app.Options) {
		text, err := os.ReadFile(o.Config)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, "..1", "connector.json"), string(text))
		symlink(t, "..1", filepath.Join(dir, "..data"))
		symlink(t, "..data/connector.json", filepath.Join(dir, "connector.json"))
		o.Config = filepath.Join(dir, "connector.json")
	}})
	for i, version := range []string{"..2", "..3"} { // the second swap proves that the first is not the last one seen
		want := "version " + version
		write(t, filepath.Join(dir, version, "connector.json"), s.Fill(t, withSubject(want)))
		symlink(t, version, filepath.Join(dir, "..data_tmp"))
		if err := os.Rename(filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data")); err != nil {
			t.Fatal(err)
		}
		if err := os.RemoveAll(filepath.Join(dir, []string{"..1", "..2"}[i])); err != nil {
			t.Fatal(err)
		}
		eventually(t, want+" serves", func() bool { return subject(t, s) == want })
	}
}

func symlink(t *testing.T, to, at string) {
	t.Helper()
	if err := os.Symlink(to, at); err != nil {
		t.Fatal(err)
	}
}

func TestReloadOnMailFiles(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "mails")
	at := func(name string) string { return filepath.Join(dir, name) }
	write(t, at("code.html"), "<p>1 {{code}}</p>")
	write(t, at("content.html"), "<p>2 {{code}}</p>")
	write(t, at("layout.html"), "<b>3</b>{{{content}}}")
	s := apptest.Start(t, apptest.Config{Connector: `{"domain":"` + apptest.Domain + `","from":"` + apptest.From + `",
		"layout":"` + at("layout.html") + `","deliveries":{"Generic":{"subject":"s","htmlFile":"` + at("code.html") + `"}},
		"templates":[{"languageTag":"en","templateType":"Register","details":{"subject":"s","contentFile":"` + at("content.html") + `"}}]}`})
	html := func(usageType string) string {
		var mail struct{ HTML string }
		s.Post(t, "/preview", `{"type":"`+usageType+`","payload":{"code":"123456"}}`).Decode(t, &mail)
		return mail.HTML
	}
	for _, change := range []struct{ file, text, generic, register string }{
		{"code.html", "<p>1 {{code}}</p>", "<b>3</b><p>1 123456</p>", "<b>3</b><p>2 123456</p>"},
		{"code.html", "<p>4 {{code}}</p>", "<b>3</b><p>4 123456</p>", "<b>3</b><p>2 123456</p>"},
		{"content.html", "<p>5 {{code}}</p>", "<b>3</b><p>4 123456</p>", "<b>3</b><p>5 123456</p>"},
		{"layout.html", "<b>6</b>{{{content}}}", "<b>6</b><p>4 123456</p>", "<b>6</b><p>5 123456</p>"},
	} {
		write(t, at(change.file), change.text)
		eventually(t, change.text+" serves", func() bool {
			return html("Generic") == change.generic && html("Register") == change.register
		})
	}
	write(t, at("layout.html"), "<b>7</b>")
	eventually(t, "the layout without a place is refused", func() bool { return strings.Contains(s.Logs.String(), "has no {{{content}}}") })
	if got := html("Generic"); got != "<b>6</b><p>4 123456</p>" {
		t.Errorf("html = %q, want the mail as it was", got)
	}
}

func TestReloadOnTokenFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "secrets", "tokens")
	const before, after = "token-before-0123456789", "token-after-9876543210"
	write(t, file, before+"\n")
	s := apptest.Start(t, apptest.Config{Options: func(o *app.Options) { o.Token, o.TokenFile = "", file }})
	status := func(token string) int {
		return s.Do(t, http.MethodGet, "/config", "", map[string]string{"Authorization": "Bearer " + token}).Status
	}
	if got := [2]int{status(before), status(after)}; got != [2]int{200, 401} {
		t.Fatalf("status with old and new token = %v, want [200 401]", got)
	}
	write(t, file, before+"\n"+after+"\n")
	eventually(t, "both tokens are valid", func() bool { return status(before) == 200 && status(after) == 200 })
	write(t, file, after+"\n")
	eventually(t, "the old token is refused", func() bool { return status(before) == 401 && status(after) == 200 })
	write(t, file, "\n") // an emptied file must not open the API
	eventually(t, "the empty file is refused", func() bool { return strings.Contains(s.Logs.String(), "there is no token") })
	if got := [2]int{status(""), status(after)}; got != [2]int{401, 200} {
		t.Errorf("status without and with the last token = %v, want [401 200]", got)
	}
}

func TestReloadOnAPIKeyFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "key")
	write(t, file, "key-wrong\n")
	s := apptest.Start(t, apptest.Config{Options: func(o *app.Options) {
		text, err := os.ReadFile(o.Config)
		if err != nil {
			t.Fatal(err)
		}
		write(t, o.Config, strings.Replace(string(text), `"apiKey":"`+apptest.APIKey+`"`, `"apiKey":""`, 1))
		o.APIKeyFile = file
	}})
	if got := s.Post(t, "/send-code", anyMail).Status; got != http.StatusBadGateway {
		t.Fatalf("POST /send-code with a wrong key = %d, want 502", got)
	}
	write(t, file, apptest.APIKey+"\n")
	eventually(t, "the new key is used", func() bool { return s.Post(t, "/send-code", anyMail).Status == 200 })
}

func TestBadReloadChangesNothing(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{Connector: withSubject("good")})
	etag := s.Get(t, "/config").Header.Get("Etag")
	if got := metric(t, s, reloadOK); got != "1" {
		t.Fatalf("%s = %s, want 1", reloadOK, got)
	}
	bad := []string{
		`{"domain":"https://x.example","from":"` + apptest.From + `","deliveries":{"Generic":{"subject":"bad","html":"{{code}}"}}}`,
		`{"domain":"x.example","from":"` + apptest.From + `","deliveries":{"Generic":{"subject":"bad","htmlFile":"none.html"}}}`,
	}
	for _, config := range bad {
		s.WriteConfig(t, config)
		eventually(t, "the bad config is refused", func() bool { return metric(t, s, reloadOK) == "0" })
		if got := subject(t, s); got != "good" {
			t.Errorf("subject after a bad reload = %q, want %q", got, "good")
		}
		if got := s.Get(t, "/config").Header.Get("Etag"); got != etag {
			t.Errorf("ETag after a bad reload = %s, want %s", got, etag)
		}
		if got := s.Post(t, "/send-code", anyMail).Status; got != 200 {
			t.Errorf("POST /send-code after a bad reload = %d, want 200", got)
		}
		s.WriteConfig(t, withSubject("good")) // taken back
		eventually(t, "the good config is seen", func() bool { return metric(t, s, reloadOK) == "1" })
	}
	eventually(t, "the log tells", func() bool {
		return strings.Count(s.Logs.String(), `"config refused; a running one stays as it is"`) == len(bad)
	})
	if err := os.Remove(s.ConfigPath); err != nil {
		t.Fatal(err)
	}
	if err := s.App.Reload(); err == nil {
		t.Errorf("Reload() without a file = nil, want %v", fs.ErrNotExist)
	}
	if got := subject(t, s); got != "good" {
		t.Errorf("subject without a file = %q, want %q", got, "good")
	}
}

func TestSendInFlightKeepsItsConfig(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{Connector: withSubject("old")})
	// The first try meets a wait of a second; the second happens after the swap.
	s.Sandbox.SetFaults(sandbox.Fault{Status: 429, Wait: time.Second, Times: 1})
	answered := make(chan int, 1)
	go func() { answered <- s.Post(t, "/send-code", anyMail).Status }()
	eventually(t, "the first try is made", func() bool { return s.Sandbox.Requests() == 1 })
	s.WriteConfig(t, withSubject("new"))
	if err := s.App.Reload(); err != nil {
		t.Fatalf("Reload() = %v, want nil", err)
	}
	if got := subject(t, s); got != "new" {
		t.Errorf("subject after the reload = %q, want %q", got, "new")
	}
	if got := <-answered; got != 200 {
		t.Fatalf("POST /send-code = %d, want 200", got)
	}
	if got := s.Sandbox.Messages()[0].Subject; got != "old" {
		t.Errorf("subject of the mail in flight = %q, want %q", got, "old")
	}
}
