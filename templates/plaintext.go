package templates

import (
	"fmt"
	"slices"

	"mailgun-connector/templates/plaintext"
)

// PlainText derives a [Text] template from an [HTML] one: the words of the page
// with the same placeholders, for readers that show no HTML. It fails only if
// the elements of the page are nested deeper than a browser would show.
func (t *Template) PlainText() (*Template, error) {
	page := make([]plaintext.Piece, len(t.parts))
	for i, p := range t.parts {
		page[i] = plaintext.Piece{Kind: plaintext.Text, Text: p.literal, ID: i}
		switch p.op {
		case opValue:
			page[i].Kind, page[i].Text = plaintext.Value, p.name
		case opIf, opUnless, opElse, opEnd:
			page[i].Kind, page[i].Text = plaintext.Switch, p.name
		}
	}
	words, err := plaintext.Convert(page)
	if err != nil {
		return nil, fmt.Errorf("deriving a text part: %w", err)
	}
	text := &Template{kind: Text, flows: true}
	for _, w := range words {
		switch w.Kind {
		case plaintext.Text:
			text.add(part{op: opText, literal: w.Text})
		case plaintext.Value:
			text.add(t.parts[w.ID])
		case plaintext.Switch:
			p := t.parts[w.ID]
			p.skip = w.ID
			text.add(p)
		case plaintext.Gap:
			text.add(part{op: opGap, literal: w.Text, space: w.Space})
		case plaintext.Bullet:
			text.add(part{op: opBullet, literal: w.Text})
		}
	}
	text.connect(t.parts)
	return text, nil
}

// connect sets the ends of the conditions of a text that was made of the parts of
// a page: skip is first the index of such a part. A page may lose the beginning or
// the end of a condition, such as one between the quotes of an attribute; then the
// text says all that the page could say.
func (t *Template) connect(page []part) {
	type end struct{ at, onPage int }
	var open []end
	for i := range t.parts {
		p := &t.parts[i]
		onPage := p.skip
		switch p.op {
		case opIf, opUnless:
			open = append(open, end{i, onPage})
		case opElse, opEnd:
			if len(open) == 0 || page[open[len(open)-1].onPage].skip != onPage {
				t.unconditional()
				return
			}
			t.parts[open[len(open)-1].at].skip = i
			open = open[:len(open)-1]
			if p.op == opElse {
				open = append(open, end{i, onPage})
			}
		}
	}
	if len(open) > 0 {
		t.unconditional()
	}
}

func (t *Template) unconditional() {
	t.parts = slices.DeleteFunc(t.parts, func(p part) bool { return p.op >= opIf && p.op <= opEnd })
}
