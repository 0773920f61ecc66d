package connector

import (
	"maps"
	"slices"
)

// Reason is why a mail went the way it did, as a word for programs: the same in errors,
// logs and records. [Reason.Words] says it to people. "" is for none, or one that an
// earlier version has not recorded.
type Reason string

// Why a request came to no mail that could be sent.
const (
	ReasonRequest        Reason = "request_invalid"
	ReasonNoContent      Reason = "no_content"
	ReasonNoCode         Reason = "no_code"
	ReasonExpired        Reason = "code_expired"
	ReasonRecipientLimit Reason = "recipient_limit"
	ReasonBusy           Reason = "busy"
	ReasonNotStored      Reason = "not_stored"
	ReasonCall           Reason = "call_invalid"
	ReasonKeyReused      Reason = "key_reused"
	ReasonKeyBusy        Reason = "key_busy"
	ReasonKeyUnknown     Reason = "key_unknown"
	ReasonMailgunDown    Reason = "mailgun_down"
	ReasonInternal       Reason = "internal"
)

// Why an attempt at handing a mail to Mailgun failed. Package mailgun tells them apart.
const (
	ReasonCredentials       Reason = "credentials"
	ReasonForbidden         Reason = "forbidden"
	ReasonIPNotAllowed      Reason = "ip_not_allowed"
	ReasonDomainNotFound    Reason = "domain_not_found"
	ReasonDomainUnverified  Reason = "domain_unverified"
	ReasonDomainDisabled    Reason = "domain_disabled"
	ReasonSandboxDomain     Reason = "sandbox_domain"
	ReasonFreeAccount       Reason = "free_account"
	ReasonAccountDisabled   Reason = "account_disabled"
	ReasonAccountUnverified Reason = "account_unverified"
	ReasonAccountLimit      Reason = "account_limit"
	ReasonAccountRefused    Reason = "account_refused"
	ReasonPayment           Reason = "payment_required"
	ReasonSlowDown          Reason = "slow_down"
	ReasonProbation         Reason = "probation"
	ReasonLimitHour         Reason = "limit_hour"
	ReasonLimitDay          Reason = "limit_day"
	ReasonLimitMonth        Reason = "limit_month"
	ReasonRecipient         Reason = "recipient_invalid"
	ReasonSuppressed        Reason = "recipient_suppressed"
	ReasonSender            Reason = "sender_invalid"
	ReasonTemplate          Reason = "template_missing"
	ReasonTooLarge          Reason = "mail_too_large"
	ReasonEmpty             Reason = "mail_empty"
	ReasonRefused           Reason = "refused"
	ReasonUnreachable       Reason = "unreachable"
	ReasonNoAnswer          Reason = "no_answer"
	ReasonConnectionLost    Reason = "connection_lost"
	ReasonFailing           Reason = "mailgun_failing"
	ReasonNoID              Reason = "no_message_id"
	ReasonNotMailgun        Reason = "not_mailgun"
	ReasonRedirect          Reason = "redirect"
	ReasonLost              Reason = "lost"
)

// How a mail went that Mailgun took by the second way tried.
const (
	ReasonOtherWay Reason = "other_way"
	ReasonBothWays Reason = "both_ways"
)

// Why Mailgun's suppressions could not be looked up or lifted.
const (
	ReasonKeySendsOnly Reason = "key_sends_only"
	ReasonListsFailed  Reason = "suppressions_failed"
	ReasonListsSilent  Reason = "suppressions_silent"
)

