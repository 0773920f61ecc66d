package config

import (
	"net/mail"
	"strings"
	"unicode"

	"mailgun-connector/deliveries"
	"mailgun-connector/templates"
)

// lineSeparators end a line to YAML and to some mail programs, and to no mail server.
const lineSeparators = "\u0085\u2028\u2029"

// header checks the text of a mail header.
func (c *checker) header(pointer, text string) {
	if c.found(pointer) {
		return
	}
	if deliveries.LiteralSize(text) > deliveries.MaxLine {
		c.problem(pointer, "is longer than the %d bytes of a mail header's line", deliveries.MaxLine)
	}
	for _, r := range text {
		if templates.IsInvisible(r) || strings.ContainsRune(lineSeparators, r) {
			c.warn(pointer,
				"holds the character U+%04X, which nobody sees and which can change what is read: delete it", r)
			return
		}
	}
}

const senderExample = `write one mailbox like "Sender Name <no-reply@mg.example.com>"`

// senderProblem says what is wrong with a sender, "" if nothing. One with placeholders
// is looked at as far as it can be.
func senderProblem(sender string) string {
	mailbox := sender
	if deliveries.HasPlaceholder(sender) {
		if at := strings.LastIndexByte(sender, '<'); at >= 0 {
			mailbox = strings.TrimSuffix(strings.TrimSpace(sender[at+1:]), ">")
		}
		if deliveries.HasPlaceholder(mailbox) {
			return ""
		}
	} else if !isMailbox(sender) {
		return "is not a sender: " + senderExample + ", a name with punctuation in double quotes"
	}
	parsed, err := mail.ParseAddress(mailbox)
	if err != nil {
		return ""
	}
	// Mailgun takes it, and writes a From that receivers refuse (anymail's documentation,
	// "Non-ASCII mailboxes").
	if local, _, _ := strings.Cut(parsed.Address, "@"); !isASCII(local) {
		return "has characters beyond ASCII before the @, which Mailgun spoils: " +
			"only the name and the domain may have them"
	}
	return ""
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII })
}

// isMailbox reports whether s is one mailbox on one line. The parser also takes a
// group of one ("Team: a@example.com;"), which is not a mailbox (RFC 5322, section 3.4).
func isMailbox(s string) bool {
	_, err := mail.ParseAddress(s)
	return err == nil && !strings.ContainsAny(s, "\r\n") && !strings.HasSuffix(strings.TrimSpace(s), ";")
}

// domainProblem says what is wrong with a sending domain, "" if nothing.
func domainProblem(domain string) string {
	const example = `write the bare DNS name, like "mg.example.com"`
	switch {
	case strings.Contains(domain, "://"):
		return "must not begin with a scheme: " + example
	case strings.ContainsAny(domain, "/\\?#"):
		return "must not hold a slash or anything after the name: " + example
	case strings.ContainsFunc(domain, func(r rune) bool { return r <= ' ' }):
		return "must not hold white space: " + example
	case strings.Contains(domain, "@"):
		return "is an address: " + example
	case strings.ContainsFunc(domain, func(r rune) bool { return r > '~' }):
		return `must be ASCII: write an internationalised name in its "xn--" form`
	case !isDNSName(domain):
		return "is not a DNS name: " + example
	}
	return ""
}

// isDNSName reports whether s is a host name of at least two labels, and no IP address:
// the last label of a name has letters (RFC 1123, section 2.1).
func isDNSName(s string) bool {
	labels := strings.Split(s, ".")
	if len(s) > 253 || len(labels) < 2 || strings.Trim(labels[len(labels)-1], "0123456789") == "" {
		return false
	}
	for _, label := range labels {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, r := range label {
			if r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
				return false
			}
		}
	}
	return true
}
