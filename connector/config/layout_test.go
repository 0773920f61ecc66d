package config_test

import (
	"fmt"
	"io/fs"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/connector"
	"mailgun-connector/connector/config"
)

// mailFiles are files that a config may name.
type mailFiles map[string]string

func (f mailFiles) read(_, name string) ([]byte, error) {
	text, ok := f[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return []byte(text), nil
}

const goodLayout = `<html lang="{{locale}}"><body>{{{content}}}<p>1 Main Street</p></body></html>`

// layoutFiles are what the configs of these tests name.
var layoutFiles = mailFiles{
	"layout.html": goodLayout, "none.html": "<p>no place</p>", "twice.html": "{{{content}}}\n{{{content}}}",
	"open.html": "{{{content}}}\n\n{{#if a}}", "latin1.html": "{{{content}}}\n\xe4", "blank.html": " \n",
	"flaws.html": "<html>\n{{{content}}}\n<img src='x'>{% x %}</html>", "large.html": "{{{content}}}" + strings.Repeat(" ", 103<<10),
	"code.html": "<p>{{code}}</p>", "code.txt": "Code: {{code}}", "codeless.txt": "Hello", "bad.html": "{{code}}\n{{/if}}",
	"page.html": "<!doctype html>\n<html lang=en><body>{{code}}</body></html>",
}

func TestLayoutProblems(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		layout any
		want   []string // the beginning of each
	}{
		{"layout.html", nil},
		{goodLayout, nil},
		{"{{{content}}}", nil},
		{"", nil}, // of a form that was left empty
		{"nowhere.html", []string{"/layout: can't be read: open nowhere.html: file does not exist"}},
		{"blank.html", []string{"/layout: names an empty file"}},
		{"latin1.html", []string{"/layout: line 2 of the file is not UTF-8"}},
		{"none.html", []string{"/layout: has no {{{content}}}"}},
		{"<p>{{content}}</p>", []string{"/layout: line 1: {{content}} would show the tags of a mail"}},
		{"twice.html", []string{"/layout: line 2: {{{content}}} appears a second time, after line 1"}},
		{"open.html", []string{"/layout: line 3: {{#if a}} is not closed"}},
		{"{{#if a}}{{{content}}}{{/if}}", []string{"/layout: line 1: {{{content}}} is inside {{#if a}}"}},
		{"\n", []string{"/layout: has no {{{content}}}"}},
		{"<" + strings.Repeat("a", 256<<10) + "{{{content}}}", []string{"/layout: has 256 KB: every mail would have them"}},
		{true, []string{"/layout: must be a string, not a boolean"}},
	} {
		opts := config.ParseOptions{ReadFile: layoutFiles.read}
		_, err := config.Parse([]byte(with(object{"layout": tt.layout})), opts)
		checkProblems(t, fmt.Sprintf("%.50v", tt.layout), problems(t, err), tt.want)
	}
	_, err := parse(with(object{"layout": "layout.html"}), "c.json")
	checkProblems(t, "over the network", problems(t, err),
		[]string{`/layout: works only in a config file on disk: put the text itself in "layout"`})
}

