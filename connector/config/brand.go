package config

import (
	"fmt"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"mailgun-connector/templates/builtin"
)

// maxBrandName is in bytes: it stands in subjects.
const maxBrandName = 100

// brand checks what the schema can't say of a brand, and writes its languages as the
// built-in mails do.
func (c *checker) brand(b *builtin.Brand) {
	const at = "/brand"
	c.header(at+"/name", b.Name)
	switch {
	case c.found(at + "/name"):
	case strings.TrimSpace(b.Name) == "" && b.Name != "":
		c.problem(at+"/name", "must not be empty")
	case len(b.Name) > maxBrandName:
		c.problem(at+"/name", "is longer than %d bytes: it is part of every subject", maxBrandName)
	case strings.ContainsAny(b.Name, lineSeparators), strings.ContainsFunc(b.Name, unicode.IsControl):
		c.problem(at+"/name", "holds a line break: a mail header is one line")
	}
	for _, m := range []struct{ name, value string }{{"logo", b.Logo}, {"logoDark", b.LogoDark}, {"url", b.URL}} {
		if m.value != "" && !c.found(at+"/"+m.name) {
			c.detail(at+"/"+m.name, addressProblem(m.value))
		}
	}
	if b.Support != "" && !c.found(at+"/support") && addressProblem(b.Support) != "" && !isBareMailbox(b.Support) {
		c.problem(at+"/support", `must be a mail address, like "help@acme.example", or an https address`)
	}
	if b.AutofillDomain != "" && !c.found(at+"/autofillDomain") {
		c.detail(at+"/autofillDomain", domainProblem(b.AutofillDomain))
	}
	if b.LogoDark != "" && b.Logo == "" {
		c.warn(at+"/logoDark", `is not used: there is no "logo"`)
	}
	c.languages(b)
}

func (c *checker) languages(b *builtin.Brand) {
	known := builtin.Languages()
	for i, tag := range b.Languages {
		at := fmt.Sprintf("/brand/languages/%d", i)
		if c.found(at) {
			continue
		}
		found := slices.IndexFunc(known, func(l string) bool { return strings.EqualFold(l, tag) })
		if found < 0 {
			c.problem(at, "has no built-in mails: use some of %s", strings.Join(known, ", "))
			continue
		}
		if slices.Contains(b.Languages[:i], known[found]) {
			c.problem(at, "appears twice")
		}
		b.Languages[i] = known[found]
	}
}

// addressProblem says what keeps a text from being an https address, "" if nothing.
func addressProblem(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		return `is not an https address: write it like "https://acme.example/logo.png"`
	}
	return ""
}

// isBareMailbox reports whether s is a mail address without a name.
func isBareMailbox(s string) bool {
	parsed, err := mail.ParseAddress(s)
	return err == nil && parsed.Address == s
}
