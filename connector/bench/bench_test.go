// Package bench measures the built service from outside, as its operators would:
// CPU and memory of its process, time from start to ready. See
// docs/performance.md for what the numbers mean and how to repeat them.
package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	token  = "bench-token-0123456789"
	apiKey = "key-0123"
	bare   = "BENCH_BARE_UPSTREAM" // set in a child that is the bare handler
)

// built is the folder of [binary], made by [TestMain].
var built string

// binary is the service, built once for all benchmarks, and not for a run of tests that
// has none.
var binary = sync.OnceValues(func() (string, error) {
	path := filepath.Join(built, "mailgun-connector")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, "mailgun-connector")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("building: %w: %s", err, out)
	}
	return path, err
})

func TestMain(m *testing.M) {
	if upstream := os.Getenv(bare); upstream != "" {
		serveBare(upstream)
		return
	}
	var err error
	if built, err = os.MkdirTemp("", "bench-"); err != nil {
		panic(err)
	}
	status := m.Run()
	os.RemoveAll(built)
	os.Exit(status)
}

// upstream is the least that can stand for Mailgun, answering after a delay: it
// costs the same whoever asks.
func upstream(tb testing.TB, delay time.Duration) string {
	tb.Helper()
	address, setDelay := variableUpstream(tb)
	setDelay(delay)
	return address
}

// variableUpstream is an upstream whose delay can be changed; it begins with none.
func variableUpstream(tb testing.TB) (address string, setDelay func(time.Duration)) {
	tb.Helper()
	const answer = `{"id":"<20210510091252.1.D6347B73DA43962E@mg.example.com>","message":"Queued. Thank you."}` + "\n"
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	var delay atomic.Int64
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		time.Sleep(time.Duration(delay.Load()))
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, answer)
	})}
	go server.Serve(l) //nolint:errcheck // ends with Close
	tb.Cleanup(func() { server.Close() })
	return l.Addr().String(), func(d time.Duration) { delay.Store(int64(d)) }
}

// process is a child that serves /send-code.
type process struct {
	cmd *exec.Cmd
	url string
}

// stop ends the process and waits for it.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(os.Interrupt)
	_ = p.cmd.Wait()
}

// startService runs the built binary with everything on: token, validation,
// recipient limit, metrics, logging at info (to a pipe that is thrown away).
func startService(tb testing.TB, upstream string, args ...string) *process {
	tb.Helper()
	return startConfigured(tb, upstream, "", args...)
}

// startConfigured is startService with further members of the config.
func startConfigured(tb testing.TB, upstream, members string, args ...string) *process {
	tb.Helper()
	path, err := binary()
	if err != nil {
		tb.Fatal(err)
	}
	config := filepath.Join(tb.TempDir(), "connector.json")
	text := fmt.Sprintf(`{%s"endpoint":"http://%s","domain":"mg.example.com","apiKey":%q,
		"from":"Sender Name <no-reply@mg.example.com>",
		"deliveries":{"SignIn":{"subject":%q,"html":%q,"text":%q}},
		"callers":{"supabase":{"type":"supabase","secrets":["whsec_%s"]}}}`, members, upstream, apiKey, subject, html, text, hookSecret)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
	cmd := exec.Command(path, "serve", "--config", config, "--listen", "127.0.0.1:0", "--token", token,
		"--allow-endpoint-hosts", upstream)
	cmd.Args = append(cmd.Args, args...)
	logs, err := cmd.StderrPipe()
	if err != nil {
		tb.Fatal(err)
	}
	return start(tb, cmd, logs, func(line string) string {
		var entry struct{ Msg, Address string }
		_ = json.Unmarshal([]byte(line), &entry)
		return entry.Address
	})
}

// startBare runs this test binary as the bare handler.
func startBare(tb testing.TB, upstream string) *process {
	tb.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), bare+"="+upstream)
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	return start(tb, cmd, out, strings.TrimSpace)
}

