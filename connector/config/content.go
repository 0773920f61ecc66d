package config

import (
	"bytes"
	"errors"
	"fmt"
	"net/mail"
	"strings"

	"mailgun-connector/deliveries"
)

func (c *checker) delivery(pointer, usageType string, d *deliveries.Delivery, cfg *Config) {
	d.HTML = c.file(pointer+"/htmlFile", d.HTMLFile, d.HTML)
	d.Text = c.file(pointer+"/textFile", d.TextFile, d.Text)
	c.mistakes(pointer, d.Mistakes())
	c.header(pointer+"/subject", d.Subject)
	c.header(pointer+"/replyTo", d.ReplyTo)
	if r := d.ReplyTo; r != "" {
		if _, err := mail.ParseAddress(r); err != nil {
			c.warn(pointer+"/replyTo", "is not a mailbox, and is sent as it stands: placeholders are not filled in here")
		}
	}
	if d.Template != "" {
		c.variables(pointer, d, &cfg.Options)
		return
	}
	at := pointer + "/html"
	if d.HTMLFile != "" {
		at += "File"
	}
	c.content(at, usageType, d.HTML)
	if d.Subject == "" {
		c.warn(pointer, `has no "subject": mail without one looks like spam`)
	}
	if d.Text == "" {
		c.plainText(pointer, d.HTML, cfg)
	}
}

func (c *checker) templates(cfg *Config) {
	type identity struct{ usageType, language string }
	seen := map[identity]bool{}
	for i, t := range cfg.Templates {
		at := fmt.Sprintf("/templates/%d", i)
		id := identity{t.TemplateType, strings.ToLower(t.LanguageTag)}
		if seen[id] && id.usageType != "" && id.language != "" {
			c.problem(at, "is the second template for this type and language: keep one of the two")
		}
		seen[id] = true
		at += "/details"
		c.mistakes(at, t.Mistakes())
		c.header(at+"/subject", t.Details.Subject)
		c.header(at+"/replyTo", t.Details.ReplyTo)
		c.header(at+"/sendFrom", t.Details.SendFrom)
		if from := t.Details.SendFrom; from != "" {
			c.detail(at+"/sendFrom", senderProblem(from))
		}
		c.content(at+"/content", t.TemplateType, t.Details.Content)
		if t.Details.ContentType != "text/plain" {
			c.plainText(at+"/content", t.Details.Content, cfg)
		}
	}
}

// takeForeignTemplates tells of templates in the shape of Logto's SMTP and SendGrid
// connectors, once, and takes them out: what else is wrong with them follows from that.
func (c *checker) takeForeignTemplates() {
	object, _ := c.doc.value.(map[string]any)
	for _, member := range []string{"templates", "deliveries"} {
		list, isList := object[member].([]any)
		own := make([]any, 0, len(list))
		for _, t := range list {
			if !isForeignTemplate(t) {
				own = append(own, t)
			}
		}
		if !isList || len(own) == len(list) {
			continue
		}
		c.problem("/"+member, "is the list of templates of Logto's SMTP or SendGrid connector: write each as a delivery, "+
			`like {"deliveries": {"SignIn": {"subject": …, "html": …}}}, or as a localized template, `+
			`like {"languageTag": "en", "templateType": "SignIn", "details": {"subject": …, "content": …}}`)
		object[member] = own
		if member == "deliveries" || object["deliveries"] == nil { // which they may be meant as
			object["deliveries"] = map[string]any{}
		}
	}
}

func isForeignTemplate(v any) bool {
	t, _ := v.(map[string]any)
	return t["usageType"] != nil && t["details"] == nil
}

// file returns the text of the file that a delivery names, or inline if it names
// none.
func (c *checker) file(pointer, name, inline string) string {
	if name == "" || c.found(pointer) {
		return inline
	}
	text, err := []byte(nil), ErrNoFiles
	if c.opts.ReadFile != nil {
		text, err = c.opts.ReadFile(pointer, name)
	}
	text = bytes.TrimPrefix(text, byteOrderMark)
	line, notText := notUTF8(text)
	switch {
	case errors.Is(err, ErrNoFiles):
		member := strings.TrimSuffix(pointer[strings.LastIndexByte(pointer, '/')+1:], "File")
		c.problem(pointer, "%v: put the text itself in %q", err, member)
		return inline
	case err != nil:
		c.problem(pointer, "can't be read: %v", err)
	case notText != "":
		c.problem(pointer, "line %d of the file %s", line, notText)
	case len(bytes.TrimSpace(text)) == 0:
		c.problem(pointer, "names an empty file")
	}
	return string(text)
}

// clipSize is where Gmail cuts a message's HTML off.
const clipSize = 102 << 10

func (c *checker) content(pointer, usageType, html string) {
	if len(html) > clipSize {
		c.warn(pointer, "has %d KB: mail clients cut messages off at 102 KB", len(html)>>10)
	}
	if !deliveries.IsLink(usageType) && !deliveries.IsNotice(usageType) && html != "" && !deliveries.MentionsCode(html) {
		c.warn(pointer, "has no {{code}}: nobody could sign in with this mail")
	}
}

// mistakes finds conditions that can't be compiled, and other template languages.
func (c *checker) mistakes(pointer string, mistakes []deliveries.Mistake) {
	for _, m := range mistakes {
		report := c.problem
		if m.Harmless {
			report = c.warn
		}
		report(pointer+"/"+m.Member, "line %d: %s", m.Line, m.Problem)
	}
}

// plainText finds HTML that no text part can be derived from.
func (c *checker) plainText(pointer, html string, cfg *Config) {
	if cfg.Options.AutoText != nil && !*cfg.Options.AutoText {
		return
	}
	if err := deliveries.CanDeriveText(html); err != nil {
		c.problem(pointer, "can't be turned into plain text (%v): simplify the HTML, write the text, "+
			"or set options.autoText to false", err)
	}
}
