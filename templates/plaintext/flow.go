package plaintext

import "strings"

// Space is the white space before some words: at least what the page has there,
// and never more than one blank line.
type Space uint8

const (
	none Space = iota
	word
	cell      // between the cells of a row
	lineBreak // of a <br>
	line
	// Paragraph is one blank line.
	Paragraph
)

var spaces = [...]string{none: "", word: " ", cell: "  ", lineBreak: "\n", line: "\n", Paragraph: "\n\n"}

// Len is the number of bytes of the space.
func (s Space) Len() int { return len(spaces[s]) }

// with returns the space where next follows on s. A <br> on a line that is empty
// leaves an empty line.
func (s Space) with(next Space) Space {
	if next == lineBreak && s >= lineBreak {
		return Paragraph
	}
	return max(s, next)
}

// Flow writes the gaps and bullets of a text. Nothing is left of them where no
// words follow, so what is left out leaves no empty lines. The zero Flow stands
// at the beginning of a text.
type Flow struct {
	space  Space
	indent string
	bullet string
	begun  bool
}

// Gap takes the Space and the Text of a [Gap].
func (f *Flow) Gap(space Space, indent string) {
	f.space = f.space.with(space)
	f.indent = indent
}

// Bullet takes the Text of a [Bullet].
func (f *Flow) Bullet(text string) { f.bullet = text }

// Begin writes to b what belongs before words, which must follow.
func (f *Flow) Begin(b *strings.Builder) {
	if f.begun && f.space == none {
		return
	}
	if f.begun {
		b.WriteString(spaces[f.space])
	}
	if !f.begun || f.space >= lineBreak {
		if f.bullet != "" {
			b.WriteString(f.bullet)
		} else {
			b.WriteString(f.indent)
		}
		f.bullet = ""
	}
	f.space, f.begun = none, true
}
