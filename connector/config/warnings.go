package config

import (
	"maps"
	"net/mail"
	"slices"
	"strings"

	"mailgun-connector/deliveries"
	"mailgun-connector/schema"
)

// maxWarnings bounds the list of warnings, as that of problems is.
const maxWarnings = maxProblems

// meaning warns of what works and is probably not meant.
func (c *checker) meaning(cfg *Config) {
	if _, ok := cfg.Deliveries[deliveries.Generic]; !ok && len(cfg.Deliveries) > 0 && cfg.Brand == nil {
		c.warn("/deliveries", "has no %q: usage types that are not listed will be refused with template_not_found",
			deliveries.Generic)
	}
	for _, usageType := range slices.Sorted(maps.Keys(cfg.Deliveries)) {
		c.usageType("/deliveries/"+schema.EscapePointer(usageType), usageType)
	}
	for i, t := range cfg.Templates {
		at := element("/templates", i)
		c.usageType(at+"/templateType", t.TemplateType)
		c.senderDomain(at+"/details/sendFrom", t.Details.SendFrom, cfg.Domain)
	}
	if deliveries.HasPlaceholder(cfg.From) {
		c.warn("/from", "has a placeholder, which is sent as it stands: only the sendFrom of templates is filled in")
	}
	c.senderDomain("/from", cfg.From, cfg.Domain)
	c.fallbackLanguage(cfg)
}

// usageType warns of a name that is nearly one of Logto's: it would never be used.
func (c *checker) usageType(pointer, name string) {
	known := slices.Clone(deliveries.UsageTypes)
	for _, usageType := range deliveries.UsageTypes {
		known = append(known, usageType+"Link")
	}
	if slices.Contains(known, name) {
		return
	}
	if meant := schema.Similar(name, known, 1); meant != "" {
		c.warn(pointer, "is not one of Logto's usage types: did you mean %q?", meant)
	}
}

// senderDomain warns of a sender that Mailgun's signature does not speak for: one of a
// domain that is neither the sending domain nor around it.
func (c *checker) senderDomain(pointer, sender, domain string) {
	parsed, err := mail.ParseAddress(sender)
	if err != nil || c.found("/domain") {
		return
	}
	own := strings.ToLower(parsed.Address[strings.LastIndexByte(parsed.Address, '@')+1:])
	domain = strings.ToLower(domain)
	if own != domain && !strings.HasSuffix(domain, "."+own) && !deliveries.HasPlaceholder(own) {
		c.warn(pointer, "is of %s, and mails are signed for %s: receivers that check (DMARC) may refuse it; "+
			"write an address at %[2]s", own, domain)
	}
}

// fallbackLanguage warns if there is no template in it, where it is set to no effect, or
// where a type has no delivery to fall back to either.
func (c *checker) fallbackLanguage(cfg *Config) {
	object, _ := c.doc.value.(map[string]any)
	at, missed := "/templates", false
	if object["fallbackLanguage"] != nil {
		at, missed = "/fallbackLanguage", true
	}
	var languages []string
	for _, t := range cfg.Templates {
		if strings.EqualFold(t.LanguageTag, cfg.FallbackLanguage) {
			return
		}
		languages = append(languages, t.LanguageTag)
		if _, ok := cfg.Deliveries[t.TemplateType]; !ok {
			missed = true
		}
	}
	if len(languages) == 0 || !missed {
		return
	}
	slices.Sort(languages)
	c.warn(at, "no template is in the fallback language %q, only in %s: people of other languages get the deliveries",
		cfg.FallbackLanguage, strings.Join(slices.Compact(languages), ", "))
}

// sortedWarnings returns the warnings in the order of their lines.
func (c *checker) sortedWarnings() []Problem {
	sortProblems(c.warnings)
	if len(c.warnings) > maxWarnings {
		return append(c.warnings[:maxWarnings:maxWarnings], Problem{Detail: "further warnings are not listed"})
	}
	return c.warnings
}
