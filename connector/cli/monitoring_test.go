package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	ownMetric = regexp.MustCompile(`mailgun_connector_\w+`)
	partOf    = regexp.MustCompile(`_(bucket|sum|count)$`)
)

// Alerts and dashboard ask for metrics that there are: a wrong name would be silence.
func TestMonitoringNamesMetrics(t *testing.T) {
	t.Parallel()
	names := inCode(t, `Name:\s*"(mailgun_connector_\w+)"`, "*.go")
	histograms := inCode(t, `HistogramOpts\{\s*Name:\s*"(mailgun_connector_\w+)"`, "*.go")
	for _, file := range []string{"alerts.yaml", "alerts.test.yaml", "dashboard.json"} {
		text, err := os.ReadFile(filepath.Join(root, "examples", "monitoring", file))
		if err != nil {
			t.Fatal(err)
		}
		found := ownMetric.FindAllString(string(text), -1)
		if len(found) < 10 {
			t.Errorf("%s names %d metrics, want more", file, len(found))
		}
		for _, name := range found {
			whole := partOf.ReplaceAllString(name, "")
			if !slices.Contains(names, name) && !slices.Contains(histograms, whole) {
				t.Errorf("%s asks for %s, which is no metric", file, name)
			}
		}
	}
}

// Grafana imports a dashboard whose panels stand beside and below each other, each with a
// query of its own data source.
func TestDashboard(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "examples", "monitoring", "dashboard.json"))
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Title, UID string
		Panels     []struct {
			ID          int
			Title, Type string
			GridPos     struct{ X, Y, W, H int }
			Targets     []struct {
				Expr, RefID string
				Datasource  struct{ UID string }
			}
		}
	}
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	taken := map[[2]int]string{}
	ids := map[int]bool{}
	for _, p := range d.Panels {
		if p.Title == "" || ids[p.ID] || len(p.Targets) == 0 {
			t.Errorf("panel %+v has no title, id or query of its own", p)
		}
		ids[p.ID] = true
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other, ok := taken[[2]int{x, y}]; ok || x >= 24 {
					t.Fatalf("%q lies on %q, or beside the page", p.Title, other)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
		for _, q := range p.Targets {
			if q.RefID == "" || q.Datasource.UID != "${datasource}" || !strings.Contains(q.Expr, `{job=~"$job"`) {
				t.Errorf("%q asks %+v, want the chosen source and job", p.Title, q)
			}
		}
	}
	if d.Title == "" || d.UID == "" || len(d.Panels) < 10 {
		t.Errorf("dashboard %q (%s) has %d panels", d.Title, d.UID, len(d.Panels))
	}
}

// The unit's settings are options of the service.
func TestSystemdUnit(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "examples", "systemd", "mailgun-connector.service"))
	if err != nil {
		t.Fatal(err)
	}
	known := anyEnv.FindAllString(command(t, "--help")+command(t, "serve", "--help"), -1)
	settings := regexp.MustCompile(`(?m)^Environment=(\w+)=`).FindAllStringSubmatch(string(text), -1)
	for _, m := range settings {
		if !slices.Contains(known, m[1]) {
			t.Errorf("the unit sets %s, which is no option", m[1])
		}
	}
	if len(settings) == 0 {
		t.Error("the unit sets nothing")
	}
}

// TestPodMonitor wants the Kubernetes example to say what the PodMonitor asks of a pod.
func TestPodMonitor(t *testing.T) {
	t.Parallel()
	var monitor struct {
		Spec struct {
			Selector struct {
				MatchLabels map[string]string `yaml:"matchLabels"`
			}
			JobLabel  string                        `yaml:"jobLabel"`
			Endpoints []struct{ Port, Path string } `yaml:"podMetricsEndpoints"`
		}
	}
	readYAML(t, "monitoring/podmonitor.yaml", &monitor)
	text, err := os.ReadFile(filepath.Join(examples, "kubernetes", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	asked := []string{monitor.Spec.JobLabel + ": mailgun-connector"}
	for label, value := range monitor.Spec.Selector.MatchLabels {
		asked = append(asked, label+": "+value)
	}
	for _, e := range monitor.Spec.Endpoints {
		asked = append(asked, "name: "+e.Port)
		if e.Path != "/metrics" {
			t.Errorf("the PodMonitor scrapes %s", e.Path)
		}
	}
	for _, line := range asked {
		if !strings.Contains(string(text), line) {
			t.Errorf("the Kubernetes example does not tell of %q", line)
		}
	}
}
