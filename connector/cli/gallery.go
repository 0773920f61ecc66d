package cli

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mailgun-connector/connector"
	"mailgun-connector/connector/config"
	"mailgun-connector/deliveries"
	"mailgun-connector/templates/builtin"
)

// gallery is a folder with the mails of a config, and a page to look at them.
type gallery struct {
	config  *config.Config
	render  func(*connector.Request) (*connector.Email, *deliveries.Content, error)
	payload map[string]any // of each mail, over the samples
}

// galleryMail is a mail on the page of a gallery.
type galleryMail struct {
	Language string `json:"language"`
	Type     string `json:"type"`
	Source   string `json:"source"`
	Subject  string `json:"subject"`
	Text     string `json:"text"`
}

// path leads from the gallery's folder to the HTML, less its ending.
func (m *galleryMail) path() string { return m.Language + "/" + m.Type }

const (
	galleryIndex = "index.html"
	// galleryMark tells a gallery's folder, which may be written over, from any other.
	galleryMark = `<meta name="generator" content="mailgun-connector render">`
)

//go:embed gallery.html
var galleryPage string

var galleryTemplate = template.Must(template.New(galleryIndex).Parse(galleryPage))

// write renders everything and writes it to a folder that is new, empty or a gallery.
func (g *gallery) write(c *call, dir string) error {
	if err := g.checkFolder(dir); err != nil {
		return err
	}
	var mails []galleryMail
	var files []textFile
	for _, language := range g.languages() {
		for _, usageType := range g.usageTypes() {
			mail, html, err := g.mail(usageType, language)
			if err != nil {
				return fmt.Errorf("%s in %s: %w", usageType, language, err)
			}
			if html == "" {
				continue
			}
			mails = append(mails, mail)
			files = append(files, textFile{mail.path() + ".html", html}, textFile{mail.path() + ".txt", mail.Text})
		}
	}
	if len(mails) == 0 {
		return &hintError{errors.New("the config has no mail that is rendered here"), "mails stored at Mailgun are not"}
	}
	var page bytes.Buffer
	if err := galleryTemplate.Execute(&page, mails); err != nil {
		return err
	}
	if err := writeFiles(dir, append(files, textFile{galleryIndex, page.String()})); err != nil {
		return err
	}
	fmt.Fprintf(c.Stderr, "%s written; look at them in a browser:\n", count(len(mails), "mail"))
	_, err := fmt.Fprintln(c.Stdout, filepath.Join(dir, galleryIndex))
	return err
}

// checkFolder keeps what is not a gallery from being written over, such as the mails of
// the config themselves.
func (g *gallery) checkFolder(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	index, err := os.ReadFile(filepath.Join(dir, galleryIndex))
	if err != nil || !bytes.Contains(index, []byte(galleryMark)) {
		return &hintError{fmt.Errorf("%s holds other files", dir), "name a new folder"}
	}
	return nil
}

// languages are those of the mails, or the one that stands in for all.
func (g *gallery) languages() []string {
	var all []string
	if b := g.config.Brand; b != nil {
		if all = slices.Clone(b.Languages); len(all) == 0 {
			all = builtin.Languages()
		}
	}
	for _, t := range g.config.Templates {
		all = append(all, t.LanguageTag)
	}
	if len(all) == 0 {
		all = []string{g.config.FallbackLanguage}
	}
	slices.Sort(all)
	return slices.CompactFunc(all, strings.EqualFold)
}

// usageTypes are the built-in ones in their order, then the config's own.
func (g *gallery) usageTypes() []string {
	own := map[string]bool{}
	for usageType := range g.config.Deliveries {
		own[usageType] = true
	}
	for _, t := range g.config.Templates {
		own[t.TemplateType] = true
	}
	var all []string
	for _, t := range builtin.Types() {
		if g.config.Brand != nil || own[t.Name] {
			all = append(all, t.Name)
		}
		delete(own, t.Name)
	}
	return append(all, slices.Sorted(maps.Keys(own))...)
}

// mail renders a mail. The HTML is empty if there is none, or if Mailgun has it.
func (g *gallery) mail(usageType, language string) (m galleryMail, html string, err error) {
	payload := samplePayload(usageType)
	maps.Copy(payload, g.payload)
	payload["locale"] = language
	delete(payload, "uiLocales") // which would win
	mail, content, err := g.render(&connector.Request{Type: usageType, Payload: payload})
	if failure, ok := errors.AsType[*connector.Error](err); ok && failure.Code == connector.TemplateNotFound {
		return galleryMail{}, "", nil
	}
	if err != nil {
		return galleryMail{}, "", err
	}
	body := mail.Body()
	return galleryMail{language, usageType, content.Source(), mail.Subject, body.Text}, body.HTML, nil
}

// samplePayload is what a mail of a type is asked for with: a code, a link, or for types
// that are not built in both.
func samplePayload(usageType string) map[string]any {
	payload := map[string]any{
		"application":  map[string]any{"name": "Bookstore"},
		"organization": map[string]any{"name": "Initech"},
		"inviter":      map[string]any{"name": "Ada Lovelace"},
	}
	kind, ok := builtin.KindOf(usageType)
	if kind == builtin.Code || !ok {
		payload["code"] = "481629"
	}
	if kind != builtin.Code {
		payload["link"] = "https://auth.example.com/verify?token=pkce_5f2b9c1d7e&type=signup"
	}
	return payload
}
