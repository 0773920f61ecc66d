package callers

import (
	_ "embed"
	"regexp"
	"strings"

	"mailgun-connector/deliveries"
	"mailgun-connector/templates"
)

// Zitadel sends texts, colors and a logo, and leaves the mail to us.
var (
	//go:embed layout.html
	layoutHTML string
	//go:embed layout.txt
	layoutText string

	layouts = struct{ html, text *templates.Template }{
		parseLayout(layoutHTML, templates.HTML), parseLayout(layoutText, templates.Text),
	}
)

func parseLayout(text string, kind templates.Kind) *templates.Template {
	t, err := templates.Parse(text, kind)
	if err != nil {
		panic(err) // of our own layout, which every test of this package would find
	}
	return t
}

// color is what may stand in a style.
var color = regexp.MustCompile(`^#(?:[0-9A-Fa-f]{3}|[0-9A-Fa-f]{6}|[0-9A-Fa-f]{8})$`)

// layOut makes a mail of Zitadel's templateData, nil if there is no text. Every value is
// escaped: the user's name is among them (CVE-2024-41953).
func layOut(texts document) *deliveries.Rendered {
	if texts.text("text") == "" {
		return nil
	}
	values := map[string]any{}
	for _, name := range []string{"title", "preHeader", "greeting", "text", "buttonText"} {
		values[name] = texts.text(name)
	}
	for name, standard := range map[string]string{
		"primaryColor": "#5469d4", "backgroundColor": "#fafafa", "fontColor": "#000000",
	} {
		values[name] = standard
		if c := texts.text(name); color.MatchString(c) {
			values[name] = c
		}
	}
	for _, name := range []string{"url", "logoUrl"} {
		values[name] = ""
		if address := texts.text(name); isWebAddress(address) {
			values[name] = address
		}
	}
	values["footer"] = ""
	if texts["includeFooter"] == true { // without it the footer is the name of a text that does not exist
		values["footer"] = texts.text("footerText")
	}
	var html, text strings.Builder
	layouts.html.Render(&html, values, new(templates.Findings))
	layouts.text.Render(&text, values, new(templates.Findings))
	return &deliveries.Rendered{
		Subject: texts.text("subject"), HTML: html.String(), Text: strings.TrimSpace(text.String()) + "\n",
	}
}
