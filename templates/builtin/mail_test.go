package builtin_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	nethtml "golang.org/x/net/html"

	"mailgun-connector/templates"
	"mailgun-connector/templates/builtin"
)

const (
	code = "481629"
	link = "https://auth.example.com/verify?token=pkce_5f2b&type=signup&redirect_to=https%3A%2F%2Fapp.example.com%2F"
)

var brands = map[string]builtin.Brand{
	"only a name": {Name: "Acme"},
	"everything": {
		Name: `Żółć & "Söhne" <Co>`, Color: "#ffd400",
		URL: "https://acme.example/?a=1&b=2", Support: "help@acme.example",
		Logo: "https://acme.example/logo.png?a=1&b=2", LogoDark: "https://acme.example/dark.png", LogoWidth: 160,
		Address: "1 Main Street <b>, Springfield",
	},
	"support is a page": {
		Name: "Acme Cloud", Color: "#0a6640", Logo: "https://acme.example/logo.png", Support: "https://acme.example/help",
	},
	"black": {Name: "أكمي", Color: "#000000", Address: "شارع ١"},
	"white": {Name: "A", Color: "#FFFFFF", URL: "https://acme.example"},
}

// contexts are what a payload may say of who asked for the mail: name → members.
var contexts = map[string]map[string]any{
	"nobody": {},
	"names": {
		"application":  map[string]any{"name": "Console"},
		"organization": map[string]any{"name": "Initech"},
		"inviter":      map[string]any{"name": "Ada Lovelace"},
	},
	"names of the other direction": {
		"application":  map[string]any{"name": "מרפאה (1)"},
		"organization": map[string]any{"name": "مؤسسة!"},
		"inviter":      map[string]any{"name": "Zoë 3"},
	},
	"hostile names": {
		"application":  map[string]any{"name": `<script>alert("1")</script>`},
		"organization": map[string]any{"name": "https://evil.example\u202e\r\nBcc: x@evil.example" + strings.Repeat("x", 999)},
		"inviter":      map[string]any{"name": `"><a href='https://evil.example'>{{code}} {code} %recipient.name%`},
	},
}

// rendered is a mail as it is sent.
type rendered struct{ subject, html, text string }

func render(t *testing.T, mail *builtin.Mail, payload map[string]any) rendered {
	t.Helper()
	fill := func(part *templates.Template) string {
		var b strings.Builder
		var found templates.Findings
		part.Render(&b, payload, &found)
		if len(found.Unresolved)+len(found.Unsafe) > 0 {
			t.Errorf("unresolved %q, unsafe %q", found.Unresolved, found.Unsafe)
		}
		return b.String()
	}
	return rendered{fill(mail.Subject), fill(mail.HTML), fill(mail.Text)}
}

// variant is one way to ask for a mail.
type variant struct {
	language string
	builtin.Type
	code, link bool // in the payload
	brand      builtin.Brand
	context    map[string]any
}

// shows reports whether the mail has a code and a link in it.
func (v variant) shows() (code, link bool) { return v.code && v.Kind != builtin.Notice, v.link }

func (v variant) payload() map[string]any {
	payload := map[string]any{"names": v.brand.Names(v.context), "brand": v.brand.Values()}
	if len(v.context) > 0 {
		payload["expiresIn"] = builtin.ExpiresIn(v.language, 10*time.Minute)
	}
	if v.code {
		payload["code"] = code
	}
	if v.link {
		payload["link"] = link
	}
	return payload
}

// settings pairs brands and contexts, so that each is in one at least: all of all would
// take half a minute.
var settings = []struct{ brand, context string }{
	{"only a name", "nobody"},
	{"everything", "hostile names"},
	{"support is a page", "names"},
	{"black", "names of the other direction"},
	{"white", "names"},
}

// eachMail runs a test for each way to ask for each mail: with a code, a link, both or
// neither, in each of the settings. What a mail of its kind can't do without is needed by it.
func eachMail(t *testing.T, test func(t *testing.T, v variant, mail rendered)) {
	for _, language := range builtin.Languages() {
		for _, setting := range settings {
			t.Run(language+"/"+setting.brand, func(t *testing.T) {
				t.Parallel()
				brand, context := brands[setting.brand], contexts[setting.context]
				mails, err := builtin.New(brand)
				if err != nil {
					t.Fatal(err)
				}
				for _, usageType := range builtin.Types() {
					mail, ok := mails.Mail(usageType.Name, language)
					if !ok {
						t.Fatalf("no mail %s", usageType.Name)
					}
					for _, has := range []struct{ code, link bool }{{}, {code: true}, {link: true}, {true, true}} {
						v := variant{language, usageType, has.code, has.link, brand, context}
						if v.lacks(t, mail) {
							continue
						}
						test(t, v, render(t, mail, v.payload()))
						if t.Failed() { // a subtest for each would take most of the time
							t.Fatalf("this was %s, code: %v, link: %v", usageType.Name, v.code, v.link)
						}
					}
				}
			})
		}
	}
}

