package cli_test

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"mailgun-connector/connector/cli"
)

func TestCollectorPolicy(t *testing.T) {
	t.Parallel()
	container := func(limit uint64) func() (uint64, error) {
		return func() (uint64, error) { return limit, nil }
	}
	none := func() (uint64, error) { return 0, errors.New("memory is not limited") }
	tests := []struct {
		name      string
		env       map[string]string
		container func() (uint64, error)
		percent   int
		limit     int64
	}{
		{"no container", nil, none, 200, 0},
		{"container of 1000 bytes", nil, container(1000), 200, 900},
		{"operator's limit", map[string]string{"GOMEMLIMIT": "64MiB"}, container(1000), 200, 0},
		{"operator's limit off", map[string]string{"GOMEMLIMIT": "off"}, container(1000), 200, 0},
		{"operator's percentage", map[string]string{"GOGC": "50"}, container(1000), 0, 900},
		{"both are the operator's", map[string]string{"GOGC": "off", "GOMEMLIMIT": "64MiB"}, container(1000), 0, 0},
	}
	for _, tt := range tests {
		percent, limit := cli.CollectorPolicy(func(name string) string { return tt.env[name] }, tt.container)
		if percent != tt.percent || limit != tt.limit {
			t.Errorf("%s: %d %%, %d bytes; want %d, %d", tt.name, percent, limit, tt.percent, tt.limit)
		}
	}
}

// The metrics of a process that serves tell which policy it works by.
func TestCollectorPolicyOfAProcess(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "connector.yaml")
	const config = "{domain: mg.example.com, apiKey: key-0123, from: a@mg.example.com, " +
		"deliveries: {Generic: {subject: s, html: '{{code}}'}}}"
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		env  []string
		want string
	}{
		{[]string{"GOGC=", "GOMEMLIMIT=67108864"},
			`(?s)go_gc_gogc_percent 200\n.*go_gc_gomemlimit_bytes 6.7108864e\+07\n`},
		{[]string{"GOGC=57"}, `go_gc_gogc_percent 57\n`},
	} {
		metrics := get(t, "http://"+serveWith(t, file, tt.env)+"/metrics")
		if !regexp.MustCompile(tt.want).MatchString(metrics) {
			t.Errorf("metrics with %v do not match %s", tt.env, tt.want)
		}
	}
}

// serveWith serves a config in a process of its own until the test ends, and
// returns its address.
func serveWith(t *testing.T, config string, env []string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "mailgun-connector", "serve", "--config", config, "--listen", "127.0.0.1:0")
	cmd.Env = append(os.Environ(), env...)
	logs, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // the test's context has ended it
	address := regexp.MustCompile(`"msg":"serving","address":"([^"]+)"`)
	for lines := bufio.NewScanner(logs); lines.Scan(); {
		if m := address.FindStringSubmatch(lines.Text()); m != nil {
			return m[1]
		}
	}
	t.Fatal("no line of the log tells the address")
	return ""
}
