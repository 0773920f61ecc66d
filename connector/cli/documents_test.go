package cli_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"mailgun-connector/connector"
	"mailgun-connector/connector/cli"
	"mailgun-connector/connector/config"
	"mailgun-connector/schema"
)

// root is the project's folder, as seen from here.
const root = "../.."

// documents are README.md and docs/*.md, cut up.
type documents struct {
	text   string
	prose  string // without fenced blocks
	blocks []fence
	tables []table
}

// fence is a fenced block: its language and what is in it.
type fence struct{ language, text string }

// table has its head as first row; cells are trimmed.
type table [][]string

// documentFiles are the paths of the documents for users.
func documentFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil || len(files) == 0 {
		t.Fatalf("Glob(docs/*.md) = %v, %v, want the documents", files, err)
	}
	for _, name := range []string{"README.md", "SECURITY.md", "CONTRIBUTING.md"} {
		files = append(files, filepath.Join(root, name))
	}
	return files
}

func readDocuments(t *testing.T) *documents {
	t.Helper()
	d := &documents{}
	for _, file := range documentFiles(t) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		d.add(string(text))
	}
	return d
}

func (d *documents) add(text string) {
	var prose strings.Builder
	fenced, inTable := false, false
	for line := range strings.Lines(text) {
		language, mark := strings.CutPrefix(strings.TrimSpace(line), "```")
		isRow := !fenced && strings.HasPrefix(line, "|")
		switch {
		case mark && fenced:
			fenced = false
		case mark:
			fenced = true
			d.blocks = append(d.blocks, fence{language: language})
		case fenced:
			d.blocks[len(d.blocks)-1].text += line
		case isRow && !inTable:
			d.tables = append(d.tables, table{cells(line)})
		case isRow && !strings.HasPrefix(line, "|--"):
			last := len(d.tables) - 1
			d.tables[last] = append(d.tables[last], cells(line))
		}
		inTable = isRow
		if !fenced && !mark {
			prose.WriteString(line)
		}
	}
	d.text += text
	d.prose += prose.String()
}

func cells(row string) []string {
	all := strings.Split(strings.Trim(strings.TrimSpace(row), "|"), "|")
	for i := range all {
		all[i] = strings.TrimSpace(all[i])
	}
	return all
}

// table returns the rows below the head that begins with these cells.
func (d *documents) table(t *testing.T, head ...string) table {
	t.Helper()
	for _, all := range d.tables {
		if len(all[0]) >= len(head) && slices.Equal(all[0][:len(head)], head) {
			return all[1:]
		}
	}
	t.Fatalf("no document has the table %q", head)
	return nil
}

var codeSpan = regexp.MustCompile("`([^`]+)`")

// spans returns what stands between backticks.
func spans(text string) []string {
	var all []string
	for _, m := range codeSpan.FindAllStringSubmatch(text, -1) {
		all = append(all, m[1])
	}
	return all
}

// column returns what stands between backticks in a column.
func (rows table) column(n int) []string {
	var all []string
	for _, row := range rows {
		all = append(all, spans(row[n])...)
	}
	return all
}

// same compares two sets of words; a word may stand in them more than once.
func same(t *testing.T, what string, told, actual []string) {
	t.Helper()
	set := func(words []string) []string {
		words = slices.Clone(words)
		slices.Sort(words)
		return slices.Compact(words)
	}
	if len(actual) == 0 {
		t.Fatalf("found no %s at all", what)
	}
	if diff := cmp.Diff(set(told), set(actual)); diff != "" {
		t.Errorf("%s (-documents +actual):\n%s", what, diff)
	}
}

// command runs a command that must succeed, and returns its stdout.
func command(t *testing.T, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	p := cli.Process{Stdout: &stdout, Stderr: &stderr, Getenv: func(string) string { return "" }}
	if got := cli.Run(t.Context(), args, p); got != 0 {
		t.Fatalf("Run(%q) = %d, want 0: %s", args, got, &stderr)
	}
	return stdout.String()
}

// option is one of a command's, as the documents or --help have it.
type option struct{ Flag, Env, Default string }

