package app_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/connector/app"
	"mailgun-connector/connector/app/apptest"
)

// startFile runs a service on a config file of this name and text.
func startFile(t *testing.T, name, text string) *apptest.Service {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	write(t, path, text)
	s := apptest.Start(t, apptest.Config{Options: func(o *app.Options) { o.Config = path }})
	s.ConfigPath = path
	return s
}

const spacedJSON = `{
    "from": "a@mg.example.com",  "domain": "mg.example.com",
    "apiKey" :"key-0123",
	"deliveries": {
        "Generic": { "html": "<p>{{code}} \u2028 ` + "\u2028" + ` 😀<\/p>", "subject": "s" }
    }, "options": {"tags": ["a", "b"],
    "headers": {}}
}`

// plainJSON is YAML as the parser takes it, too.
var plainJSON = strings.NewReplacer(`<\/p>`, "</p>", "\t", "  ").Replace(spacedJSON)

// What is shown and saved is the text itself: whatever its lines end with, whatever
// stands between its members.
func TestConfigIsAText(t *testing.T) {
	t.Parallel()
	odd := strings.NewReplacer(
		"# all of them", "# all\u2028  # of\u0085  # them", "is your code", "is \u2028\u2028\u2029 your code")
	anchors := strings.NewReplacer("Generic:", "Register: &a {html: '{{code}}', subject: s}\n  SignIn:   *a\n\n  Generic:")
	for _, tt := range []struct{ name, file, media, text string }{
		{"plain", "connector.yaml", asYAML, commented},
		{"Windows", "connector.yaml", asYAML, strings.ReplaceAll(commented, "\n", "\r\n")},
		{"old Macintosh", "connector.yaml", asYAML, strings.ReplaceAll(commented, "\n", "\r")},
		{"line breaks of other kinds", "connector.yaml", asYAML, odd.Replace(commented)},
		{"byte order mark", "connector.yaml", asYAML, "\ufeff" + commented},
		{"no end of the last line", "connector.yaml", asYAML, strings.TrimRight(commented, "\n")},
		{"blank lines and tabs at the end", "connector.yaml", asYAML, commented + "\n\n  \n# end\t\n\n"},
		{"anchors", "connector.yml", asYAML, anchors.Replace(commented)},
		{"YAML without an ending", "connector", asYAML, commented},
		{"JSON", "connector.json", asJSON, spacedJSON},
		{"JSON of one line", "connector.json", asJSON, strings.ReplaceAll(spacedJSON, "\n", "")},
		{"JSON of Windows", "connector.json", asJSON, strings.ReplaceAll(spacedJSON, "\n", "\r\n") + "\r\n"},
		{"JSON with a byte order mark", "connector.json", asJSON, "\ufeff" + spacedJSON},
		{"JSON as YAML", "connector.yaml", asYAML, plainJSON},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := startFile(t, tt.file, tt.text)
			text, etag := got(t, s, tt.media)
			if diff := cmp.Diff(strings.Replace(tt.text, "key-0123", "<secret>", 1), text); diff != "" {
				t.Fatalf("GET /config (-want +got):\n%s", diff)
			}
			a := put(t, s, tt.media, text, etag)
			if a.Status != http.StatusOK || a.Header.Get("Etag") != etag || fileText(t, s.ConfigPath) != tt.text {
				t.Errorf("PUT of what GET returned = %d %s, want 200 and no change", a.Status, a.Body)
			}
			edited := strings.Replace(text, "mg.example.com", "mg2.example.com", 1)
			if a = put(t, s, tt.media, edited, etag); a.Status != http.StatusOK || a.Header.Get("Etag") == etag {
				t.Fatalf("PUT of another domain = %d %s, want 200 and another ETag", a.Status, a.Body)
			}
			want := strings.Replace(tt.text, "mg.example.com", "mg2.example.com", 1)
			if diff := cmp.Diff(want, fileText(t, s.ConfigPath)); diff != "" {
				t.Errorf("file (-want +got):\n%s", diff)
			}
		})
	}
}