// lacks reports whether the mail would be useless for a payload, and wants the mail to
// know that.
func (v variant) lacks(t *testing.T, mail *builtin.Mail) bool {
	t.Helper()
	payload := v.payload()
	lacks := false
	for member, missing := range map[string]bool{
		"code": v.Kind == builtin.Code && !v.code, "link": v.Kind == builtin.Link && !v.link,
	} {
		needs := mail.Subject.Needs(member, payload) || mail.HTML.Needs(member, payload)
		if want := v.Kind == builtin.Code && member == "code" || v.Kind == builtin.Link && member == "link"; needs != want {
			t.Errorf("%s needs a %s: %v, want %v", v.Name, member, needs, want)
		}
		lacks = lacks || missing
	}
	return lacks
}

func TestMails(t *testing.T) {
	t.Parallel()
	eachMail(t, func(t *testing.T, v variant, mail rendered) {
		checkSubject(t, v, mail.subject)
		checkText(t, v, mail.text)
		checkHTML(t, v, mail.html)
		for part, content := range map[string]string{"subject": mail.subject, "html": mail.html, "text": mail.text} {
			for _, never := range []string{"\u202e", "evil.example", "https://evil", "%recipient.", "Bcc: x@", "[[", "]]"} {
				if strings.Contains(content, never) {
					t.Errorf("%s holds %q", part, never)
				}
			}
			// What is left of placeholders may be a person's name at the most.
			if rest := strings.ReplaceAll(content, "{{code}} {code}", ""); strings.ContainsAny(rest, "{}") && part != "html" {
				t.Errorf("%s has a placeholder left: %q", part, content)
			}
		}
		for _, never := range []string{"<script", "<a href='"} {
			if strings.Contains(mail.html, never) {
				t.Errorf("html holds %s", never)
			}
		}
	})
}

func checkSubject(t *testing.T, v variant, subject string) {
	t.Helper()
	if strings.Contains(subject, code) != (v.Kind == builtin.Code) {
		t.Errorf("subject %q, of a mail of kind %s", subject, v.Kind)
	}
	if strings.ContainsAny(subject, "\r\n") || strings.TrimSpace(subject) != subject || subject == "" {
		t.Errorf("subject %q is no line", subject)
	}
}

func checkText(t *testing.T, v variant, text string) {
	t.Helper()
	lines := strings.Split(text, "\n")
	showsCode, showsLink := v.shows()
	if slices.Contains(lines, code) != showsCode || slices.Contains(lines, link) != showsLink {
		t.Errorf("want a line for the code: %v, for the link: %v, in\n%s", showsCode, showsLink, text)
	}
	for i, line := range lines {
		if strings.TrimSpace(line) != line || line == "" && (i == 0 || i == len(lines)-1 || lines[i-1] == "") {
			t.Errorf("line %d, %q, has white space to spare in\n%s", i+1, line, text)
		}
	}
	for _, want := range []string{v.brand.Name, v.brand.URL, v.brand.Support, v.brand.Address} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %q", want)
		}
	}
}

// emptyElement reports whether an element that is there for words has none.
func emptyElement(page string) bool {
	for _, element := range []string{"<bdi></bdi>", `;"></p>`, `;"></h1>`, `;"></a>`, "<br>\n<br>\n"} {
		if strings.Contains(page, element) {
			return true
		}
	}
	return false
}

// voids are the elements of HTML that have no end tag.
var voids = []string{"meta", "img", "br"}

func checkHTML(t *testing.T, v variant, page string) {
	t.Helper()
	const limit = 40 << 10
	if len(page) > limit {
		t.Errorf("%d bytes, want at most %d", len(page), limit)
	}
	hrefs, words := walkHTML(t, page)
	if strings.Contains(words, "\ufffd") {
		t.Errorf("a broken character is left in %q", words)
	}
	if strings.Contains(page, "\n\n") || emptyElement(page) {
		t.Errorf("an empty line or paragraph is left in\n%s", page)
	}
	showsCode, showsLink := v.shows()
	if strings.Contains(page, ">"+code+"</p>") != showsCode {
		t.Errorf("code alone in an element: %v, want %v", !showsCode, showsCode)
	}
	if slices.Contains(hrefs, link) != showsLink || strings.Contains(words, link) != showsLink {
		t.Errorf("link to click and to copy: %v, want %v", !showsLink, showsLink)
	}
	for _, href := range hrefs {
		if href != link && href != v.brand.URL && href != v.brand.Support && href != "mailto:"+v.brand.Support {
			t.Errorf("links to %q", href)
		}
	}
	direction, start := "ltr", "left"
	if v.language == "ar" {
		direction, start = "rtl", "right"
	}
	for _, want := range []string{
		fmt.Sprintf(`<html lang="%s" dir="%s"`, v.language, direction), "text-align:" + start + ";",
		`<meta charset="utf-8">`, `<meta name="color-scheme" content="light dark">`, `(prefers-color-scheme: dark)`,
		`[data-ogsc]`, `<!--[if mso]>`, `<h1 `, `role="article"`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("lacks %s", want)
		}
	}
	for _, want := range []string{v.brand.Name, v.brand.URL, v.brand.Support, v.brand.Address} {
		if !strings.Contains(words, want) {
			t.Errorf("does not show %q", want)
		}
	}
}

