package templates

import (
	"strings"

	"mailgun-connector/templates/plaintext"
)

// output is what a template is rendered to.
type output struct {
	b        *strings.Builder
	start    int             // of what is rendered
	valueEnd int             // where the last value ends; 0 if there is none
	html     bool            // else plain text
	flow     *plaintext.Flow // of a text that has gaps
}

// begin writes what belongs before s.
func (w *output) begin(s string) {
	if w.flow != nil && s != "" {
		w.flow.Begin(w.b)
	}
}

// text writes the literal of a part.
func (w *output) text(p *part) {
	w.begin(p.literal)
	if p.closer && w.valueEnd > 0 {
		w.literal(p)
		return
	}
	w.b.WriteString(p.literal)
}

// escaper writes as html.EscapeString does, without a copy.
var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;")

// escaped writes a part of a value.
func (w *output) escaped(s string) {
	if w.html {
		_, _ = escaper.WriteString(w.b, s) // a builder takes all
		return
	}
	w.b.WriteString(s)
}

// raw writes a value as it stands.
func (w *output) raw(s string) {
	w.begin(s)
	w.b.WriteString(s)
}
