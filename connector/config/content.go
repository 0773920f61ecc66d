package config

import (
	"bytes"
	"errors"
	"fmt"
	"net/mail"
	"regexp"
	"strings"

	"mailgun-connector/deliveries"
	"mailgun-connector/templates"
)

func (c *checker) delivery(pointer, usageType string, d *deliveries.Delivery, cfg *Config) {
	d.HTML = c.file(pointer+"/htmlFile", d.HTMLFile, d.HTML)
	d.Text = c.file(pointer+"/textFile", d.TextFile, d.Text)
	c.mistakes(pointer, d.Mistakes())
	c.header(pointer+"/subject", d.Subject)
	c.header(pointer+"/replyTo", d.ReplyTo)
	if r := d.ReplyTo; r != "" {
		if _, err := mail.ParseAddress(r); err != nil {
			c.warn(pointer+"/replyTo",
				"is not a mailbox, and is sent as it stands: placeholders are not filled in here")
		}
	}
	if d.Template != "" {
		c.variables(pointer, d, &cfg.Options)
		return
	}
	at := pointer + "/" + deliveries.Member("html", d.HTMLFile)
	c.html(at, mailParts{usageType, d.HTML, d.Text, c.layoutOf(d.Layout)}, cfg)
	if d.Subject == "" {
		c.warn(pointer, `has no "subject": mail without one looks like spam`)
	}
}

func (c *checker) templates(cfg *Config) {
	type identity struct{ usageType, language string }
	seen := map[identity]bool{}
	for i := range cfg.Templates {
		t := &cfg.Templates[i]
		at := element("/templates", i)
		id := identity{t.TemplateType, strings.ToLower(t.LanguageTag)}
		if seen[id] && id.usageType != "" && id.language != "" {
			c.problem(at, "is the second template for this type and language: keep one of the two")
		}
		seen[id] = true
		c.details(at+"/details", t, cfg)
	}
}

func (c *checker) details(pointer string, t *deliveries.Localized, cfg *Config) {
	d := &t.Details
	d.Content = c.file(pointer+"/contentFile", d.ContentFile, d.Content)
	d.Text = c.file(pointer+"/textFile", d.TextFile, d.Text)
	c.mistakes(pointer, t.Mistakes())
	c.header(pointer+"/subject", d.Subject)
	c.header(pointer+"/replyTo", d.ReplyTo)
	c.header(pointer+"/sendFrom", d.SendFrom)
	if d.SendFrom != "" {
		c.detail(pointer+"/sendFrom", senderProblem(d.SendFrom))
	}
	at := pointer + "/" + deliveries.Member("content", d.ContentFile)
	mail := mailParts{t.TemplateType, d.Content, d.Text, c.layoutOf(d.Layout)}
	if !d.IsText() {
		c.html(at, mail, cfg)
		return
	}
	mail.text = d.Content
	c.parts(at, mail, cfg)
	if endTag.MatchString(d.Content) {
		c.warn(at, `looks like HTML and is declared as "text/plain": people will see its tags`)
	}
}

// mailParts is a mail as the config has it.
type mailParts struct {
	usageType, html, text string
	layout                *templates.Layout // nil for none
}

// html checks a mail whose HTML stands at pointer.
func (c *checker) html(pointer string, m mailParts, cfg *Config) {
	c.page(pointer, m.html, m.layout)
	c.parts(pointer, m, cfg)
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
		c.problem("/"+member, "is the list of templates of Logto's SMTP or SendGrid connector: "+
			"write each as a delivery, "+
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

// file returns the text of the file that the member at pointer names, or inline if it
// names none.
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

// mistakes finds conditions that can't be compiled, and other template languages.
func (c *checker) mistakes(pointer string, mistakes []deliveries.Mistake) {
	for _, m := range mistakes {
		report := c.problem
		if m.Harmless {
			report = c.warn
		}
		at, problem := pointer, m.Problem
		if m.Member != "" {
			at += "/" + m.Member
		}
		if m.Line > 0 {
			problem = fmt.Sprintf("line %d: %s", m.Line, problem)
		}
		report(at, "%s", problem)
	}
}

// endTag is what plain text has none of.
var endTag = regexp.MustCompile(`</[A-Za-z]+>`)

// parts checks that both parts of a mail have what it is sent for, and that the text part
// can be derived where there is none.
func (c *checker) parts(pointer string, m mailParts, cfg *Config) {
	page, err := templates.Parse(m.html, templates.HTML)
	if err != nil || m.html == "" {
		return // told elsewhere, with its line
	}
	if c.tooMuch(pointer, len(m.html)+m.layout.Size()) {
		return
	}
	page = m.layout.Wrap(page)
	needed, purpose := "code", "sign in"
	switch {
	case deliveries.IsForLink(m.usageType):
		needed, purpose = "link", "follow its link"
	case deliveries.IsNotice(m.usageType):
		needed = "" // it tells of something, and that is all
	}
	if needed != "" && !page.Uses(needed) {
		c.warn(pointer, "has no {{%s}}: nobody could %s with this mail", needed, purpose)
		return
	}
	plain, err := templates.Parse(m.text, templates.Text)
	switch {
	case err != nil:
		return
	case m.text == "" && cfg.Options.AutoText != nil && !*cfg.Options.AutoText:
		return // there is no text part
	case m.text == "":
		if plain, err = page.PlainText(); err != nil {
			c.problem(pointer, "can't be turned into plain text (%v): simplify the HTML, write the text, "+
				"or set options.autoText to false", err)
			return
		}
	}
	if needed != "" && !plain.Uses(needed) {
		c.warn(pointer, "has a text part without {{%s}}: who reads that could not %s", needed, purpose)
	}
}
