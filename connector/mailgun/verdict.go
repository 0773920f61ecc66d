package mailgun

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"time"

	mg "github.com/mailgun/mailgun-go/v4"

	"mailgun-connector/connector"
)

const (
	// statusEnhanceYourCalm is Mailgun's own for a used-up limit
	// (mailgun-java issue 50).
	statusEnhanceYourCalm = 420
	// longWait is told where Mailgun names no time and means minutes.
	longWait = time.Minute
)

// verdict is what an attempt's failure means.
type verdict struct {
	failure *connector.Error
	again   bool // worth another attempt, after failure.RetryAfter if that is set
}

// classify judges an exchange that did not end with a message id. err is what
// mailgun-go made of it; private is what its texts must not give away.
func classify(ctx context.Context, ex *exchange, err error, private []string) verdict {
	if errors.Is(err, mg.ErrInvalidMessage) { // mailgun-go's own check, before anything is sent
		return verdict{failure: connector.NewError(connector.General, connector.Refused, connector.ReasonEmpty)}
	}
	if ex.status == 0 {
		v := classifyNoResponse(ctx, ex, err)
		v.failure.OfWay = isOfWay(v.failure)
		return v
	}
	said := answerText(ex.body)
	v := classifyAnswer(ex, said)
	v.failure.OfWay = isOfWay(v.failure)
	v.failure.MailgunStatus, v.failure.MailgunMessage = ex.status, redact(said, private)
	return v
}

// classifyNoResponse judges an attempt that got no answer.
func classifyNoResponse(ctx context.Context, ex *exchange, err error) verdict {
	outcome, reason, timedOut := connector.Unknown, connector.ReasonConnectionLost, ctx.Err() != nil
	switch {
	case !ex.wrote.Load():
		outcome, reason = connector.NotSent, connector.ReasonUnreachable
	case timedOut:
		reason = connector.ReasonNoAnswer
	}
	failure := connector.NewError(connector.General, outcome, reason)
	failure.Err = withoutAddress(err)
	return verdict{failure, !timedOut}
}

// withoutAddress returns the cause of a network failure without the texts around
// it, which hold the request's URL.
func withoutAddress(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// classifyAnswer judges an answer by its status and what it says.
func classifyAnswer(ex *exchange, said string) verdict {
	refused := func(reason connector.Reason) verdict {
		return verdict{failure: connector.NewError(connector.General, connector.Refused, reason)}
	}
	switch {
	case accountRefused(ex.status, said):
		return refused(accountReason(ex.status, said))
	case limited(ex.status, said):
		return classifyLimit(ex, said)
	case passing(ex.status):
		failure := connector.NewError(connector.General, connector.Unknown, connector.ReasonFailing)
		failure.RetryAfter, _ = retryAfter(ex.retryAfter, said)
		return verdict{failure, true}
	case ex.status == http.StatusOK && strings.Contains(string(ex.body), "Mailgun Magnificent API"):
		return refused(connector.ReasonNotMailgun)
	case ex.status/100 == 2:
		return verdict{failure: connector.NewError(connector.General, connector.Unknown, connector.ReasonNoID)}
	case ex.status/100 == 3:
		return refused(connector.ReasonRedirect)
	case ex.status == http.StatusBadRequest && recipientText.MatchString(said):
		return verdict{
			failure: connector.NewError(connector.InvalidRequest, connector.Refused, connector.ReasonRecipient),
		}
	}
	return refused(refusalReason(ex.status, said))
}

// classifyLimit judges an answer that asks to slow down.
func classifyLimit(ex *exchange, said string) verdict {
	wait, told := retryAfter(ex.retryAfter, said)
	if !told && !slowDownStatus(ex.status) { // a probation: not over in seconds
		wait = longWait
	}
	failure := connector.NewError(connector.RateLimitExceeded, connector.NotSent, limitReason(said))
	failure.RetryAfter = wait
	return verdict{failure, true}
}

// passing reports whether a status means a failure that may pass by itself: of
// Mailgun, or of a request that came too late or too early (RFC 9110, section
// 15.5.9; RFC 8470, section 5.2).
func passing(status int) bool {
	return status >= 500 || status == http.StatusRequestTimeout || status == http.StatusTooEarly
}

func slowDownStatus(status int) bool {
	return status == statusEnhanceYourCalm || status == http.StatusTooManyRequests
}

// The texts by which Mailgun's refusals are told apart, since it uses one status for
// several and several for one. Samples stand in the tests.
var (
	// hostText is left out before others are looked for: a domain's name may be made
	// of their words.
	hostText = regexp.MustCompile(`[\w-]+(?:\.[\w-]+)+`)
	// slowText is of limits that end by themselves, whatever else is said.
	slowText = regexp.MustCompile(`(?i)\b(?:try again|retry) (?:after|in)\b|\btoo (?:fast|quickly)\b|\bprobation`)
	// limitText is of limits too, unless the account is disabled for one.
	limitText = regexp.MustCompile(`(?i)\blimit\b.*\b(?:exceeded|reached|used up)\b|` +
		`\b(?:exceed(?:ed|s|ing)?|reached) .*\blimit`)
	// ownLimitText is of one that a customer sets, which disables the account
	// (help.mailgun.com, 4402611589915).
	ownLimitText = regexp.MustCompile(`(?i)\bcustom (?:\w+ )?limit\b`)
	// accountText names what a refusal is about, and closedText what is wrong with
	// it: something that a person must set right.
	accountText = regexp.MustCompile(`(?i)\b(?:sub)?accounts?\b|\bdomain\b|\bbusiness\b|not allowed to send`)
	closedText  = regexp.MustCompile(`(?i)\b(?:` + strings.Join([]string{
		"disabled", "deactivated", "suspended", "terminated", "blocked", "banned", "closed", "locked", "frozen",
		"paused", "on hold", "under review", "cancell?ed", "expired", `inactiv\w+`, `not (?:yet |been )*activ\w+`,
		"activate (?:your|the)", `verif\w+`, "unverified", "dns", `contact (?:\w+ )?support`,
		"payment", "billing", "unpaid", "past due",
	}, "|") + `)\b`)
	// recipientText is how Mailgun answers to an address that it does not accept.
	recipientText = regexp.MustCompile(`(?i)(?:^|[\s:])['"‘“]?to['"’”]? (?:parameter|field|address)s?\b.*` +
		`(?:\bnot (?:an? )?valid|\binvalid|\bmalformed)|\binvalid ['"‘“]?to['"’”]? (?:parameter|field|address)`)
)

// limited reports whether Mailgun asks to slow down. It does so by 400 and 403 too.
func limited(status int, said string) bool {
	switch status {
	case statusEnhanceYourCalm, http.StatusTooManyRequests:
		return true
	case http.StatusBadRequest, http.StatusPaymentRequired, http.StatusForbidden, http.StatusMisdirectedRequest:
		return slowText.MatchString(said) || limitText.MatchString(said)
	}
	return false
}

// accountRefused reports whether Mailgun refuses whatever this account or domain
// sends until a person has cleared that with Mailgun. It does so by any 4xx, those
// of rate limits included.
func accountRefused(status int, said string) bool {
	said = hostText.ReplaceAllString(said, "")
	switch {
	case status/100 != 4 || slowText.MatchString(said):
		return false
	case accountText.MatchString(said) && closedText.MatchString(said), ownLimitText.MatchString(said):
		return true
	case limited(status, said):
		return false
	}
	return status == http.StatusPaymentRequired || strings.Contains(said, "is not allowed to send")
}
