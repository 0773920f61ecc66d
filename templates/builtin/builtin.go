// Package builtin has a mail for every usage type in each of [Languages], in the colors
// and with the name of a brand. It makes texts in the syntax of package templates; it
// knows neither configs nor which mail a request gets.
//
// A mail is made of two things: the words of a language (a file of texts/, see
// texts/README.md), and one layout for all. What a payload may or may not have is a
// condition in the text that comes out, so a mail can be copied, edited and sent as
// anybody's own.
package builtin

import (
	"cmp"
	"embed"
	"encoding/json"
	"strconv"
	"strings"
	"sync"
	"text/template"

	"mailgun-connector/templates"
)

// Brand is whose mails these are. All but the name may be empty.
type Brand struct {
	Name      string `json:"name"`
	Color     string `json:"color"`     // #rrggbb
	Logo      string `json:"logo"`      // https address of an image
	LogoDark  string `json:"logoDark"`  // the one for dark screens
	LogoWidth int    `json:"logoWidth"` // in CSS pixels; 0 is 120
	URL       string `json:"url"`       // the site
	Support   string `json:"support"`   // mail address or https address
	Address   string `json:"address"`   // postal

	// Mails ignores these two: the languages that may be used, none for all, and the domain
	// whose pages may fill the code in.
	Languages      []string `json:"languages"`
	AutofillDomain string   `json:"autofillDomain"`
}

// defaultLogoWidth is in CSS pixels.
const defaultLogoWidth = 120

// Values returns what stands for the brand in placeholders such as {{brand.name}}: for the
// payload's key "brand". Beside the members of the brand it has supportLink, the address
// that leads to the support.
func (b *Brand) Values() map[string]any {
	supportLink := b.Support
	if b.Support != "" && !strings.Contains(b.Support, "://") {
		supportLink = "mailto:" + b.Support
	}
	return map[string]any{
		"name": b.Name, "color": cmp.Or(b.Color, defaultColor),
		"logo": b.Logo, "logoDark": b.LogoDark,
		"logoWidth": json.Number(strconv.Itoa(cmp.Or(b.LogoWidth, defaultLogoWidth))),
		"url":       b.URL, "support": b.Support, "supportLink": supportLink,
		"address": b.Address, "autofillDomain": b.AutofillDomain,
	}
}

// Source is a mail as a text to read and edit, its values as placeholders: names.* as
// [Brand.Names] and brand.* as [Brand.Values] has them, expiresIn as [ExpiresIn], code and
// link. Only code, of a mail of kind [Code], and link, of one of kind [Link], must be in
// the payload.
type Source struct {
	Subject, HTML, Text string
	// Content is what HTML has in place of the {{{content}}} of [Mails.Layout], which is
	// the same for all mails and says less: no heading in its title, no preheader.
	Content string
}

// Mail is a [Source], compiled.
type Mail struct {
	Subject, HTML, Text *templates.Template
}

// Mails has the mails of a brand. Each is made when it is first asked for and then kept.
// It is safe for concurrent use.
type Mails struct {
	brand       Brand
	light, dark scheme
	compiled    sync.Map // key → *Mail
}

type key struct{ usageType, language string }

// New returns the mails of a brand. The error says that its color is not of the form
// #rrggbb.
func New(brand Brand) (*Mails, error) {
	brand.LogoWidth = cmp.Or(brand.LogoWidth, defaultLogoWidth)
	color, err := parseColor(cmp.Or(brand.Color, defaultColor))
	if err != nil {
		return nil, err
	}
	m := &Mails{brand: brand}
	m.light, m.dark = schemes(color)
	return m, nil
}

// Mail returns the mail of a usage type in one of [Languages]. ok is false when there is
// none.
func (m *Mails) Mail(usageType, language string) (mail *Mail, ok bool) {
	k := key{usageType, language}
	if kept, ok := m.compiled.Load(k); ok {
		return kept.(*Mail), true
	}
	source, ok := m.Source(usageType, language)
	if !ok {
		return nil, false
	}
	kept, _ := m.compiled.LoadOrStore(k, &Mail{
		Subject: compile(source.Subject, templates.Header),
		HTML:    compile(source.HTML, templates.HTML),
		Text:    compile(source.Text, templates.Text),
	})
	return kept.(*Mail), true
}

func compile(text string, kind templates.Kind) *templates.Template {
	t, err := templates.Parse(text, kind)
	if err != nil {
		panic(err) // of our own words and layouts, all of which tests compile
	}
	return t
}

// Source returns the text of the mail of a usage type in one of [Languages]. ok is false
// when there is none.
func (m *Mails) Source(usageType, language string) (source Source, ok bool) {
	name, kind, ok := findType(usageType)
	load, known := loaded[language]
	if !ok || !known {
		return Source{}, false
	}
	t := load()
	p := page{
		Kind: kind, Brand: &m.brand, Light: m.light, Dark: m.dark,
		Language: language, Direction: t.Direction, Start: "left",
	}
	if t.Direction == "rtl" {
		p.Start = "right"
	}
	p.words = t.words(name, kind, textSyntax)
	source.Subject, source.Text = p.Subject, p.fill("layout.txt")
	p.words = t.words(name, kind, htmlSyntax)
	source.Content = p.fill("content.html")
	source.HTML = strings.Replace(p.fill("layout.html"), contentTag, source.Content, 1)
	return source, true
}

// Layout returns a page to put the Content of each [Source] into, or one's own: with
// {{{content}}} where it belongs, and placeholders for what depends on the language.
func (m *Mails) Layout() string {
	p := page{
		Brand: &m.brand, Light: m.light, Dark: m.dark,
		Language: "{{language}}", Direction: "{{direction}}", Start: "start", // of CSS: left where that runs ltr
		words: words{Title: "{{brand.name}}"},
	}
	return p.fill("layout.html")
}

// contentTag stands in a layout where the content belongs.
const contentTag = "{{{content}}}"

// page is what a layout is filled with.
type page struct {
	words
	Kind        Kind
	Brand       *Brand
	Light, Dark scheme
	Language    string
	Direction   string // ltr or rtl
	Start       string // the side where a line begins: left or right
}

// Filler is white space that keeps what follows the preheader out of the inbox's line.
func (*page) Filler() string {
	return strings.TrimSpace(strings.Repeat(strings.Repeat("&nbsp;&zwnj;", 20)+"\n", 6))
}

// The layouts. Their own actions stand in [[ ]], as {{ }} belongs to the mail.
var (
	//go:embed layout.html layout.txt content.html
	layoutFiles embed.FS

	layouts = template.Must(template.New("").Delims("[[", "]]").ParseFS(layoutFiles, "*"))
)

func (p *page) fill(layout string) string {
	var b strings.Builder
	if err := layouts.ExecuteTemplate(&b, layout, p); err != nil {
		panic(err) // a layout that does not fit its page fits no page, and no test passes
	}
	return b.String()
}
