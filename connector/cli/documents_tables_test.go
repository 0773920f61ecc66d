package cli_test

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"mailgun-connector/connector"
	"mailgun-connector/schema"
)

// TestDocumentsRoutes takes openapi.yaml for the truth; package httpapi holds that
// to the routes.
func TestDocumentsRoutes(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../httpapi/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var api struct {
		Paths map[string]map[string]struct{ Security []map[string][]string }
	}
	if err := yaml.Unmarshal(text, &api); err != nil {
		t.Fatal(err)
	}
	var routes []string
	for path, item := range api.Paths {
		for method, operation := range item {
			if method = strings.ToUpper(method); !slices.Contains([]string{"GET", "POST", "PUT", "PATCH", "DELETE"}, method) {
				continue
			}
			route := method + " " + path
			for _, alternative := range operation.Security {
				route += " " + strings.Join(alternative["token"], "+")
			}
			routes = append(routes, route)
		}
	}
	var documented []string
	for _, row := range readDocuments(t).table(t, "route", "scope") {
		scopes := spans(row[1])
		if row[1] == "any" {
			scopes = []string{"send", "read", "edit"}
		}
		documented = append(documented, strings.Join(append([]string{withoutQuery(spans(row[0])[0])}, slices.DeleteFunc(scopes, func(s string) bool { return s == "config" })...), " "))
	}
	same(t, "routes", documented, routes)
}

func withoutQuery(route string) string {
	route, _, _ = strings.Cut(route, "?")
	return route
}

// inCode returns the first group of every match in the product's code below
// connector/.
func inCode(t *testing.T, expr, pattern string) []string {
	t.Helper()
	match := regexp.MustCompile(expr)
	var found []string
	for _, file := range files(t, filepath.Join(root, "connector"), pattern) {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range match.FindAllStringSubmatch(string(text), -1) {
			found = append(found, m[1])
		}
	}
	return found
}

// files gives the files below dir whose name matches pattern.
func files(t *testing.T, dir, pattern string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == "node_modules" {
			return fs.SkipDir
		}
		if ok, _ := filepath.Match(pattern, filepath.Base(path)); ok && err == nil && !d.IsDir() {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestDocumentsErrorCodes(t *testing.T) {
	t.Parallel()
	same(t, "error codes", readDocuments(t).table(t, "code", "status").column(0), inCode(t, `\bCode\s*=\s*"(\w+)"`, "errors.go"))
}

func TestDocumentsMetrics(t *testing.T) {
	t.Parallel()
	r := readDocuments(t)
	names := inCode(t, `Name:\s*"(mailgun_connector_\w+)"`, "*.go")
	same(t, "metrics", r.table(t, "metric", "labels").column(0), names)
	same(t, "metrics anywhere", regexp.MustCompile(`mailgun_connector_\w+`).FindAllString(r.text, -1), names)
}

var update = flag.Bool("update", false, "write the tables of documents anew from what they tell of")

// TestDocumentsConfigMembers holds the tables of docs/config.md to what the schema says
// of each member; `go test ./connector/cli -run ConfigMembers -update` writes them.
func TestDocumentsConfigMembers(t *testing.T) {
	t.Parallel()
	path := filepath.Join(root, "docs", "config.md")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := string(text)
	for _, object := range []struct{ head, pointer string }{
		{"member", ""},
		{"member of `brand`", "/$defs/brand"},
		{"member of `failover`", "/$defs/failover"},
		{"member of a delivery", "/$defs/delivery"},
		{"member of `templates`", "/$defs/localizedTemplate"},
		{"member of `details`", "/$defs/localizedTemplate/properties/details"},
		{"member of `options`", "/$defs/options"},
		{"member of a caller", "/$defs/caller"},
	} {
		rows := "| " + object.head + " | default | meaning |\n|---|---|---|\n"
		begin := strings.Index(want, rows)
		if begin < 0 {
			t.Fatalf("docs/config.md has no table that begins with\n%s", rows)
		}
		end := begin + strings.Index(want[begin:]+"\n\n", "\n\n")
		for _, m := range schema.Members(object.pointer) {
			rows += fmt.Sprintf("| `%s` | %s | %s |\n", m.Name, standIn(m), m.Description)
		}
		want = want[:begin] + strings.TrimSuffix(rows, "\n") + want[end:]
	}
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Errorf("docs/config.md (-schema +document; -update writes it):\n%s", diff)
	}
}

// TestDocumentsReasons holds the table of docs/support.md to the words of all reasons;
// `go test ./connector/cli -run DocumentsReasons -update` writes it.
func TestDocumentsReasons(t *testing.T) {
	t.Parallel()
	path := filepath.Join(root, "docs", "support.md")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(string(text), "| reason | what happened | what to do |\n")
	want := head + "| reason | what happened | what to do |\n|---|---|---|\n"
	for _, r := range connector.Reasons() {
		want += fmt.Sprintf("| `%s` | %s | %s |\n", r, r.Words().What, r.Words().Hint)
	}
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Errorf("docs/support.md (-reasons +document; -update writes it):\n%s", diff)
	}
}

var (
	curlLine   = regexp.MustCompile(`(?ms)^curl \$API(/\S+)(.*?)-d '([^']*)'`)
	curlHeader = regexp.MustCompile(`-H (?:"([^"]*)"|'([^']*)')`)
)