// getConfig asks for the running config in what Accept says.
func getConfig(t *testing.T, s *apptest.Service, accept string) apptest.Answer {
	t.Helper()
	header := map[string]string{"Authorization": "Bearer " + apptest.Token, "Accept": accept}
	return s.Do(t, http.MethodGet, "/config", "", header)
}

func TestConfigShownAsJSON(t *testing.T) {
	t.Parallel()
	text := strings.Replace(commented, "Generic:", "T: {template: t, variables: {n: 1.50, k: key-0123 and more}}\n  Generic:", 1)
	s := startYAML(t, text, nil)
	for _, accept := range []string{"", "*/*", "application/json", "application/json, application/yaml;q=0.9", "text/html"} {
		a := getConfig(t, s, accept)
		var shown struct {
			APIKey     string
			Deliveries map[string]struct {
				HTML      string
				Variables map[string]any
			}
		}
		a.Decode(t, &shown)
		isWhole := shown.APIKey == "<secret>" && strings.Contains(shown.Deliveries["Generic"].HTML, "😀")
		if a.Header.Get("Content-Type") != asJSON || !isWhole {
			t.Errorf("GET /config with Accept %q = %s %s, want JSON", accept, a.Header.Get("Content-Type"), a.Body)
		}
		if strings.Contains(string(a.Body), "key-0123") {
			t.Errorf("GET /config = %s, want no key", a.Body)
		}
	}
	// A config in JSON is shown as it is, and its media type says so.
	s = apptest.Start(t, apptest.Config{})
	for _, accept := range []string{"", asJSON, asYAML} {
		a := getConfig(t, s, accept)
		if a.Header.Get("Content-Type") != asJSON || !json.Valid(a.Body) {
			t.Errorf("GET /config with Accept %q = %s %s, want JSON", accept, a.Header.Get("Content-Type"), a.Body)
		}
	}
}

func TestSaveInTheFilesFormat(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ file, text, own, other, named string }{
		{"connector.yaml", commented, asYAML, asJSON, "YAML"},
		{"connector.json", spacedJSON, asJSON, asYAML, "JSON"},
		{"connector.json", commented, asYAML, asJSON, "YAML"},
		{"connector.yaml", plainJSON, asYAML, asJSON, "YAML"},
	} {
		s := startFile(t, tt.file, tt.text)
		_, etag := got(t, s, asJSON)
		for _, media := range []string{tt.other, "text/plain", "application/x-yaml", ""} {
			a := put(t, s, media, tt.text, etag)
			var p struct{ Detail string }
			a.Decode(t, &p)
			isNamed := strings.Contains(p.Detail, tt.named) && strings.Contains(p.Detail, tt.own)
			if a.Status != http.StatusUnsupportedMediaType || !isNamed {
				t.Errorf("PUT of %q to a config in %s = %d %s, want 415 that names it", media, tt.named, a.Status, a.Body)
			}
		}
		if got := fileText(t, s.ConfigPath); got != tt.text {
			t.Errorf("file = %s, want it unchanged", got)
		}
		next := strings.Replace(tt.text, "mg.example.com", "mg2.example.com", 1)
		if a := put(t, s, tt.own+"; charset=utf-8", next, etag); a.Status != http.StatusOK {
			t.Errorf("PUT of %s = %d %s, want 200", tt.own, a.Status, a.Body)
		}
	}
}

// A text that is to be read as another format than the file's is not written.
func TestSaveOfATextThatLooksLikeAnotherFormat(t *testing.T) {
	t.Parallel()
	s := startFile(t, "connector.json", commented)
	_, etag := got(t, s, asYAML)
	const braces = "{domain: mg.example.com, from: a@mg.example.com, apiKey: k, deliveries: {G: {html: '{{code}}'}}}"
	a := put(t, s, asYAML, braces, etag)
	if a.Status != http.StatusBadRequest || fileText(t, s.ConfigPath) != commented {
		t.Errorf("PUT = %d %s, want 400 and no change", a.Status, a.Body)
	}
}

