package app_test

import (
	"cmp"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"mailgun-connector/connector/app"
	"mailgun-connector/connector/app/apptest"
	"mailgun-connector/connector/config"
	"mailgun-connector/connector/sandbox"
)

// yamlAt is a config for the sandbox at an address.
func yamlAt(address, key string) string {
	return "endpoint: " + address + "\ndomain: " + apptest.Domain + "\n" + key + "from: no-reply@" + apptest.Domain +
		"\ndeliveries:\n  Generic:\n    subject: any\n    html: '{{code}}'\n"
}

// startAtSandbox runs a service with a config of its own, which has a line for its key, and a
// sandbox that knows [apptest.APIKey] alone.
func startAtSandbox(t *testing.T, key string, options func(*app.Options)) *apptest.Service {
	t.Helper()
	upstream := httptest.NewServer(sandbox.New(sandbox.Config{APIKey: apptest.APIKey, Domains: []string{apptest.Domain}}))
	t.Cleanup(upstream.Close)
	return startYAML(t, yamlAt(upstream.URL, key), nil, options, func(o *app.Options) {
		o.AllowEndpointHosts = []string{strings.TrimPrefix(upstream.URL, "http://")}
	})
}

const revoked = "key-revoked-0123"

// withKeyFile runs a service that reads its key from a file, which holds a revoked one.
func withKeyFile(t *testing.T) (_ *apptest.Service, key string) {
	t.Helper()
	key = filepath.Join(t.TempDir(), "api-key")
	write(t, key, revoked+"\n")
	return startAtSandbox(t, "", func(o *app.Options) { o.APIKeyFile = key }), key
}

// A key goes where the process reads its own, which the service says before, and runs with it.
func TestSaveWritesTheKeyFile(t *testing.T) {
	t.Parallel()
	s, key := withKeyFile(t)
	text := fileText(t, s.ConfigPath)
	if err := os.Chmod(key, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(s.ConfigPath, 0o640); err != nil {
		t.Fatal(err)
	}
	if a := s.Get(t, "/status"); !strings.Contains(string(a.Body), `"keyFiles":{"/apiKey":"`+key+`"}`) {
		t.Errorf("status = %s, want the key's file", a.Body)
	}
	if a := s.Post(t, "/send-code", anyMail); a.Status != http.StatusBadGateway {
		t.Fatalf("POST /send-code with a revoked key = %d %s", a.Status, a.Body)
	}
	shown, etag := got(t, s, asYAML)
	if a := put(t, s, asYAML, shown+"apiKey: "+apptest.APIKey+"\n", etag); a.Status != http.StatusOK || a.Header.Get("Etag") != etag {
		t.Fatalf("PUT of a key = %d %s, want the config as it was", a.Status, a.Body)
	}
	checkSecretFile(t, key, apptest.APIKey+"\n")
	if got := fileText(t, s.ConfigPath); got != text {
		t.Errorf("config = %q, want it as it was", got)
	}
	if a := s.Post(t, "/send-code", anyMail); a.Status != http.StatusOK {
		t.Errorf("POST /send-code with the new key = %d %s", a.Status, a.Body)
	}
	// Together with a change of the config, which keeps its mode.
	if a := put(t, s, asYAML, strings.Replace(shown, "subject: any", "subject: other", 1)+"apiKey: key-of-another-0123\n", etag); a.Status != http.StatusOK {
		t.Fatalf("PUT of a key with a change = %d %s", a.Status, a.Body)
	}
	checkSecretFile(t, key, "key-of-another-0123\n")
	if got := fileText(t, s.ConfigPath); got != strings.Replace(text, "subject: any", "subject: other", 1) {
		t.Errorf("config = %q, want the change alone", got)
	}
	if info, err := os.Stat(s.ConfigPath); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode of the config = %v, %v, want the one that it had", info.Mode(), err)
	}
	if names := append(folder(t, filepath.Dir(key)), folder(t, filepath.Dir(s.ConfigPath))...); len(names) != 2 {
		t.Errorf("files = %q, want nothing unfinished", names)
	}
	for _, v := range versions(t, s) {
		if text := one(t, s, v.ID).Text; strings.Contains(text, "key-of-another") {
			t.Errorf("a version holds the key: %s", text)
		}
	}
	if logs := s.Logs.String(); strings.Contains(logs, "key-of-another") {
		t.Errorf("the log has the key: %s", logs)
	}
}