// checkProblems compares the beginnings of problems or warnings.
func checkProblems(t *testing.T, what string, got, want []string) {
	t.Helper()
	for i := range min(len(got), len(want)) {
		if strings.HasPrefix(got[i], want[i]) {
			got[i] = want[i]
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestLayoutWarnings(t *testing.T) {
	t.Parallel()
	const nothing = "/layout: wraps nothing"
	alone := object{"subject": "s", "html": "{{code}}", "layout": false}
	stored := object{"template": "t"}
	inline := func(html string) object { return delivery(object{"subject": "s", "html": html}) }
	for _, tt := range []struct {
		name    string
		layout  string
		members object
		want    []string
	}{
		{"a delivery", goodLayout, object{}, nil},
		{"a template", goodLayout, object{"deliveries": object{"Generic": stored}, "templates": []any{template("en", nil)}}, nil},
		{"a text", goodLayout, object{"deliveries": object{"Generic": stored},
			"templates": []any{template("en", object{"contentType": "text/plain"})}}, nil},
		{"nothing to wrap", goodLayout, object{"deliveries": object{"Generic": alone, "SignIn": stored},
			"templates": []any{template("en", object{"layout": false})}}, []string{nothing}},
		{"built-in mails alone", goodLayout, object{"deliveries": nil, "brand": object{"name": "Acme"}}, []string{nothing}},
		{"one that stands alone beside others", goodLayout, object{"deliveries": object{"Generic": alone, "SignIn": object{"subject": "s", "html": "{{code}}"}}}, nil},

		{"flaws of its own, each with its line", "flaws.html", object{}, []string{
			"/layout: line 3: {% x %} is not a placeholder", `/layout: line 1 has an <html> without "lang"`, `/layout: line 3 has a picture without "alt"`}},
		{"its size", "large.html", delivery(object{"subject": "s", "html": "{{code}}", "layout": false}), []string{"/layout: has 103 KB", nothing}},
		{"size of both", strings.Repeat(" ", 60<<10) + "{{{content}}}", inline("{{code}}" + strings.Repeat(" ", 60<<10)),
			[]string{"/deliveries/Generic/html: has 120 KB"}},
		{"a whole page inside", goodLayout, inline("\n<!DOCTYPE html><html lang='en'><body>{{code}}</body></html>"),
			[]string{"/deliveries/Generic/html: line 2 has a whole page inside the layout's"}},
		{"a whole page alone", goodLayout, delivery(object{"subject": "s", "html": "<html lang='en'>{{code}}</html>", "layout": false}), []string{nothing}},
		{"a file inside", goodLayout, object{"templates": []any{object{
			"languageTag": "en", "templateType": "T", "details": object{"subject": "s", "contentFile": "page.html"},
		}}}, []string{"/templates/0/details/contentFile: line 1 has a whole page inside the layout's"}},

		{"a code that the layout shows", "{{{content}}}{{code}}", inline("<p>Hello</p>"), nil},
		{"a code that it hides", `<p>a</p><div style="display:none">{{{content}}}</div>`, object{},
			[]string{"/deliveries/Generic/html: has a text part without {{code}}"}},
	} {
		members := object{"layout": tt.layout}
		maps.Copy(members, tt.members)
		cfg, err := config.Parse([]byte(with(members)), config.ParseOptions{ReadFile: layoutFiles.read})
		if err != nil {
			t.Errorf("%s: Parse() = %v, want nil", tt.name, err)
			continue
		}
		var got []string
		for _, w := range cfg.Warnings {
			got = append(got, w.String())
		}
		checkProblems(t, tt.name, got, tt.want)
	}
}

func TestDetailsFromFiles(t *testing.T) {
	t.Parallel()
	const at = "/templates/0/details"
	for _, tt := range []struct {
		details  object
		problems []string
		warnings []string
	}{
		{details: object{"contentFile": "code.html"}},
		{details: object{"contentFile": "code.html", "textFile": "code.txt"}},
		{details: object{"content": "{{code}}", "text": "{{code}}", "contentType": "text/html"}},
		{details: object{"contentFile": "code.txt", "contentType": "text/plain"}},
		{details: object{"content": "", "contentFile": "code.html", "text": "", "textFile": ""}},
		{details: object{}, problems: []string{at + "/content: is missing"}},
		{details: object{"content": "a", "contentFile": "code.html"}, problems: []string{at + `: has both "content" and "contentFile": keep one`}},
		{details: object{"content": "{{code}}", "text": "a", "textFile": "code.txt"}, problems: []string{at + `: has both "text" and "textFile": keep one`}},
		{details: object{"content": "a", "text": "b", "contentType": "text/plain"}, problems: []string{at + `: has "text" beside a content that is "text/plain": keep one`}},
		{details: object{"content": "a", "textFile": "code.txt", "contentType": "text/plain"}, problems: []string{at + `: has "textFile" beside a content that is "text/plain": keep one`}},
		{details: object{"contentFile": "nowhere.html"}, problems: []string{at + "/contentFile: can't be read"}},
		{details: object{"content": "{{code}}", "textFile": "nowhere.txt"}, problems: []string{at + "/textFile: can't be read"}},
		{details: object{"contentFile": "bad.html"}, problems: []string{at + "/contentFile: line 2: {{/if}} closes nothing"}},
		{details: object{"content": "{{code}}", "text": "{{#if a}}"}, problems: []string{at + "/text: line 1: {{#if a}} is not closed"}},
		{details: object{"content": "{{code}}", "textFile": "bad.html"}, problems: []string{at + "/textFile: line 2: {{/if}} closes nothing"}},
		{details: object{"content": "{{code}}", "layout": "other.html"}, problems: []string{at + "/layout: must be a boolean, not a string"}},
		{details: object{"contentfile": "code.html", "content": "a"}, problems: []string{at + `/contentfile: is unknown here: did you mean "contentFile"?`}},
		{details: object{"contentFile": "codeless.txt"}, warnings: []string{at + "/contentFile: has no {{code}}"}},
		{details: object{"content": "{{code}}", "textFile": "codeless.txt"}, warnings: []string{at + "/content: has a text part without {{code}}"}},
		{details: object{"contentFile": "page.html", "contentType": "text/plain"}, warnings: []string{at + "/contentFile: looks like HTML"}},
	} {
		details := object{"subject": "s"}
		maps.Copy(details, tt.details)
		text := with(object{"templates": []any{object{"languageTag": "en", "templateType": "T", "details": details}}})
		cfg, err := config.Parse([]byte(text), config.ParseOptions{ReadFile: layoutFiles.read})
		checkProblems(t, fmt.Sprint(tt.details), problems(t, err), tt.problems)
		if err != nil {
			continue
		}
		var got []string
		for _, w := range cfg.Warnings {
			got = append(got, w.String())
		}
		checkProblems(t, fmt.Sprint(tt.details), got, tt.warnings)
	}
	_, err := parse(with(object{"templates": []any{object{"languageTag": "en", "templateType": "T",
		"details": object{"subject": "s", "contentFile": "/etc/passwd", "textFile": "/etc/passwd"}}}}), "c.json")
	checkProblems(t, "over the network", problems(t, err), []string{
		at + `/contentFile: works only in a config file on disk: put the text itself in "content"`,
		at + `/textFile: works only in a config file on disk: put the text itself in "text"`,
	})
}

// The line of a problem is that of the member in the config, and that of the place in the
// file that the member names.
func TestLayoutLines(t *testing.T) {
	t.Parallel()
	text := yamlHead + "deliveries:\n  Generic:\n    subject: s\n    htmlFile: bad.html\nlayout: open.html\n"
	_, err := config.Parse([]byte(text), config.ParseOptions{Format: config.YAML, ReadFile: layoutFiles.read})
	checkProblems(t, "files", problems(t, err), []string{
		"line 7: /deliveries/Generic/htmlFile: line 2: {{/if}} closes nothing", "line 8: /layout: line 3: {{#if a}} is not closed"})
	text = yamlHead + generic + "layout: |\n  <p>\n  {{{content}}}\n  {% x %}\n"
	cfg, err := config.Parse([]byte(text), config.ParseOptions{Format: config.YAML})
	if err != nil || len(cfg.Warnings) != 1 || !strings.HasPrefix(cfg.Warnings[0].String(), "line 5: /layout: line 3: {% x %}") {
		t.Errorf("warnings = %v, %v, want one of line 3 of the layout", cfg, err)
	}
}

// What Parse lets through must compile, also where the layout makes a page too deep.
func TestLayoutThatMakesNoText(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("<div>", 300)
	for options, want := range map[bool][]string{true: {"/deliveries/Generic/html: can't be turned into plain text"}, false: nil} {
		text := with(object{"layout": deep + "{{{content}}}", "options": object{"autoText": options},
			"deliveries": object{"Generic": object{"subject": "s", "html": deep + "{{code}}"}}})
		cfg, err := parse(text, "c.json")
		checkProblems(t, "deep", problems(t, err), want)
		if err != nil {
			continue
		}
		if _, err := connector.New(cfg, nil, connector.NewRecipientHasher(nil)); err != nil {
			t.Errorf("New() = %v, want nil", err)
		}
	}
}

func TestMailsAreBounded(t *testing.T) {
	t.Parallel()
	layout := strings.Repeat("<!-- -->", 32_000) + "{{{content}}}" // 250 KiB
	for n, want := range map[int][]string{130: nil, 140: {"/templates/130/details/content: is where the mails, each with its layout, pass 32 MB in all"}} {
		templates := make([]any, n)
		for i := range templates {
			templates[i] = template(fmt.Sprintf("en-x-a%d", i), object{"content": "{{code}}"})
		}
		_, err := parse(with(object{"layout": layout, "templates": templates, "options": object{"autoText": false}}), "c.json")
		checkProblems(t, fmt.Sprint(n), problems(t, err), want)
	}
}