var (
	helpName    = regexp.MustCompile(`^[a-z-]+`)
	helpCommand = regexp.MustCompile(`(?m)^  ([a-z]+) {2,}`)
	helpEnv     = regexp.MustCompile(`\(\$([A-Z_]+)\)`)
	helpDefault = regexp.MustCompile(`\(default: ([^)]*)\)`)
	anyFlag     = regexp.MustCompile(`--[a-z][a-z-]+`)
	anyEnv      = regexp.MustCompile(`\b(?:CONNECTOR|MAILGUN)_[A-Z_]+\b`)
)

// helpOptions reads the options of a command from its help, whose lines are
// joined first: they break anywhere.
func helpOptions(t *testing.T, args ...string) []option {
	t.Helper()
	help := strings.Join(strings.Fields(command(t, append(args, "--help")...)), " ")
	var all []option
	for _, words := range strings.Split(help, " --")[1:] {
		o := option{Flag: "--" + helpName.FindString(words), Default: "none"}
		if m := helpEnv.FindStringSubmatch(words); m != nil {
			o.Env = m[1]
		}
		if m := helpDefault.FindStringSubmatch(words); m != nil {
			o.Default = m[1]
		}
		all = append(all, o)
	}
	return all
}

// optionNames returns every flag and environment variable that --help tells of.
func optionNames(t *testing.T) []string {
	t.Helper()
	names := anyEnv.FindAllString(command(t, "--help"), -1)
	for _, name := range helpCommands(t) {
		for _, o := range helpOptions(t, name) {
			names = append(names, o.Flag, o.Env)
		}
	}
	return names
}

func helpCommands(t *testing.T) []string {
	t.Helper()
	_, list, _ := strings.Cut(command(t, "--help"), "Commands:\n")
	var all []string
	for _, m := range helpCommand.FindAllStringSubmatch(list, -1) {
		all = append(all, m[1])
	}
	return all
}

var (
	linkTarget = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading    = regexp.MustCompile(`(?m)^#{1,4} (.+)$`)
	notInSlug  = regexp.MustCompile(`[^a-z0-9 _-]`)
)

// TestDocumentsLinks follows every link within the project, to its heading too.
func TestDocumentsLinks(t *testing.T) {
	t.Parallel()
	for _, file := range append(documentFiles(t), files(t, examples, "*.md")...) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range linkTarget.FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			path, anchor, _ := strings.Cut(m[1], "#")
			target := filepath.Join(filepath.Dir(file), path)
			if path == "" {
				target = file
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s: %v", file, m[1], err)
				continue
			}
			if anchor != "" && !slices.Contains(anchors(t, target), anchor) {
				t.Errorf("%s links to %s, where there is no such heading", file, m[1])
			}
		}
	}
}

// TestDocumentsPaths looks for each file of the project that README.md names.
func TestDocumentsPaths(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`(?m)(?:^|\x60)((?:connector|deliveries|schema|templates|examples|docs)/[\w./-]*)`)
	paths := named.FindAllStringSubmatch(string(text), -1)
	if len(paths) < 40 {
		t.Fatalf("README.md names %d paths, want the rooms and what to change in them", len(paths))
	}
	for _, m := range paths {
		if _, err := os.Stat(filepath.Join(root, m[1])); err != nil {
			t.Errorf("README.md names %s: %v", m[1], err)
		}
	}
}

// anchors returns the names that a document's headings have in links.
func anchors(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, m := range heading.FindAllStringSubmatch(string(text), -1) {
		slug := notInSlug.ReplaceAllString(strings.ToLower(m[1]), "")
		all = append(all, strings.ReplaceAll(slug, " ", "-"))
	}
	return all
}

func TestDocumentsOptions(t *testing.T) {
	t.Parallel()
	options := map[string]option{}
	for _, o := range helpOptions(t, "serve") {
		if o.Flag != "--help" {
			options[o.Flag] = o
		}
	}
	var envs []string
	for _, row := range readDocuments(t).table(t, "flag", "environment", "default", "meaning") {
		plain := func(n int) string { return strings.ReplaceAll(row[n], "`", "") }
		if plain(0) == "" {
			envs = append(envs, plain(1))
			continue
		}
		got := option{plain(0), plain(1), plain(2)}
		if diff := cmp.Diff(got, options[got.Flag]); diff != "" {
			t.Errorf("option %s of serve (-documents +help):\n%s", got.Flag, diff)
		}
		delete(options, got.Flag)
	}
	for flag := range options {
		t.Errorf("no document has a row for %s of serve", flag)
	}
	same(t, "environment of every command", envs, anyEnv.FindAllString(command(t, "--help"), -1))
}

