package app_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/connector/app"
	"mailgun-connector/connector/app/apptest"
)

const (
	asJSON = "application/json"
	asYAML = "application/yaml"
)

// put saves a config that was made of the one with this ETag.
func put(t *testing.T, s *apptest.Service, media, body, etag string) apptest.Answer {
	t.Helper()
	return s.Do(t, http.MethodPut, "/config", body,
		map[string]string{"Authorization": "Bearer " + apptest.Token, "Content-Type": media, "If-Match": etag})
}

// got gives the running config as text, and its ETag.
func got(t *testing.T, s *apptest.Service, media string) (text, etag string) {
	t.Helper()
	a := s.Do(t, http.MethodGet, "/config", "", map[string]string{"Authorization": "Bearer " + apptest.Token, "Accept": media})
	if a.Status != http.StatusOK {
		t.Fatalf("GET /config = %d %s, want 200", a.Status, a.Body)
	}
	return string(a.Body), a.Header.Get("Etag")
}

// saved saves the running config's text, of the media type, with one word in another's
// place, which must succeed.
func saved(t *testing.T, s *apptest.Service, media, old, next string) {
	t.Helper()
	text, etag := got(t, s, media)
	a := put(t, s, media, strings.Replace(text, old, next, 1), etag)
	if a.Status != http.StatusOK {
		t.Fatalf("PUT /config = %d %s, want 200", a.Status, a.Body)
	}
	if _, now := got(t, s, media); now != a.Header.Get("Etag") {
		t.Errorf("PUT /config with ETag %s, want that of GET, %s", a.Header.Get("Etag"), now)
	}
}

// folder lists the files of a folder, without earlier versions: no save may leave one behind.
func folder(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if e.Name() != ".history" {
			names = append(names, e.Name())
		}
	}
	return names
}

func fileText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// startYAML runs a service on a config file in YAML, beside which files stand.
func startYAML(t *testing.T, text string, files map[string]string, changes ...func(*app.Options)) *apptest.Service {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "connector.yaml")
	for name, text := range files {
		write(t, filepath.Join(dir, name), text)
	}
	write(t, path, text)
	s := apptest.Start(t, apptest.Config{Options: func(o *app.Options) {
		o.Config = path
		for _, change := range changes {
			change(o)
		}
	}})
	s.ConfigPath = path
	return s
}

const commented = `# Acme's mails
domain: mg.example.com
apiKey: key-0123   # may only send
from: no-reply@mg.example.com

deliveries:
  # all of them
  Generic:
    subject: "{{code}} is your code"   # short
    html: |
      <p>Your code is</p>

      <p>{{code}} 😀</p>
`

func TestSave(t *testing.T) {
	t.Parallel()
	s := startYAML(t, commented, nil)
	saved(t, s, asYAML, "{{code}} is your code", "new {{code}}")
	want := strings.Replace(commented, "{{code}} is your code", "new {{code}}", 1)
	if diff := cmp.Diff(want, fileText(t, s.ConfigPath)); diff != "" {
		t.Errorf("file (-want +got):\n%s", diff)
	}
	if got := subject(t, s); got != "new 123456" {
		t.Errorf("subject = %q, want the new one", got)
	}
	saved(t, s, asYAML, "# all of them", "# all of them,\n  # and more")
	if got := folder(t, filepath.Dir(s.ConfigPath)); !slices.Equal(got, []string{"connector.yaml"}) {
		t.Errorf("files = %q, want the config alone", got)
	}
	if strings.Count(s.Logs.String(), `"config saved"`) != 2 || strings.Contains(s.Logs.String(), "{{code}}") {
		t.Errorf("log = %s, want two lines about saving, without content", s.Logs)
	}
}

func TestSaveKeepsTheKeyInUse(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{})
	for _, try := range []struct {
		key  string
		want int
	}{{"<secret>", 200}, {"key-wrong", 502}, {"<secret>", 502}, {apptest.APIKey, 200}} {
		saved(t, s, asJSON, `"apiKey":"<secret>"`, `"apiKey":"`+try.key+`"`)
		if got := s.Post(t, "/send-code", anyMail).Status; got != try.want {
			t.Errorf("POST /send-code after saving with the key %s = %d, want %d", try.key, got, try.want)
		}
	}
	if strings.Contains(s.Logs.String(), "key-wrong") || strings.Contains(s.Logs.String(), apptest.APIKey) {
		t.Errorf("log has a key: %s", s.Logs)
	}
}

