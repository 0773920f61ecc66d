package deliveries

import "mailgun-connector/templates"

// Localized is the content for one usage type in one language, in the shape of
// Logto's e-mail template API, so that an export can be pasted.
type Localized struct {
	LanguageTag  string  `json:"languageTag"` // BCP 47, such as "fr-CA"
	TemplateType string  `json:"templateType"`
	Details      Details `json:"details"`
}

// Details is the content of a [Localized]: HTML, or with the ContentType "text/plain" a
// text, which is then also sent as HTML that shows it as it stands. (Logto's own
// connector sends it as HTML unescaped, so that what is between angle brackets is not
// shown.) ReplyTo and SendFrom may hold placeholders. What Logto's API does not have is
// as in a [Delivery].
type Details struct {
	Subject     string `json:"subject"`
	Content     string `json:"content,omitempty"`
	ContentFile string `json:"contentFile,omitempty"`
	ContentType string `json:"contentType,omitempty"`
	Text        string `json:"text,omitempty"`
	TextFile    string `json:"textFile,omitempty"`
	Layout      *bool  `json:"layout,omitempty"`
	ReplyTo     string `json:"replyTo,omitempty"`
	SendFrom    string `json:"sendFrom,omitempty"`
}

// IsText reports whether the content is a text, not HTML.
func (d Details) IsText() bool { return d.ContentType == "text/plain" }

func (l Localized) compile(f *finish) (*Content, error) {
	var compiler compiler
	c := l.templates(&compiler)
	if err := compiler.err(); err != nil {
		return nil, err
	}
	return c, f.apply(c, l.Details.Layout)
}

func (l Localized) templates(compiler *compiler) *Content {
	d := l.Details
	c := &Content{
		subject:  compiler.parse("subject", d.Subject, templates.Header),
		replyTo:  compiler.address("replyTo", d.ReplyTo),
		sendFrom: compiler.address("sendFrom", d.SendFrom),
	}
	content := Member("content", d.ContentFile)
	if d.IsText() {
		c.text = compiler.parse(content, d.Content, templates.Text)
		c.html = c.text.AsHTML()
		return c
	}
	c.html = compiler.parse(content, d.Content, templates.HTML)
	if d.Text != "" {
		c.text = compiler.parse(Member("text", d.TextFile), d.Text, templates.Text)
	}
	return c
}
