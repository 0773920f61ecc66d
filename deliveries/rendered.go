package deliveries

import (
	"fmt"
	"regexp"
	"strings"

	"mailgun-connector/templates"
	"mailgun-connector/templates/plaintext"
)

// Rendered is a mail that somebody else has made: nothing in it is a placeholder. It needs
// HTML or Text.
type Rendered struct {
	Subject, HTML, Text string
}

// renderedParts put a mail's parts into the places where any content's values go, so that
// they are held to the same rules: no line break in the subject, a bound for all, and none
// of Mailgun's variables.
var renderedParts = struct{ subject, html, text *templates.Template }{
	subject: mustParse("{{subject}}", templates.Header),
	html:    mustParse("{{{html}}}", templates.HTML),
	text:    mustParse("{{text}}", templates.Text),
}

func mustParse(text string, kind templates.Kind) *templates.Template {
	t, err := templates.Parse(text, kind)
	if err != nil {
		panic(err)
	}
	return t
}

// tag is what HTML has at least one of.
var tag = regexp.MustCompile(`<[A-Za-z!/][^>]*>`)

// HasTags reports whether a text is HTML by its looks.
func HasTags(text string) bool { return tag.MatchString(text) }

// Content returns the mail as a content, which source names, and the payload that fills
// it. With autoText a missing text part is made of the HTML; the error says that this
// can't be done.
func (r *Rendered) Content(source string, autoText bool) (*Content, map[string]any, error) {
	c := &Content{source: source, subject: renderedParts.subject}
	page, text := r.HTML, r.Text
	if page != "" && !HasTags(page) { // in a browser it would be one line
		page = `<div style="white-space:pre-wrap">` + page + "</div>"
	}
	if text == "" && autoText {
		pieces, err := plaintext.Convert([]plaintext.Piece{{Kind: plaintext.Text, Text: page}})
		if err != nil {
			return nil, nil, fmt.Errorf("deriving a text part: %w", err)
		}
		text = join(pieces)
	}
	if page != "" {
		c.html = renderedParts.html
	}
	if text != "" {
		c.text = renderedParts.text
	}
	return c, map[string]any{"subject": r.Subject, "html": templates.WithoutVariables(page), "text": text}, nil
}

func join(pieces []plaintext.Piece) string {
	var b strings.Builder
	var flow plaintext.Flow
	for _, p := range pieces {
		switch p.Kind {
		case plaintext.Gap:
			flow.Gap(p.Space, p.Text)
		case plaintext.Bullet:
			flow.Bullet(p.Text)
		default:
			if p.Text != "" {
				flow.Begin(&b)
				b.WriteString(p.Text)
			}
		}
	}
	return b.String()
}