func TestDocumentsNamesNoOtherOption(t *testing.T) {
	t.Parallel()
	names := optionNames(t)
	text := readDocuments(t).text
	for _, name := range append(anyFlag.FindAllString(text, -1), anyEnv.FindAllString(text, -1)...) {
		if !slices.Contains(names, name) {
			t.Errorf("a document names %s, which no command has", name)
		}
	}
}

func TestDocumentsCommands(t *testing.T) {
	t.Parallel()
	var names []string
	for _, row := range readDocuments(t).table(t, "command", "what it does") {
		names = append(names, strings.Fields(spans(row[0])[0])[0])
	}
	same(t, "commands", names, helpCommands(t))
}

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

// standIn is what counts where a member is left out.
func standIn(m schema.Member) string {
	switch {
	case m.Required:
		return "needed"
	case m.Default != nil:
		return fmt.Sprintf("`%v`", m.Default)
	}
	return "none"
}

// mustParse fails the test unless a config is one that nobody would complain of.
func mustParse(t *testing.T, name string, text []byte, read func(pointer, name string) ([]byte, error)) {
	t.Helper()
	cfg, err := config.Parse(text, config.ParseOptions{
		Name: name, APIKey: "key-0123", FailoverKey: "key-4567", ReadFile: read, AllowHosts: []string{"sandbox:8080"}, // of compose.sandbox.yaml
	})
	var invalid *config.InvalidError
	switch {
	case errors.As(err, &invalid):
		t.Errorf("ParseConfig(%s) has problems:\n%v\n%s", name, invalid, text)
	case err != nil:
		t.Errorf("ParseConfig(%s) = %v, want nil", name, err)
	case len(cfg.Warnings) > 0:
		t.Errorf("ParseConfig(%s) warns %v, want no warnings\n%s", name, cfg.Warnings, text)
	}
}

func TestDocumentsBlocks(t *testing.T) {
	t.Parallel()
	page := func(pointer, _ string) ([]byte, error) {
		if config.IsSecretFile(pointer) {
			return []byte("v1,whsec_TjV2c0pZbWhmS3o4d1FkMkdhUnhVcEw2Y0V0QjFpTWU="), nil
		}
		return []byte("<p>Your code is {{code}}.</p>"), nil
	}
	found := 0
	for _, b := range readDocuments(t).blocks {
		switch {
		case b.language == "json" && !json.Valid([]byte(b.text)):
			t.Errorf("a document has a JSON block that is none:\n%s", b.text)
		case b.language == "yaml" && strings.Contains(b.text, "domain:"):
			found++
			mustParse(t, "document.yaml", []byte(b.text), page)
		}
	}
	if found == 0 {
		t.Error("the documents have no config")
	}
}

// TestDocumentsPlaceholders renders what the table of placeholders has in its first
// column, with the payload that stands above it.
func TestDocumentsPlaceholders(t *testing.T) {
	t.Parallel()
	r := readDocuments(t)
	payload := regexp.MustCompile("With the payload\\s+`([^`]+)`").FindStringSubmatch(r.prose)
	if payload == nil {
		t.Fatal("the documents have no payload for its placeholders")
	}
	want := func(cell string) (string, bool) {
		if all := spans(cell); len(all) > 0 {
			return all[0], true
		}
		return "", strings.HasPrefix(cell, "empty")
	}
	for _, row := range r.table(t, "written", "in `html`", "in `subject` and `text`") {
		for _, written := range spans(row[0]) {
			got := render(t, written, payload[1])
			if html, ok := want(row[1]); ok && got.HTML != html {
				t.Errorf("%s in html = %q, the documents have %q", written, got.HTML, html)
			}
			if plain, ok := want(row[2]); ok && (got.Subject != plain || got.Text != plain) {
				t.Errorf("%s in subject, text = %q, %q, the documents have %q", written, got.Subject, got.Text, plain)
			}
		}
	}
}

