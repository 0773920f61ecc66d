//go:build e2e

package e2e_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"mailgun-connector/connector/sandbox"
)

const (
	reloadSuccessful = "mailgun_connector_config_last_reload_successful"
	configRefused    = "config refused; a running one stays as it is"

	// noticed is how soon a change on disk is to have an effect. It is less than the
	// time between two polls, so it proves that the watch works.
	noticed = 3 * time.Second
)

// running gives the subject of the running config.
func (s *service) running(t *testing.T) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/preview", strings.NewReader(`{"type":"SignIn"}`))
	must(t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.client.Do(req)
	must(t, err)
	defer resp.Body.Close()
	var preview struct{ Subject string }
	if err := json.NewDecoder(resp.Body).Decode(&preview); err != nil {
		t.Fatalf("POST /preview = %d, %v, want a mail", resp.StatusCode, err)
	}
	return preview.Subject
}

// checkSubject sends a mail and wants it to have a subject.
func (s *service) checkSubject(t *testing.T, want string) {
	t.Helper()
	if got := s.send(t); got.status != http.StatusOK {
		t.Fatalf("answer = %d %s, want 200", got.status, got.body)
	}
	mails := s.sandbox.Messages()
	if got := mails[len(mails)-1].Subject; got != want {
		t.Errorf("subject = %q, want %q", got, want)
	}
}

func TestReloadBySignal(t *testing.T) {
	t.Parallel()
	s := start(t, spec{})
	s.checkSubject(t, subject)
	const next = "Acorn Lane says hello"
	s.configure(t, withSubject(next))
	s.signal(t, syscall.SIGHUP)
	took := eventually(t, "the new subject is used", time.Second, func() bool { return s.running(t) == next })
	s.checkSubject(t, next)
	t.Logf("reloaded after %v", took.Round(time.Millisecond))

	s.configure(t, withoutDomain)
	eventually(t, "the watch refuses the config", noticed, func() bool { return s.metric(t, reloadSuccessful) == 0 })
	// Nothing has changed since, so what is logged now is the signal's doing.
	before := len(s.logged(t, configRefused))
	s.signal(t, syscall.SIGHUP)
	eventually(t, "the signal refuses the config", time.Second, func() bool { return len(s.logged(t, configRefused)) > before })
	s.checkSubject(t, next)

	s.configure(t, withSubject(next))
	s.signal(t, syscall.SIGHUP)
	eventually(t, "all is well again", time.Second, func() bool { return s.metric(t, reloadSuccessful) == 1 })
}

// A send finishes on the config it began with, its retries too.
func TestReloadDuringSend(t *testing.T) {
	t.Parallel()
	s := start(t, spec{})
	s.sandbox.SetFaults(sandbox.Fault{Delay: time.Second, Times: 1})
	done := make(chan answer)
	go func() { done <- s.send(t) }()
	eventually(t, "the send is in flight", 2*time.Second, func() bool { return s.sandbox.Requests() == 1 })
	const next = "Acorn Lane has moved"
	s.configure(t, withSubject(next))
	eventually(t, "the new subject is used", noticed, func() bool { return s.running(t) == next })
	if got := <-done; got.status != http.StatusOK {
		t.Errorf("answer = %d %s, want 200", got.status, got.body)
	}
	if got := s.sandbox.Messages()[0].Subject; got != subject {
		t.Errorf("subject = %q, want %q", got, subject)
	}
}

// configMap puts files in place as the kubelet does with a ConfigMap: a folder
// for each version, ..data as a link to it that is swapped by a rename, and links
// through ..data for each file. The version before is removed.
type configMap struct{ version int }

func (m *configMap) install(t *testing.T, tree fileTree) {
	t.Helper()
	old, data := fmt.Sprintf("..version_%d", m.version), filepath.Join(tree.dir, "..data")
	m.version++
	version := fmt.Sprintf("..version_%d", m.version)
	must(t, os.Mkdir(filepath.Join(tree.dir, version), 0o755))
	for name, text := range tree.files {
		must(t, os.WriteFile(filepath.Join(tree.dir, version, name), []byte(text), 0o644))
	}
	must(t, os.Symlink(version, data+"_tmp"))
	must(t, os.Rename(data+"_tmp", data))
	for name := range tree.files {
		if err := os.Symlink(filepath.Join("..data", name), filepath.Join(tree.dir, name)); err != nil && !os.IsExist(err) {
			t.Fatal(err)
		}
	}
	must(t, os.RemoveAll(filepath.Join(tree.dir, old)))
}

func TestReloadConfigMap(t *testing.T) {
	t.Parallel()
	s := start(t, spec{install: new(configMap).install})
	s.checkSubject(t, subject)
	for i := range 3 { // a watch that is lost with the first swap shows at the second
		next := fmt.Sprintf("Acorn Lane, letter %d", i)
		s.configure(t, withSubject(next))
		took := eventually(t, "the new subject is used", noticed, func() bool { return s.running(t) == next })
		s.checkSubject(t, next)
		t.Logf("swap %d used after %v", i+1, took.Round(time.Millisecond))
	}
	last := s.running(t)
	s.configure(t, withoutDomain)
	took := eventually(t, "the config is refused", noticed, func() bool { return s.metric(t, reloadSuccessful) == 0 })
	s.checkSubject(t, last)
	t.Logf("bad swap refused after %v", took.Round(time.Millisecond))
	s.configure(t, nil)
	eventually(t, "the good config is used", noticed, func() bool { return s.metric(t, reloadSuccessful) == 1 })
	s.checkSubject(t, subject)
}
