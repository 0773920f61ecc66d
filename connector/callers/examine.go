package callers

import (
	"slices"
	"strings"

	"mailgun-connector/connector"
	"mailgun-connector/connector/config"
)

// Examine says in words what is on the cards of a config's callers.
func Examine(settings map[string]config.Caller, with Examination) []connector.Finding {
	var all []connector.Finding
	for _, card := range Cards(settings, with) {
		about := []connector.Finding{
			finding(connector.OK, "calls POST "+card.Path+".", card.Setup),
			finding(connector.OK, mapping(card.Mails), ""),
		}
		about = append(about, card.Findings...)
		about = append(about, LastCalls(card.Last)...)
		for _, f := range about {
			f.Detail = card.Name + ": " + f.Detail
			all = append(all, f)
		}
	}
	return all
}

func finding(level connector.Level, detail, hint string) connector.Finding {
	return connector.Finding{Check: "caller", Level: level, Detail: detail, Hint: hint}
}

// findings says what is not as it should be.
func (c *caller) findings(mails []connector.CallerMail, noDatabase connector.Level) []connector.Finding {
	found := []connector.Finding{}
	if types := usageTypes(mails, connector.SendsRefused); types != "" {
		found = append(found, finding(connector.Broken,
			"there is no content in the fallback language for "+types+", and no Generic one: their mails are refused.",
			"Add a delivery for each, a Generic one, or a brand."))
	}
	if types := usageTypes(mails, connector.SendsDropped); types != "" {
		found = append(found, finding(connector.Warning,
			"there is no content in the fallback language for the notices "+types+", which are not sent.",
			"Add a delivery for each, or a brand."))
	}
	if !c.repeats && c.settings.Type == "hanko" && noDatabase != connector.OK {
		found = append(found, finding(noDatabase,
			"never repeats a call: without a database, a code that can't be sent at once is lost.",
			"Start the service with --database."))
	}
	return found
}

// usageTypes lists those of the mails of which the same becomes.
func usageTypes(mails []connector.CallerMail, sends connector.Sends) string {
	var types []string
	for _, m := range mails {
		if m.Sends == sends {
			types = append(types, m.Usage)
		}
	}
	slices.Sort(types)
	return strings.Join(slices.Compact(types), ", ")
}

// mapping is the table of a caller's mails in one sentence.
func mapping(mails []connector.CallerMail) string {
	var parts []string
	for _, of := range []struct {
		sends connector.Sends
		words string
	}{
		{connector.SendsOwn, "the config's own mails for"},
		{connector.SendsBuiltin, "built-in mails for"},
		{connector.SendsGeneric, "Generic's for"},
		{connector.SendsCaller, "the mails that it brings for"},
		{connector.SendsRefused, "an error for"},
		{connector.SendsDropped, "nothing for the notices"},
	} {
		var types []string
		for _, m := range mails {
			if m.Sends == of.sends {
				types = append(types, m.Type+" ("+m.Usage+")")
			}
		}
		if len(types) > 0 {
			parts = append(parts, of.words+" "+strings.Join(types, ", "))
		}
	}
	return "gets " + strings.Join(parts, "; ") + "."
}
