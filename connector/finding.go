package connector

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Level says how a [Finding] is meant.
type Level string

// The levels of findings.
const (
	OK        Level = "ok"
	Warning   Level = "warning"   // works, but probably not as meant
	Broken    Level = "problem"   // keeps mails, or news of them, from arriving
	Uncertain Level = "uncertain" // could not be found out
)

// Finding is one thing that a check of a config, of its account at Mailgun or of its callers,
// has come to.
type Finding struct {
	Check  string            `json:"check"`         // what was looked at, such as "domain"
	Way    Way               `json:"way,omitempty"` // [OtherWay] where it is about the failover
	Level  Level             `json:"level"`
	Code   FindingCode       `json:"code,omitempty"`   // what Detail says, for programs
	Values map[string]string `json:"values,omitempty"` // what Detail and Hint name
	Detail string            `json:"detail"`           // a sentence
	Hint   string            `json:"hint,omitempty"`   // what to do
}

// FindingCode is what a [Finding] says, as a word for programs, such as the console, which
// says it in other languages.
type FindingCode string

// What there is to say of a key.
const (
	FoundAccountKey     FindingCode = "key_account"
	FoundSendingKey     FindingCode = "key_sending"
	FoundWorkingKey     FindingCode = "key_works"
	FoundSilence        FindingCode = "key_silence"
	FoundOtherRegion    FindingCode = "key_other_region"
	FoundDomainNowhere  FindingCode = "key_domain_nowhere"
	FoundUnknownDomain  FindingCode = "key_domain_unknown"
	FoundWrongKey       FindingCode = "key_wrong"
	FoundRefusal        FindingCode = "key_refused"
	FoundPassingRefusal FindingCode = "key_refused_now"
)

// Why something can't be looked up, whatever it is.
const (
	UnseenForKey        FindingCode = "unseen_key"
	UnseenForSendingKey FindingCode = "unseen_sending_key"
	UnseenForRole       FindingCode = "unseen_role"
	UnseenForSilence    FindingCode = "unseen_silence"
	UnseenForAnswer     FindingCode = "unseen_answer"
	UnseenForRefusal    FindingCode = "unseen_refused"
	UnseenForNow        FindingCode = "unseen_now"
)

// What there is to say of domain, DNS records, sender, templates and webhooks.
const (
	FoundActiveDomain     FindingCode = "domain_active"
	FoundSandboxDomain    FindingCode = "domain_sandbox"
	FoundUnverifiedDomain FindingCode = "domain_unverified"
	FoundDisabledDomain   FindingCode = "domain_disabled"
	FoundDomainState      FindingCode = "domain_state"
	FoundRecords          FindingCode = "dns_found"
	FoundNoRecords        FindingCode = "dns_none"
	FoundRecordMissing    FindingCode = "dns_missing"
	FoundTrackingMissing  FindingCode = "dns_tracking_missing"
	FoundSender           FindingCode = "from_fits"
	FoundOddSender        FindingCode = "from_warning"
	FoundNoTemplates      FindingCode = "templates_none"
	FoundTemplate         FindingCode = "template_stored"
	FoundTemplateMissing  FindingCode = "template_missing"
	FoundTemplateUnknown  FindingCode = "template_unknown"
	FoundWebhooks         FindingCode = "webhooks_found"
	FoundWebhooksMissing  FindingCode = "webhooks_missing"

	// FoundWebhooksSomewhere is of URLs that may be another service's.
	FoundWebhooksSomewhere FindingCode = "webhooks_somewhere"
)

// What there is to say of a caller.
const (
	FoundCaller        FindingCode = "caller_calls"
	FoundOwnMails      FindingCode = "caller_own"
	FoundBuiltinMails  FindingCode = "caller_builtin"
	FoundGenericMails  FindingCode = "caller_generic"
	FoundCallersMails  FindingCode = "caller_brings"
	FoundNoContent     FindingCode = "caller_no_content"
	FoundNoNotices     FindingCode = "caller_no_notices"
	FoundNoDatabase    FindingCode = "caller_no_database"
	FoundNoCall        FindingCode = "caller_no_call"
	FoundLastCall      FindingCode = "caller_last_call"
	FoundStrangersCall FindingCode = "caller_stranger"
)

// FindingCodes returns all codes, sorted.
func FindingCodes() []FindingCode { return slices.Sorted(maps.Keys(findings)) }

// Words returns those of the code, with {names} where values come in; what stands in
// [brackets] is left out where its value is missing. {reason} is for the cause of a [Reason],
// whose hint is then the finding's.
func (c FindingCode) Words() Words { return findings[c].Words }

