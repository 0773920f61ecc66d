package sandbox

import (
	"net/http"
	"net/mail"
	"slices"
	"strings"
)

// maxOptions is the limit of o:, h:, v: and t: fields together, in bytes.
// Whether Mailgun counts their names is not known; counting them keeps a caller
// that passes here on the safe side.
const maxOptions = 16 << 10

// The checks return nil or Mailgun's refusal. The texts are those of the OpenAPI
// document, or of the reference manual where that one has none.

// authorize wants a key that may send and one of the domains. Mailgun answers alike
// whichever is wrong.
func (s *Sandbox) authorize(r *http.Request) *response {
	key := keyOf(r)
	keyed := key != "" && (key == s.config.APIKey || slices.Contains(s.config.SendingKeys, key))
	if !keyed || !contains(s.config.Domains, r.PathValue("domain")) {
		return forbidden()
	}
	return nil
}

// keyOf returns the key of a request, "" for none.
func keyOf(r *http.Request) string {
	if user, password, ok := r.BasicAuth(); ok && user == "api" {
		return password
	}
	return ""
}

// checkAddresses wants valid addresses everywhere, and all or nothing: one bad
// recipient refuses the request. It returns the recipients. A template may bring
// its own From.
func checkAddresses(f form) ([]string, *response) {
	if f.first("from") == "" && f.first("template") == "" {
		return nil, bad("from parameter is missing")
	}
	if f.first("to") == "" {
		return nil, bad("to parameter is missing")
	}
	var recipients []string
	for _, field := range []string{"from", "to", "cc", "bcc"} {
		for _, value := range f.values(field) {
			list, err := mail.ParseAddressList(value)
			if err != nil {
				return nil, bad("%s parameter is not a valid address. please check documentation", field)
			}
			for _, a := range list {
				if field != "from" && !contains(recipients, a.Address) {
					recipients = append(recipients, a.Address)
				}
			}
		}
	}
	return recipients, nil
}

// checkContent wants something to send. Text beside a template is fine.
func checkContent(f form) *response {
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

// checkOptions checks header names and the total size of the options.
func checkOptions(f form) *response {
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
	if size > maxOptions {
		return bad("Send options (parameters starting with o:, h:, or v:) are limited to 16KB total")
	}
	return nil
}
