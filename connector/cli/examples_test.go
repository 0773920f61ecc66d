package cli_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

// examples is the folder of the examples.
const examples = root + "/examples"

func TestExampleConfigs(t *testing.T) {
	t.Parallel()
	found := 0
	for _, pattern := range []string{"connector.yaml", "connector.json"} {
		for _, file := range files(t, examples, pattern) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			found++
			mustParse(t, file, text, func(_, name string) ([]byte, error) {
				return os.ReadFile(filepath.Join(filepath.Dir(file), name))
			})
		}
	}
	if found == 0 {
		t.Error("examples/ has no config")
	}
}

// TestExamplesNameNoOtherEnvironment holds the settings in the examples to --help.
func TestExamplesNameNoOtherEnvironment(t *testing.T) {
	t.Parallel()
	names := optionNames(t)
	for _, file := range files(t, examples, "*") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range anyEnv.FindAllString(string(text), -1) {
			if !slices.Contains(names, name) {
				t.Errorf("%s names %s, which no command has", file, name)
			}
		}
	}
}

// readYAML decodes an example's file.
func readYAML(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(examples, file))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// TestExampleComposeReach wants the connector to be out of every container's reach but
// the proxy's, which only Logto reaches, and out of every other machine's.
func TestExampleComposeReach(t *testing.T) {
	t.Parallel()
	var compose struct {
		Services map[string]struct {
			Ports, Networks, Volumes []string
		}
	}
	readYAML(t, "compose/compose.yaml", &compose)
	meets := func(a string) []string {
		var others []string
		for name, service := range compose.Services {
			shared := func(network string) bool { return slices.Contains(service.Networks, network) }
			if name != a && slices.ContainsFunc(compose.Services[a].Networks, shared) {
				others = append(others, name)
			}
		}
		slices.Sort(others)
		return others
	}
	for service, want := range map[string][]string{"mailgun-connector": {"mail-proxy"}, "mail-proxy": {"logto", "mailgun-connector"}} {
		if diff := cmp.Diff(want, meets(service)); diff != "" {
			t.Errorf("%s shares a network with (-want +got):\n%s", service, diff)
		}
	}
	for name, service := range compose.Services {
		for _, port := range service.Ports {
			if !strings.HasPrefix(port, "127.0.0.1:") {
				t.Errorf("%s publishes %s, want it on loopback only", name, port)
			}
		}
		for _, volume := range service.Volumes {
			source, _, _ := strings.Cut(volume, ":")
			if _, err := os.Stat(filepath.Join(examples, "compose", source)); strings.HasPrefix(source, ".") && err != nil {
				t.Errorf("%s mounts what is not there: %v", name, err)
			}
		}
	}
}

// TestExampleKustomization wants every file of a ConfigMap's folder in it.
func TestExampleKustomization(t *testing.T) {
	t.Parallel()
	var kustomization struct {
		Resources          []string
		ConfigMapGenerator []struct{ Files []string } `yaml:"configMapGenerator"`
	}
	readYAML(t, "kubernetes/kustomization.yaml", &kustomization)
	folder := filepath.Join(examples, "kubernetes")
	for _, resource := range kustomization.Resources {
		if _, err := os.Stat(filepath.Join(folder, resource)); err != nil {
			t.Error(err)
		}
	}
	for _, m := range kustomization.ConfigMapGenerator {
		var want []string
		for _, file := range files(t, filepath.Join(folder, filepath.Dir(m.Files[0])), "*") {
			want = append(want, strings.TrimPrefix(file, folder+"/"))
		}
		same(t, "files of a ConfigMap", m.Files, want)
	}
}

// TestExampleApplication wants the guide to show the application that stands beside it.
func TestExampleApplication(t *testing.T) {
	t.Parallel()
	guide, app := filepath.Join(examples, "logto", "README.md"), filepath.Join(examples, "logto", "app.rb")
	text, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(app)
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), "```ruby\n")
	got, _, _ := strings.Cut(after, "```")
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-app.rb +guide):\n%s", guide, diff)
	}
}

// directive returns the value of one of nginx's directives, which stands once.
func directive(t *testing.T, conf, name string) string {
	t.Helper()
	all := regexp.MustCompile(`(?m)^\s*`+name+`\s+(.*);`).FindAllStringSubmatch(conf, -1)
	if len(all) != 1 {
		t.Fatalf("the config has %s %d times, want once", name, len(all))
	}
	return all[0][1]
}

// TestExampleProxies wants the proxies to wait longer than a send may take, and to
// ask where the service listens. The tests of package e2e run them.
func TestExampleProxies(t *testing.T) {
	t.Parallel()
	options := helpOptions(t, "serve")
	budget, err := time.ParseDuration(options[slices.IndexFunc(options, func(o option) bool { return o.Flag == "--send-timeout" })].Default)
	if err != nil {
		t.Fatal(err)
	}
	for file, service := range map[string]string{
		"compose/mail-proxy/nginx.conf":    "http://$connector:8080",
		"kubernetes/mail-proxy/nginx.conf": "http://" + sidecarListen(t),
	} {
		text, err := os.ReadFile(filepath.Join(examples, file))
		if err != nil {
			t.Fatal(err)
		}
		conf := string(text)
		if got := directive(t, conf, "proxy_pass"); got != service {
			t.Errorf("%s: proxy_pass %s, want %s", file, got, service)
		}
		for _, name := range []string{"proxy_send_timeout", "proxy_read_timeout"} {
			if got, err := time.ParseDuration(directive(t, conf, name)); err != nil || got < 2*budget {
				t.Errorf("%s: %s %v, %v, want twice %v at least", file, name, got, err, budget)
			}
		}
	}
}

// sidecarListen returns where the connector listens in the Kubernetes example.
func sidecarListen(t *testing.T) string {
	t.Helper()
	var deployment struct {
		Spec struct {
			Template struct {
				Spec struct {
					InitContainers []struct {
						Name string
						Env  []struct{ Name, Value string }
					} `yaml:"initContainers"`
				}
			}
		}
	}
	readYAML(t, "kubernetes/logto.yaml", &deployment)
	for _, c := range deployment.Spec.Template.Spec.InitContainers {
		for _, env := range c.Env {
			if c.Name == "mailgun-connector" && env.Name == "CONNECTOR_LISTEN" {
				return env.Value
			}
		}
	}
	t.Fatal("the connector has no CONNECTOR_LISTEN")
	return ""
}