// The key of a failover has a file of its own.
func TestSaveWritesTheFailoversKeyFile(t *testing.T) {
	t.Parallel()
	key := filepath.Join(t.TempDir(), "second-key")
	write(t, key, revoked+"\n")
	w := startTwoWays(t, func(o *app.Options) { o.FailoverKey, o.FailoverKeyFile, o.Console = "", key, true })
	if a := w.Get(t, "/status"); !strings.Contains(string(a.Body), `"keyFiles":{"/failover/apiKey":"`+key+`"}`) {
		t.Errorf("status = %s, want the key's file", a.Body)
	}
	before := fileText(t, w.ConfigPath)
	shown, etag := got(t, w.Service, asJSON)
	if a := put(t, w.Service, asJSON, strings.Replace(shown, `"failover":{`, `"failover":{"apiKey":"`+secondKey+`",`, 1), etag); a.Status != http.StatusOK {
		t.Fatalf("PUT = %d %s", a.Status, a.Body)
	}
	checkSecretFile(t, key, secondKey+"\n")
	if got := fileText(t, w.ConfigPath); got != before {
		t.Errorf("config = %s, want it as it was", got)
	}
	w.Sandbox.SetFaults(sandbox.Fault{Status: http.StatusInternalServerError})
	if a := w.Post(t, "/send-code", codeRequest); a.Status != http.StatusOK || len(w.other.Messages()) != 1 {
		t.Errorf("POST /send-code by the failover = %d %s", a.Status, a.Body)
	}
}

// A key that a config has, or that comes from the environment, is replaced in the config, which
// is then for its owner alone.
func TestSaveWritesTheKeyIntoTheConfig(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		line, environment string
	}{
		"beside a file":   {"apiKey: " + revoked + "\n", ""},
		"the environment": {"", revoked},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			key := filepath.Join(t.TempDir(), "api-key")
			write(t, key, "key-in-a-file-0123\n")
			s := startAtSandbox(t, x.line, func(o *app.Options) { o.APIKey, o.APIKeyFile = config.Secret(x.environment), key })
			if err := os.Chmod(s.ConfigPath, 0o640); err != nil {
				t.Fatal(err)
			}
			if a := s.Get(t, "/status"); strings.Contains(string(a.Body), "keyFiles") {
				t.Errorf("status = %s, want no file for a key", a.Body)
			}
			saved(t, s, asYAML, "subject: any", "subject: other")
			if info, err := os.Stat(s.ConfigPath); err != nil || info.Mode().Perm() != 0o640 {
				t.Errorf("mode of the config without a new key = %v, %v, want the one that it had", info.Mode(), err)
			}
			shown, etag := got(t, s, asYAML)
			shown = strings.Replace(shown, "apiKey: <secret>\n", "", 1) + "apiKey: " + apptest.APIKey + "\n"
			if a := put(t, s, asYAML, shown, etag); a.Status != http.StatusOK {
				t.Fatalf("PUT = %d %s", a.Status, a.Body)
			}
			checkSecretFile(t, s.ConfigPath, shown)
			if got := fileText(t, key); got != "key-in-a-file-0123\n" {
				t.Errorf("the file = %q, want it as it was", got)
			}
			if a := s.Post(t, "/send-code", anyMail); a.Status != http.StatusOK {
				t.Errorf("POST /send-code = %d %s", a.Status, a.Body)
			}
		})
	}
}

