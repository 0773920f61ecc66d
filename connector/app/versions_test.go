package app_test

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/connector/app"
	"mailgun-connector/connector/app/apptest"
)

type version struct {
	ID, By, ETag, Text string
	At                 time.Time
	Changed, Differs   []string
	Files              map[string]string
}

func versions(t *testing.T, s *apptest.Service) []version {
	t.Helper()
	var list struct{ Versions []version }
	s.Get(t, "/config/versions").Decode(t, &list)
	return list.Versions
}

func one(t *testing.T, s *apptest.Service, id string) version {
	t.Helper()
	var v version
	s.Get(t, "/config/versions/"+id).Decode(t, &v)
	return v
}

func restore(t *testing.T, s *apptest.Service, id, pointer string) apptest.Answer {
	t.Helper()
	body, _ := json.Marshal(map[string]string{"pointer": pointer})
	return s.Post(t, "/config/versions/"+id+"/restore", string(body))
}

func byAda(o *app.Options) { o.Token = apptest.Token + " send,read,edit name=ada" }

func TestVersionsAreTheLastFifty(t *testing.T) {
	t.Parallel()
	s := startYAML(t, commented, nil, byAda)
	text := func(n int) string { return strings.Replace(commented, "is your code", fmt.Sprintf("is code %d", n), 1) }
	_, etag := got(t, s, asYAML)
	for n := range 60 {
		a := put(t, s, asYAML, strings.Replace(text(n), "key-0123", "<secret>", 1), etag)
		if etag = a.Header.Get("Etag"); a.Status != http.StatusOK {
			t.Fatalf("save %d = %d %s", n, a.Status, a.Body)
		}
	}
	kept := versions(t, s)
	if len(kept) != 50 {
		t.Fatalf("%d versions are kept, want 50", len(kept))
	}
	for i, v := range kept {
		if v.By != "ada" || !slices.Equal(v.Changed, []string{"/deliveries/Generic/subject"}) || time.Since(v.At) > time.Hour {
			t.Errorf("version %d = %+v, want a change of the subject by ada", i, v)
		}
		if i > 0 && kept[i-1].At.Before(v.At) {
			t.Errorf("version %d is older than the one behind it", i-1)
		}
	}
	if kept[0].ETag != etag {
		t.Errorf("ETag of the newest = %s, want %s", kept[0].ETag, etag)
	}
	oldest := one(t, s, kept[49].ID)
	if want := strings.Replace(text(10), "key-0123", "<secret>", 1); oldest.Text != want || !slices.Equal(oldest.Differs, []string{"/deliveries/Generic/subject"}) {
		t.Errorf("the oldest = %+v, want text\n%s", oldest, want)
	}
	if a := restore(t, s, kept[49].ID, ""); a.Status != http.StatusOK || a.Header.Get("Etag") != kept[49].ETag {
		t.Fatalf("restore = %d %s", a.Status, a.Body)
	}
	if got := fileText(t, s.ConfigPath); got != text(10) {
		t.Errorf("restored:\n%s\nwant:\n%s", got, text(10))
	}
	if after := versions(t, s); len(after) != 50 || after[0].ETag != kept[49].ETag || after[0].By != "ada" {
		t.Errorf("%d versions after a restore, the newest %+v", len(after), after[0])
	}
	if a := restore(t, s, kept[49].ID, ""); a.Status != 404 { // dropped for the new one
		t.Errorf("restoring what was dropped = %d %s, want 404", a.Status, a.Body)
	}
}

func TestVersionsHoldNoSecret(t *testing.T) {
	t.Parallel()
	s := startYAML(t, commented, nil)
	saved(t, s, asYAML, "is your code", "is it")
	dir := filepath.Join(filepath.Dir(s.ConfigPath), ".history")
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Fatalf("mode of .history = %v, %v, want 0700", info, err)
	}
	names := folder(t, dir)
	if len(names) != 2 { // and nothing unfinished
		t.Errorf("files = %q, want two versions", names)
	}
	for _, name := range names {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("mode of %s = %v, %v, want 0600", name, info, err)
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		zip, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(zip)
		f.Close()
		if err != nil || strings.Contains(string(text), "key-0123") || !strings.Contains(string(text), "domain: mg.example.com") {
			t.Errorf("%s holds %s, %v; want the config without its key", name, text, err)
		}
	}
	kept := versions(t, s)
	if len(kept) != 2 || kept[1].By != "" || kept[0].By != "unnamed" || len(kept[1].Changed) > 0 {
		t.Fatalf("versions = %+v, want what was found, then what was saved", kept)
	}
	if a := restore(t, s, kept[1].ID, ""); a.Status != http.StatusOK || fileText(t, s.ConfigPath) != commented {
		t.Errorf("restore = %d %s, file %s", a.Status, a.Body, fileText(t, s.ConfigPath))
	}
}

