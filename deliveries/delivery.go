// Package deliveries is the vocabulary of what is sent: the content for each
// usage type, which of them a request gets, and the message it becomes. It knows
// nothing of networks, HTTP or Mailgun.
//
// It is somewhat large as it also finishes mails: layout, text part, facts, languages.
package deliveries

import (
	"strings"

	"mailgun-connector/templates"
	"mailgun-connector/templates/builtin"
)

// Generic is the usage type that stands in for every other.
const Generic = "Generic"

// UsageTypes are the usage types that Logto sends, in the order its console
// shows them; configs may name others.
var UsageTypes = []string{
	"SignIn", "Register", "ForgotPassword", "OrganizationInvitation", Generic,
	"UserPermissionValidation", "BindNewIdentifier", "MfaVerification", "BindMfa",
}

// IsNotice reports whether mails of a usage type tell of something that has happened, and
// have no code.
func IsNotice(usageType string) bool {
	kind, _ := builtin.KindOf(usageType)
	return kind == builtin.Notice
}

// IsForLink reports whether mails of a usage type are there for a link.
func IsForLink(usageType string) bool {
	kind, _ := builtin.KindOf(usageType)
	return kind == builtin.Link || strings.HasSuffix(usageType, linkSuffix)
}

// Delivery is the content for one usage type as the config has it: HTML (HTML,
// perhaps Text) or a Mailgun template (Template, perhaps TemplateVersion and
// Variables). Subject and ReplyTo may be empty for both.
type Delivery struct {
	Subject string `json:"subject,omitempty"`
	ReplyTo string `json:"replyTo,omitempty"`

	HTML     string `json:"html,omitempty"`
	Text     string `json:"text,omitempty"`
	HTMLFile string `json:"htmlFile,omitempty"` // path of a file that holds HTML, relative to the config
	TextFile string `json:"textFile,omitempty"`
	Layout   *bool  `json:"layout,omitempty"` // false keeps the HTML out of the config's layout

	Template        string         `json:"template,omitempty"`
	TemplateVersion string         `json:"templateVersion,omitempty"`
	Variables       map[string]any `json:"variables,omitempty"`
}

// compile prepares a delivery for sending; its replyTo is sent as it stands, as
// Logto's own connector does.
func (d Delivery) compile(f *finish) (*Content, error) {
	var compiler compiler
	c := d.templates(&compiler)
	if err := compiler.err(); err != nil {
		return nil, err
	}
	return c, f.apply(c, d.Layout)
}

func (d Delivery) templates(compiler *compiler) *Content {
	c := &Content{
		subject:         compiler.parse("subject", d.Subject, templates.Header),
		replyTo:         literalAddress(d.ReplyTo),
		template:        d.Template,
		templateVersion: d.TemplateVersion,
		variables:       d.Variables,
	}
	if d.Template == "" {
		c.html = compiler.parse(Member("html", d.HTMLFile), d.HTML, templates.HTML)
		if d.Text != "" {
			c.text = compiler.parse(Member("text", d.TextFile), d.Text, templates.Text)
		}
	}
	return c
}

// Member is the name of the member that a text comes from: inline, or the one with "File"
// behind it if that has a file.
func Member(inline, file string) string {
	if file != "" {
		return inline + "File"
	}
	return inline
}