// Where the key comes from elsewhere, it must not end up in the file.
func TestSaveWithoutKey(t *testing.T) {
	t.Parallel()
	text := strings.Replace(commented, "apiKey: key-0123   # may only send\n", "", 1)
	s := startYAML(t, text, nil, func(o *app.Options) { o.APIKey = apptest.APIKey })
	shown, _ := got(t, s, asYAML)
	if shown != text {
		t.Errorf("GET /config = %q, want the file as it is", shown)
	}
	saved(t, s, asYAML, "domain:", "apiKey: <secret>\ndomain:")
	if got := fileText(t, s.ConfigPath); got != strings.Replace(text, "domain:", "apiKey: <secret>\ndomain:", 1) {
		t.Errorf("file = %s, want what was sent", got)
	}
	if got := subject(t, s); got != "123456 is your code" {
		t.Errorf("subject = %q, want a mail that was sent with the key", got)
	}
}

func TestSaveRefusesBadConfigs(t *testing.T) {
	t.Parallel()
	s := startYAML(t, commented, nil)
	_, etag := got(t, s, asYAML)
	for name, try := range map[string]struct{ body, want string }{
		"wrong member":  {strings.Replace(commented, "domain:", "more: 1\ndomain:", 1), "/more"},
		"no key":        {strings.Replace(commented, "apiKey: key-0123", "", 1), "/apiKey"},
		"line":          {strings.Replace(commented, "subject:", "subjct:", 1), `"line":9`},
		"other host":    {"endpoint: https://evil.example\n" + commented, "/endpoint"},
		"no YAML":       {commented + "\t- x", "invalid YAML"},
		"two documents": {commented + "---\n" + commented, "follows"},
		"bomb":          {"a: &a [x,x,x,x,x,x,x,x,x]\n" + strings.Repeat("b: [*a,*a]\n", 2), "duplicate key"},
		"deep":          {`{"a":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + "}", "deep"},
		"key by alias":  {"deliveries: {G: {template: t, variables: {k: &k <secret>}}}\napiKey: *k\ndomain: mg.example.com\nfrom: a@mg.example.com\n", "/apiKey"},
	} {
		a := put(t, s, asYAML, try.body, etag)
		if a.Status != 400 || !strings.Contains(string(a.Body), try.want) || !strings.Contains(string(a.Body), "invalid_config") {
			t.Errorf("PUT with %s = %d %s, want 400 and %s", name, a.Status, a.Body, try.want)
		}
	}
	if got := fileText(t, s.ConfigPath); got != commented {
		t.Errorf("file = %s, want it unchanged", got)
	}
	if got := folder(t, filepath.Dir(s.ConfigPath)); len(got) != 1 {
		t.Errorf("files = %q, want the config alone", got)
	}
}

func TestSaveNeedsTheLatest(t *testing.T) {
	t.Parallel()
	s := startYAML(t, commented, nil)
	text, etag := got(t, s, asYAML)
	next := strings.Replace(text, "short", "long", 1)
	for _, other := range []string{`"0123456789abcdef"`, "W/" + etag, strings.Trim(etag, `"`), `"a", "b"`, ","} {
		if a := put(t, s, asYAML, next, other); a.Status != 412 {
			t.Errorf("PUT with If-Match %s = %d, want 412", other, a.Status)
		}
	}
	if a := s.Do(t, http.MethodPut, "/config", next, map[string]string{"Authorization": "Bearer " + apptest.Token, "Content-Type": asYAML}); a.Status != 428 {
		t.Errorf("PUT without If-Match = %d, want 428", a.Status)
	}
	if a := put(t, s, asYAML, next, `W/"x", "a,b" ,`+etag); a.Status != 200 {
		t.Errorf("PUT with a list in If-Match = %d %s, want 200", a.Status, a.Body)
	}
	if a := put(t, s, asYAML, text, etag); a.Status != 412 {
		t.Errorf("PUT with the ETag before = %d, want 412", a.Status)
	}
	if a := put(t, s, asYAML, text, "*"); a.Status != 200 {
		t.Errorf("PUT with If-Match * = %d, want 200", a.Status)
	}
	// On disk the config is bad, so that the one before goes on.
	write(t, s.ConfigPath, "domain: x\n")
	if a := put(t, s, asYAML, next, "*"); a.Status != 412 || fileText(t, s.ConfigPath) != "domain: x\n" {
		t.Errorf("PUT over a file that was changed = %d %s, want 412 and no change", a.Status, a.Body)
	}
}

func TestSaveByManyAtOnce(t *testing.T) {
	t.Parallel()
	s := startYAML(t, commented, nil)
	text, etag := got(t, s, asYAML)
	statuses := make([]int, 8)
	var all sync.WaitGroup
	for i := range statuses {
		all.Go(func() {
			statuses[i] = put(t, s, asYAML, strings.Replace(text, "short", fmt.Sprint("by ", i), 1), etag).Status
		})
	}
	all.Wait()
	winner := slices.Index(statuses, 200)
	slices.Sort(statuses)
	if !slices.Equal(statuses, []int{200, 412, 412, 412, 412, 412, 412, 412}) {
		t.Fatalf("statuses = %v, want one 200 and else 412", statuses)
	}
	if got := fileText(t, s.ConfigPath); !strings.Contains(got, fmt.Sprint("by ", winner)) {
		t.Errorf("file = %s, want that of %d", got, winner)
	}
}

func TestSaveKeepsModeAndLink(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	target := filepath.Join(dir, "real", "acme.yaml")
	write(t, target, commented)
	if err := os.Chmod(target, 0o640); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "etc", "connector.yaml")
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	symlink(t, "../real/acme.yaml", path)
	if os.Getuid() == 0 {
		if err := os.Chown(target, 1234, 2345); err != nil {
			t.Fatal(err)
		}
	}
	s := apptest.Start(t, apptest.Config{Options: func(o *app.Options) { o.Config = path }})
	before, err := os.Stat(target)
	if err != nil {
		t.Fatal(err)
	}
	saved(t, s, asYAML, "{{code}} is your code", "new")
	after, err := os.Stat(target)
	if err != nil {
		t.Fatal(err)
	}
	if os.SameFile(before, after) || after.Mode() != before.Mode() || after.Sys().(*syscall.Stat_t).Uid != before.Sys().(*syscall.Stat_t).Uid ||
		after.Sys().(*syscall.Stat_t).Gid != before.Sys().(*syscall.Stat_t).Gid {
		t.Errorf("file = %v %v, want another one with mode and owner of %v %v", after.Mode(), after.Sys(), before.Mode(), before.Sys())
	}
	if link, err := os.Readlink(path); err != nil || link != "../real/acme.yaml" {
		t.Errorf("Readlink() = %q, %v, want the link as it was", link, err)
	}
	if got := subject(t, s); got != "new" {
		t.Errorf("subject = %q, want new", got)
	}
}

