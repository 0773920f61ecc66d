package deliveries

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"mailgun-connector/templates"
)

// Content is one delivery or localized template, compiled. It is immutable and
// safe for concurrent use.
type Content struct {
	source string

	subject, html, text *templates.Template
	replyTo, sendFrom   *address

	template, templateVersion string
	variables                 map[string]any

	facts     facts
	uses      []string // root keys of the facts that the content has placeholders for
	language  string   // BCP 47
	durations string   // the built-in language that durations are in
}

// Source is the content's place in the config, in a word fit for logs:
// "templates/SignIn/fr" or "deliveries/Generic".
func (c *Content) Source() string { return c.source }

// Needs reports whether a mail of this content for this payload would be useless without
// a member of it, such as "code" or "link": whether it uses the placeholder outside of a
// condition that guards it, see [templates.Template.Needs]. What a Mailgun template needs
// can't be seen from here.
func (c *Content) Needs(member string, payload map[string]any) bool {
	return c.subject.Needs(member, payload) || c.html.Needs(member, payload) || c.text.Needs(member, payload)
}

// Head is the part of a mail that is small and tells whether it can be sent. Empty
// members are to be left out when sending.
type Head struct {
	From    string // replaces the config's sender
	ReplyTo string
	Subject string

	Template, TemplateVersion string

	// Unresolved names placeholders that the payload has no value for, sorted,
	// each once.
	Unresolved []string
}

// Body is the part of a mail that is large.
type Body struct {
	HTML, Text string
	Variables  string // one JSON object, for a Mailgun template only
}

// UnsafeValueError says that values of the payload can't stand where the
// content puts them.
type UnsafeValueError struct {
	Placeholders []string // whose value breaks a header line, sorted, each once
	Header       string   // or the header ("From", "Reply-To") that would not hold one address
}

// Error names the header or the placeholders, and no value.
func (e *UnsafeValueError) Error() string {
	if e.Header != "" {
		return fmt.Sprintf("the payload's values do not make %s one e-mail address", e.Header)
	}
	return fmt.Sprintf("payload values of %q hold line breaks or control characters "+
		"and can't be part of a mail header", e.Placeholders)
}

// TooLargeError says that the values of a payload would fill more than [MaxValues] of
// a mail.
type TooLargeError struct{}

// Error says so.
func (*TooLargeError) Error() string {
	return "the payload's values would fill more than 4 MiB of the mail"
}

// MaxValues bounds the bytes of all values in a mail. A long one in a text with many
// placeholders could else fill the memory.
const MaxValues = 4 << 20

// reserve is room for the values in a rendering; more is taken if needed.
const reserve = 128

// Head fills all but the bodies, and finds out everything that can be wrong with
// a payload for this content. The error is an [*UnsafeValueError], a
// [*TooLargeError] or a [*LongHeaderError].
func (c *Content) Head(payload map[string]any) (Head, error) {
	h := Head{Template: c.template, TemplateVersion: c.templateVersion}
	var found templates.Findings
	for _, t := range []*templates.Template{c.subject, c.html, c.text} {
		t.Measure(payload, MaxValues, &found)
	}
	if found.Size += c.replyTo.size(payload) + c.sendFrom.size(payload); found.Size > MaxValues {
		return Head{}, &TooLargeError{}
	}
	var b strings.Builder
	b.Grow(c.subject.Size() + reserve)
	c.subject.Render(&b, payload, &found)
	h.Subject = b.String()

	var ok bool
	if h.ReplyTo, ok = c.replyTo.fill(payload, &found); !ok {
		return Head{}, &UnsafeValueError{Header: "Reply-To"}
	}
	if h.From, ok = c.sendFrom.fill(payload, &found); !ok {
		return Head{}, &UnsafeValueError{Header: "From"}
	}
	if len(found.Unsafe) > 0 {
		return Head{}, &UnsafeValueError{Placeholders: unique(found.Unsafe)}
	}
	for _, header := range [...]struct{ name, text string }{
		{"Subject", h.Subject}, {"Reply-To", h.ReplyTo}, {"From", h.From},
	} {
		if len(header.text) > MaxLine {
			return Head{}, &LongHeaderError{header.name}
		}
	}
	h.Unresolved = unique(found.Unresolved)
	return h, nil
}

// Body fills the bodies. It is cheap enough to be called again for each attempt
// at sending: a mail that waits for an answer then holds none.
func (c *Content) Body(payload map[string]any) Body {
	if c.template != "" {
		return Body{Variables: overlay(c.variables, payload)}
	}
	var found templates.Findings // known from the head
	var b strings.Builder        // one buffer, and so one allocation, for both parts
	b.Grow(c.html.Size() + c.text.Size() + reserve)
	c.html.Render(&b, payload, &found)
	html := b.Len()
	c.text.Render(&b, payload, &found)
	all := b.String()
	return Body{HTML: all[:html], Text: all[html:]}
}

func unique(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}

// overlay is the JSON of variables with the payload's members on top.
func overlay(variables, payload map[string]any) string {
	merged := make(map[string]any, len(variables)+len(payload))
	maps.Copy(merged, variables)
	maps.Copy(merged, payload)
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // Mailgun limits these to 16 KB: no need to make them longer
	if err := enc.Encode(merged); err != nil {
		return "{}" // nothing that came from JSON fails to become JSON again
	}
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}

// HasPlaceholder reports whether a text has anything to fill in or to leave out.
func HasPlaceholder(text string) bool {
	t, err := templates.Parse(text, templates.Header)
	return err != nil || t.Size() < len(text)
}
