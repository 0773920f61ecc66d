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
}

// contexts are what a payload may say of who asked for the mail: name → members.
var contexts = map[string]map[string]any{
	"nobody": {},
	"names": {
		"application":  map[string]any{"name": "Console"},
		"organization": map[string]any{"name": "Initech"},
		"inviter":      map[string]any{"name": "Ada Lovelace"},
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
	code, link bool
	brand      builtin.Brand
	context    map[string]any
}

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

// variants are the ways to ask for a mail: with and without what it shows if it is there.
func variants(language string, usageType builtin.Type, brand builtin.Brand) map[string]variant {
	all := map[string]variant{}
	for name, context := range contexts {
		v := variant{language: language, Type: usageType, brand: brand, context: context}
		v.code, v.link = usageType.Kind == builtin.Code, usageType.Kind == builtin.Link
		all[name] = v
		if usageType.Kind == builtin.Link {
			v.code = true
		} else {
			v.link = true
		}
		all[name+", code and link"] = v
	}
	return all
}

// eachMail runs a test for each way to ask for each mail.
func eachMail(t *testing.T, test func(t *testing.T, v variant, mail rendered)) {
	for _, language := range builtin.Languages() {
		for brandName, brand := range brands {
			t.Run(language+"/"+brandName, func(t *testing.T) {
				t.Parallel()
				mails, err := builtin.New(brand)
				if err != nil {
					t.Fatal(err)
				}
				for _, usageType := range builtin.Types() {
					mail, ok := mails.Mail(usageType.Name, language)
					if !ok {
						t.Fatalf("no mail %s", usageType.Name)
					}
					for name, v := range variants(language, usageType, brand) {
						t.Run(usageType.Name+"/"+name, func(t *testing.T) { test(t, v, render(t, mail, v.payload())) })
					}
				}
			})
		}
	}
}

func TestMails(t *testing.T) {
	t.Parallel()
	eachMail(t, func(t *testing.T, v variant, mail rendered) {
		checkSubject(t, v, mail.subject)
		checkText(t, v, mail.text)
		checkHTML(t, v, mail.html)
		for part, content := range map[string]string{"subject": mail.subject, "html": mail.html, "text": mail.text} {
			for _, never := range []string{"\u202e", "evil.example", "https://evil", "%recipient.", "Bcc: x@"} {
				if strings.Contains(content, never) {
					t.Errorf("%s holds %q", part, never)
				}
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
	if slices.Contains(lines, code) != v.code || slices.Contains(lines, link) != v.link {
		t.Errorf("want a line for the code: %v, for the link: %v, in\n%s", v.code, v.link, text)
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

// voids are the elements of HTML that have no end tag.
var voids = []string{"meta", "img", "br"}

func checkHTML(t *testing.T, v variant, page string) {
	t.Helper()
	const limit = 40 << 10
	if len(page) > limit {
		t.Errorf("%d bytes, want at most %d", len(page), limit)
	}
	hrefs, words := walkHTML(t, page)
	if strings.Contains(words, "\ufffd") || strings.Contains(words, "[[") {
		t.Errorf("a marker or a broken character is left in %q", words)
	}
	if strings.Contains(page, ">"+code+"</p>") != v.code {
		t.Errorf("code alone in an element: %v, want %v", !v.code, v.code)
	}
	if slices.Contains(hrefs, link) != v.link || strings.Contains(words, link) != v.link {
		t.Errorf("link to click and to copy: %v, want %v", !v.link, v.link)
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
			shown.Write(z.Text())
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