func TestSaveReadOnly(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(t *testing.T, dir, path string){
		"file without write permission": func(t *testing.T, _, path string) {
			write(t, path, commented)
			if err := os.Chmod(path, 0o444); err != nil {
				t.Fatal(err)
			}
		},
		"ConfigMap": func(t *testing.T, dir, path string) {
			write(t, filepath.Join(dir, "..1", "connector.yaml"), commented)
			symlink(t, "..1", filepath.Join(dir, "..data"))
			symlink(t, "..data/connector.yaml", path)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, "connector.yaml")
			prepare(t, dir, path)
			s := apptest.Start(t, apptest.Config{Options: func(o *app.Options) { o.Config = path }})
			files := folder(t, dir)
			text, etag := got(t, s, asYAML)
			var p struct {
				Hint      string
				Retryable bool
			}
			a := put(t, s, asYAML, strings.Replace(text, "short", "long", 1), etag)
			if a.Decode(t, &p); a.Status != 409 || p.Hint == "" || p.Retryable {
				t.Errorf("PUT = %d %s, want 409 with a hint", a.Status, a.Body)
			}
			if a := put(t, s, asYAML, text, etag); a.Status != 200 {
				t.Errorf("PUT of no change = %d %s, want 200", a.Status, a.Body)
			}
			if got := fileText(t, path); got != commented || !slices.Equal(folder(t, dir), files) {
				t.Errorf("file = %s beside %q, want no change", got, folder(t, dir))
			}
			var status struct {
				Config struct {
					Writable bool
					Hint     string
				}
			}
			if s.Get(t, "/status").Decode(t, &status); status.Config.Writable || status.Config.Hint != p.Hint {
				t.Errorf("GET /status = %+v, want not writable and %q", status, p.Hint)
			}
		})
	}
}

// A service without a console is not changed through its API.
func TestSavingIsSwitchedOnWithTheConsole(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{Options: func(o *app.Options) { o.Console = false }})
	text, etag := got(t, s, "application/json")
	a := put(t, s, "application/json", strings.Replace(text, "is your code", "is yours", 1), etag)
	var p struct{ Hint string }
	if a.Decode(t, &p); a.Status != http.StatusConflict || !strings.Contains(p.Hint, "--console") {
		t.Errorf("PUT /config = %d %s, want 409 with a hint at --console", a.Status, a.Body)
	}
	if now, _ := got(t, s, "application/json"); now != text {
		t.Errorf("config = %s, want it unchanged", now)
	}
	var status struct{ Config struct{ Writable bool } }
	if s.Get(t, "/status").Decode(t, &status); status.Config.Writable {
		t.Error("GET /status says that the config is writable")
	}
	if a := s.Get(t, "/"); a.Status != http.StatusNotFound {
		t.Errorf("GET / = %d, want 404", a.Status)
	}
}
