package builtin

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName is how many characters of a name a mail shows.
const maxName = 50

// Names returns what the built-in mails show of a payload's application, organization
// and inviter, each where it has a name, in the shape of Logto's context. The map is for
// the payload's key "names", and must not be changed. An application named like the brand
// is left out.
//
// Whoever signs up can choose such a name, and the most reported abuse of mails like
// these is a name that is an address of a page: so names come as [Harmless] ones.
func (b *Brand) Names(payload map[string]any) map[string]any {
	var names map[string]any
	for _, n := range named {
		name := Harmless(firstString(payload[n.key], n.members))
		if name == "" || n.key == "application" && name == Harmless(b.Name) {
			continue
		}
		if names == nil {
			names = make(map[string]any, 3)
		}
		names[n.key] = name
	}
	return names
}

// named has the objects of a payload that have a name, and the members that hold it, the
// best first.
var named = []struct {
	key     string
	members []string
}{
	{"application", []string{"displayName", "name"}},
	{"organization", []string{"name"}},
	{"inviter", []string{"name", "username", "primaryEmail"}},
}

func firstString(object any, members []string) string {
	node, _ := object.(map[string]any)
	for _, member := range members {
		if s, _ := node[member].(string); strings.TrimSpace(s) != "" {
			return s
		}
	}
	return ""
}

// Harmless returns a name that strangers may have chosen, fit for a mail: one line without
// invisible characters, of at most 50 characters, that no mail program takes for an
// address to click, and Mailgun for no variable of its own.
func Harmless(name string) string {
	if len(name) <= maxName && !strings.ContainsFunc(name, remarkable) {
		return strings.TrimSpace(name) // most are as they should be
	}
	return inert(clip(oneLine(name), maxName))
}

// remarkable reports whether a name with this character must be looked at closely.
func remarkable(r rune) bool {
	return r != ' ' && (!unicode.IsLetter(r) || inkless(r)) && !unicode.IsDigit(r)
}

// inkless reports whether a character is one of Hangul's fillers: letters that show nothing.
func inkless(r rune) bool { return strings.ContainsRune("\u115f\u1160\u3164\uffa0", r) }

// oneLine makes white space single and drops what nobody sees: controls, and the format
// characters that can turn a text's direction or hide a part of it. Joiners stay: Persian,
// Indic scripts and emoji are written with them; the two direction marks do no harm.
func oneLine(name string) string {
	var b strings.Builder
	for _, r := range name {
		switch {
		case unicode.IsSpace(r):
			r = ' '
		case strings.ContainsRune("\u200c\u200d\u200e\u200f", r):
		case unicode.Is(unicode.C, r), r == utf8.RuneError, inkless(r):
			continue
		}
		b.WriteRune(r)
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// clip cuts a name to limit characters, the last of them an ellipsis, and never before a
// mark that belongs to the character before it.
func clip(name string, limit int) string {
	if utf8.RuneCountInString(name) <= limit {
		return name
	}
	runes := []rune(name)
	end := limit - 1
	for end > 0 && (unicode.In(runes[end], unicode.M, unicode.Cf) || runes[end-1] == '\u200d') {
		end--
	}
	if end == 0 {
		end = limit - 1 // nothing but marks
	}
	return strings.TrimSpace(string(runes[:end])) + "…"
}

// nonJoiner is invisible, and not one of the characters that an address is made of. Of
// the invisible ones it is the one that may also stand in a header.
const nonJoiner = '\u200c'

// inert puts a nonJoiner on both sides of what makes mail programs see an address inside a
// word, and of the percent signs that a variable of Mailgun's stands between.
func inert(name string) string {
	if !strings.ContainsAny(name, joints+percents) {
		return name
	}
	var b strings.Builder
	for _, word := range strings.SplitAfter(name, " ") {
		last := len(strings.TrimSuffix(word, " "))
		for i, r := range word {
			before, after := i > 0, i+utf8.RuneLen(r) < last
			joint := before && after && strings.ContainsRune(joints, r) || strings.ContainsRune(percents, r)
			if joint && before {
				b.WriteRune(nonJoiner)
			}
			b.WriteRune(r)
			if joint && after {
				b.WriteRune(nonJoiner)
			}
		}
	}
	return b.String()
}

// With each character also what Unicode (NFKC, IDNA) takes for it.
const (
	joints   = `.@:/\` + "\u3002\uff0e\uff61\u2024\ufe52\uff20\ufe6b\uff1a\ufe55\uff0f\uff3c"
	percents = "%\uff05\ufe6a"
)
