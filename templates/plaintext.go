package templates

import (
	"fmt"

	"mailgun-connector/templates/plaintext"
)

// PlainText derives a [Text] template from an [HTML] one: the words of the page
// with the same placeholders, for readers that show no HTML. It fails only if
// the elements of the page are nested deeper than a browser would show.
func (t *Template) PlainText() (*Template, error) {
	page := make([]plaintext.Piece, len(t.parts))
	for i, p := range t.parts {
		page[i] = plaintext.Piece{Kind: plaintext.Text, Text: p.literal}
		if p.op == opValue {
			page[i] = plaintext.Piece{Kind: plaintext.Value, Text: p.name, ID: i}
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
		case plaintext.Gap:
			text.add(part{op: opGap, literal: w.Text, space: w.Space})
		case plaintext.Bullet:
			text.add(part{op: opBullet, literal: w.Text})
		}
	}
	return text, nil
}
