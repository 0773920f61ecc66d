//go:build e2e

package e2e_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// binary is the path of the program under test.
var binary string

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(buildAndRun(m))
}

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "mailgun-connector-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "mailgun-connector")
	args := []string{"build", "-buildvcs=false", "-o", binary}
	if isRaceTest() { // then the program looks for races too: they fail as lines that are no log
		args = append(args, "-race")
	}
	build := exec.Command("go", append(args, "../..")...)
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "building the program:", err)
		return 1
	}
	return m.Run()
}

// isRaceTest reports whether this test was built with -race.
func isRaceTest() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

// process is the program, running or ended.
type process struct {
	cmd     *exec.Cmd
	serving chan string   // gets the address that the service listens on
	ended   chan struct{} // closed when the process is gone and its output read
	stdout  bytes.Buffer  // complete once ended

	mu      sync.Mutex
	lines   []string // of stderr
	secrets []string // what no line may hold
}

// raceExit keeps a program that looks for races from staying a second longer
// than it would otherwise.
const raceExit = "GORACE=atexit_sleep_ms=0"

// launch starts the program with nothing of this machine's environment: no
// proxy and no setting may reach it. It ends with the test.
func launch(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(binary, args...), serving: make(chan string, 1), ended: make(chan struct{})}
	p.cmd.Env = append([]string{raceExit}, env...)
	p.cmd.Dir = t.TempDir()
	p.cmd.Stdout = &p.stdout
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("Start() = %v, want nil", err)
	}
	go func() {
		defer close(p.ended)
		p.read(stderr)
		_ = p.cmd.Wait() // the exit status is looked at where it matters
	}()
	t.Cleanup(func() { p.finish(t) })
	return p
}

// read keeps stderr line by line and waits for the line that tells the address.
func (p *process) read(stderr io.Reader) {
	lines := bufio.NewScanner(stderr)
	lines.Buffer(nil, 1<<20) // a stack fits
	for lines.Scan() {
		p.mu.Lock()
		p.lines = append(p.lines, lines.Text())
		p.mu.Unlock()
		var line struct{ Msg, Address string }
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "serving" {
			p.serving <- line.Address
		}
	}
}

// stderr gives the lines so far.
func (p *process) stderr() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.lines)
}

// keepSecret forbids words on stderr and in error bodies.
func (p *process) keepSecret(words ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.secrets = append(p.secrets, words...)
}

// checkSecrets fails the test if a text holds a secret.
func (p *process) checkSecrets(t *testing.T, where, text string) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, word := range p.secrets {
		if strings.Contains(text, word) {
			t.Errorf("%s = %q, want no %q in it", where, text, word)
		}
	}
}

func (p *process) signal(t *testing.T, s os.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Errorf("Signal(%v) = %v, want nil", s, err)
	}
}

// wait gives the exit status, and kills a process that does not end in time.
func (p *process) wait(t *testing.T, within time.Duration) int {
	t.Helper()
	select {
	case <-p.ended:
	case <-time.After(within):
		t.Errorf("the process still runs, want it ended after %v", within)
		_ = p.cmd.Process.Kill()
		<-p.ended
	}
	return p.cmd.ProcessState.ExitCode()
}

// stop ends the process as an orchestrator does and wants it to end well. It may
// be called again.
func (p *process) stop(t *testing.T) {
	t.Helper()
	select {
	case <-p.ended:
		return
	default:
	}
	p.signal(t, syscall.SIGTERM)
	if status := p.wait(t, 15*time.Second); status != 0 {
		t.Errorf("exit status = %d, want 0", status)
	}
}

// finish stops the process and looks for secrets in everything that it said.
func (p *process) finish(t *testing.T) {
	p.stop(t)
	for _, line := range p.stderr() {
		p.checkSecrets(t, "stderr", line)
	}
	p.checkSecrets(t, "stdout", p.stdout.String())
	if t.Failed() {
		t.Logf("stderr:\n%s", strings.Join(p.stderr(), "\n"))
	}
}