// With returns the finding that a code and its values make.
func (c FindingCode) With(values map[string]string) Finding {
	values = maps.Clone(values)
	maps.DeleteFunc(values, func(_, value string) bool { return value == "" })
	words, said := c.Words(), maps.Clone(values)
	f := Finding{Check: findings[c].check, Level: findings[c].level, Code: c, Values: values}
	if reason := Reason(values["reason"]); reason.Cause() != "" {
		said["reason"], words.Hint = reason.Cause(), reason.Words().Hint
	}
	f.Detail, f.Hint = fill(words.What, said), fill(words.Hint, said)
	return f
}

var (
	optional = regexp.MustCompile(`\[[^]]*\]`)
	hole     = regexp.MustCompile(`\{\w+\}`)
)

// fill puts values into a sentence.
func fill(sentence string, values map[string]string) string {
	value := func(hole string) string { return values[strings.Trim(hole, "{}")] }
	sentence = optional.ReplaceAllStringFunc(sentence, func(part string) string {
		if value(hole.FindString(part)) == "" {
			return ""
		}
		return strings.Trim(part, "[]")
	})
	return hole.ReplaceAllStringFunc(sentence, value)
}

// finding is what all findings of a code have in common.
type finding struct {
	check string
	level Level
	Words
}

const (
	nextTime     = "Try again later."
	controlPanel = "Look into Mailgun's control panel, or run the check once with an account key."
	writeDomain  = "Write domain as Mailgun's control panel lists it, or add it there."
	notSeen      = "This can't be looked up: "
)

