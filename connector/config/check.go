package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/mail"
	"slices"
	"strings"
	"time"

	"mailgun-connector/deliveries"
	"mailgun-connector/schema"
)

// checker collects what is wrong with a config that a schema can't tell.
type checker struct {
	opts     ParseOptions
	doc      tree
	problems []Problem
	warnings []Problem
	wrong    map[string]bool // the pointers of problems, and of all that is around them
}

func (c *checker) problem(pointer, format string, args ...any) {
	if c.wrong == nil {
		c.wrong = map[string]bool{}
	}
	for around := pointer; !c.wrong[around]; around = around[:max(0, strings.LastIndexByte(around, '/'))] {
		c.wrong[around] = true
	}
	c.problems = append(c.problems, Problem{pointer, fmt.Sprintf(format, args...), c.doc.line(pointer)})
}

func (c *checker) warn(pointer, format string, args ...any) {
	c.warnings = append(c.warnings, Problem{pointer, fmt.Sprintf(format, args...), c.doc.line(pointer)})
}

// decode gives as much of the config as has the right types: members that the
// schema found wrong are zero, so that the others can still be checked.
func (c *checker) decode() *Config {
	cfg := &Config{FallbackLanguage: "en"}
	object, _ := c.doc.value.(map[string]any)
	for name, target := range map[string]any{
		"endpoint": &cfg.Endpoint, "domain": &cfg.Domain, "apiKey": &cfg.APIKey, "from": &cfg.From,
		"deliveries": &cfg.Deliveries, "templates": &cfg.Templates,
		"fallbackLanguage": &cfg.FallbackLanguage, "options": &cfg.Options,
	} {
		v, ok := object[name]
		if !ok {
			continue
		}
		text, err := json.Marshal(v)
		if err != nil {
			c.problem("/"+name, "can't be read: %v", err)
			continue
		}
		dec := json.NewDecoder(bytes.NewReader(text))
		dec.UseNumber() // variables keep their numbers as written
		if err := dec.Decode(target); err != nil && !c.found("/"+name) {
			if name == "options" { // the one member with a type of its own
				c.problem("/options/deliverWithin", "is no duration: write it like \"10m\" or \"1h30m\"")
			} else {
				c.problem("/"+name, "can't be read: %v", err)
			}
		}
	}
	return cfg
}

// found reports whether the value at pointer, or a part of it, is known to be
// wrong already.
func (c *checker) found(pointer string) bool { return c.wrong[pointer] }

// check adds the problems and warnings that follow from cfg, and completes it:
// endpoint, API key, deliver-within and the contents of files.
func (c *checker) check(cfg *Config) {
	if !c.found("/endpoint") {
		endpoint, err := parseEndpoint(cfg.Endpoint, c.opts.AllowHosts)
		if err != nil {
			c.problem("/endpoint", "%v", err)
		}
		cfg.Endpoint = endpoint
	}
	if !c.found("/domain") {
		if wrong := domainProblem(cfg.Domain); wrong != "" {
			c.problem("/domain", "%s", wrong)
		}
	}
	if cfg.APIKey == "" || cfg.APIKey == Masked {
		cfg.APIKey = c.opts.APIKey
	}
	if cfg.APIKey == "" && !c.found("/apiKey") {
		c.problem("/apiKey", "is missing: add it, or set MAILGUN_API_KEY or MAILGUN_API_KEY_FILE")
	}
	if strings.ContainsFunc(cfg.APIKey.Reveal(), func(r rune) bool { return r <= ' ' || r > '~' }) {
		c.problem("/apiKey", "holds white space or characters that no API key has: copy it again")
	}
	if !c.found("/from") {
		if !isMailbox(cfg.From) {
			c.problem("/from", "is no sender: write one mailbox like %q, a name with punctuation in double quotes", "Sender Name <no-reply@mg.example.com>")
		}
	}
	c.options(&cfg.Options)
	for _, usageType := range slices.Sorted(maps.Keys(cfg.Deliveries)) {
		d := cfg.Deliveries[usageType]
		at := "/deliveries/" + schema.EscapePointer(usageType)
		c.delivery(at, usageType, &d)
		if d.Text == "" {
			c.plainText(at, d.HTML, cfg)
		}
		cfg.Deliveries[usageType] = d
	}
	if _, ok := cfg.Deliveries[deliveries.Generic]; !ok && len(cfg.Deliveries) > 0 {
		c.warn("/deliveries", "has no %q: usage types that are not listed will be refused with template_not_found", deliveries.Generic)
	}
	seen := map[string]bool{}
	for i, t := range cfg.Templates {
		if id := t.TemplateType + "/" + strings.ToLower(t.LanguageTag); seen[id] {
			c.problem(fmt.Sprintf("/templates/%d", i), "stands twice: there is a template for this type and language before it")
		} else {
			seen[id] = true
		}
		if from := t.Details.SendFrom; from != "" && !deliveries.HasPlaceholder(from) && !isMailbox(from) {
			c.problem(fmt.Sprintf("/templates/%d/details/sendFrom", i), "is no sender: write one mailbox like %q", "Sender Name <no-reply@mg.example.com>")
		}
		at := fmt.Sprintf("/templates/%d/details/content", i)
		c.content(at, t.TemplateType, t.Details.Content)
		if t.Details.ContentType != "text/plain" {
			c.plainText(at, t.Details.Content, cfg)
		}
	}
}

