package callers

import (
	"maps"
	"slices"
	"strings"

	"mailgun-connector/connector"
	"mailgun-connector/connector/config"
	"mailgun-connector/deliveries"
)

// Examination is what the callers of a config are looked at with.
type Examination struct {
	// HasContent reports whether the config has content of a usage type's own.
	HasContent func(usageType string) bool
	// NoDatabase is how it is meant that there is none: OK where there is one, and
	// Uncertain where that is not known.
	NoDatabase connector.Level
}

// setups says what to paste where, at each identity server.
var setups = map[string]string{
	"supabase": "Dashboard, Authentication, Hooks, Send Email: the URL, and the secret into secrets here.",
	"clerk":    "Dashboard, Webhooks: the URL for email.created, and the signing secret into secrets here.",
	"kratos":   "courier.http.request_config: url, auth with the token, and the body function(ctx) ctx.",
	"zitadel":  "An e-mail provider of type HTTP: the URL, and its signing key into signingKeys here.",
	"hanko":    "webhooks.hooks: the URL as callback, for email.send; email_delivery.enabled: false.",
	"casdoor": "A provider Custom HTTP Email: the URL, the headers Authorization and X-Usage-Type, " +
		"the form's content type.",
}

// Examine says of each caller of a config where it calls, what to paste there, and what it
// asks for that the config has no content for.
func Examine(settings map[string]config.Caller, with Examination) []connector.Finding {
	var all []connector.Finding
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		c, err := newTranslation(name, settings[name], nil)
		if err != nil {
			continue
		}
		say := func(level connector.Level, detail, hint string) {
			detail = name + ": " + detail
			all = append(all, connector.Finding{Check: "caller", Level: level, Detail: detail, Hint: hint})
		}
		say(connector.OK, "calls POST /hooks/"+name+".", setups[c.settings.Type])
		if codes, notices := c.lacking(with.HasContent); codes != "" {
			say(connector.Broken, "there is no content for "+codes+", and no Generic one: their mails are refused.",
				"Add a delivery for each, a Generic one, or a brand.")
		} else if notices != "" {
			say(connector.Warning, "there is no content for the notices "+notices+", which are not sent.",
				"Add a delivery for each, or a brand.")
		}
		if !c.repeats && c.settings.Type == "hanko" && with.NoDatabase != connector.OK {
			say(with.NoDatabase, "never repeats a call: without a database, a code that can't be sent at once is lost.",
				"Start the service with --database.")
		}
	}
	return all
}

// lacking lists the usage types, with codes and without, that a caller asks for and that
// nobody has a mail for.
func (c *caller) lacking(hasContent func(string) bool) (codes, notices string) {
	if c.content != config.OwnContent {
		return "", ""
	}
	var withCode, without []string
	for sourceType, usage := range c.usage {
		if own, ok := c.settings.Usage[sourceType]; ok {
			usage = own
		}
		switch {
		case hasContent(usage), hasContent(usage + "Link"):
		case deliveries.IsNotice(usage):
			without = append(without, usage)
		case !hasContent(deliveries.Generic):
			withCode = append(withCode, usage)
		}
	}
	return list(withCode), list(without)
}

func list(names []string) string {
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}
