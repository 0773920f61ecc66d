package mailgun

import (
	"net/http"
	"regexp"
	"strings"

	"mailgun-connector/connector"
)

// told is a text of Mailgun's by which a reason is known.
type told struct {
	text   *regexp.Regexp
	reason connector.Reason
}

func when(pattern string, reason connector.Reason) told {
	return told{regexp.MustCompile("(?i)" + pattern), reason}
}

// firstTold returns the reason of the first pattern that a text matches.
func firstTold(all []told, said string, otherwise connector.Reason) connector.Reason {
	for _, t := range all {
		if t.text.MatchString(said) {
			return t.reason
		}
	}
	return otherwise
}

// notAllowedText begins most refusals of an account, and says nothing of which of the
// two is at fault: "Domain mg.example.com is not allowed to send: Account disabled".
var notAllowedText = regexp.MustCompile(`(?i)^\s*domain \S* ?is not allowed to send:?`)

// accountReasons tell apart what a person must set right, the most telling first.
var accountReasons = []told{
	when(`\bsandbox\b`, connector.ReasonSandboxDomain),
	when(`\bfree (?:\w+ )?accounts?\b|\bauthorized recipients?\b|test purposes`, connector.ReasonFreeAccount),
	when(`\bpayment|\bbilling|\bunpaid|\bpast due|\binvoice|\bcredit card`, connector.ReasonPayment),
	when(`\bmessage limit\b|\bcustom (?:\w+ )?limit\b`, connector.ReasonAccountLimit),
	when(`\bdns\b|\bdomain\b.*verif|verif\w* .*\bdomain\b|\bdomain\b.*\bactivat(?:e|ion)\b`,
		connector.ReasonDomainUnverified),
	when(`\bverif|\bunverified|\bactivat(?:e|ion)\b|\bnot (?:yet |been )*activated`, connector.ReasonAccountUnverified),
	when(`\baccount|\bbusiness`, connector.ReasonAccountDisabled),
	when(`\bdomain\b`, connector.ReasonDomainDisabled),
}

// accountReason tells why Mailgun lets an account or domain send nothing.
func accountReason(status int, said string) connector.Reason {
	rest := notAllowedText.ReplaceAllString(hostText.ReplaceAllString(said, ""), "")
	if reason := ipReason(rest); reason != "" {
		return reason
	}
	if strings.TrimSpace(rest) == "" && status == http.StatusPaymentRequired {
		return connector.ReasonPayment
	}
	otherwise := connector.ReasonAccountRefused
	if status == http.StatusPaymentRequired {
		otherwise = connector.ReasonPayment
	}
	return firstTold(accountReasons, rest, otherwise)
}

// ipText is about the address that we call from. A 401 of Mailgun's is most often bare
// all the same (help.mailgun.com, 360012244474).
var ipText = regexp.MustCompile(`(?i)\b(?:allow|white) ?-?list|\bip(?: address(?:es)?)?\b.*` +
	`(?:\bnot (?:allowed|permitted|authori[sz]ed)|\bblocked|\brestricted|\bdenied|\bforbidden)`)

func ipReason(said string) connector.Reason {
	if ipText.MatchString(said) {
		return connector.ReasonIPNotAllowed
	}
	return ""
}

// limitReasons tell apart how long a limit lasts.
var limitReasons = []told{
	when(`\btoo (?:fast|quickly)\b`, connector.ReasonSlowDown),
	when(`\bprobation`, connector.ReasonProbation),
	when(`\bmonth`, connector.ReasonLimitMonth),
	when(`\bdaily\b|\bdays?\b|\b24 ?h`, connector.ReasonLimitDay),
	when(`\bhour`, connector.ReasonLimitHour),
}

func limitReason(said string) connector.Reason {
	// "try again after 2 hours" is about the wait, not about the limit
	return firstTold(limitReasons, waitText.ReplaceAllString(said, ""), connector.ReasonSlowDown)
}

var waitText = regexp.MustCompile(`(?i)\b(?:try again|retry) (?:after|in)\b.*`)

// refusalReasons tell apart what else Mailgun refuses a mail for.
var refusalReasons = []told{
	when(`\btemplate\b`, connector.ReasonTemplate),
	when(`suppress|\bunsubscribed\b|previously bounced`, connector.ReasonSuppressed),
	when(`(?:^|[\s'"‘“])from['"’”]? (?:parameter|field|address)`, connector.ReasonSender),
	when(`\bdomain\b.*\bnot (?:found|exist)|\bno such domain|\bunknown domain|\bdomain\b.* does ?n[o']t exist`,
		connector.ReasonDomainNotFound),
	when(`\btoo (?:large|big|long)\b|\blimited to \d+ ?[km]i?b\b|\bexceeds .*[km]i?b\b`, connector.ReasonTooLarge),
}

