package app_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"mailgun-connector/connector/app"
	"mailgun-connector/connector/app/apptest"
)

// previewFile shows the mail of a draft whose text is in the file that it calls name.
func previewFile(t *testing.T, s *apptest.Service, name string) apptest.Answer {
	t.Helper()
	quoted, err := json.Marshal(name)
	if err != nil {
		t.Fatal(err)
	}
	return s.Post(t, "/preview", `{"type":"Generic","config":{"domain":"mg.example.com","from":"no-reply@mg.example.com",
		"deliveries":{"Generic":{"subject":"s","html":"<p>{{code}}</p>","textFile":`+string(quoted)+`}}}}`)
}

// draftFolder is a config's folder with mails, and with what must never be one. Every
// file has content of its own; those that hold "private" must not be shown.
func draftFolder(t *testing.T) (config string) {
	t.Helper()
	top := t.TempDir()
	at := func(name string) string { return filepath.Join(top, filepath.FromSlash(name)) }
	for _, name := range []string{
		"conf/a.html", "conf/b.htm", "conf/c.txt", "conf/UPPER.HTML", "conf/two.dots.html", "conf/with space.html",
		"conf/mails/a.html", "conf/mails/de/AT/a.txt", "conf/..2024_01/map.html",
	} {
		write(t, at(name), "mail {{code}}")
	}
	for _, name := range []string{
		"outside.html", "outside/a.html", "conf-other/a.html", "conf/credentials.json", "conf/id_rsa",
		"conf/.env", "conf/.html",
		"conf/.hidden.html", "conf/.git/a.html", "conf/mails/.cache/a.txt", "conf/other.yaml", "conf/tls.key",
		"conf/a.html.json",
		"conf/a.html.", "conf/a.html ", "conf/a.html~", "conf/a.htmlx", "conf/a.xhtml", "conf/html",
		"conf/back\\slash.html", "conf/named.json",
	} {
		write(t, at(name), "private {{code}}")
	}
	write(t, at("conf/large.html"), strings.Repeat("private ", 1<<17+1))
	for _, folder := range []string{"conf/folder.html", "conf/mails/empty.txt"} {
		if err := os.Mkdir(at(folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(at("conf/pipe.html"), 0o600); err != nil {
		t.Fatal(err)
	}
	listenUnix(t, at("conf"), "socket.html")
	for _, link := range [][2]string{
		{"..2024_01", "conf/..data"}, {"..data/map.html", "conf/map.html"}, // as Kubernetes mounts a ConfigMap
		{"mails/a.html", "conf/near.html"}, {"near.html", "conf/nearer.html"},
		{at("conf/mails/a.html"), "conf/absolute.html"}, {"mails", "conf/linked"},
		{"../outside.html", "conf/out.html"}, {at("outside.html"), "conf/out-absolute.html"},
		{"out.html", "conf/out-twice.html"}, {"../outside", "conf/out"},
		{"../nothing.html", "conf/dangling-out.html"}, {"nothing.html", "conf/dangling.html"},
		{"loop.html", "conf/loop.html"},
		{"/dev/zero", "conf/zero.html"}, {"pipe.html", "conf/pipe-link.html"},
		{"credentials.json", "conf/credentials.html"}, {".env", "conf/env.txt"},
		{".hidden.html", "conf/shown.html"},
	} {
		symlink(t, link[0], at(link[1]))
	}
	return at("conf/connector.yaml")
}

// listenUnix makes a socket in a folder whose path may be too long for one.
func listenUnix(t *testing.T, folder, name string) {
	t.Helper()
	short, err := os.MkdirTemp("", "s")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(short) })
	link := filepath.Join(short, "d")
	symlink(t, folder, link)
	l, err := new(net.ListenConfig).Listen(t.Context(), "unix", filepath.Join(link, name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
}

// startAt runs a service on a config file that stands already.
func startAt(t *testing.T, config string) *apptest.Service {
	t.Helper()
	s := apptest.Start(t, apptest.Config{Options: func(o *app.Options) { o.Config = config }})
	s.ConfigPath = config
	return s
}

// draftFilesShown are names for which a draft gets a file of [draftFolder].
func draftFilesShown(config string) []string {
	return []string{
		"a.html", "b.htm", "c.txt", "UPPER.HTML", "two.dots.html", "with space.html", "mails/a.html",
		"mails/de/AT/a.txt", "./a.html", "mails//a.html",
		"mails/../a.html", filepath.Join(filepath.Dir(config), "a.html"),
		"near.html", "nearer.html", "absolute.html", "linked/a.html", "map.html",
	}
}

// draftFilesRefused are names for which it must not.
func draftFilesRefused(config string) []string {
	return []string{
		"credentials.json", "id_rsa", ".env", ".html", ".hidden.html", ".git/a.html", "mails/.cache/a.txt",
		"other.yaml", "connector.yaml", "tls.key",
		"a.html.json", "a.html.", "a.html ", "a.html~", "a.htmlx", "a.xhtml", "html", "a.html\x00.json",
		"credentials.json\x00.html", "back\\slash.html",
		"mails\\a.html", "..\\outside.html", "..data/map.html", "..2024_01/map.html", ".", "..", "/", "mails",
		"mails/",
		"../outside.html", "mails/../../outside.html", "../conf-other/a.html",
		filepath.Join(filepath.Dir(config), "../outside.html"),
		"/etc/passwd", "/dev/zero", "/dev/stdin", "/proc/self/environ", "file:///etc/passwd", "~/a.html",
		"NAMED.json", "./named.json",
		"folder.html", "mails/empty.txt", "pipe.html", "pipe-link.html", "socket.html", "zero.html",
		"out.html", "out-absolute.html", "out-twice.html", "out/a.html", "dangling-out.html", "dangling.html",
		"loop.html", "credentials.html", "env.txt", "shown.html",
		"large.html", "nothing.html", "nothing.json", "../nothing.html", "/nothing.html", "nothing/a.html",
		strings.Repeat("a", 5000) + ".html",
	}
}

func TestDraftFiles(t *testing.T) {
	t.Parallel()
	config := draftFolder(t)
	named := "  Named:\n    subject: s\n    html: <p>{{code}}</p>\n    textFile: named.json\n"
	write(t, config, strings.Replace(commented, "  # all of them", named, 1))
	s := startAt(t, config)
	const refusal = "no such mail file: a config that comes through the API may name .html, .htm and .txt files"

	for _, name := range draftFilesShown(config) {
		if a := previewFile(t, s, name); a.Status != http.StatusOK || !strings.Contains(string(a.Body), "mail 000000") {
			t.Errorf("POST /preview with textFile %q = %d %s, want the mail", name, a.Status, a.Body)
		}
	}
	a := previewFile(t, s, "named.json")
	if a.Status != http.StatusOK || !strings.Contains(string(a.Body), "private 000000") {
		t.Errorf("POST /preview with a file that the running config names = %d %s, want it", a.Status, a.Body)
	}
	for _, name := range draftFilesRefused(config) {
		a := previewFile(t, s, name)
		body := string(a.Body)
		if a.Status != http.StatusBadRequest || !strings.Contains(body, refusal) || strings.Contains(body, "private") {
			t.Errorf("POST /preview with textFile %q = %d %.300s, want 400 and the one refusal", name, a.Status, a.Body)
		}
	}
}

// The same holds for every member that names a file.
func TestDraftFilesOfEveryMember(t *testing.T) {
	t.Parallel()
	config := draftFolder(t)
	write(t, config, commented)
	write(t, filepath.Join(filepath.Dir(config), "mails", "layout.html"), "<b>{{{content}}}</b>")
	s := startAt(t, config)
	const template = `"templates":[{"languageTag":"en","templateType":"T","details":{"subject":"s",%s}}]`
	for member, mail := range map[string]string{
		`"layout":"%s"`: "mails/layout.html",
		fmt.Sprintf(template, `"contentFile":"%s"`):                   "mails/a.html",
		fmt.Sprintf(template, `"content":"{{code}}","textFile":"%s"`): "c.txt",
	} {
		for name, want := range map[string]int{
			mail: 200, "credentials.json": 400, "../outside.html": 400, ".hidden.html": 400, "out.html": 400, "large.html": 400,
			"/etc/passwd": 400, "mails/../../outside.html": 400, "connector.yaml": 400, "pipe.html": 400,
		} {
			draft := s.Fill(t, `{"domain":"mg.example.com","from":"no-reply@mg.example.com",
				"deliveries":{"Generic":{"subject":"s","html":"<p>{{code}}</p>"}},`+fmt.Sprintf(member, name)+`}`)
			a := s.Post(t, "/config/validate", draft)
			if a.Status != want || want == 400 && !strings.Contains(string(a.Body), "no such mail file") {
				t.Errorf("POST /config/validate with "+member+" = %d %s, want %d", name, a.Status, a.Body, want)
			}
		}
	}
}

// The same holds wherever a draft is taken.
func TestDraftFilesOnEveryRoute(t *testing.T) {
	t.Parallel()
	config := draftFolder(t)
	write(t, config, commented)
	s := startAt(t, config)
	for name, refused := range map[string]bool{"a.html": false, "credentials.json": true, "out.html": true, "pipe.html": true} {
		draft := s.Fill(t, `{"domain":"mg.example.com","from":"no-reply@mg.example.com",
			"deliveries":{"Generic":{"subject":"s","htmlFile":"`+name+`"}}}`)
		_, etag := got(t, s, asJSON)
		for route, a := range map[string]apptest.Answer{
			"POST /preview":         s.Post(t, "/preview", `{"type":"Generic","config":`+draft+`}`),
			"POST /test":            s.Post(t, "/test", `{"email":"user@example.org","config":`+draft+`}`),
			"POST /config/validate": s.Post(t, "/config/validate", draft),
			"PUT /config":           put(t, s, asYAML, draft, etag),
		} {
			leaked := strings.Contains(string(a.Body), "private")
			if (a.Status == http.StatusBadRequest) != refused || a.Status >= http.StatusInternalServerError || leaked {
				t.Errorf("%s with htmlFile %s = %d %s, want refused = %v", route, name, a.Status, a.Body, refused)
			}
		}
	}
}