// walkHTML checks the page's tags and returns what its links lead to and the words that it
// shows.
func walkHTML(t *testing.T, page string) (hrefs []string, words string) {
	t.Helper()
	var open []string
	var shown strings.Builder
	for z := nethtml.NewTokenizer(strings.NewReader(page)); ; {
		switch z.Next() {
		case nethtml.ErrorToken:
			if len(open) > 0 {
				t.Errorf("%q are not closed", open)
			}
			return hrefs, shown.String()
		case nethtml.TextToken:
			text := string(z.Text())
			shown.WriteString(text)
			checkIsolated(t, open, text)
		case nethtml.EndTagToken:
			token := z.Token()
			if len(open) == 0 || open[len(open)-1] != token.Data {
				t.Fatalf("</%s> closes nothing of %q", token.Data, open)
			}
			open = open[:len(open)-1]
		case nethtml.StartTagToken:
			token := z.Token()
			if !slices.Contains(voids, token.Data) {
				open = append(open, token.Data)
			}
			attributes := map[string]string{}
			for _, a := range token.Attr {
				attributes[a.Key] = a.Val
			}
			switch token.Data {
			case "a":
				hrefs = append(hrefs, attributes["href"])
			case "img":
				shown.WriteString(attributes["alt"])
				if attributes["alt"] == "" || attributes["width"] == "" {
					t.Errorf("an image without alt or width: %s", token)
				}
			case "table":
				if attributes["role"] != "presentation" {
					t.Errorf("a table is read out as one: %s", token)
				}
			}
		}
	}
}

// checkIsolated wants a name of the other direction to be an element of its own: it would
// else drag the marks and digits around it along.
func checkIsolated(t *testing.T, open []string, text string) {
	t.Helper()
	if !strings.ContainsAny(text, "ה") && !strings.Contains(text, "مؤسسة!") {
		return
	}
	if parent := open[len(open)-1]; parent != "bdi" && parent != "title" && parent != "div" { // the preheader's
		t.Errorf("a name stands in <%s>, want it in <bdi>: %q", parent, text)
	}
}

// Whoever edits a mail should find placeholders and plain conditions, and nothing that only
// this package knows.
func TestSourceHasOnlyDocumentedPlaceholders(t *testing.T) {
	t.Parallel()
	documented := []string{
		"code", "link", "expiresIn", "names.application", "names.organization", "names.inviter",
		"brand.name", "brand.logo", "brand.logoDark", "brand.logoWidth", "brand.url", "brand.support", "brand.supportLink",
		"brand.address",
		"#if code", "#if link", "#if expiresIn", "#if names.application", "#if names.organization", "#if names.inviter",
		"#if brand.logo", "#if brand.logoDark", "#if brand.url", "#if brand.support", "#if brand.address",
		"else", "/if",
	}
	tag := regexp.MustCompile(`\{\{([^{}]*)\}\}`)
	mails, err := builtin.New(brands["everything"])
	if err != nil {
		t.Fatal(err)
	}
	for _, language := range builtin.Languages() {
		for _, usageType := range builtin.Types() {
			source, _ := mails.Source(usageType.Name, language)
			all := source.Subject + source.HTML + source.Text
			for _, found := range tag.FindAllStringSubmatch(all, -1) {
				if !slices.Contains(documented, found[1]) {
					t.Errorf("%s in %s uses %s", usageType.Name, language, found[0])
				}
			}
			if rest := tag.ReplaceAllString(all, ""); strings.Contains(rest, "{{") || strings.Contains(rest, "[[") {
				t.Errorf("%s in %s has broken markers", usageType.Name, language)
			}
		}
	}
}

func TestNoMail(t *testing.T) {
	t.Parallel()
	mails, err := builtin.New(builtin.Brand{Name: "Acme"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range [][2]string{{"Unknown", "en"}, {"SignIn", "tlh"}, {"SignIn", "EN"}, {"", ""}} {
		if _, ok := mails.Mail(c[0], c[1]); ok {
			t.Errorf("Mail(%q, %q) is there", c[0], c[1])
		}
	}
	for _, color := range []string{"red", "#fff", "#12345g", "#1234567", "0a6640", "#+12345"} {
		if _, err := builtin.New(builtin.Brand{Name: "Acme", Color: color}); err == nil {
			t.Errorf("color %q is taken", color)
		}
	}
}
