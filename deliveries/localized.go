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
// shown.) ReplyTo and SendFrom may hold placeholders.
type Details struct {
	Subject     string `json:"subject"`
	Content     string `json:"content"`
	ContentType string `json:"contentType,omitempty"`
	ReplyTo     string `json:"replyTo,omitempty"`
	SendFrom    string `json:"sendFrom,omitempty"`
}

func (l Localized) compile(autoText bool) (*Content, error) {
	var compiler compiler
	c := l.templates(&compiler)
	if err := compiler.err(); err != nil {
		return nil, err
	}
	if c.text == nil && autoText {
		var err error
		if c.text, err = c.html.PlainText(); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (l Localized) templates(compiler *compiler) *Content {
	d := l.Details
	c := &Content{
		subject:  compiler.parse("subject", d.Subject, templates.Header),
		replyTo:  compiler.address("replyTo", d.ReplyTo),
		sendFrom: compiler.address("sendFrom", d.SendFrom),
	}
	if d.ContentType == "text/plain" {
		c.text = compiler.parse("content", d.Content, templates.Text)
		c.html = c.text.AsHTML()
	} else {
		c.html = compiler.parse("content", d.Content, templates.HTML)
	}
	return c
}