const twoMails = `# Two.
domain: mg.example.com
apiKey: key-0123
from: no-reply@mg.example.com
deliveries:
  SignIn:
    subject: sign in
    htmlFile: mails/sign-in.html
  Generic:
    subject: any  # of them
    htmlFile: mails/any.html
`

func TestRestoreOneMail(t *testing.T) {
	t.Parallel()
	s := startYAML(t, twoMails, map[string]string{"mails/sign-in.html": "<p>old {{code}}</p>", "mails/any.html": "<p>any {{code}}</p>"})
	at := func(name string) string { return filepath.Join(filepath.Dir(s.ConfigPath), name) }
	for name, text := range map[string]string{"mails/sign-in.html": "<p>new {{code}}</p>", "mails/any.html": "<p>new any {{code}}</p>"} {
		if a := putFile(t, s, name, text, anyText); a.Status != http.StatusOK {
			t.Fatalf("PUT %s = %d %s", name, a.Status, a.Body)
		}
	}
	saved(t, s, asYAML, "subject: sign in", "subject: changed")
	saved(t, s, asYAML, "subject: any", "subject: changed, too")
	kept := versions(t, s)
	var changed [][]string
	for _, v := range kept {
		changed = append(changed, v.Changed)
	}
	slices.SortFunc(changed[2:4], slices.Compare) // the files were saved in any order
	want := [][]string{{"/deliveries/Generic/subject"}, {"/deliveries/SignIn/subject"}, {"/deliveries/Generic/htmlFile"}, {"/deliveries/SignIn/htmlFile"}, {}}
	if diff := cmp.Diff(want, changed); diff != "" {
		t.Fatalf("changes (-want +got):\n%s", diff)
	}
	first := kept[4]
	if differs := one(t, s, first.ID).Differs; !slices.Equal(differs, []string{"/deliveries/Generic/htmlFile", "/deliveries/Generic/subject", "/deliveries/SignIn/htmlFile", "/deliveries/SignIn/subject"}) {
		t.Errorf("differences from the running config = %q", differs)
	}
	if a := restore(t, s, first.ID, "/deliveries/SignIn"); a.Status != http.StatusOK {
		t.Fatalf("restore = %d %s", a.Status, a.Body)
	}
	if got, want := fileText(t, s.ConfigPath), strings.Replace(twoMails, "subject: any", "subject: changed, too", 1); got != want {
		t.Errorf("config:\n%s\nwant:\n%s", got, want)
	}
	if got := fileText(t, at("mails/sign-in.html")) + fileText(t, at("mails/any.html")); got != "<p>old {{code}}</p><p>new any {{code}}</p>" {
		t.Errorf("mails = %s, want the first one restored", got)
	}
	if got := subject(t, s); got != "sign in" {
		t.Errorf("subject = %q, want the restored one", got)
	}
	if a := restore(t, s, first.ID, ""); a.Status != http.StatusOK || fileText(t, s.ConfigPath) != twoMails || fileText(t, at("mails/any.html")) != "<p>any {{code}}</p>" {
		t.Errorf("restoring all = %d %s; config %s", a.Status, a.Body, fileText(t, s.ConfigPath))
	}
	// A mail's file that was deleted comes back with its mail.
	saved(t, s, asYAML, "  SignIn:\n    subject: sign in\n    htmlFile: mails/sign-in.html\n", "")
	if err := os.Remove(at("mails/sign-in.html")); err != nil {
		t.Fatal(err)
	}
	if a := restore(t, s, first.ID, "/deliveries/SignIn"); a.Status != http.StatusOK || fileText(t, at("mails/sign-in.html")) != "<p>old {{code}}</p>" {
		t.Errorf("restoring a deleted mail = %d %s", a.Status, a.Body)
	}
}

