//go:build e2e

package e2e_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	proxyAway    = "The email may not have been sent. Please try again in a few minutes."
	proxyNoRoute = "Sending email is not set up correctly here. Please contact support."

	proxyRestarts = 5
	proxyCallers  = 4
)

// mailProxy is nginx with the config of an example, in front of a service.
type mailProxy struct {
	url    string
	client *http.Client
}

var (
	proxyListen   = regexp.MustCompile(`(?m)^(\s*listen) .*;$`)
	proxyUpstream = regexp.MustCompile(`(?m)^(\s*proxy_pass) .*;$`)
)

// newMailProxies starts nginx for each example that has a config for it. Of the
// configs only the addresses and the folder that is written to are replaced.
func newMailProxies(t *testing.T, upstream string) map[string]*mailProxy {
	t.Helper()
	files, err := filepath.Glob("../../examples/*/mail-proxy/nginx.conf")
	must(t, err)
	proxies := map[string]*mailProxy{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		must(t, err)
		if !proxyListen.Match(text) || !proxyUpstream.Match(text) {
			t.Fatalf("%s has no listen or no proxy_pass on a line of its own", file)
		}
		dir, address := t.TempDir(), freeAddress(t)
		text = bytes.ReplaceAll(text, []byte("/tmp/"), []byte(dir+"/"))
		text = proxyListen.ReplaceAll(text, []byte("$1 "+address+";"))
		text = proxyUpstream.ReplaceAll(text, []byte("$1 http://"+upstream+";"))
		conf := filepath.Join(dir, "nginx.conf")
		must(t, os.WriteFile(conf, text, 0o600))
		runNginx(t, conf, address)
		proxies[filepath.Base(filepath.Dir(filepath.Dir(file)))] = &mailProxy{
			url:    "http://" + address,
			client: &http.Client{Transport: &http.Transport{}, Timeout: 20 * time.Second},
		}
	}
	if len(proxies) == 0 {
		t.Fatal("no example has a proxy")
	}
	return proxies
}