// What Mailgun reports of a mail that it has taken.
const (
	ReasonSuppressedBounce      Reason = "suppressed_bounce"
	ReasonSuppressedUnsubscribe Reason = "suppressed_unsubscribe"
	ReasonSuppressedComplaint   Reason = "suppressed_complaint"
	ReasonNoMailbox             Reason = "no_mailbox"
	ReasonMailboxFull           Reason = "mailbox_full"
	ReasonBlocked               Reason = "blocked"
	ReasonNoMailServer          Reason = "no_mail_server"
	ReasonNoTLS                 Reason = "no_tls"
	ReasonGreylisted            Reason = "greylisted"
	ReasonDelayed               Reason = "delayed"
	ReasonTooOld                Reason = "too_old"
	ReasonBounced               Reason = "bounced"
	ReasonRejected              Reason = "rejected"
	ReasonComplained            Reason = "complained"
	ReasonTestMode              Reason = "test_mode"
	ReasonDelivered             Reason = "delivered"
)

// Where a mail stands that nothing is wrong with.
const (
	ReasonSending     Reason = "sending"
	ReasonWaiting     Reason = "waiting"
	ReasonNotReported Reason = "not_reported"
	ReasonUntimely    Reason = "expired"
	ReasonCancelled   Reason = "cancelled"
)

// Words are what people are told of a [Reason]: what happened, and what to do about it
// where that is not plain. They are sentences.
type Words struct{ What, Hint string }

// Words returns those of the reason, none if it has none.
func (r Reason) Words() Words {
	w, ok := words[r]
	switch {
	case !ok:
		return Words{}
	case w.outcome == "":
		return Words{w.cause + ".", w.hint}
	}
	return Words{w.cause + "; " + w.outcome + ".", w.hint}
}

// Cause says the reason by itself, without what became of the mail: as of a check, which sends
// none. It is a sentence without its full stop, "" if the reason has no words.
func (r Reason) Cause() string { return words[r].cause }

// reasonWords are the [Words] of a reason in their parts: sentences without full stops, but for
// the hint. outcome is what became of the mail, "" where cause says it or that is not the point.
type reasonWords struct{ cause, outcome, hint string }

const (
	notSent   = "the mail was not sent"
	maybeSent = "the mail may or may not have been sent"
)

// Reasons returns all reasons, sorted.
func Reasons() []Reason { return slices.Sorted(maps.Keys(words)) }

// passes reports whether it is over by itself: the caller is told to try again, and only
// who looks for the cause needs a hint.
func (r Reason) passes() bool {
	switch r {
	case ReasonBusy, ReasonNotStored, ReasonKeyBusy, ReasonKeyUnknown, ReasonMailgunDown, ReasonSlowDown,
		ReasonUnreachable, ReasonNoAnswer, ReasonConnectionLost, ReasonFailing:
		return true
	}
	return false
}