// isMailbox reports whether s is one mailbox on one line. The parser also takes a
// group of one ("Team: a@example.com;"), which is no mailbox (RFC 5322, section 3.4).
func isMailbox(s string) bool {
	_, err := mail.ParseAddress(s)
	return err == nil && !strings.ContainsAny(s, "\r\n") && !strings.HasSuffix(strings.TrimSpace(s), ";")
}

// ownHeaders are set by the connector or by Mailgun, so a config can't set them.
var ownHeaders = []string{
	"from", "to", "cc", "bcc", "subject", "reply-to", "sender", "date", "message-id", "mime-version",
	"content-type", "content-transfer-encoding", "x-mailgun-variables", "x-mailgun-deliver-within",
}

func (c *checker) options(o *Options) {
	within := time.Duration(o.DeliverWithin)
	object, _ := c.doc.value.(map[string]any)
	written, _ := object["options"].(map[string]any)
	switch {
	case written["deliverWithin"] == nil:
		o.DeliverWithin = Duration(defaultDeliverWithin)
	case within < minDeliverWithin || within > maxDeliverWithin:
		c.problem("/options/deliverWithin", "must be from 5m to 24h, which is what Mailgun takes")
	}
	for _, name := range slices.Sorted(maps.Keys(o.Headers)) {
		if slices.Contains(ownHeaders, strings.ToLower(name)) {
			c.problem("/options/headers/"+schema.EscapePointer(name), "can't be set here: the connector or Mailgun sets it")
		}
	}
}

func (c *checker) delivery(pointer, usageType string, d *deliveries.Delivery) {
	d.HTML = c.file(pointer+"/htmlFile", d.HTMLFile, d.HTML)
	d.Text = c.file(pointer+"/textFile", d.TextFile, d.Text)
	if r := d.ReplyTo; r != "" {
		if _, err := mail.ParseAddress(r); err != nil {
			c.warn(pointer+"/replyTo", "is no mailbox, and is sent as it stands: placeholders are not filled in here")
		}
	}
	if d.Template == "" {
		at := pointer + "/html"
		if d.HTMLFile != "" {
			at += "File"
		}
		c.content(at, usageType, d.HTML)
		if d.Subject == "" {
			c.warn(pointer, "has no \"subject\": mail without one looks like spam")
		}
	}
}

// file gives the text of the file that a delivery names, or inline if it names
// none.
func (c *checker) file(pointer, name, inline string) string {
	if name == "" || c.found(pointer) {
		return inline
	}
	text, err := []byte(nil), ErrNoFiles
	if c.opts.ReadFile != nil {
		text, err = c.opts.ReadFile(pointer, name)
	}
	switch {
	case errors.Is(err, ErrNoFiles):
		c.problem(pointer, "%v: put the text itself in %q", err, strings.TrimSuffix(pointer[strings.LastIndexByte(pointer, '/')+1:], "File"))
		return inline
	case err != nil:
		c.problem(pointer, "can't be read: %v", err)
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
	if usageType != "OrganizationInvitation" && html != "" && !deliveries.MentionsCode(html) {
		c.warn(pointer, "has no {{code}}: nobody could sign in with this mail")
	}
}

// plainText finds HTML that no text part can be derived from.
func (c *checker) plainText(pointer, html string, cfg *Config) {
	if cfg.Options.AutoText != nil && !*cfg.Options.AutoText {
		return
	}
	if err := deliveries.CanDeriveText(html); err != nil {
		c.problem(pointer, "can't be turned into plain text (%v): simplify the HTML, give the text, or set options.autoText to false", err)
	}
}

// domainProblem says what is wrong with a sending domain, "" if nothing.
func domainProblem(domain string) string {
	const example = `write the bare DNS name, like "mg.example.com"`
	switch {
	case strings.Contains(domain, "://"):
		return "must not begin with a scheme: " + example
	case strings.ContainsAny(domain, "/\\?#"):
		return "must not hold a slash or anything after the name: " + example
	case strings.ContainsFunc(domain, func(r rune) bool { return r <= ' ' }):
		return "must not hold white space: " + example
	case strings.Contains(domain, "@"):
		return "is an address: " + example
	case strings.ContainsFunc(domain, func(r rune) bool { return r > '~' }):
		return `must be ASCII: write an internationalised name in its "xn--" form`
	case !isDNSName(domain):
		return "is no DNS name: " + example
	}
	return ""
}

// isDNSName reports whether s is a host name of at least two labels (RFC 1123,
// section 2.1).
func isDNSName(s string) bool {
	labels := strings.Split(s, ".")
	if len(s) > 253 || len(labels) < 2 {
		return false
	}
	for _, label := range labels {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, r := range label {
			if r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
				return false
			}
		}
	}
	return true
}