const twoLocalized = `domain: mg.example.com
apiKey: key-0123
from: no-reply@mg.example.com
deliveries:
  Generic: {subject: any, html: "{{code}}"}
templates:
  - templateType: SignIn
    languageTag: fr
    details: {subject: le code, contentFile: mails/fr.html}
  - templateType: SignIn
    languageTag: de
    details: {subject: der Code, content: "{{code}}"}
`

// One of the localized templates comes back where the one for its type and language stands, its
// file too, and the others stay as they are, wherever that is.
func TestRestoreOneLocalized(t *testing.T) {
	t.Parallel()
	s := startYAML(t, twoLocalized, map[string]string{"mails/fr.html": "<p>vieux {{code}}</p>"})
	french := filepath.Join(filepath.Dir(s.ConfigPath), "mails/fr.html")
	if a := putFile(t, s, "mails/fr.html", "<p>neuf {{code}}</p>", anyText); a.Status != http.StatusOK {
		t.Fatalf("PUT = %d %s", a.Status, a.Body)
	}
	saved(t, s, asYAML, "le code", "changé")
	saved(t, s, asYAML, "der Code", "geändert")
	saved(t, s, asYAML, "templates:\n", "templates:\n  - templateType: SignIn\n    languageTag: en\n    details: {subject: new, content: '{{code}}'}\n")
	now := fileText(t, s.ConfigPath)
	kept := versions(t, s)
	first := kept[len(kept)-1]
	want := []string{"/templates", "/templates/0/details/contentFile", "/templates/0/details/subject", "/templates/1/details/subject"}
	if diff := cmp.Diff(want, one(t, s, first.ID).Differs); diff != "" {
		t.Errorf("differences (-want +got):\n%s", diff)
	}
	if a := restore(t, s, first.ID, "/templates/0"); a.Status != http.StatusOK {
		t.Fatalf("restore = %d %s", a.Status, a.Body)
	}
	if got, want := fileText(t, s.ConfigPath), strings.Replace(now, "changé", "le code", 1); got != want || fileText(t, french) != "<p>vieux {{code}}</p>" {
		t.Errorf("config:\n%s\nwant:\n%s\nand the mail's file restored, not %s", got, want, fileText(t, french))
	}
	if a := restore(t, s, first.ID, "/templates/2"); a.Status != http.StatusConflict || fileText(t, s.ConfigPath) == now {
		t.Errorf("restore of what the version does not have = %d %s, want 409", a.Status, a.Body)
	}
	if a := restore(t, s, first.ID, "/templates"); a.Status != http.StatusOK || fileText(t, s.ConfigPath) != twoLocalized {
		t.Errorf("restore of all = %d %s; config:\n%s", a.Status, a.Body, fileText(t, s.ConfigPath))
	}
	saved(t, s, asYAML, "  - templateType: SignIn\n    languageTag: de\n    details: {subject: der Code, content: \"{{code}}\"}\n", "")
	if a := restore(t, s, first.ID, "/templates/1"); a.Status != http.StatusOK || fileText(t, s.ConfigPath) != twoLocalized {
		t.Errorf("restore of one that was removed = %d %s; config:\n%s", a.Status, a.Body, fileText(t, s.ConfigPath))
	}
}

