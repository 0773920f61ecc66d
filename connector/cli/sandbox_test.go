package cli_test

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mailgun-connector/connector/cli"
)

// TestSandbox does what the command says: it puts the printed lines into a config,
// runs the printed command, and finds the mail in the printed inbox.
func TestSandbox(t *testing.T) {
	t.Parallel()
	box := start(t, false, "sandbox", "--listen", "127.0.0.1:0")
	inbox := box.until(t, `^  Inbox +(http://127\.0\.0\.1:\d+/inbox)$`)[1]
	more := box.until(t, `^  More +(http://127\.0\.0\.1:\d+/) `)[1]
	endpoint := box.until(t, `^  (endpoint: .+)$`)[1]
	domain := box.until(t, `^  (domain: .+)$`)[1]
	printed := box.until(t, `^  MAILGUN_API_KEY=(\S+) mailgun-connector (serve .+)$`)
	box.until(t, `Press Ctrl-C to stop`)

	file := filepath.Join(t.TempDir(), "connector.yaml")
	config := endpoint + "\n" + domain +
		"\nfrom: a@mg.example.com\ndeliveries: {Generic: {subject: s, html: 'It is {{code}}'}}\n"
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	args := append(strings.Fields(printed[2]), "--config", file, "--listen", "127.0.0.1:0")
	service := startWith(t, map[string]string{"MAILGUN_API_KEY": printed[1]}, true, args...)
	addr := service.until(t, `"msg":"serving","address":"([^"]+)"`)[1]
	resp, err := http.Post("http://"+addr+"/send-code", "application/json",
		strings.NewReader(`{"to":"ada@example.org","type":"SignIn","payload":{"code":"481629"}}`))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusOK {
		t.Errorf("POST /send-code = %d %s, want 200", resp.StatusCode, body)
	}
	if got := get(t, inbox+"/1/html"); got != "It is 481629" {
		t.Errorf("the mail = %q, want its code in it", got)
	}
	if got := get(t, more); !strings.Contains(got, "/faults") {
		t.Errorf("GET %s = %s, want what else there is", more, got)
	}
	service.end(t)
	box.end(t)
	if box.stderr.Len() > 0 {
		t.Errorf("stderr of a sandbox on loopback = %s, want nothing", box.stderr)
	}
}

// In a container it listens to all addresses, has the key of the service's secret,
// and the image's probe asks it.
func TestSandboxInContainer(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte("key-0123\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"MAILGUN_API_KEY_FILE": file}
	box := startWith(t, env, false, "sandbox", "--listen", "0.0.0.0:0", "--domain", "mg.example.com,mg.example.org")
	host := box.until(t, `^  Inbox +http://(127\.0\.0\.1:\d+)/inbox$`)[1]
	box.until(t, `^  mailgun-connector serve --allow-endpoint-hosts `+host+`$`)
	for _, domain := range []string{"mg.example.com", "mg.example.org", "mg.example.net"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+host+"/v3/"+domain+"/messages",
			strings.NewReader("from=a@mg.example.com&to=b@example.org&text=c"))
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth("api", "key-0123")
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if known := domain != "mg.example.net"; known != (resp.StatusCode == http.StatusOK) {
			t.Errorf("POST to %s = %d, want 200 for the two that were named", domain, resp.StatusCode)
		}
	}
	var out bytes.Buffer
	p := cli.Process{Stdout: &out, Stderr: &out, Getenv: func(string) string { return "" }}
	if got := cli.Run(t.Context(), []string{"healthcheck", "--listen", host}, p); got != 0 {
		t.Errorf("healthcheck = %d %s, want 0", got, &out)
	}
	box.end(t)
	if !strings.Contains(box.stderr.String(), "warning: whoever reaches ") {
		t.Errorf("stderr = %s, want a warning", box.stderr)
	}
	if strings.Contains(box.stdout.String()+box.stderr.String(), "key-0123") {
		t.Errorf("the sandbox printed the secret:\n%s%s", box.stdout, box.stderr)
	}
}