// A key that can't be masked is not shown, and the service goes on.
func TestConfigWithAKeyThatCanNotBeMasked(t *testing.T) {
	t.Parallel()
	text := strings.Replace(commented, "apiKey: key-0123   # may only send\n", "", 1) +
		"  T: {template: t, variables: {k: &k key-0123}}\napiKey: *k\n"
	s := startYAML(t, text, nil)
	a := getConfig(t, s, asYAML)
	var p struct{ Detail, Hint string }
	a.Decode(t, &p)
	if a.Status != http.StatusConflict || !strings.Contains(p.Detail, "alias") || !strings.Contains(p.Hint, "MAILGUN_API_KEY") {
		t.Errorf("GET /config = %d %s, want 409 that says why", a.Status, a.Body)
	}
	asked, etag := got(t, s, asJSON)
	if strings.Contains(asked+string(a.Body), "key-0123") {
		t.Errorf("GET /config = %s, want no key", asked)
	}
	a = put(t, s, asYAML, strings.Replace(commented, "key-0123", "<secret>", 1), etag)
	if a.Status != http.StatusOK || fileText(t, s.ConfigPath) != commented {
		t.Errorf("PUT of a text with a plain key = %d %s, want 200 and %s", a.Status, fileText(t, s.ConfigPath), commented)
	}
}

// What the service loads from a file can be checked, previewed, tried and saved.
func TestLargeConfig(t *testing.T) {
	t.Parallel()
	html := "<p>{{code}}</p><!-- " + strings.Repeat("mail ", 60<<10) + "-->" // 300 KiB
	content, err := json.Marshal(html)
	if err != nil {
		t.Fatal(err)
	}
	s := apptest.Start(t, apptest.Config{Connector: `{"domain":"mg.example.com","from":"no-reply@mg.example.com",
		"deliveries":{"Generic":{"subject":"s","html":` + string(content) + `}}}`})
	text, etag := got(t, s, asJSON)
	for path, body := range map[string]string{
		"/config/validate": text,
		"/preview":         `{"type":"SignIn","config":` + text + `}`,
		"/test":            `{"email":"user@example.org","config":` + text + `}`,
	} {
		if a := s.Post(t, path, body); a.Status/100 != 2 {
			t.Errorf("POST %s of %d bytes = %d %.300s, want success", path, len(body), a.Status, a.Body)
		}
	}
	if a := put(t, s, asJSON, strings.Replace(text, "no-reply", "reply", 1), etag); a.Status != http.StatusOK {
		t.Errorf("PUT /config of %d bytes = %d %.300s, want 200", len(text), a.Status, a.Body)
	}
	long := strings.Repeat("x", 4<<20)
	for _, tt := range []struct{ method, path, body, limit string }{
		{http.MethodPost, "/config/validate", `{"x":"` + long + `"}`, "4 MiB"},
		{http.MethodPut, "/config", `{"x":"` + long + `"}`, "4 MiB"},
		{http.MethodPost, "/preview", `{"type":"SignIn","config":{"x":"` + long + `"}}`, "4 MiB"},
		{http.MethodPost, "/test", `{"email":"user@example.org","config":{"x":"` + long + `"}}`, "4 MiB"},
		{http.MethodPost, "/preview", `{"type":"SignIn","x":"` + long[:256<<10] + `"}`, "256 KiB"},
		{http.MethodPost, "/test", `{"email":"user@example.org","config":null,"x":"` + long[:256<<10] + `"}`, "256 KiB"},
		{http.MethodPost, "/send-code", `{"to":"user@example.org","type":"SignIn","config":{"x":"` + long[:256<<10] + `"}}`, "256 KiB"},
	} {
		a := s.Do(t, tt.method, tt.path, tt.body,
			map[string]string{"Authorization": "Bearer " + apptest.Token, "Content-Type": asJSON, "If-Match": "*"})
		if a.Status != http.StatusRequestEntityTooLarge || !strings.Contains(string(a.Body), tt.limit) {
			t.Errorf("%s %s of %d bytes = %d %.300s, want 413 that says %s",
				tt.method, tt.path, len(tt.body), a.Status, a.Body, tt.limit)
		}
	}
	if info, err := os.Stat(s.ConfigPath); err != nil || info.Size() < 300<<10 {
		t.Errorf("Stat() = %v, %v, want the large file", info, err)
	}
}
