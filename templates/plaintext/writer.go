package plaintext

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// writer puts a text together. White space is held back until words follow it:
// between two stretches of text it then becomes part of them, elsewhere a [Gap].
type writer struct {
	pieces []Piece
	words  []byte // the stretch being written

	space  Space  // before what comes next
	indent string // what a new line begins with
	bullet string // what the next words begin with instead

	solid    bool   // text stands before this place, whatever values and switches turn out to be
	broken   bool   // there is more than one line
	dangling bool   // a bullet may find no words
	blank    bool   // there is a no-break space on a line without words: an empty line is meant
	joined   bool   // what comes next touches visible text
	held     []rune // invisible characters that wait for visible ones
}

func (w *writer) empty() bool { return len(w.pieces) == 0 && len(w.words) == 0 }

// gap puts space before what comes next.
func (w *writer) gap(s Space) {
	if s == none {
		return
	}
	w.settle()
	if w.blank && s >= lineBreak {
		s = Paragraph
	}
	w.space = w.space.with(s)
}

// whiteSpace says what becomes of white space in a page.
type whiteSpace uint8

const (
	collapsed whiteSpace = iota
	linesKept
	allKept
)

// text writes the text of a page, where white space is what a browser makes of
// it. A no-break space is white space like any other: it is the stuff of spacers.
func (w *writer) text(s string, white whiteSpace) {
	for _, r := range s {
		switch {
		case r == '\n' && white != collapsed:
			w.gap(lineBreak)
		case isSpace(r) && white == allKept:
			w.held = append(w.held, r)
		case isSpace(r):
			w.gap(word)
			w.blank = w.blank || r == '\u00a0' && w.space >= lineBreak
		case r == '\u00ad': // a soft hyphen is for layout; some programs would show it
		case isFiller(r) || isBidi(r):
			w.held = append(w.held, r)
		default:
			w.begin(true)
			w.release()
			w.words = utf8.AppendRune(w.words, r)
		}
	}
}

func isSpace(r rune) bool {
	return unicode.IsSpace(r) && r != '\u3000' // CJK text is indented with it
}

// isFiller reports whether r is invisible. Inside a word such a character has a
// meaning (Persian and emoji need joiners); elsewhere it fills up a preheader.
func isFiller(r rune) bool {
	switch r {
	case '\u034f', '\u180e', '\u200b', '\u200c', '\u200d', '\u2800', '\u3164', '\ufeff':
		return true
	}
	return r >= '\u2060' && r <= '\u2064'
}

// isBidi reports whether r directs the text around it (Unicode Standard Annex 9).
func isBidi(r rune) bool { return unicode.Is(unicode.Bidi_Control, r) }

// settle ends a word: of the characters held back those stay that direct it.
func (w *writer) settle() {
	if w.joined {
		for _, r := range w.held {
			if isBidi(r) {
				w.words = utf8.AppendRune(w.words, r)
			}
		}
	}
	w.held = w.held[:0]
	w.joined = false
}

// release writes the characters held back, as visible ones follow.
func (w *writer) release() {
	for _, r := range w.held {
		if w.joined || isBidi(r) || isSpace(r) {
			w.words = utf8.AppendRune(w.words, r)
		}
	}
	w.held = w.held[:0]
	w.joined = true
	w.solid = true
}

// write adds words as they are.
func (w *writer) write(s string) {
	w.begin(true)
	w.release()
	w.words = append(w.words, s...)
}

// value adds a Value.
func (w *writer) value(p Piece) {
	w.begin(false)
	solid := w.solid
	w.release()
	w.solid = solid
	w.add(p)
}

// toggle adds a Switch: from here on, nothing is sure to stand before.
func (w *writer) toggle(p Piece) {
	w.settle()
	w.begin(false)
	w.add(p)
	w.solid = false
}

func (w *writer) add(p Piece) {
	w.flush()
	w.pieces = append(w.pieces, p)
}

func (w *writer) flush() {
	if len(w.words) > 0 {
		w.pieces = append(w.pieces, Piece{Kind: Text, Text: string(w.words)})
		w.words = w.words[:0]
	}
}

// begin writes the white space and the bullet before what comes next: into the
// text if it may and nothing can change there any more, else as pieces.
func (w *writer) begin(inText bool) {
	w.blank = false
	if w.space == none && w.bullet == "" {
		return
	}
	w.broken = w.broken || w.space >= lineBreak && !w.empty()
	if inText && w.solid {
		w.words = append(w.words, spaces[w.space]...)
		switch {
		case w.space < lineBreak:
		case w.bullet != "":
			w.words = append(w.words, w.bullet...)
		default:
			w.words = append(w.words, w.indent...)
		}
	} else {
		if w.space != none {
			w.add(Piece{Kind: Gap, Space: w.space, Text: w.indent})
		}
		if w.bullet != "" {
			w.add(Piece{Kind: Bullet, Text: w.bullet})
			w.dangling = true
		}
		w.solid = false
	}
	w.space, w.bullet = none, ""
}

// endItem takes back a bullet that found no words.
func (w *writer) endItem() {
	w.bullet = ""
	if w.dangling {
		w.settle()
		w.add(Piece{Kind: Bullet})
		w.dangling = false
	}
}

// append adds what another writer has written.
func (w *writer) append(from *writer) {
	from.settle()
	from.flush()
	indent := w.indent
	for _, p := range from.pieces {
		switch p.Kind {
		case Text:
			w.write(p.Text)
		case Value:
			w.value(p)
		case Switch:
			w.toggle(p)
		case Gap:
			w.gap(p.Space)
			w.indent = p.Text
		case Bullet:
			if w.bullet = p.Text; p.Text == "" {
				w.endItem()
			}
		}
	}
	w.broken = w.broken || from.broken
	w.indent = indent
}

// hasWords reports whether anything can be seen of what was written.
func (w *writer) hasWords() bool {
	if len(w.words) > 0 {
		return true
	}
	for _, p := range w.pieces {
		if p.Kind == Text || p.Kind == Value {
			return true
		}
	}
	return false
}

// trim takes the space from both ends.
func (w *writer) trim() {
	if len(w.pieces) > 0 && w.pieces[0].Kind == Gap {
		w.pieces = w.pieces[1:]
	}
	w.space = none
}

// key returns what was written as one string, to compare it with another.
func (w *writer) key() string {
	var b strings.Builder
	for _, p := range w.pieces {
		switch p.Kind {
		case Text:
			b.WriteString(p.Text)
		case Value:
			b.WriteString("\x00" + p.Text + "\x00")
		case Switch:
			b.WriteString("\x01" + p.Text + "\x01")
		case Gap:
			b.WriteByte(' ')
		}
	}
	return strings.TrimSpace(b.String())
}
