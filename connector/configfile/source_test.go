package configfile_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"mailgun-connector/connector/config"
	"mailgun-connector/connector/configfile"
)

const plain = "domain: mg.example.com\napiKey: key-0123\nfrom: a@mg.example.com\n" +
	"deliveries:\n  Generic: {html: '{{code}}', subject: s}\n"

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestLoadFindsAnotherEnding(t *testing.T) {
	t.Parallel()
	for _, ending := range []string{".yaml", ".yml"} {
		path := filepath.Join(t.TempDir(), "connector"+ending)
		write(t, path, plain)
		source := &configfile.Source{Config: strings.TrimSuffix(path, ending) + ".json"}
		snap, err := source.Load(t.Context())
		if err != nil || snap.Path != path {
			t.Errorf("Load(connector.json) = %+v, %v, want the file with %s", snap, err, ending)
		}
	}
	source := &configfile.Source{Config: filepath.Join(t.TempDir(), "none.json")}
	_, err := source.Load(t.Context())
	if notFound, ok := errors.AsType[*configfile.NotFoundError](err); !ok || notFound.Path != source.Config {
		t.Errorf("Load() of nothing = %v, want a NotFoundError", err)
	}
}

// What is seen is the bytes of every file that was read or looked for.
func TestChanged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	withMail := strings.Replace(plain, "html: '{{code}}'", "htmlFile: mail.html", 1) +
		"layout: layout.html\ntemplates:\n- languageTag: en\n  templateType: SignIn\n" +
		"  details: {subject: s, contentFile: content.html, textFile: content.txt}\n"
	write(t, at("connector.yaml"), withMail)
	for _, name := range []string{"mail.html", "content.html", "content.txt"} {
		write(t, at(name), "<p>{{code}}</p>")
	}
	write(t, at("layout.html"), "<p>{{{content}}}</p>")
	write(t, at("tokens"), "token-0123456789")
	source := &configfile.Source{Config: at("connector.json"), TokenFile: at("tokens")}
	load := func() *configfile.Snapshot {
		snap, err := source.Load(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return snap
	}
	seen := load()
	for _, change := range []struct {
		name, file, text string
		want             bool
	}{
		{"nothing", "connector.yaml", withMail, false},
		{"a file beside them", "outbox.db", "x", false},
		{"a mail", "mail.html", "<p>new {{code}}</p>", true},
		{"the layout", "layout.html", "<b>{{{content}}}</b>", true},
		{"a template", "content.html", "<p>new {{code}}</p>", true},
		{"its text", "content.txt", "new {{code}}", true},
		{"a token", "tokens", "token-9876543210", true},
		{"the config", "connector.yaml", withMail + "# new\n", true},
		{"another ending", "connector.json", "{}", true},
	} {
		write(t, at(change.file), change.text)
		if got := source.Changed(t.Context(), seen); got != change.want {
			t.Errorf("Changed() after %s = %v, want %v", change.name, got, change.want)
		}
		if change.file != "connector.json" {
			next := load()
			if next.Same(seen) == change.want {
				t.Errorf("Same() after %s = %v, want %v", change.name, !change.want, change.want)
			}
			seen = next
		}
	}
}

// special makes a file that must not be read, and returns how the config names it.
var special = map[string]func(t *testing.T, dir string) string{
	"a pipe": func(t *testing.T, dir string) string {
		t.Helper()
		if err := syscall.Mkfifo(filepath.Join(dir, "pipe.html"), 0o600); err != nil {
			t.Fatal(err)
		}
		return "pipe.html"
	},
	"a device": func(*testing.T, string) string { return "/dev/zero" },
	"a folder": func(_ *testing.T, dir string) string { return dir },
	"a link to a device": func(t *testing.T, dir string) string {
		t.Helper()
		if err := os.Symlink("/dev/zero", filepath.Join(dir, "zero.html")); err != nil {
			t.Fatal(err)
		}
		return "zero.html"
	},
	"a huge file": func(t *testing.T, dir string) string {
		t.Helper()
		path := filepath.Join(dir, "huge.html")
		write(t, path, "")
		if err := os.Truncate(path, 1<<40); err != nil {
			t.Fatal(err)
		}
		return "huge.html"
	},
}

func TestLoadRefusesSpecialFiles(t *testing.T) {
	t.Parallel()
	for what, special := range special {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			name := special(t, dir)
			path := filepath.Join(dir, "connector.yaml")
			write(t, path, strings.Replace(plain, "html: '{{code}}'", "htmlFile: "+name, 1))
			_, err := (&configfile.Source{Config: path}).Load(t.Context())
			invalid, ok := errors.AsType[*config.InvalidError](err)
			if !ok || len(invalid.Problems) != 1 || invalid.Problems[0].Pointer != "/deliveries/Generic/htmlFile" ||
				!strings.Contains(err.Error(), filepath.Base(name)) {
				t.Errorf("Load() with %s as a mail = %v, want a problem that names it", what, err)
			}
			if filepath.IsLocal(name) {
				name = filepath.Join(dir, name)
			}
			for _, source := range []*configfile.Source{
				{Config: name},
				{Config: path, TokenFile: name},
				{Config: path, APIKeyFile: name},
				{Config: path, WebhookKeyFile: name},
			} {
				if _, err := source.Load(t.Context()); err == nil || !strings.Contains(err.Error(), name) {
					t.Errorf("Load(%s) with %s = %v, want an error that names it", source.Config, what, err)
				}
			}
		})
	}
}