// words are the one place of all words about what became of a mail. Where a hint is about
// Mailgun's account or domain it names both, as Mailgun's own texts mix them up.
var words = map[Reason]reasonWords{
	ReasonRequest: {"The request was invalid", "no mail was made of it",
		"The log has the cause beside the recipient's hash; the caller must change its request."},
	ReasonCall: {"The identity server's call has neither a code nor a link, or makes no " +
		"sense", "no mail was made of it",
		"The log has the cause beside the recipient's hash. Compare that server's set-up with docs/callers.md."},
	ReasonKeyReused: {"The Idempotency-Key was used for another request", notSent,
		"The caller must use a new key for each request."},
	ReasonKeyBusy: {"The first request with this Idempotency-Key was still in " +
		"progress", "nothing was sent for this one",
		"The record of the first one says what became of it. The caller may ask again."},
	ReasonKeyUnknown: {"The Idempotency-Key could not be looked up", notSent,
		"The database failed: the log says how. The caller may try again."},
	ReasonNoContent: {"No delivery is configured for the usage type, and no Generic one", "",
		"Add a delivery for the type, or a Generic one, to the config."},
	ReasonNoCode: {"The content for the usage type needs a code or link, and the payload has none", "",
		"Send payload.code or payload.link, or configure a delivery without it for the type."},
	ReasonExpired: {"The code has expired already: expiresAt is in the past", "",
		"Check the caller's clock and expiresAt. The person asks for a new code."},
	ReasonRecipientLimit: {"This recipient was sent too many mails in a short time", notSent,
		"The limit is the process option --recipient-limit."},
	ReasonBusy: {"Too many sends were in flight", notSent,
		"The bound is the process option --max-in-flight. The caller may try again."},
	ReasonNotStored: {"The mail could not be stored", "it was not sent",
		"The database failed: the log says how. The caller may try again."},
	ReasonMailgunDown: {"Mailgun is failing, and the code ends before it is tried again", notSent,
		"The attempts before this one say how it fails. The person asks for a new code when it is over."},
	ReasonInternal: {"The service failed", notSent, "The log has the cause under the message's id."},

	ReasonCredentials: {"Mailgun refused the credentials", notSent,
		"Mailgun answers 401 for four reasons: a wrong API key, the wrong region " +
			"(endpoint https://api.mailgun.net is US, https://api.eu.mailgun.net is EU), a domain it does not know, " +
			"or an IP address that is not on the account's allowlist."},
	ReasonForbidden: {"Mailgun forbids this key to send", notSent,
		"Most often the API key may not send from this domain (a domain sending key works for its own domain " +
			"only, and a key's role must allow sending), or this service's IP address is not on the account's " +
			"allowlist. Check both in Mailgun's control panel; else ask its support whether the account is blocked."},
	ReasonIPNotAllowed: {"Mailgun refused this service's IP address", notSent,
		"Add the IP address that the service calls from to the account's IP allowlist in Mailgun's control panel, " +
			"or switch the allowlist off."},
	ReasonDomainNotFound: {"Mailgun does not know the domain", notSent,
		"Compare domain of the config with the account's domains in Mailgun's control panel, and check the region: " +
			"endpoint https://api.mailgun.net is US, https://api.eu.mailgun.net is EU, and a domain is in one of " +
			"them."},
	ReasonDomainUnverified: {"The sending domain is not verified at Mailgun", notSent,
		"Add the DNS records that Mailgun's control panel shows for the domain, then verify it there. " +
			"Until then the account can't send from it."},
	ReasonDomainDisabled: {"Mailgun has disabled the sending domain", notSent,
		"This does not pass by itself: Mailgun's control panel shows the domain's state, its support can lift it, " +
			"or send from another domain of the account. Frequent causes are bounces, complaints and removed DNS " +
			"records."},
	ReasonSandboxDomain: {"The domain is a sandbox of Mailgun's, which sends to authorized recipients only", notSent,
		"Set domain and from of the config to a domain of your own. For a trial, add the address to the account's " +
			"authorized recipients in Mailgun's control panel; the person must accept the invitation."},
	ReasonFreeAccount: {"The Mailgun account is a free one, which sends to authorized recipients only", notSent,
		"Upgrade the account, or add the address to its authorized recipients in Mailgun's control panel; " +
			"the domain is fine."},
	ReasonAccountDisabled: {"Mailgun has disabled the account", notSent,
		"This does not pass by itself, and waiting or sending less does not help: the account's owner logs in to " +
			"Mailgun's control panel, or asks its support. The domain is not the cause."},
	ReasonAccountUnverified: {"The Mailgun account is not activated or verified", notSent,
		"The account's owner follows the activation mail, or completes business verification, in Mailgun's control " +
			"panel. The domain is not the cause."},
	ReasonAccountLimit: {"The Mailgun account is disabled as it has reached the message limit set for it", notSent,
		"Raise the account's custom message limit in Mailgun's control panel. The domain is not the cause."},
	ReasonAccountRefused: {"Mailgun does not let this account or domain send", notSent,
		"The Mailgun account or domain is disabled, not verified, or may not send to this address. " +
			"This does not pass by itself: log in to Mailgun's control panel, or ask its support."},
	ReasonPayment: {"Mailgun wants a payment before it sends for this account", notSent,
		"The account's owner checks plan, invoices and card at billing in Mailgun's control panel. " +
			"The domain is not the cause."},
	ReasonSlowDown: {"Mailgun asks to slow down", notSent,
		"It passes by itself. If it comes often, ask Mailgun for a higher rate."},
	ReasonProbation: {"Mailgun asks to slow down, as the account is on probation", notSent,
		"A new account may send some 100 mails an hour. It passes with the hour; Mailgun's support lifts it for good."},
	ReasonLimitHour: {"Mailgun's limit for the hour is used up", notSent,
		"It passes with the hour. Raise the limit of the account in Mailgun's control panel, or ask its support."},
	ReasonLimitDay: {"Mailgun's limit for the day is used up", notSent,
		"It passes with the day. Raise the limit of the account in Mailgun's control panel, or its plan."},
	ReasonLimitMonth: {"Mailgun's limit for the month is used up", notSent,
		"Raise the limit of the account in Mailgun's control panel, or its plan."},
	ReasonRecipient: {"Mailgun does not accept the recipient's address", notSent, "Check the address in \"to\"."},
	ReasonSuppressed: {"Mailgun sends nothing to this recipient, who is on a suppression list", notSent,
		"Look the address up in the suppressions, and remove the entry if the person wants mail."},
	ReasonSender: {"Mailgun does not accept the sender's address", notSent,
		"Check from of the config, and sendFrom of its templates."},
	ReasonTemplate: {"Mailgun has no such template, or not this version of it", notSent,
		"Compare template and templateVersion of the content with the domain's templates in Mailgun's control panel."},
	ReasonTooLarge: {"The mail is too large for Mailgun", "it was not sent",
		"Mailgun takes 25 MB, and 16 KB of variables, headers and tags: shorten the content or the payload."},
	ReasonEmpty: {"The mail would be empty: its content comes to nothing with this payload", "",
		"Add text to the content that does not depend on the payload."},
	ReasonRefused: {"Mailgun refused the mail", "",
		"Mailgun's own words, which stand beside this, say what it did not like: most often something in the config."},
	ReasonUnreachable: {"Mailgun could not be reached", notSent,
		"Check the network of this service: DNS, proxy, firewall; then https://status.mailgun.com."},
	ReasonNoAnswer: {"Mailgun did not answer in time", maybeSent,
		"If it comes often, see https://status.mailgun.com, and the network between."},
	ReasonConnectionLost: {"The connection to Mailgun broke before an answer", maybeSent,
		"If it comes often, look at the network between, such as a proxy or firewall."},
	ReasonFailing: {"Mailgun is failing", "the mail may not have been sent",
		"See https://status.mailgun.com. It is tried again."},
	ReasonNoID: {"The answer has no message id", maybeSent, "Check endpoint of the config, and any proxy between."},
	ReasonNotMailgun: {"Mailgun answered that it is there, but took no mail", "",
		"Check endpoint and domain of the config: Mailgun answers so to an address it does not know."},
	ReasonRedirect: {"Mailgun answered with a redirect, which is not followed", notSent,
		"Check endpoint of the config, and any proxy between."},
	ReasonLost: {"The process died or froze during this attempt", maybeSent,
		"It was tried again; the same code may arrive twice."},
	ReasonOtherWay: {"The way tried first did not take the mail, and the other one did", "",
		"What the first one came to stands beside this. See failover of the config."},
	ReasonBothWays: {"It is not known whether the way tried first has the mail; the other one took it too", "",
		"The same code may arrive twice, which does no harm. failover.after: 0 waits for a silent main way instead."},

	ReasonKeySendsOnly: {"The API key may not look at the domain's suppressions, or change them", "",
		"It is most likely a domain sending key, which may send and nothing else: put an account key, or one whose " +
			"role includes suppressions, into the config; or look at Sending, Suppressions in Mailgun's control " +
			"panel. If mails are refused as well, see the reason credentials."},
	ReasonListsFailed: {"Mailgun failed to look at the domain's suppressions, or to change them", "",
		"Try again in a minute; Mailgun's own words stand beside this."},
	ReasonListsSilent: {"Mailgun did not answer about the domain's suppressions", "",
		"Try again in a minute. If it goes on, see https://status.mailgun.com, and the network between."},

	ReasonSuppressedBounce: {"Mailgun did not send it: a mail to this address bounced before", "",
		"Remove the bounce from the suppressions once the mailbox works. " +
			"Until then every mail to the address ends so."},
	ReasonSuppressedUnsubscribe: {"Mailgun did not send it: this address has unsubscribed from the domain's mails", "",
		"Remove the unsubscription from the suppressions if the person wants to sign in. Send marketing from another " +
			"domain, so that it does not happen again."},
	ReasonSuppressedComplaint: {"Mailgun did not send it: this person has called a mail of the domain spam", "",
		"Remove the complaint from the suppressions only if the person asks for it."},
	ReasonNoMailbox: {"The recipient's mail server says that there is no such mailbox", "",
		"The address is mistyped, or given up: the person checks it. Mailgun now suppresses it: remove the bounce " +
			"from the suppressions once it works."},
	ReasonMailboxFull: {"The recipient's mailbox is full", "",
		"The person makes room, then asks for a new code; remove the bounce from the suppressions if there is one."},
	ReasonBlocked: {"The recipient's mail server refused the mail as spam or by its policy", "",
		"Check SPF, DKIM and DMARC of the domain and the reputation of its IP address; the recipient's administrator " +
			"can let the sender through. Remove the bounce from the suppressions afterwards."},
	ReasonNoMailServer: {"The domain of the address takes no mail, or its mail server can't be found", "",
		"Most often a mistyped domain: the person checks the address."},
	ReasonNoTLS: {"The recipient's mail server offers no TLS, which the config requires", "",
		"Set options.requireTls to false, or let the recipient's administrator switch TLS on."},
	ReasonGreylisted: {"The recipient's mail server asks Mailgun to try again later, as it does with " +
		"senders new to it", "",
		"Wait: Mailgun tries again by itself, after some ten minutes the first time."},
	ReasonDelayed: {"The recipient's mail server did not take the mail yet; Mailgun tries again by itself", "",
		"Wait, or let the person ask for a new code. Mailgun's words, beside this, say why."},
	ReasonTooOld: {"Mailgun gave up: the recipient's mail server did not take the mail in time", "",
		"See the delays before this one. The person asks for a new code."},
	ReasonBounced: {"The recipient's mail server refused the mail for good", "",
		"Mailgun's words, beside this, say why. Remove the bounce from the suppressions once it is put right."},
	ReasonRejected: {"Mailgun took the mail and then rejected it", "",
		"Mailgun's words, beside this, say why: look at the account's and the domain's logs in its control panel."},
	ReasonComplained: {"The recipient called the mail spam", "",
		"Mailgun now suppresses the address. Remove the complaint from the suppressions if the person asks for it."},
	ReasonDelivered: {"The recipient's mail server has taken the mail", "",
		"If the person does not see it, it is among spam, in another folder, or held by the mail provider."},
	ReasonTestMode: {"Mailgun took the mail in its test mode, and delivers nothing", "",
		"Set options.testMode of the config to false."},

	ReasonSending: {"An attempt is under way", "", "Look again in some seconds."},
	ReasonWaiting: {"The mail waits: for Mailgun, which was failing, or behind an earlier mail to this recipient", "",
		"It is sent by itself as soon as it can be."},
	ReasonNotReported: {"Mailgun has taken the mail, and has not reported what became of it", "",
		"Look again in a minute. If nothing is ever reported, set up the delivery reports. " +
			"If it is only for one content with a Mailgun template, that template may be missing at Mailgun, " +
			"which takes such a mail and sends nothing."},
	ReasonUntimely: {"The code's life ended before Mailgun took the mail", "it was not sent",
		"The attempts say what kept it. The person asks for a new code."},
	ReasonCancelled: {"The mail was cancelled here before it was sent", "", "The person asks for a new code."},
}