// start runs cmd until the test ends; address finds where it listens in a line
// of its output.
func start(tb testing.TB, cmd *exec.Cmd, output io.Reader, address func(line string) string) *process {
	tb.Helper()
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	p := &process{cmd: cmd}
	tb.Cleanup(p.stop)
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		if a := address(lines.Text()); a != "" {
			p.url = "http://" + a
			go io.Copy(io.Discard, output) //nolint:errcheck // ends with the process
			return p
		}
	}
	tb.Fatalf("%s did not tell where it listens", cmd.Path)
	return nil
}

// cpu is the processor time that the process has used, to 10 ms.
func (p *process) cpu(tb testing.TB) time.Duration {
	tb.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		tb.Skipf("CPU can be read on Linux only: %v", err)
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:])) // after "pid (name)"
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

// memory is what a process has resident, in MiB.
type memory struct {
	now, peak float64
	file      float64 // part of now, and all but constant: the program itself
}

func (p *process) memory(tb testing.TB) memory {
	tb.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		tb.Skipf("memory can be read on Linux only: %v", err)
	}
	var m memory
	for line := range strings.Lines(string(status)) {
		_, _ = fmt.Sscanf(line, "VmRSS: %g", &m.now)
		_, _ = fmt.Sscanf(line, "VmHWM: %g", &m.peak)
		_, _ = fmt.Sscanf(line, "RssFile: %g", &m.file)
	}
	return memory{m.now / 1024, m.peak / 1024, m.file / 1024}
}

// sends makes n requests from as many workers as said, and returns how long each
// took, the shortest first. The test fails unless every one is answered 200.
func sends(tb testing.TB, client *http.Client, url string, n, workers int) []time.Duration {
	tb.Helper()
	return requests(tb, n, workers, func(i int) error { return send(client, url, i) })
}

// requests is sends for requests of any kind.
func requests(tb testing.TB, n, workers int, request func(i int) error) []time.Duration {
	tb.Helper()
	jobs := make(chan int)
	times := make([]time.Duration, n)
	var failed atomic.Int64
	var last atomic.Pointer[error]
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for i := range jobs {
				began := time.Now()
				if err := request(i); err != nil {
					failed.Add(1)
					last.Store(&err)
				}
				times[i] = time.Since(began)
			}
		})
	}
	for i := range n {
		jobs <- i
	}
	close(jobs)
	group.Wait()
	if failed.Load() > 0 {
		tb.Errorf("%d of %d sends failed, the last one: %v", failed.Load(), n, *last.Load())
	}
	slices.Sort(times)
	return times
}

func send(client *http.Client, url string, i int) error {
	body := fmt.Sprintf(request, i)
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, url+"/send-code",
		strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	return do(client, req)
}

// do makes a request that is to be answered 200.
func do(client *http.Client, req *http.Request) error {
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("answer %d: %s", resp.StatusCode, answer)
	}
	return err
}

func newClient(connections int) *http.Client {
	return &http.Client{Transport: &http.Transport{MaxIdleConns: connections, MaxIdleConnsPerHost: connections}}
}

// request is what Logto sends for a sign-in; %d makes each recipient another.
const request = `{"to":"user%d@example.org","type":"SignIn","payload":{"code":"481629","locale":"en",` +
	`"application":{"id":"app","name":"Bookstore"},"organization":{"id":"org","name":"Reading Club",` +
	`"branding":{"logoUrl":"https://example.org/logo.png"}}},"ip":"192.0.2.1"}`

const (
	subject = "{{code}} is your sign-in code"
	text    = "Your sign-in code for {{application.name}} is {{code}}."
)

// html is of the size of a designed mail.
var html = "<!doctype html><title>Your code</title>" +
	"<style>" + strings.Repeat(".panel{color:#1a1a1a;background:#f4f5f7}", 100) + "</style>" +
	"<h1>Your sign-in code</h1><p>For {{application.name}}:</p><p>{{code}}</p>" +
	strings.Repeat("<p>Never share it.</p>", 60)
