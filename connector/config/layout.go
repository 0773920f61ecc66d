package config

import (
	"strings"

	"mailgun-connector/deliveries"
	"mailgun-connector/templates"
)

// maxLayout is in bytes: every mail gets it, and no mail is that long.
const maxLayout = 256 << 10

// layout checks the layout, reads it where it is a file, and keeps it for the mails inside.
func (c *checker) layout(cfg *Config) {
	const at = "/layout"
	if cfg.Layout == "" {
		return
	}
	if !isHTML(cfg.Layout) {
		cfg.LayoutFile = cfg.Layout
		cfg.Layout = c.file(at, cfg.LayoutFile, "")
	}
	switch {
	case c.found(at):
		return
	case len(cfg.Layout) > maxLayout:
		c.problem(at, "has %d KB: every mail would have them on top, so take out what is not for all",
			len(cfg.Layout)>>10)
		return
	}
	layout, mistakes := deliveries.ParseLayout(cfg.Layout)
	c.mistakes(at, mistakes)
	c.page(at, cfg.Layout, nil)
	c.frame = layout
}

// isHTML tells a text from the path of a file.
func isHTML(s string) bool { return strings.ContainsAny(s, "<\n") || strings.Contains(s, "{{") }

// layoutOf returns the layout that a mail is put into, nil for none.
func (c *checker) layoutOf(wrap *bool) *templates.Layout {
	if wrap != nil && !*wrap {
		return nil
	}
	c.framed = true
	return c.frame
}

// unusedLayout warns of a layout that no mail is put into.
func (c *checker) unusedLayout(cfg *Config) {
	if cfg.Layout != "" && !c.framed {
		c.warn("/layout", "wraps nothing: it is for deliveries with HTML and for templates, "+
			"but not for those with \"layout\": false, the mails stored at Mailgun, or the built-in ones")
	}
}

// maxMails is in bytes of HTML, in all. A layout of many KB goes into thousands of mails,
// and each is compiled and held in memory.
const maxMails = 32 << 20

// tooMuch counts the HTML of a mail, and reports whether there is too much of it.
func (c *checker) tooMuch(pointer string, size int) bool {
	before := c.mails
	c.mails += size
	if before <= maxMails && c.mails > maxMails {
		c.problem(pointer, "is where the mails, each with its layout, pass %d MB in all: "+
			"make the layout shorter, or have fewer mails", maxMails>>20)
	}
	return c.mails > maxMails
}
