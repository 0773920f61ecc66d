package cli_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/connector/cli"
	"mailgun-connector/connector/config"
	"mailgun-connector/schema"
)

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