// What can't be restored leaves everything as it was.
func TestRestoreRefuses(t *testing.T) {
	t.Parallel()
	s := startYAML(t, twoMails, map[string]string{"mails/sign-in.html": "<p>old {{code}}</p>", "mails/any.html": "<p>any {{code}}</p>"})
	saved(t, s, asYAML, "subject: sign in", "subject: new")
	if a := putFile(t, s, "mails/any.html", "<p>new {{code}}</p>", anyText); a.Status != http.StatusOK {
		t.Fatalf("PUT = %d %s", a.Status, a.Body)
	}
	kept := versions(t, s)
	first := kept[len(kept)-1].ID
	before := fileText(t, s.ConfigPath)
	for name, x := range map[string]struct {
		id, pointer string
		status      int
	}{
		"no such version": {"01a2067d-347b-7d60-9ccd-bce3b382db93", "", 404},
		"no id":           {"..%2f..%2fconnector.yaml", "", 404},
		"no pointer":      {first, "deliveries", 400},
		"what it needs":   {first, "/domain/x", 409},
	} {
		if a := restore(t, s, x.id, x.pointer); a.Status != x.status {
			t.Errorf("%s: restore = %d %s, want %d", name, a.Status, a.Body, x.status)
		}
	}
	mail := filepath.Join(filepath.Dir(s.ConfigPath), "mails/any.html")
	if err := os.Chmod(s.ConfigPath, 0o400); err != nil {
		t.Fatal(err)
	}
	if a := restore(t, s, first, ""); a.Status != http.StatusConflict || fileText(t, mail) != "<p>new {{code}}</p>" || fileText(t, s.ConfigPath) != before {
		t.Errorf("restore over a file that can't be written = %d %s; mail %s", a.Status, a.Body, fileText(t, mail))
	}
	off := startYAML(t, twoMails, map[string]string{"mails/sign-in.html": "{{code}}", "mails/any.html": "{{code}}"}, func(o *app.Options) { o.Console = false })
	if a := restore(t, off, first, ""); a.Status != http.StatusConflict {
		t.Errorf("restore without the console = %d %s, want 409", a.Status, a.Body)
	}
}

func putMerge(t *testing.T, s *apptest.Service, body, etag string) apptest.Answer {
	t.Helper()
	return s.Do(t, http.MethodPut, "/config?merge=true", body,
		map[string]string{"Authorization": "Bearer " + apptest.Token, "Content-Type": asYAML, "If-Match": etag})
}

func TestSaveMerges(t *testing.T) {
	t.Parallel()
	s := startYAML(t, commented, nil)
	base, etag := got(t, s, asYAML)
	theirs := strings.Replace(base, "# short", "# theirs", 1)
	theirs = strings.Replace(theirs, "is your code", "is theirs", 1)
	if a := put(t, s, asYAML, theirs, etag); a.Status != http.StatusOK {
		t.Fatalf("PUT = %d %s", a.Status, a.Body)
	}
	mine := strings.Replace(base, "no-reply@", "mine@", 1)
	if a := put(t, s, asYAML, mine, etag); a.Status != http.StatusPreconditionFailed {
		t.Errorf("PUT of an older one = %d %s, want 412", a.Status, a.Body)
	}
	a := putMerge(t, s, mine, etag)
	if a.Status != http.StatusOK {
		t.Fatalf("PUT to merge = %d %s", a.Status, a.Body)
	}
	now, tag := got(t, s, asYAML)
	if want := strings.Replace(theirs, "no-reply@", "mine@", 1); now != want || tag != a.Header.Get("Etag") {
		t.Errorf("merged:\n%s\nwant:\n%s", now, want)
	}
	var p struct {
		Conflict struct {
			Pointers            []string
			ETag, Base, Current string
		}
	}
	a = putMerge(t, s, strings.Replace(base, "is your code", "is mine", 1), etag)
	if a.Decode(t, &p); a.Status != http.StatusPreconditionFailed || !slices.Equal(p.Conflict.Pointers, []string{"/deliveries/Generic/subject"}) ||
		p.Conflict.Base != base || p.Conflict.Current != now || p.Conflict.ETag != tag {
		t.Errorf("PUT of what somebody else changed = %d %s, want 412 with the conflict", a.Status, a.Body)
	}
	if strings.Contains(string(a.Body), "key-0123") {
		t.Errorf("the conflict shows the key: %s", a.Body)
	}
	if a := putMerge(t, s, mine, `"0123456789abcdef"`); a.Status != http.StatusPreconditionFailed {
		t.Errorf("PUT of what nobody knows = %d %s, want 412", a.Status, a.Body)
	}
	broken := strings.Replace(base, "domain: mg.example.com", "domain: 5", 1)
	if a := putMerge(t, s, broken, etag); a.Status != http.StatusBadRequest {
		t.Errorf("PUT of a broken one to merge = %d %s, want 400", a.Status, a.Body)
	}
}
