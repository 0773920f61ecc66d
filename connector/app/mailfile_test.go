package app_test

import (
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/connector/app"
	"mailgun-connector/connector/app/apptest"
)

// filePath is where the API has the file that a config calls name.
func filePath(name string) string { return "/config/files/" + url.PathEscape(name) }

// putFile writes a mail's file with headers of its own.
func putFile(t *testing.T, s *apptest.Service, name, text string, header map[string]string) apptest.Answer {
	t.Helper()
	all := map[string]string{"Authorization": "Bearer " + apptest.Token, "Content-Type": "text/html"}
	maps.Copy(all, header)
	return s.Do(t, http.MethodPut, filePath(name), text, all)
}

var (
	anyText = map[string]string{"If-Match": "*"}
	newFile = map[string]string{"If-None-Match": "*"}
)

const inFiles = `domain: mg.example.com
apiKey: key-0123
from: no-reply@mg.example.com
deliveries:
  Generic:
    subject: "{{code}}"
    htmlFile: mails/in.html
    textFile: ./in.txt
`

func startInFiles(t *testing.T, changes ...func(*app.Options)) *apptest.Service {
	t.Helper()
	return startYAML(t, inFiles, map[string]string{
		"mails/in.html": "<p>one {{code}}</p>", "in.txt": "one {{code}}", "other.html": "<p>{{code}}</p>",
	}, changes...)
}

// shown is the HTML of a mail of what runs.
func shown(t *testing.T, s *apptest.Service) string {
	t.Helper()
	var mail struct{ HTML string }
	s.Post(t, "/preview", `{"type":"Generic"}`).Decode(t, &mail)
	return mail.HTML
}

func TestMailFileIsReadAndWritten(t *testing.T) {
	t.Parallel()
	s := startInFiles(t)
	a := s.Get(t, filePath("mails/in.html"))
	if a.Status != 200 || string(a.Body) != "<p>one {{code}}</p>" {
		t.Fatalf("GET = %d %s, want the file", a.Status, a.Body)
	}
	if media := a.Header.Get("Content-Type"); !strings.HasPrefix(media, "text/plain") || a.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("GET with Content-Type %q, want nothing that a browser makes a page of", media)
	}
	etag := a.Header.Get("Etag")
	a = putFile(t, s, "mails/in.html", "<p>two {{code}}</p>", map[string]string{"If-Match": etag})
	if a.Status != 200 || !strings.Contains(string(a.Body), `"valid":true`) {
		t.Fatalf("PUT = %d %s, want 200", a.Status, a.Body)
	}
	if got := shown(t, s); got != "<p>two 000000</p>" {
		t.Errorf("mail after PUT = %q, want the new one", got)
	}
	if again := s.Get(t, filePath("mails/in.html")); again.Header.Get("Etag") != a.Header.Get("Etag") || a.Header.Get("Etag") == etag {
		t.Errorf("ETags: %s before, %s of PUT, %s of GET, want a new one of both", etag, a.Header.Get("Etag"), again.Header.Get("Etag"))
	}
	for name, header := range map[string]map[string]string{
		"the tag before": {"If-Match": etag}, "a weak tag": {"If-Match": "W/" + a.Header.Get("Etag")},
		"none that it has": {"If-None-Match": a.Header.Get("Etag")}, "no file": newFile,
		"both": {"If-Match": "*", "If-None-Match": "*"},
	} {
		if a := putFile(t, s, "mails/in.html", "<p>three {{code}}</p>", header); a.Status != 412 {
			t.Errorf("PUT with %s = %d %s, want 412", name, a.Status, a.Body)
		}
	}
	if strings.Contains(s.Logs.String(), "two") || strings.Count(s.Logs.String(), `"mail file saved"`) != 1 {
		t.Errorf("log = %s, want one line about saving, without content", s.Logs)
	}
	if got := folder(t, filepath.Join(filepath.Dir(s.ConfigPath), "mails")); !slices.Equal(got, []string{"in.html"}) {
		t.Errorf("files = %q, want no others", got)
	}
}

// The file is the same however it is called.
func TestMailFileByOtherNames(t *testing.T) {
	t.Parallel()
	s := startInFiles(t)
	dir := filepath.Dir(s.ConfigPath)
	symlink(t, "mails", filepath.Join(dir, "linked"))
	for i, name := range []string{"mails/in.html", "./mails/in.html", "linked/in.html", filepath.Join(dir, "mails/in.html"), "mails/../mails/in.html"} {
		bad := putFile(t, s, name, "{{#if code}}", anyText)
		if bad.Status != 400 || !strings.Contains(string(bad.Body), "/deliveries/Generic/htmlFile") {
			t.Errorf("PUT %s with a condition that is not closed = %d %s, want 400 and its place", name, bad.Status, bad.Body)
		}
		text := strings.Repeat("x", i) + "{{code}}"
		if a := putFile(t, s, name, text, anyText); a.Status != 200 || shown(t, s) != strings.Replace(text, "{{code}}", "000000", 1) {
			t.Errorf("PUT %s = %d %s, mail %q, want it", name, a.Status, a.Body, shown(t, s))
		}
	}
}