// A key that can't be written where it belongs is refused in words, and nothing is changed.
func TestSaveRefusesKeys(t *testing.T) {
	t.Parallel()
	readOnly := func(key string) error { return os.Chmod(key, 0o400) }
	for name, x := range map[string]struct {
		spoil       func(key string) error
		change, key string // what is saved
		status      int
		words       string
	}{
		"read-only":               {readOnly, "", "", http.StatusConflict, "The API key goes into "},
		"read-only, and a change": {readOnly, "subject: other", "", http.StatusConflict, "The API key goes into "},
		"a Kubernetes secret": {func(key string) error {
			dir := filepath.Dir(key)
			return errors.Join(os.Mkdir(filepath.Join(dir, "..2026"), 0o700), os.Rename(key, filepath.Join(dir, "..2026", "api-key")),
				os.Symlink("..2026", filepath.Join(dir, "..data")), os.Symlink("..data/api-key", key))
		}, "subject: other", "", http.StatusConflict, "Kubernetes"},
		"a folder":  {func(key string) error { return errors.Join(os.Remove(key), os.Mkdir(key, 0o700)) }, "", "", http.StatusConflict, "files can't be read, so nothing was saved"},
		"a pipe":    {func(key string) error { return errors.Join(os.Remove(key), syscall.Mkfifo(key, 0o600)) }, "", "", http.StatusConflict, "files can't be read, so nothing was saved"},
		"gone":      {os.Remove, "", "", http.StatusConflict, "files can't be read, so nothing was saved"},
		"no key":    {nil, "subject: other", "'a key'", http.StatusBadRequest, "white space"},
		"a mistake": {nil, "subject: [1]", "", http.StatusBadRequest, "subject"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, key := withKeyFile(t)
			text := fileText(t, s.ConfigPath)
			if x.spoil != nil {
				if err := x.spoil(key); err != nil {
					t.Fatal(err)
				}
			}
			shown, etag := got(t, s, asYAML)
			a := put(t, s, asYAML, strings.Replace(shown, "subject: any", cmp.Or(x.change, "subject: any"), 1)+"apiKey: "+cmp.Or(x.key, apptest.APIKey)+"\n", etag)
			if a.Status != x.status || !strings.Contains(string(a.Body), x.words) || strings.Contains(string(a.Body), apptest.APIKey) {
				t.Errorf("PUT = %d %s, want %d with %q", a.Status, a.Body, x.status, x.words)
			}
			if got := fileText(t, s.ConfigPath); got != text {
				t.Errorf("config = %q, want it as it was", got)
			}
			if info, err := os.Stat(key); err == nil && info.Mode().IsRegular() && fileText(t, key) != revoked+"\n" {
				t.Errorf("the key's file = %q, want it as it was", fileText(t, key))
			}
		})
	}
}

// A link is followed, as when the key is read: what it leads to is replaced.
func TestSaveWritesTheKeyBehindALink(t *testing.T) {
	t.Parallel()
	s, key := withKeyFile(t)
	target := filepath.Join(t.TempDir(), "real-key")
	if err := errors.Join(os.Rename(key, target), os.Symlink(target, key)); err != nil {
		t.Fatal(err)
	}
	shown, etag := got(t, s, asYAML)
	if a := put(t, s, asYAML, shown+"apiKey: "+apptest.APIKey+"\n", etag); a.Status != http.StatusOK {
		t.Fatalf("PUT = %d %s", a.Status, a.Body)
	}
	checkSecretFile(t, target, apptest.APIKey+"\n")
	if info, err := os.Lstat(key); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link = %v, %v, want it to stay", info.Mode(), err)
	}
}

// Of two keys that are read from one file, neither may silently become the other.
func TestSaveToASharedKeyFile(t *testing.T) {
	t.Parallel()
	const failover = "failover:\n  domain: " + otherDomain + "\n"
	both := "apiKey: " + secondKey + "\n" + failover + "  apiKey: " + secondKey + "\n"
	for name, x := range map[string]struct {
		typed  string // in the place of failover
		status int
		words  string
		want   string // in the file
	}{
		"the same key twice":   {both, http.StatusOK, "", secondKey},
		"two keys":             {strings.Replace(both, secondKey, "key-third-0123", 1), 400, "name two files", revoked},
		"the main one alone":   {"apiKey: " + secondKey + "\n" + failover, 400, `"pointer":"/apiKey"`, revoked},
		"the other alone":      {failover + "  apiKey: " + secondKey + "\n", 400, `"pointer":"/failover/apiKey"`, revoked},
		"no key":               {failover + "  after: 1s\n", http.StatusOK, "", revoked},
		"no failover any more": {"apiKey: " + secondKey + "\n", http.StatusOK, "", secondKey},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			key, link := filepath.Join(t.TempDir(), "api-key"), filepath.Join(t.TempDir(), "second-key")
			write(t, key, revoked+"\n")
			if err := os.Symlink(key, link); err != nil {
				t.Fatal(err)
			}
			s := startAtSandbox(t, failover, func(o *app.Options) { o.APIKeyFile, o.FailoverKeyFile = key, link })
			text := fileText(t, s.ConfigPath)
			shown, etag := got(t, s, asYAML)
			a := put(t, s, asYAML, strings.Replace(shown, failover, x.typed, 1), etag)
			if a.Status != x.status || !strings.Contains(string(a.Body), x.words) {
				t.Errorf("PUT = %d %s, want %d with %q", a.Status, a.Body, x.status, x.words)
			}
			if got := fileText(t, key); got != x.want+"\n" {
				t.Errorf("the file = %q, want %q", got, x.want)
			}
			if got := fileText(t, s.ConfigPath); x.status != http.StatusOK && got != text {
				t.Errorf("config = %q, want it as it was", got)
			}
		})
	}
}
