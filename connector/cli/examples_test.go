package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"mailgun-connector/connector/cli"
)

// composeService is what the tests look at.
type composeService struct {
	Command     []string
	Environment map[string]string
	Networks    []string
	Secrets     []string
	Volumes     []string
}

func readCompose(t *testing.T, name string) map[string]composeService {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "examples/compose", name))
	if err != nil {
		t.Fatal(err)
	}
	var doc struct{ Services map[string]composeService }
	if err := yaml.Unmarshal(text, &doc); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return doc.Services
}

// TestComposeSandbox holds compose.sandbox.yaml to compose.yaml, and sends a mail
// with its config to a sandbox with its command.
func TestComposeSandbox(t *testing.T) {
	t.Parallel()
	const keyFile = "MAILGUN_API_KEY_FILE"
	base, override := readCompose(t, "compose.yaml")["mailgun-connector"], readCompose(t, "compose.sandbox.yaml")
	changed, box := override["mailgun-connector"], override["sandbox"]
	if !slices.Contains(base.Networks, box.Networks[0]) {
		t.Errorf("networks of the sandbox = %v, want one of the connector's %v", box.Networks, base.Networks)
	}
	file := box.Environment[keyFile]
	if file != base.Environment[keyFile] || !slices.Equal(box.Secrets, []string{filepath.Base(file)}) {
		t.Errorf("key of the sandbox = %s of %v, want that of the connector", file, box.Secrets)
	}
	folder, target, _ := strings.Cut(changed.Volumes[0], ":")
	if len(base.Volumes) != 1 || !strings.HasSuffix(base.Volumes[0], ":"+target) {
		t.Errorf("volume = %s, want it in place of %v", changed.Volumes[0], base.Volumes)
	}
	dockerfile, err := os.ReadFile(filepath.Join(root, "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	port := regexp.MustCompile(`CONNECTOR_LISTEN=0\.0\.0\.0:(\d+)`).FindSubmatch(dockerfile)
	host := changed.Environment["CONNECTOR_ALLOW_ENDPOINT_HOSTS"]
	if port == nil || host != "sandbox:"+string(port[1]) {
		t.Errorf("allowed host = %s, want the sandbox at the image's port", host)
	}

	dir := t.TempDir()
	env := map[string]string{keyFile: filepath.Join(dir, "key")}
	config, err := os.ReadFile(filepath.Join(root, "examples/compose", folder, "connector.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(env[keyFile], []byte("key-0123"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := startWith(t, env, false, append(box.Command, "--listen", "127.0.0.1:0")...)
	here := r.until(t, `^  Inbox +http://(.+)/inbox$`)[1]
	local := filepath.Join(dir, "connector.yaml")
	if err := os.WriteFile(local, bytes.ReplaceAll(config, []byte(host), []byte(here)), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	got := cli.Run(t.Context(), []string{
		"send", "--config", local, "--allow-endpoint-hosts", here,
		"--to", "you@example.org", "--type", "Generic", "--code", "123456",
	}, cli.Process{Stdout: &out, Stderr: &out, Getenv: func(name string) string { return env[name] }})
	if got != 0 {
		t.Errorf("send = %d %s, want 0", got, &out)
	}
	if mail := get(t, "http://"+here+"/inbox/1/html"); !strings.Contains(mail, "123456") {
		t.Errorf("the mail = %s, want its code in it", mail)
	}
	r.end(t)
}
