package templates_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"mailgun-connector/templates"
)

var update = flag.Bool("update", false, "write the golden files anew")

// goldenPayload has a value for every placeholder of the mails in testdata/text,
// except for nobody.
const goldenPayload = `{
	"code":"481629", "prefix":"ABC", "id":"m-1", "time":"2026-05-03 09:41", "device":"Pixel 9", "place":"上海", "ip":"203.0.113.7",
	"link":"https://app.example/verify?token=a1b2&next=%2Fhome", "list":[{"id":7}],
	"user":{"name":"Ada & Co","email":"ada@example.org"}, "inviter":{"name":"Bo","email":"bo@example.org"},
	"organization":{"name":"Acme"}, "purchase":{"date":"May 3","card":"Visa","until":"June 3"}}`

// TestPlainTextOfMails converts mails that are built as those of well-known
// collections are, and compares with what a person would want to read.
func TestPlainTextOfMails(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("testdata/text/*.html")
	if err != nil || len(pages) < 20 {
		t.Fatalf("found %d mails, %v; want at least 20", len(pages), err)
	}
	for _, page := range pages {
		t.Run(filepath.Base(page), func(t *testing.T) {
			t.Parallel()
			html, err := os.ReadFile(page)
			if err != nil {
				t.Fatal(err)
			}
			text, err := parse(t, string(html), templates.HTML).PlainText()
			if err != nil {
				t.Fatal(err)
			}
			got, _ := render(text, payload(t, goldenPayload))
			golden := strings.TrimSuffix(page, ".html") + ".txt"
			if *update {
				if err := os.WriteFile(golden, []byte(got+"\n"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got+"\n"); diff != "" {
				t.Errorf("text of %s (-want +got):\n%s", page, diff)
			}
		})
	}
}

// FuzzPlainText checks that the text part of every page has what its reader sees
// and none of its tags.
func FuzzPlainText(f *testing.F) {
	pages, err := filepath.Glob("testdata/text/*.html")
	if err != nil {
		f.Fatal(err)
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	for _, page := range []string{
		"<p>{{code}}<div hidden>{{x}}</div>", "<table>{{a}}<tr><td>{{b}}", "<a href={{c}}>{{d}}</a><img alt='{{e}}'>",
		"<<b></b>b>", "<p <!-- {{a}} -->", "<select>{{a}}<option>{{b}}", "<svg><title>{{a}}</title><text>{{b}}", "<textarea><b>{{a}}", "<b <i>{{a}}",
	} {
		f.Add(page)
	}
	f.Fuzz(func(t *testing.T, page string) {
		tmpl, err := templates.Parse(page, templates.HTML)
		if err != nil {
			return
		}
		text, err := tmpl.PlainText()
		if err != nil {
			return // nested too deep
		}
		got, _ := render(text, nil)
		seen, unseen := look(page)
		for _, placeholder := range seen {
			if !strings.Contains(got, placeholder) {
				t.Errorf("the text of %q lacks %s: %q", page, placeholder, got)
			}
		}
		for _, tag := range unseen {
			if strings.Contains(got, tag) {
				t.Errorf("the text of %q has %s: %q", page, tag, got)
			}
		}
	})
}

var placeholder = regexp.MustCompile(`\{\{[a-z]+\}\}`)

// look returns the placeholders that surely can be seen on a page, and the tags
// that surely can't.
func look(page string) (seen, unseen []string) {
	if strings.Contains(page, "<<") || tag.MatchString(page) { // no HTML
		return nil, nil
	}
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return nil, nil
	}
	var words strings.Builder
	for n := range doc.Descendants() {
		for _, a := range n.Attr {
			words.WriteString(a.Val)
		}
		if n.Type != html.TextNode {
			continue
		}
		words.WriteString(n.Data)
		visible := true
		for up := n.Parent; up != nil && up.Type == html.ElementNode; up = up.Parent {
			switch up.Data {
			case "html", "body", "p", "div", "table", "tbody", "tr", "td", "span", "b", "ul", "ol", "li", "h1":
				visible = visible && len(up.Attr) == 0
			default:
				visible = false
			}
		}
		if visible {
			seen = append(seen, placeholder.FindAllString(n.Data, -1)...)
		}
	}
	for tokens := html.NewTokenizer(strings.NewReader(page)); ; {
		switch tokens.Next() {
		case html.ErrorToken:
			return seen, unseen
		case html.StartTagToken, html.EndTagToken, html.SelfClosingTagToken:
			if tag := string(tokens.Raw()); !strings.Contains(words.String(), tag) && !strings.Contains(tag, "{{") {
				unseen = append(unseen, tag)
			}
		}
	}
}
