package callers

import (
	"slices"
	"strings"

	"mailgun-connector/connector"
	"mailgun-connector/connector/config"
)

// Examine says in words what is on the cards of a config's callers.
func Examine(settings map[string]config.Caller, with Examination) ([]connector.Finding, error) {
	with.named = true
	cards, err := Cards(settings, with)
	if err != nil {
		return nil, err
	}
	var all []connector.Finding
	for _, card := range cards {
		calls := connector.FoundCaller.With(map[string]string{
			"caller": card.Name, "url": with.Address + card.Path, "server": card.Type,
		})
		calls.Hint = card.Setup
		last := LastCalls(card.Name, card.Last)
		all = slices.Concat(all, []connector.Finding{calls}, mapping(card.Name, card.Mails), card.Findings, last)
	}
	return all, nil
}

// findings says what is not as it should be.
func (c *caller) findings(mails []connector.CallerMail, with Examination) []connector.Finding {
	found := []connector.Finding{}
	name := ""
	if with.named {
		name = c.name
	}
	if types := usageTypes(mails, connector.SendsRefused); types != "" {
		found = append(found, connector.FoundNoContent.With(map[string]string{"caller": name, "types": types}))
	}
	if types := usageTypes(mails, connector.SendsDropped); types != "" {
		found = append(found, connector.FoundNoNotices.With(map[string]string{"caller": name, "types": types}))
	}
	if c.oneShot && with.NoDatabase != connector.OK {
		f := connector.FoundNoDatabase.With(map[string]string{"caller": name})
		f.Level = with.NoDatabase
		found = append(found, f)
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

// mapping says whose mails a named caller is sent; what is not sent is among the findings.
func mapping(name string, mails []connector.CallerMail) []connector.Finding {
	var found []connector.Finding
	for _, of := range []struct {
		sends connector.Sends
		code  connector.FindingCode
	}{
		{connector.SendsOwn, connector.FoundOwnMails},
		{connector.SendsBuiltin, connector.FoundBuiltinMails},
		{connector.SendsGeneric, connector.FoundGenericMails},
		{connector.SendsCaller, connector.FoundCallersMails},
	} {
		var types []string
		for _, m := range mails {
			if m.Sends == of.sends {
				types = append(types, m.Type+" ("+m.Usage+")")
			}
		}
		if len(types) > 0 {
			found = append(found, of.code.With(map[string]string{"caller": name, "types": strings.Join(types, ", ")}))
		}
	}
	return found
}