// refusalReason tells why Mailgun refused a request that it may not refuse later, by what
// it says and, where that tells nothing, by the status.
func refusalReason(status int, said string) connector.Reason {
	said = hostText.ReplaceAllString(said, "")
	if status == http.StatusUnauthorized || status == http.StatusForbidden {
		if reason := ipReason(said); reason != "" {
			return reason
		}
	}
	otherwise := connector.ReasonRefused
	switch status {
	case http.StatusUnauthorized:
		return connector.ReasonCredentials
	case http.StatusForbidden:
		otherwise = connector.ReasonForbidden
	case http.StatusNotFound:
		otherwise = connector.ReasonDomainNotFound
	case http.StatusRequestEntityTooLarge:
		otherwise = connector.ReasonTooLarge
	}
	return firstTold(refusalReasons, said, otherwise)
}

// reportedReasons are those of Mailgun's words for a failure that say enough.
var reportedReasons = map[string]connector.Reason{
	"suppress-bounce":      connector.ReasonSuppressedBounce,
	"suppress-unsubscribe": connector.ReasonSuppressedUnsubscribe,
	"suppress-complaint":   connector.ReasonSuppressedComplaint,
	"greylisted":           connector.ReasonGreylisted,
	"espblock":             connector.ReasonBlocked,
	"old":                  connector.ReasonTooOld,
	"rejected":             connector.ReasonRejected,
	"complained":           connector.ReasonComplained,
}

// reportedCodes are those of Mailgun's own codes that say enough (mailgun.com,
// "Suppressions"; help.mailgun.com, 28956111811355).
var reportedCodes = map[int]connector.Reason{
	498: connector.ReasonNoMailServer,
	602: connector.ReasonTooOld,
	605: connector.ReasonSuppressedBounce,
	606: connector.ReasonSuppressedUnsubscribe,
	607: connector.ReasonSuppressedComplaint,
	625: connector.ReasonBlocked,
}

// serverTexts tell apart what servers answer, by enhanced status codes (RFC 3463) and by
// words; the basic code alone says little, as 550 is used for anything.
var serverTexts = []told{
	when(`\bgr[ae]y-?list`, connector.ReasonGreylisted),
	when(`\b[45]\.2\.2\b|\b(?:over|out of|exceeded) .*(?:quota|storage)|\bquota\b|\b(?:mail)?box (?:is )?full\b`,
		connector.ReasonMailboxFull),
	when(`\b5\.1\.(?:2|10)\b|\b[45]\.4\.4\b|\bno mx\b|\bno such domain|\b(?:host|domain) not found|\bnull mx\b`,
		connector.ReasonNoMailServer),
	when(`\b(?:start)?tls\b`, connector.ReasonNoTLS),
	when(`\b5\.7\.\d|\bspam|\bblack ?list|\bblock(?:ed|list)|\bpolicy\b|\breputation\b|\bdmarc\b|\bspf\b`+
		`|\bdkim\b`, connector.ReasonBlocked),
	when(`\b5\.1\.[0136]\b|\b5\.2\.1\b|\b(?:user|mailbox|recipient|address|account)\b.*`+
		`(?:\bunknown|not found|n[o']t exist|\bunavailable|\bdisabled|\binvalid|\brejected)`+
		`|\b(?:no such|unknown|invalid) (?:user|mailbox|recipient|address)`, connector.ReasonNoMailbox),
	when(`\btemplate\b`, connector.ReasonTemplate),
}

// reportReason tells why a mail that Mailgun has taken did not arrive, or not yet, by
// Mailgun's reason, the code and the words of the recipient's server.
func reportReason(state connector.State, reported string, code int, text string) connector.Reason {
	if reason := reportedCodes[code]; reason != "" {
		return reason
	}
	if reason := reportedReasons[reported]; reason != "" {
		return reason
	}
	if state != connector.Delayed {
		return firstTold(serverTexts, text, connector.ReasonBounced)
	}
	switch reason := firstTold(serverTexts, text, connector.ReasonDelayed); reason {
	case connector.ReasonBlocked, connector.ReasonNoMailbox: // not for good yet
		return connector.ReasonDelayed
	default:
		return reason
	}
}