type rendered struct{ Subject, HTML, Text string }

// render renders a text as each part of a mail.
func render(t *testing.T, text, payload string) rendered {
	t.Helper()
	config, err := json.Marshal(map[string]any{
		"domain": "mg.example.com", "apiKey": "key-0123", "from": "a@mg.example.com",
		"deliveries": map[string]any{"Generic": map[string]string{"subject": text, "html": text, "text": text}},
	})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "connector.json")
	if err := os.WriteFile(file, config, 0o600); err != nil {
		t.Fatal(err)
	}
	var got rendered
	if err := json.Unmarshal([]byte(command(t, "render", "--config", file, "--type", "Generic", "--payload", payload)), &got); err != nil {
		t.Fatal(err)
	}
	return got
}

// example is a curl line of the documents.
type example struct {
	path, body string
	header     http.Header
	answer     string // the JSON block after it, "" for none
}

var (
	curlLine   = regexp.MustCompile(`(?ms)^curl \$API(/\S+)(.*?)-d '([^']*)'`)
	curlHeader = regexp.MustCompile(`-H (?:"([^"]*)"|'([^']*)')`)
)

func (d *documents) examples(token string) []example {
	var all []example
	for i, b := range d.blocks {
		m := curlLine.FindStringSubmatch(b.text)
		if b.language != "sh" || m == nil {
			continue
		}
		e := example{path: m[1], body: m[3], header: http.Header{}}
		for _, h := range curlHeader.FindAllStringSubmatch(m[2], -1) {
			name, value, _ := strings.Cut(strings.ReplaceAll(h[1]+h[2], "$TOKEN", token), ": ")
			e.header.Set(name, value)
		}
		if next := i + 1; next < len(d.blocks) && d.blocks[next].language == "json" {
			e.answer = d.blocks[next].text
		}
		all = append(all, e)
	}
	return all
}

// TestDocumentsCurls sends every request of the documents to a demo, whose answers must
// be those that stand below them.
func TestDocumentsCurls(t *testing.T) {
	t.Parallel()
	api, token := startDemo(t)
	examples := readDocuments(t).examples(token)
	if len(examples) == 0 {
		t.Fatal("the documents have no curl lines")
	}
	for _, e := range examples {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, api+e.path, strings.NewReader(e.body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header = e.header
		req.Header.Set("Accept", "*/*") // as curl does
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if resp.Body.Close(); err != nil {
			t.Fatal(err)
		}
		if e.answer == "" {
			if resp.StatusCode >= 300 {
				t.Errorf("POST %s %s = %d %s, want success", e.path, e.body, resp.StatusCode, body)
			}
			continue
		}
		if diff := cmp.Diff(lasting(t, e.answer), lasting(t, string(body))); diff != "" {
			t.Errorf("POST %s %s (-documents +answer):\n%s", e.path, e.body, diff)
		}
	}
}

// lasting returns a JSON object, of whose members only the names are kept where
// the values differ each time.
func lasting(t *testing.T, text string) map[string]any {
	t.Helper()
	var object map[string]any
	if err := json.Unmarshal([]byte(text), &object); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	for _, name := range []string{"id", "providerId", "requestId"} {
		if _, ok := object[name]; ok {
			object[name] = true
		}
	}
	return object
}

// startDemo runs the demo until the test ends.
func startDemo(t *testing.T) (api, token string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan int, 1)
	out, stdout := io.Pipe()
	var stderr bytes.Buffer
	go func() {
		defer stdout.Close()
		ended <- cli.Run(ctx, []string{"demo", "--listen", "127.0.0.1:0", "--log-level", "error"},
			cli.Process{Stdout: stdout, Stderr: &stderr, Getenv: func(string) string { return "" }})
	}()
	t.Cleanup(func() {
		cancel()
		if got := <-ended; got != 0 {
			t.Errorf("exit status of demo = %d, want 0: %s", got, &stderr)
		}
	})
	line := regexp.MustCompile(`API +(http://\S+) +token (\S+)`)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if m := line.FindStringSubmatch(lines.Text()); m != nil {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return m[1], m[2]
		}
	}
	t.Fatal("demo ended without telling its address")
	return "", ""
}
