package callers

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"mailgun-connector/connector"
	"mailgun-connector/connector/config"
	"mailgun-connector/deliveries"
	"mailgun-connector/templates/builtin"
)

// Examination is what the callers of a config are looked at with.
type Examination struct {
	// Mails are the contents of the config.
	Mails *deliveries.Set
	// Address is that of the service for identity servers, such as "https://codes.example.com";
	// "" if it is not known.
	Address string
	// NoDatabase is how it is meant that there is none: OK where there is one, and
	// Uncertain where that is not known.
	NoDatabase connector.Level
	// Last returns the last calls of a caller by its name and type; nil where nobody knows
	// of any.
	Last func(name, kind string) connector.LastCalls
	// named has findings name the caller, as where they stand among those of others.
	named bool
}

// Setups returns for each type of caller what to paste where, at the identity server and here.
func Setups() map[string]string {
	setups := make(map[string]string, len(dialects))
	for kind, d := range dialects {
		setups[kind] = d.setup
	}
	return setups
}

// Cards returns what there is to know of each caller of a config, by name: where it calls,
// what to paste there, what each of its mails would be, and how it went lately.
func Cards(settings map[string]config.Caller, with Examination) ([]connector.CallerCard, error) {
	cards := make([]connector.CallerCard, 0, len(settings))
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		c, err := newTranslation(name, settings[name], nil)
		if err != nil {
			return nil, fmt.Errorf("caller %s: %w", name, err)
		}
		card := connector.CallerCard{
			Name: name, Type: c.settings.Type, Path: "/hooks/" + name, Setup: c.setup,
			Content: c.content, Mails: c.mails(with.Mails),
		}
		card.Findings = c.findings(card.Mails, with)
		if with.Last != nil {
			last := with.Last(name, card.Type)
			card.Last = &last
		}
		cards = append(cards, card)
	}
	return cards, nil
}

// mails lists the kinds of mails that the caller is known to ask for: those with codes,
// those with links alone, notices.
func (c *caller) mails(all *deliveries.Set) []connector.CallerMail {
	types := slices.AppendSeq(slices.Collect(maps.Keys(c.usage)), maps.Keys(c.settings.Usage))
	slices.Sort(types)
	var mails []connector.CallerMail
	for _, sourceType := range slices.Compact(types) {
		mails = append(mails, c.mail(sourceType, all))
	}
	order := []builtin.Kind{builtin.Code, builtin.Link, builtin.Notice}
	slices.SortStableFunc(mails, func(a, b connector.CallerMail) int {
		return cmp.Compare(slices.Index(order, a.Kind), slices.Index(order, b.Kind))
	})
	return mails
}

func (c *caller) mail(sourceType string, all *deliveries.Set) connector.CallerMail {
	usage := c.usage[sourceType]
	m := connector.CallerMail{
		Type: sourceType, Usage: cmp.Or(c.settings.Usage[sourceType], usage), Kind: builtin.Code,
	}
	hasLink := false // where there is a code, that is what counts
	switch {
	case deliveries.IsNotice(usage):
		m.Kind, hasLink = builtin.Notice, c.linkedNotices || c.links[sourceType] != nil
	case slices.Contains(c.linkTypes, sourceType):
		m.Kind, hasLink = builtin.Link, true
	}
	m.Sends, m.Source = c.sends(&m, hasLink, all)
	return m
}

// sends says what the request comes to that [caller.order] makes of a mail.
func (c *caller) sends(
	m *connector.CallerMail, hasLink bool, all *deliveries.Set,
) (sends connector.Sends, source string) {
	bringsMail := c.bringsMail && c.content != config.OwnContent
	isNotice := m.Kind == builtin.Notice
	if bringsMail && c.content == config.CallerContent {
		return connector.SendsCaller, ""
	}
	origin, ok := all.Origin(deliveries.Wanted{UsageType: m.Usage, Link: hasLink, Own: isNotice || bringsMail})
	switch {
	case !ok && bringsMail:
		return connector.SendsCaller, ""
	case !ok && isNotice:
		return connector.SendsDropped, ""
	case !ok:
		return connector.SendsRefused, ""
	case origin.Builtin:
		return connector.SendsBuiltin, origin.Source
	case origin.UsageType == deliveries.Generic:
		return connector.SendsGeneric, origin.Source
	}
	return connector.SendsOwn, origin.Source
}
