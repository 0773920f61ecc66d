package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"mailgun-connector/connector/cli"
)

// running is a command that goes on until it is told to end.
type running struct {
	stdout *bytes.Buffer // whole once status has come
	stderr *bytes.Buffer
	lines  chan string // of the stream that the test listens to
	stop   context.CancelFunc
	status chan int
}

// tee hands on each line that is written, and keeps it.
type tee struct {
	keep  *bytes.Buffer
	lines chan string
	rest  []byte
}

func (w *tee) Write(p []byte) (int, error) {
	w.keep.Write(p)
	w.rest = append(w.rest, p...)
	for {
		line, rest, ok := bytes.Cut(w.rest, []byte("\n"))
		if !ok {
			return len(p), nil
		}
		w.lines <- string(line)
		w.rest = rest
	}
}

// start runs a command, listening to its stdout, or to its stderr if logs is set.
func start(t *testing.T, logs bool, args ...string) *running {
	t.Helper()
	return startWith(t, nil, logs, args...)
}

// startWith starts a command in an environment.
func startWith(t *testing.T, env map[string]string, logs bool, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{new(bytes.Buffer), new(bytes.Buffer), make(chan string, 1000), cancel, make(chan int, 1)}
	p := cli.Process{Stdout: r.stdout, Stderr: r.stderr, Getenv: func(name string) string { return env[name] }}
	if logs {
		p.Stderr = &tee{keep: r.stderr, lines: r.lines}
	} else {
		p.Stdout = &tee{keep: r.stdout, lines: r.lines}
	}
	go func() {
		r.status <- cli.Run(ctx, args, p)
		close(r.lines)
	}()
	t.Cleanup(cancel)
	return r
}

// until returns the first match of an expression in a line.
func (r *running) until(t *testing.T, expr string) []string {
	t.Helper()
	want := regexp.MustCompile(expr)
	for line := range r.lines {
		if m := want.FindStringSubmatch(line); m != nil {
			return m
		}
	}
	t.Fatalf("no line matches %q before the end with %d: %s%s", expr, <-r.status, r.stdout, r.stderr)
	return nil
}

// end stops the command, which must end well.
func (r *running) end(t *testing.T) {
	t.Helper()
	r.stop()
	if got := <-r.status; got != 0 {
		t.Errorf("exit status = %d, want 0: %s", got, r.stderr)
	}
}

func get(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("GET %s = %d %s, %v, want 200", url, resp.StatusCode, body, err)
	}
	return string(body)
}

func TestDemo(t *testing.T) {
	t.Parallel()
	r := start(t, false, "demo", "--listen", "127.0.0.1:0", "--log-level", "error")
	r.until(t, `^Sample mail sent: <.+@mg\.example\.com>$`)
	page := r.until(t, `^  Console +(http://127\.0\.0\.1:\d+/)#token=\S+ `)[1]
	api := r.until(t, `^  API +(http://127\.0\.0\.1:\d+) +token (\S+)$`)
	inbox := r.until(t, `^  Inbox +(http://127\.0\.0\.1:\d+/inbox) +the mail: (\S+)$`)
	config := r.until(t, `^  Config +(\S+) `)[1]
	r.until(t, `^  curl -i `+regexp.QuoteMeta(api[1])+`/send-code `)
	body := r.until(t, `-d '(.+)'$`)[1]
	r.until(t, `Press Ctrl-C to stop`)

	if got := get(t, page); !strings.Contains(got, "/console/app-") {
		t.Errorf("the console = %s, want a page that loads its script", got)
	}
	if mail := get(t, inbox[2]); !strings.Contains(mail, "481629") {
		t.Errorf("the sample mail = %s, want its code in it", mail)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, api[1]+"/send-code", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+api[2])
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("the printed request = %v, %v, want 200", resp, err)
	}
	resp.Body.Close()
	var all struct{ Messages []any }
	if err := json.Unmarshal([]byte(get(t, inbox[1])), &all); err != nil || len(all.Messages) != 2 {
		t.Errorf("inbox = %d mails, %v, want the sample and ours", len(all.Messages), err)
	}
	r.end(t)
	if _, err := os.Stat(filepath.Dir(config)); !os.IsNotExist(err) {
		t.Errorf("folder of the demo after its end: %v, want it gone", err)
	}
}

func TestServeAndHealthcheck(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "connector.yaml")
	const config = "domain: mg.example.com\napiKey: key-0123\nfrom: a@mg.example.com\ndeliveries: {Generic: {subject: s, html: '{{code}}'}}\n"
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	r := start(t, true, "serve", "--config", file, "--listen", "127.0.0.1:0")
	addr := r.until(t, `"msg":"serving","address":"([^"]+)"`)[1]
	var out bytes.Buffer
	probe := func() int {
		return cli.Run(t.Context(), []string{"healthcheck", "--listen", addr}, cli.Process{Stdout: &out, Stderr: &out, Getenv: func(string) string { return "" }})
	}
	if got := probe(); got != 0 || out.String() != "ok\n" {
		t.Errorf("healthcheck = %d %q, want 0 and ok", got, &out)
	}
	if got := get(t, "http://"+addr+"/healthz"); !strings.Contains(got, "ok") {
		t.Errorf("GET /healthz = %s, want ok", got)
	}
	r.end(t)
	if got := probe(); got != 1 {
		t.Errorf("healthcheck after the end = %d, want 1", got)
	}
	if r.stdout.Len() > 0 {
		t.Errorf("stdout of serve = %q, want nothing: logs are words", r.stdout)
	}
	if !strings.Contains(r.stderr.String(), `"msg":"stopped"`) {
		t.Errorf("log = %s, want a last line that says so", r.stderr)
	}
}

func TestAddressOfDemoInUse(t *testing.T) {
	t.Parallel()
	r := start(t, false, "demo", "--listen", "127.0.0.1:0", "--log-level", "error")
	api := r.until(t, `^  API +http://(127\.0\.0\.1:\d+) `)[1]
	var out bytes.Buffer
	p := cli.Process{Stdout: &out, Stderr: &out, Getenv: func(string) string { return "" }}
	for _, flag := range []string{"--listen", "--sandbox-listen"} {
		if got := cli.Run(t.Context(), []string{"demo", "--listen", "127.0.0.1:0", flag, api}, p); got != 2 {
			t.Errorf("demo %s on a used address = %d, want 2: %s", flag, got, &out)
		}
	}
	if n := strings.Count(out.String(), "mailgun-connector: hint: "); n != 2 {
		t.Errorf("stderr = %s, want two hints", &out)
	}
	r.end(t)
}

// A database behind a proxy whose backend is gone takes connections and never answers.
func TestServeEndsWhileTheDatabaseOpens(t *testing.T) {
	t.Parallel()
	silent, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	env := map[string]string{"CONNECTOR_STORE_KEY": strings.Repeat("0b", 32)}
	r := startWith(t, env, true, "serve", "--config", "none.yaml", "--listen", "127.0.0.1:0",
		"--database", "postgres://x@"+silent.Addr().String()+"/x?sslmode=disable")
	r.until(t, `"msg":"opening the database"`)
	r.end(t)
	if !strings.Contains(r.stderr.String(), `"msg":"stopped while starting"`) {
		t.Errorf("log = %s, want a last line that says so", r.stderr)
	}
}