// findings are the one place of the words about a config: at Mailgun, and with its callers.
var findings = map[FindingCode]finding{
	FoundAccountKey: {"key", OK, Words{
		"The key is an account key, and may send from {domain}[ in Mailgun's {region} region].",
		"A domain sending key is enough to send, and can do nothing else if it is lost."}},
	FoundSendingKey: {"key", OK, Words{
		"The key is a sending key: it may send from {domain}[ in Mailgun's {region} region], and do nothing " +
			"else.", ""}},
	FoundWorkingKey: {"key", OK, Words{"The key may send from {domain}[ in Mailgun's {region} region].", ""}},
	FoundSilence: {"key", Broken, Words{"Mailgun does not answer at {endpoint}.",
		"Check the network, a proxy (HTTPS_PROXY) and endpoint of the config."}},
	FoundOtherRegion: {"key", Broken, Words{
		"Key and domain belong to Mailgun's {region} region, and the config names another.",
		"Set endpoint to {endpoint}."}},
	FoundDomainNowhere: {"key", Broken, Words{"The key works in Mailgun's {region} region, but not in that of " +
		"the config; the domain {domain} is known in neither.", writeDomain}},
	FoundUnknownDomain: {"key", Broken, Words{
		"The key works[ in Mailgun's {region} region], but the domain {domain} is not known there.", writeDomain}},
	FoundWrongKey: {"key", Broken, Words{
		"Mailgun refuses the key for {domain} (status 401), in every region that was tried.",
		"Mailgun does not tell these apart: the key is wrong or revoked; it is a sending key of another domain; " +
			"the account has an allowlist of IP addresses without this one. Copy the key again, or make a new one."}},
	FoundRefusal:        {"key", Broken, Words{"{reason} (status {status})[: {message}].", ""}},
	FoundPassingRefusal: {"key", Uncertain, Words{"{reason} (status {status})[: {message}].", ""}},

	UnseenForKey:        {"", Uncertain, Words{notSeen + "the key does not get that far.", "Set the key right first."}},
	UnseenForSendingKey: {"", Uncertain, Words{notSeen + "the key may only send.", controlPanel}},
	UnseenForRole: {"", Uncertain, Words{notSeen + "the key may not do that.",
		"It takes an account key of the domain's region, with a role that may."}},
	UnseenForSilence: {"", Uncertain, Words{notSeen + "Mailgun does not answer.", nextTime}},
	UnseenForAnswer: {"", Uncertain, Words{
		notSeen + "Mailgun did not answer as it should (status {status}).", nextTime}},
	UnseenForRefusal: {"", Uncertain, Words{notSeen + "Mailgun does not let the key be used now.",
		"Do first what is said about the key."}},
	UnseenForNow: {"", Uncertain, Words{notSeen + "Mailgun does not let the key be used now.", nextTime}},

	FoundActiveDomain: {"domain", OK, Words{"The domain is active.", ""}},
	FoundSandboxDomain: {"domain", Warning, Words{
		"The domain is one of Mailgun's sandbox kind: it delivers to five authorized recipients at most.",
		"Add a domain of your own at Mailgun."}},
	FoundUnverifiedDomain: {"domain", Broken, Words{"The domain is not verified: Mailgun does not send from it.",
		"Publish the DNS records below, then have Mailgun verify them in its control panel."}},
	FoundDisabledDomain: {"domain", Broken, Words{"Mailgun has disabled the domain.",
		"This does not pass by itself: Mailgun's control panel says why, its support lifts it."}},
	FoundDomainState: {"domain", Uncertain, Words{
		`The domain has the state "{state}", which is not known here.`, controlPanel}},

	FoundRecords:   {"dns", OK, Words{"Mailgun finds the DNS records that sending needs.", ""}},
	FoundNoRecords: {"dns", Uncertain, Words{"Mailgun names no DNS records for the domain.", controlPanel}},
	FoundRecordMissing: {"dns", Broken, Words{"Mailgun does not find the {type} record at {name}; " +
		"SPF and DKIM are what keeps mails out of the spam folder.", "Publish {type} {name} with the value {value}"}},
	FoundTrackingMissing: {"dns", Warning, Words{
		"Mailgun does not find the {type} record at {name}; links are tracked through it.",
		"Publish {type} {name} with the value {value}"}},

	FoundSender: {"from", OK, Words{"The sender's address fits the domain.", ""}},
	FoundOddSender: {"from", Warning, Words{"The sender {problem}.",
		"Write from as a plain address at {domain}, such as no-reply@{domain}."}},

	FoundNoTemplates: {"templates", OK, Words{"The config names no templates that are stored at Mailgun.", ""}},
	FoundTemplate: {"templates", OK, Words{
		`The template "{template}"[ in version "{version}"] ({types}) is stored at Mailgun.`, ""}},
	FoundTemplateMissing: {"templates", Broken, Words{`The template "{template}"[ in version "{version}"] ({types}) ` +
		"is not stored at Mailgun, which accepts its mails all the same and never sends them.",
		"Store it at Mailgun, in the region of the config, or name another."}},
	FoundTemplateUnknown: {"templates", Uncertain, Words{
		`The template "{template}"[ in version "{version}"] ({types}) could not be looked up ` +
			"(status {status}).", nextTime}},

	FoundWebhooks: {"webhooks", OK, Words{"Mailgun reports to {url}.", ""}},
	FoundWebhooksSomewhere: {"webhooks", Uncertain, Words{
		"Mailgun reports to {urls}; whether that is this service can't be told without its address.",
		"Check once more with the address by which Mailgun reaches the service: --url https://HOST."}},
	FoundWebhooksMissing: {"webhooks", Warning, Words{"Mailgun does not report to {url}: {kinds}. " +
		"What becomes of mails that Mailgun has taken stays unknown here.",
		"Register the webhooks with the command webhooks; taking reports needs a database and " +
			"Mailgun's webhook signing key."}},

	FoundCaller:       {"caller", OK, Words{"[{caller}: ]calls POST {url}.", ""}},
	FoundOwnMails:     {"caller", OK, Words{"[{caller}: ]gets the config's own mails for {types}.", ""}},
	FoundBuiltinMails: {"caller", OK, Words{"[{caller}: ]gets built-in mails for {types}.", ""}},
	FoundGenericMails: {"caller", OK, Words{"[{caller}: ]gets Generic's mail for {types}.", ""}},
	FoundCallersMails: {"caller", OK, Words{"[{caller}: ]gets the mails that it brings for {types}.", ""}},
	FoundNoContent: {"caller", Broken, Words{"[{caller}: ]there is no content in the fallback language for {types}, " +
		"and no Generic one: their mails are refused.", "Add a delivery for each, a Generic one, or a brand."}},
	FoundNoNotices: {"caller", Warning, Words{"[{caller}: ]there is no content in the fallback language for the " +
		"notices {types}, which are not sent.", "Add a delivery for each, or a brand."}},
	FoundNoDatabase: {"caller", Warning, Words{"[{caller}: ]never repeats a call: without a database, a code that " +
		"can't be sent at once is lost.", "Start the service with --database."}},
	FoundNoCall: {"caller", OK, Words{"[{caller}: ]has not called since the service started.", ""}},
	FoundLastCall: {"caller", OK, Words{
		"[{caller}: ]its last call[ for {type}], at {at}: {outcome}.[ {why}]", ""}},
	FoundStrangersCall: {"caller", Warning, Words{
		"[{caller}: ]a call at {at} did not prove to be its own.[ {why}]", ""}},
}
