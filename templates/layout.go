package templates

import (
	"slices"
	"strings"

	"mailgun-connector/templates/plaintext"
)

// Layout is a page that other pages are put into, such as header and footer of all mails.
// It has one place for them, {{{content}}}, and is else an [HTML] text like any other. It
// is safe for concurrent use; the nil *Layout is none.
type Layout struct {
	page *Template
	at   int // the part in whose place the content goes
}

// contentName is the name of the place for the content.
const contentName = "content"

// ParseLayout compiles a layout. The error is [SyntaxErrors]: what [Parse] finds, and a
// place for the content that is missing, is there twice, would escape its tags, or stands
// in a condition.
func ParseLayout(text string) (*Layout, error) {
	l := &Layout{at: -1}
	var first Position
	p := newParser(text, HTML)
	p.onValue = func(value part, offset int) {
		if value.name != contentName {
			return
		}
		at := p.cursor.position(offset)
		switch {
		case !value.raw:
			p.fail(at, "%s would show the tags of a mail: write {{{content}}}", value.literal)
		case l.at >= 0:
			p.fail(at, "{{{content}}} appears a second time, after line %d: keep one of the two", first.Line)
		default:
			l.at, first = len(p.t.parts), at
			if len(p.blocks) > 0 {
				b := p.blocks[len(p.blocks)-1]
				p.fail(at, "{{{content}}} is inside %s of line %d, and a mail without its content is of no use: "+
					"put it outside", b.tag, b.at.Line)
			}
		}
	}
	t, err := p.parse()
	if err != nil {
		return nil, err
	}
	if l.at < 0 {
		return nil, SyntaxErrors{{Problem: "has no {{{content}}}: write it where the mails belong"}}
	}
	l.page = t
	return l, nil
}

// Foreign returns what the layout has of other template languages, in order.
func (l *Layout) Foreign() []Foreign {
	if l == nil {
		return nil
	}
	return l.page.Foreign()
}

// Size is the number of bytes that the layout has without content and values.
func (l *Layout) Size() int {
	if l == nil {
		return 0
	}
	return l.page.Size()
}

// Wrap returns an [HTML] template inside the layout, as if both had been one text. The nil
// *Layout returns it as it is.
func (l *Layout) Wrap(content *Template) *Template {
	if l == nil || content == nil {
		return content
	}
	whole := &Template{kind: HTML, parts: make([]part, 0, len(l.page.parts)+len(content.parts))}
	whole.join(l.page.parts[:l.at], 0)
	whole.join(content.parts, l.at)
	// What was behind the place is as much farther back as the content has parts more than it.
	whole.join(l.page.parts[l.at+1:], len(content.parts)-1)
	return whole
}

// join adds parts whose ends of branches move back by an offset.
func (t *Template) join(parts []part, offset int) {
	for _, p := range parts {
		if p.op == opIf || p.op == opUnless || p.op == opElse {
			p.skip += offset
		}
		t.add(p)
	}
}

// Append returns a [Text] template that ends in a further paragraph, with one empty line
// before it.
func (t *Template) Append(paragraph *Template) *Template {
	if t == nil {
		return nil
	}
	parts := slices.Clone(t.parts)
	if last := len(parts) - 1; last >= 0 && parts[last].op == opText {
		parts[last].literal = strings.TrimRight(parts[last].literal, " \t\r\n")
	}
	whole := &Template{kind: Text, flows: true}
	whole.join(parts, 0)
	whole.add(part{op: opBullet})
	whole.add(part{op: opGap, space: plaintext.Paragraph})
	whole.join(paragraph.parts, len(whole.parts))
	return whole
}
