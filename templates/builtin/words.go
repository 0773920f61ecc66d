package builtin

import (
	"cmp"
	"strings"
)

// words is what one mail says, in the syntax of one part of it. What a mail does not say is
// empty.
type words struct {
	Subject string // in the syntax of a header
	Title   string // the heading, for an attribute
	Heading string
	Intro   string
	Expires string // with white space before it; nothing if the payload does not say when
	Button  string
	Colon   string // after the button's words where they are a label
	Space   string // between two sentences

	OrLink, OrCode, CopyLink        string
	Application, Organization, Help string
	Secret, Note                    string
}

// syntax writes a text of a language's file into a part of a mail: its {names} as
// placeholders, what is special there escaped.
type syntax = *strings.Replacer

var (
	textSyntax syntax = strings.NewReplacer(placeholders("", "")...)
	// A name may run in another direction than the text around it, or end in a mark of none.
	htmlSyntax      syntax = strings.NewReplacer(append(placeholders("<bdi>", "</bdi>"), entities...)...)
	attributeSyntax syntax = strings.NewReplacer(append(placeholders("", ""), entities...)...)
)

var entities = []string{"&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;"}

// placeholders pairs what stands in the texts with what stands in a mail, what people named
// between open and shut.
func placeholders(open, shut string) []string {
	return []string{
		"{brand}", open + "{{brand.name}}" + shut,
		"{code}", "{{code}}",
		"{expiresIn}", "{{expiresIn}}",
		"{application}", open + "{{names.application}}" + shut,
		"{organization}", open + "{{names.organization}}" + shut,
		"{inviter}", open + "{{names.inviter}}" + shut,
	}
}

// words returns what the mail of a type says.
func (t *texts) words(usageType string, kind Kind, s syntax) words {
	m, all := t.Mails[usageType], &t.Shared
	subject, heading, intro := m.Subject, m.Heading, m.Intro
	button, note := m.Button, m.Note
	var expires, secret string
	switch kind {
	case Code:
		expires, secret = all.CodeExpires, all.CodeSecret
	case Link:
		subject, intro = m.LinkSubject.source(), m.LinkIntro
		heading, expires, secret = subject, all.LinkExpires, all.LinkSecret
	case Notice:
		heading, button, note = subject, cmp.Or(button, all.Review), cmp.Or(note, all.NotYou)
	}
	organization := all.Organization
	if m.LinkIntro.Organization != "" {
		organization = "" // what the mail is about is no detail of it
	}
	if expires != "" {
		expires = condition("expiresIn", t.Space+expires, "")
	}
	return words{
		Subject: textSyntax.Replace(subject), Title: attributeSyntax.Replace(heading),
		Heading: s.Replace(heading), Intro: s.Replace(intro.source()), Expires: s.Replace(expires),
		Button: s.Replace(button), Colon: t.Colon, Space: t.Space,
		OrLink: s.Replace(all.OrLink), OrCode: s.Replace(all.OrCode),
		CopyLink: s.Replace(all.CopyLink), Application: s.Replace(all.Application),
		Organization: s.Replace(organization), Help: s.Replace(all.Help),
		Secret: s.Replace(secret), Note: s.Replace(note),
	}
}
