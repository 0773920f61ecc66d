package deliveries

import (
	"fmt"

	"mailgun-connector/templates"
	"mailgun-connector/templates/builtin"
)

// finish is what all mails of a config are finished with, once, when it is compiled.
type finish struct {
	layout   *templates.Layout // nil for none
	autoText bool
	autofill *templates.Template // nil for none
}

func newFinish(cfg Config) (*finish, error) {
	f := &finish{autoText: cfg.AutoText}
	var err error
	if cfg.Layout != "" {
		if f.layout, err = templates.ParseLayout(cfg.Layout); err != nil {
			return nil, fmt.Errorf("compiling layout: %w", err)
		}
	}
	f.autofill, err = newAutofill(cfg.Brand)
	return f, err
}

// apply finishes a content of its own. Its text part is derived from the mail inside the
// layout, so that it has what the layout says, such as an address in the footer; one that
// the config has is left as it is written. wrap is false for a content that stands alone.
func (f *finish) apply(c *Content, wrap *bool) error {
	if c.html == nil {
		return nil // Mailgun has the mail
	}
	if wrap == nil || *wrap {
		c.html = f.layout.Wrap(c.html)
	}
	if c.text == nil && f.autoText {
		var err error
		if c.text, err = c.html.PlainText(); err != nil {
			return err
		}
	}
	f.bind(c)
	return nil
}

// newAutofill returns the line that binds a code to the domain where it may be filled in.
// Browsers and phones look for it in the last line of a message
// (github.com/WICG/sms-one-time-codes, "Domain-bound one-time codes"). The domain is
// written into it: a payload, which may have a brand of its own, must not change it.
func newAutofill(b *builtin.Brand) (*templates.Template, error) {
	if b == nil || b.AutofillDomain == "" {
		return nil, nil
	}
	return templates.Parse("{{#if code}}@"+b.AutofillDomain+" #{{code}}{{/if}}", templates.Text)
}

// bind adds the line for the code to a content that shows one.
func (f *finish) bind(c *Content) {
	const code = "code"
	if f.autofill != nil && (c.html.Uses(code) || c.text.Uses(code) || c.subject.Uses(code)) {
		c.text = c.text.Append(f.autofill)
	}
}