func TestMailFileThatBreaksTheConfigIsRefused(t *testing.T) {
	t.Parallel()
	s := startInFiles(t)
	for text, want := range map[string]string{
		"<p>{{#if code}}{{code}}</p>": "/deliveries/Generic/htmlFile", "\n\n{{/if}}": "line 3",
		"\x00": "/deliveries/Generic/htmlFile", "\xff": "UTF-8", " \n": "empty",
	} {
		a := putFile(t, s, "mails/in.html", text, anyText)
		if a.Status != 400 || !strings.Contains(string(a.Body), want) {
			t.Errorf("PUT %q = %d %s, want 400 and %s", text, a.Status, a.Body, want)
		}
	}
	if got := fileText(t, filepath.Join(filepath.Dir(s.ConfigPath), "mails/in.html")); got != "<p>one {{code}}</p>" {
		t.Errorf("file = %q, want it unchanged", got)
	}
	if a := putFile(t, s, "other.html", "{{#if code}}", anyText); a.Status != 200 {
		t.Errorf("PUT of a file that no mail is of = %d %s, want 200", a.Status, a.Body)
	}
}

// A file that is bad on disk can be put right from here.
func TestMailFileIsRepaired(t *testing.T) {
	t.Parallel()
	s := startInFiles(t)
	write(t, filepath.Join(filepath.Dir(s.ConfigPath), "mails/in.html"), "{{#if code}}")
	if err := s.App.Reload(); err == nil {
		t.Fatal("Reload() of a bad file = nil, want an error")
	}
	a := s.Get(t, filePath("mails/in.html"))
	if string(a.Body) != "{{#if code}}" {
		t.Errorf("GET = %q, want what is on disk", a.Body)
	}
	if a := putFile(t, s, "mails/in.html", "<p>good {{code}}", map[string]string{"If-Match": a.Header.Get("Etag")}); a.Status != 200 || shown(t, s) != "<p>good 000000" {
		t.Errorf("PUT = %d %s, mail %q, want the good one", a.Status, a.Body, shown(t, s))
	}
	if err := os.Remove(filepath.Join(filepath.Dir(s.ConfigPath), "mails/in.html")); err != nil {
		t.Fatal(err)
	}
	if a := putFile(t, s, "mails/in.html", "<p>new {{code}}", newFile); a.Status != 201 || shown(t, s) != "<p>new 000000" {
		t.Errorf("PUT of a file that went = %d %s, mail %q, want 201 and the new one", a.Status, a.Body, shown(t, s))
	}
}

func TestNewMailFile(t *testing.T) {
	t.Parallel()
	s := startInFiles(t)
	dir := filepath.Dir(s.ConfigPath)
	for _, name := range []string{"new.html", "deep/er/new.txt", "mails/Neu ä.htm"} {
		if a := s.Get(t, filePath(name)); a.Status != 404 {
			t.Errorf("GET %s = %d, want 404", name, a.Status)
		}
		if a := putFile(t, s, name, "{{code}}", anyText); a.Status != 412 {
			t.Errorf("PUT %s with If-Match = %d, want 412", name, a.Status)
		}
		if a := putFile(t, s, name, "{{code}}", newFile); a.Status != 201 || fileText(t, filepath.Join(dir, name)) != "{{code}}" {
			t.Errorf("PUT %s = %d %s, want 201 and the file", name, a.Status, a.Body)
		}
		if a := putFile(t, s, name, "other", newFile); a.Status != 412 {
			t.Errorf("PUT %s once more = %d, want 412", name, a.Status)
		}
	}
	a := put(t, s, asYAML, strings.Replace(inFiles, "mails/in.html", "new.html", 1), "*")
	if a.Status != 200 || shown(t, s) != "000000" {
		t.Errorf("PUT /config that names it = %d %s, mail %q, want it", a.Status, a.Body, shown(t, s))
	}
}

