package sandbox

import (
	"encoding/json"
	"net/http"
	"net/mail"
	"strings"
)

const (
	maxRecipients = 1000
	maxOptions    = 16 << 10 // bytes of o:, h:, v: and t: fields, names included
)

// check returns the recipients of a form, or Mailgun's refusal of it. The texts
// are those of the OpenAPI document, or of the reference manual where that one
// has none.
func (s *Sandbox) check(domain string, f form) ([]string, *answer) {
	recipients, refused := checkAddresses(f)
	if refused == nil {
		refused = checkContent(f)
	}
	if refused == nil {
		refused = checkOptions(f)
	}
	if refused == nil {
		refused = s.checkAuthorized(domain, recipients)
	}
	return recipients, refused
}

// checkAddresses wants valid addresses everywhere, and all or nothing: one bad
// recipient refuses the request. A template may bring its own From.
func checkAddresses(f form) ([]string, *answer) {
	if f.first("from") == "" && f.first("template") == "" {
		return nil, bad("from parameter is missing")
	}
	if f.first("to") == "" {
		return nil, bad("to parameter is missing")
	}
	var recipients []string
	seen := map[string]bool{}
	for _, field := range []string{"from", "to", "cc", "bcc"} {
		for value := range f.all(field) {
			list, err := mail.ParseAddressList(value)
			if err != nil {
				return nil, bad("%s parameter is not a valid address. please check documentation", field)
			}
			for _, a := range list {
				if key := strings.ToLower(a.Address); field != "from" && !seen[key] {
					seen[key] = true
					recipients = append(recipients, a.Address)
				}
			}
		}
	}
	if len(recipients) > maxRecipients {
		return nil, bad("Too many recipients, max is %d", maxRecipients)
	}
	return recipients, nil
}

// bad is a refusal with 400, the status of all that is wrong with a form.
func bad(format string, args ...any) *answer {
	return refusal(http.StatusBadRequest, format, args...)
}

// checkContent wants something to send. Text beside a template is fine.
func checkContent(f form) *answer {
	if f.first("html") != "" && f.first("template") != "" {
		return bad("Only one parameters 'html' or 'template' is allowed")
	}
	for _, field := range []string{"text", "html", "amp-html", "template"} {
		if f.first(field) != "" {
			return nil
		}
	}
	return bad("Need at least one of 'text', 'html', 'amp-html' or 'template' parameters specified.")
}

// checkOptions checks header names, recipient-variables, and the total size of
// the options. Whether Mailgun counts the names is not known; counting them
// keeps a caller that passes here on the safe side.
func checkOptions(f form) *answer {
	size := 0
	for field, values := range f {
		prefix, name, ok := strings.Cut(field, ":")
		if !ok || len(prefix) != 1 || !strings.Contains("ohvt", prefix) {
			continue
		}
		if prefix == "h" && strings.ContainsFunc(name, func(r rune) bool { return r > '~' }) {
			return bad("Header name must be pure ASCII: %s", name)
		}
		for _, value := range values {
			size += len(field) + len(value)
		}
	}
	if v := f.first("recipient-variables"); v != "" && !json.Valid([]byte(v)) {
		return bad("'recipient-variables' parameter is not a valid JSON")
	}
	if size > maxOptions {
		return bad("Send options (parameters starting with o:, h:, or v:) are limited to 16KB total")
	}
	return nil
}

// checkAuthorized refuses what a Mailgun sandbox domain does (recorded in
// January 2025).
func (s *Sandbox) checkAuthorized(domain string, recipients []string) *answer {
	for _, address := range recipients {
		if list := s.account.AuthorizedRecipients; list != nil && !has(list, address) {
			return notAllowed(http.StatusForbidden, domain,
				"Sandbox subdomains are for test purposes only. Please add your own domain or add the address to authorized recipients in Account Settings.")
		}
	}
	return nil
}
