// Package plaintext turns the HTML of a mail into plain text, for readers whose
// mail program shows no HTML. It knows what mails are made of (layout tables,
// hidden preheaders, buttons, lists) and nothing of placeholders: those travel
// from the page into the text as pieces that it does not look into.
//
// It is made for mails because no library is: the known ones of Go run table
// rows together, keep what a page hides, or write Markdown, whose asterisks are
// copied together with a code.
//
// Its length is that of the habits of mails: each is a few lines, and a golden file in
// templates/testdata/text.
package plaintext

// Piece is a part of a page, or of the text that [Convert] makes of it.
type Piece struct {
	Kind Kind
	// Text is HTML in a page and words in a text. Of a Value or Switch it is what
	// this is known by; of a Gap what the next line begins with; of a Bullet the
	// bullet, or nothing where its item ends.
	Text string
	// ID tells Values and Switches apart. It belongs to the caller.
	ID int
	// Space is that of a Gap.
	Space Space
}

// Kind says what a [Piece] is.
type Kind uint8

const (
	// Text is a stretch of the page or of the text.
	Text Kind = iota
	// Value stands for words that are known later, perhaps none.
	Value
	// Switch shows nothing. What stands between two of them may be left out
	// later, so a text keeps all that stand between the tags of its page, also
	// where the page is hidden.
	Switch
	// Gap is white space that is written once words come after it. Of several
	// gaps in a row the widest counts. Only a text has gaps.
	Gap
	// Bullet begins or ends a list item. Only a text has bullets.
	Bullet
)