func TestMailFilesOnly(t *testing.T) {
	t.Parallel()
	config := draftFolder(t)
	named := "  Named:\n    subject: s\n    html: <p>{{code}}</p>\n    textFile: named.json\n"
	write(t, config, strings.Replace(commented, "  # all of them", named, 1))
	s := startAt(t, config)
	for _, name := range slices.Concat(draftFilesShown(config), []string{"named.json"}) {
		a := s.Get(t, filePath(name))
		if a.Status != 200 || !strings.Contains(string(a.Body), "{{code}}") {
			t.Errorf("GET %q = %d %s, want the file", name, a.Status, a.Body)
		}
	}
	before := tree(t, filepath.Dir(filepath.Dir(config)))
	absent := []string{"nothing.html", "nothing/a.html", "~/a.html"} // which could be made
	for _, name := range draftFilesRefused(config) {
		a := s.Get(t, filePath(name))
		if a.Status != 404 || !strings.Contains(string(a.Body), "There is no such mail file") {
			t.Errorf("GET %q = %d %.300s, want 404 and the one refusal", name, a.Status, a.Body)
		}
		if slices.Contains(absent, name) {
			continue
		}
		for _, header := range []map[string]string{anyText, newFile} {
			a := putFile(t, s, name, "{{code}}", header)
			if a.Status != 404 || !strings.Contains(string(a.Body), "There is no such mail file") {
				t.Errorf("PUT %q with %v = %d %.300s, want 404 and the one refusal", name, header, a.Status, a.Body)
			}
		}
	}
	for _, name := range []string{
		"out/new.html", "../new.html", "/new.html", "../conf-other/new.html", ".new.html", ".git/new.html", "..data/new.html",
		"new.json", "new.html.json", "new", "a.html/new.html", "pipe.html/new.html", "mails\\new.html", "line\nbreak.html",
		"nul\x00.html", "linked/../../new.html", "mails/.cache/new.txt", "dangling-out.html/new.html",
	} {
		if a := putFile(t, s, name, "{{code}}", newFile); a.Status != 404 {
			t.Errorf("PUT of a new %q = %d %.300s, want 404", name, a.Status, a.Body)
		}
	}
	if diff := cmp.Diff(before, tree(t, filepath.Dir(filepath.Dir(config)))); diff != "" {
		t.Errorf("files (-before +after):\n%s", diff)
	}
}

// tree lists what is in a folder and below.
func tree(t *testing.T, top string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(top, func(path string, _ os.DirEntry, err error) error {
		name, _ := filepath.Rel(top, path)
		all = append(all, filepath.ToSlash(name))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// The service's own secrets are never mails, even where they are named like one or the
// config names them.
func TestSecretsAreNoMailFiles(t *testing.T) {
	t.Parallel()
	s := startYAML(t, strings.Replace(inFiles, "./in.txt", "tokens.txt", 1), map[string]string{
		"mails/in.html": "<p>{{code}}</p>", "tokens.txt": apptest.Token + " send,read,edit", "api.txt": apptest.APIKey,
	}, func(o *app.Options) {
		dir := filepath.Dir(o.Config)
		o.Token, o.TokenFile, o.APIKeyFile = "", filepath.Join(dir, "tokens.txt"), filepath.Join(dir, "api.txt")
	})
	for _, name := range []string{"tokens.txt", "api.txt"} {
		if a := s.Get(t, filePath(name)); a.Status != 404 {
			t.Errorf("GET %s = %d %s, want 404", name, a.Status, a.Body)
		}
		if a := putFile(t, s, name, "a-token-of-mine-0123456789", anyText); a.Status != 404 {
			t.Errorf("PUT %s = %d %s, want 404", name, a.Status, a.Body)
		}
	}
}

func TestMailFilesWithoutConsole(t *testing.T) {
	t.Parallel()
	s := startInFiles(t, func(o *app.Options) { o.Console = false })
	for name, want := range map[string]int{"mails/in.html": 200, "./in.txt": 200, "other.html": 404, "in.txt": 404} {
		if a := s.Get(t, filePath(name)); a.Status != want {
			t.Errorf("GET %s = %d, want %d", name, a.Status, want)
		}
	}
	if a := putFile(t, s, "mails/in.html", "<p>{{code}}", anyText); a.Status != 409 || !strings.Contains(string(a.Body), "--console") {
		t.Errorf("PUT = %d %s, want 409 and what switches it on", a.Status, a.Body)
	}
}

func TestMailFileByManyAtOnce(t *testing.T) {
	t.Parallel()
	s := startInFiles(t)
	for name, header := range map[string]map[string]string{
		"mails/in.html": {"If-Match": s.Get(t, filePath("mails/in.html")).Header.Get("Etag")}, "mails/new.html": newFile,
	} {
		statuses := make([]int, 6)
		var all sync.WaitGroup
		for i := range statuses {
			all.Go(func() {
				statuses[i] = putFile(t, s, name, "<p>{{code}} by "+strings.Repeat("i", i+1), header).Status
			})
		}
		all.Wait()
		slices.Sort(statuses)
		if statuses[0] >= 300 || !slices.Equal(statuses[1:], []int{412, 412, 412, 412, 412}) {
			t.Errorf("PUT %s by six = %v, want one success and else 412", name, statuses)
		}
	}
}

func TestMailFileReadOnly(t *testing.T) {
	t.Parallel()
	s := startInFiles(t)
	path := filepath.Join(filepath.Dir(s.ConfigPath), "mails/in.html")
	if err := os.Chmod(path, 0o444); err != nil {
		t.Fatal(err)
	}
	if a := putFile(t, s, "mails/in.html", "<p>{{code}}", anyText); a.Status != 409 || !strings.Contains(string(a.Body), `"hint"`) {
		t.Errorf("PUT = %d %s, want 409 with a hint", a.Status, a.Body)
	}
	if a := putFile(t, s, "mails/in.html", "<p>one {{code}}</p>", anyText); a.Status != 200 {
		t.Errorf("PUT of no change = %d %s, want 200", a.Status, a.Body)
	}
}
