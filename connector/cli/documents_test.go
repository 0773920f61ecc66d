package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/connector/cli"
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