// runNginx runs nginx until the test ends, and wants it to log no secret.
func runNginx(t *testing.T, conf, address string) {
	t.Helper()
	var log bytes.Buffer
	cmd := exec.Command("nginx", "-e", "stderr", "-c", conf)
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatalf("starting nginx: %v; make e2e installs it", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGQUIT) // as its image is stopped
		if err := cmd.Wait(); err != nil {
			t.Errorf("nginx ended with %v, want nil", err)
		}
		for _, secret := range []string{token, "reader-", "7z"} {
			if strings.Contains(log.String(), secret) {
				t.Errorf("nginx logged %q", secret)
			}
		}
		if t.Failed() {
			t.Logf("nginx:\n%s", log.String())
		}
	})
	eventually(t, "nginx listens", 10*time.Second, func() bool {
		c, err := net.Dial("tcp", address)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
}

// post sends a message as Logto does, without an Accept header.
func (p *mailProxy) post(path string, m message, header map[string]string) (answer, error) {
	body, err := json.Marshal(m)
	if err != nil {
		return answer{}, err
	}
	req, err := http.NewRequest(http.MethodPost, p.url+path, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	for name, value := range header {
		req.Header.Set(name, value)
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return answer{status: resp.StatusCode, header: resp.Header, body: string(text)}, err
}

// TestMailProxyRestart kills and stops the service while people sign in: behind the
// examples' proxies every call is answered all the same, by the service or with 502,
// and no mail goes out twice.
func TestMailProxyRestart(t *testing.T) {
	address := freeAddress(t)
	s := start(t, spec{args: []string{"--listen", address}})
	running := s.process // s keeps its first one: callers ask it for messages meanwhile
	for name, proxy := range newMailProxies(t, address) {
		stop := proxy.load(t, s)
		for i := range proxyRestarts {
			time.Sleep(300 * time.Millisecond)
			if i%2 == 0 {
				running.crash(t)
			} else {
				running.stop(t)
			}
			time.Sleep(200 * time.Millisecond) // the time that it is away
			running = launch(t, s.cmd.Env, s.cmd.Args[1:]...)
			<-running.serving
		}
		time.Sleep(300 * time.Millisecond)
		got := stop()
		t.Logf("%s, %d restarts: answers by status %v", name, proxyRestarts, got)
		if got[http.StatusOK] == 0 || got[http.StatusBadGateway] == 0 || len(got) != 2 {
			t.Errorf("%s: answers by status = %v, want 200 and 502 and no other", name, got)
		}
	}
	mails := map[string]int{}
	for _, m := range s.sandbox.Messages() {
		if mails[m.To]++; mails[m.To] == 2 {
			t.Errorf("a mail to %s went out again, want each sent once", m.To)
		}
	}
}

// load sends mails until it is stopped or the test ends, and then returns the answers
// by status. A call without an answer is counted as status 0.
func (p *mailProxy) load(t *testing.T, s *service) (stop func() map[int]int) {
	var mu sync.Mutex
	var callers sync.WaitGroup
	var over atomic.Bool
	got := map[int]int{}
	for range proxyCallers {
		callers.Go(func() {
			for !over.Load() {
				a, err := p.post("/send-code", s.newMessage(), nil)
				if err != nil {
					t.Errorf("POST /send-code = %v, want an answer", err)
				}
				if a.status == http.StatusBadGateway && a.body != proxyAway {
					t.Errorf("answer = 502 %q, want %q", a.body, proxyAway)
				}
				mu.Lock()
				got[a.status]++
				mu.Unlock()
				time.Sleep(10 * time.Millisecond)
			}
		})
	}
	stop = func() map[int]int {
		over.Store(true)
		callers.Wait()
		return got
	}
	t.Cleanup(func() { stop() })
	return stop
}

// received is a request as the service behind a proxy gets it.
type received struct {
	Method, Host, Path, Body string
	Header                   http.Header
}

// TestMailProxyPassesOn wants requests and answers to pass as they are, the
// service's own failures included, and no other route to be reached.
func TestMailProxyPassesOn(t *testing.T) {
	t.Parallel()
	const failure = `{"title":"from the service"}`
	var got atomic.Pointer[received]
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got.Store(&received{r.Method, r.Host, r.URL.Path, string(body), r.Header})
		w.Header().Set("Retry-After", "7")
		status, _ := strconv.Atoi(r.Header.Get("X-Want"))
		w.WriteHeader(status)
		_, _ = io.WriteString(w, failure)
	}))
	t.Cleanup(upstream.Close)
	m := message{"ada@example.net", "SignIn", map[string]any{"code": "q481-7z"}, "192.0.2.7"}
	body, err := json.Marshal(m)
	must(t, err)
	for name, proxy := range newMailProxies(t, strings.TrimPrefix(upstream.URL, "http://")) {
		for _, status := range []string{"401", "429", "500", "502", "503", "504"} {
			header := map[string]string{"X-Want": status, "X-Request-Id": "req-1", "Traceparent": "00-1"}
			a, err := proxy.post("/send-code", m, header)
			must(t, err)
			if strconv.Itoa(a.status) != status || a.body != failure || a.header.Get("Retry-After") != "7" {
				t.Errorf("%s: answer = %d %v %q, want the service's %s", name, a.status, a.header, a.body, status)
			}
			want := &received{"POST", strings.TrimPrefix(proxy.url, "http://"), "/send-code", string(body), http.Header{
				"Authorization": {"Bearer " + token}, "Content-Type": {"application/json"}, "Content-Length": {strconv.Itoa(len(body))},
				"X-Want": {status}, "X-Request-Id": {"req-1"}, "Traceparent": {"00-1"}, "Connection": {"close"},
				"User-Agent": {"Go-http-client/1.1"}, "Accept-Encoding": {"gzip"},
			}}
			if diff := cmp.Diff(want, got.Load()); diff != "" {
				t.Errorf("%s: request (-sent +received):\n%s", name, diff)
			}
		}
		for _, path := range []string{"/", "/config", "/send-code/x", "/metrics"} {
			got.Store(nil)
			a, err := proxy.post(path, m, nil)
			must(t, err)
			if a.status != http.StatusNotFound || a.body != proxyNoRoute || got.Load() != nil {
				t.Errorf("%s: POST %s = %d %q, want 404 from the proxy", name, path, a.status, a.body)
			}
		}
	}
}

// TestMailProxySendsOnce wants a request that breaks off not to be sent again.
func TestMailProxySendsOnce(t *testing.T) {
	t.Parallel()
	var requests atomic.Int64
	address := brokenServer(t, func(c net.Conn) {
		readRequest(c)
		requests.Add(1)
		c.Close()
	})
	for name, proxy := range newMailProxies(t, address) {
		requests.Store(0)
		a, err := proxy.post("/send-code", message{To: "ada@example.net", Type: "SignIn"}, nil)
		must(t, err)
		if a.status != http.StatusBadGateway || a.body != proxyAway || requests.Load() != 1 {
			t.Errorf("%s: answer = %d %q after %d requests, want 502 after one", name, a.status, a.body, requests.Load())
		}
	}
}
