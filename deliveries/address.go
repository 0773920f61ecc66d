package deliveries

import (
	"fmt"
	"net/mail"
	"strings"
	"unicode"

	"mailgun-connector/templates"
)

// address is a mailbox with placeholders, such as
// "{{application.name}} <no-reply@mg.example.com>". Name and mailbox are apart
// from each other so that a value can't leave its place: what is put into the
// name is quoted where it needs to be, and the mailbox must stay one mailbox.
// The nil *address is no address.
type address struct {
	literal string // set when there is nothing to fill in
	name    *templates.Template
	mailbox *templates.Template
}

// literalAddress is an address that is sent as it stands.
func literalAddress(s string) *address {
	if s == "" {
		return nil
	}
	return &address{literal: EncodeName(s)}
}

// EncodeName returns an address as Mailgun can be given it: the same, unless its name has
// both characters beyond ASCII and ones that need quotes. Of such a name Mailgun makes an
// encoded word with the quotes in it, in a header that is not valid
// (github.com/anymail/django-anymail issue 270), so it is sent encoded.
func EncodeName(address string) string {
	parsed, err := mail.ParseAddress(address)
	if err != nil || !isSpoilt(parsed.Name) {
		return address
	}
	return phrase(parsed.Name) + " " + (&mail.Address{Address: parsed.Address}).String()
}

func (c *compiler) address(member, s string) *address {
	s = strings.TrimSpace(s)
	if s == "" || !HasPlaceholder(s) {
		return literalAddress(s)
	}
	// "Name <mailbox>": the last "<" that is not part of a <<placeholder>>.
	at := -1
	switch {
	case strings.HasSuffix(s, ">>>"): // "Name <<<placeholder>>>"
		at = strings.LastIndex(s, "<<<")
	case strings.HasSuffix(s, ">") && !strings.HasSuffix(s, ">>"):
		at = strings.LastIndexByte(s, '<')
	}
	if at < 0 {
		return &address{mailbox: c.parse(member, s, templates.Header)}
	}
	return &address{
		name:    c.parse(member, unquote(strings.TrimSpace(s[:at])), templates.Header),
		mailbox: c.parse(member, s[at+1:len(s)-1], templates.Header),
	}
}

// unquote returns the words of a display name (RFC 5322, section 3.2.5) without the
// quotes and backslashes that a config may have put there: phrase puts them back,
// together with what a value needs. A quote that does not end is part of the name.
func unquote(name string) string {
	var b strings.Builder
	for rest := name; rest != ""; {
		before, quoted, found := strings.Cut(rest, `"`)
		b.WriteString(before)
		if !found {
			break
		}
		text, length := quotedString(quoted)
		if length == 0 {
			return name
		}
		b.WriteString(text)
		rest = quoted[length:]
	}
	return b.String()
}

// quotedString reads what is between double quotes, from behind the first one; length
// is that of all up to behind the other, 0 if there is none.
func quotedString(s string) (text string, length int) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), i + 1
		case s[i] == '\\' && i+1 < len(s):
			i++
		}
		b.WriteByte(s[i])
	}
	return "", 0
}

// size is that of the values in the address, as far as [MaxValues].
func (a *address) size(payload map[string]any) int {
	var found templates.Findings
	if a != nil {
		a.name.Measure(payload, MaxValues, &found)
		a.mailbox.Measure(payload, MaxValues, &found)
	}
	return found.Size
}

// fill returns the address with its placeholders filled: "" if the payload has
// nothing for the mailbox, since a mail without a Reply-To is better than none.
// ok is false when the values do not make exactly one mailbox.
func (a *address) fill(payload map[string]any, found *templates.Findings) (s string, ok bool) {
	if a == nil {
		return "", true
	}
	if a.literal != "" {
		return a.literal, true
	}
	var b strings.Builder
	unresolved := len(found.Unresolved)
	a.mailbox.Render(&b, payload, found)
	mailbox := b.String()
	if mailbox == "" || len(found.Unresolved) > unresolved {
		return "", true
	}
	if a.name != nil {
		mailbox = "<" + mailbox + ">"
	}
	parsed, err := mail.ParseAddress(mailbox)
	if err != nil {
		return "", false
	}
	b.Reset()
	a.name.Render(&b, payload, found)
	bare := (&mail.Address{Address: parsed.Address}).String() // "<local@domain>", the local part quoted if need be
	if name := strings.TrimSpace(b.String() + parsed.Name); name != "" {
		return phrase(name) + " " + bare, true
	}
	return bare[1 : len(bare)-1], true
}

const specials = `()<>[]:;@\,."`

// phrase quotes a display name where RFC 5322, section 3.2.3, asks for it. Names in other
// scripts stay as they are: Mailgun encodes them, but for those that it spoils.
func phrase(name string) string {
	switch {
	case !strings.ContainsAny(name, specials):
		return name
	case isSpoilt(name):
		return encodedWords(name)
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `"`
}

func isSpoilt(name string) bool {
	return strings.ContainsAny(name, specials) &&
		strings.ContainsFunc(name, func(r rune) bool { return r > unicode.MaxASCII })
}

// encodedWords writes a display name as encoded words of RFC 2047. In a phrase they take
// fewer characters as they are than [mime.QEncoding] leaves (section 5, rule 3).
func encodedWords(name string) string {
	const (
		begin, end = "=?utf-8?q?", "?="
		maxWord    = 75
		plain      = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/"
	)
	var words []string
	word := begin
	for _, r := range name { // none is cut apart
		next := ""
		switch {
		case r == ' ':
			next = "_"
		case strings.ContainsRune(plain, r):
			next = string(r)
		default:
			for _, b := range []byte(string(r)) {
				next += fmt.Sprintf("=%02X", b)
			}
		}
		if len(word)+len(next)+len(end) > maxWord {
			words = append(words, word+end)
			word = begin
		}
		word += next
	}
	return strings.Join(append(words, word+end), " ")
}
