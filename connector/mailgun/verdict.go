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

// authHint names the four things that Mailgun answers 401 to, which its own
// "Forbidden" does not tell apart.
const authHint = "Mailgun answers 401 for four reasons: a wrong API key, the wrong region " +
	"(endpoint https://api.mailgun.net is US, https://api.eu.mailgun.net is EU), a domain it does not know, " +
	"or an IP address that is not on the account's allowlist."

const (
	// statusEnhanceYourCalm is Mailgun's own for a used-up limit
	// (mailgun-java issue 50).
	statusEnhanceYourCalm = 420
	// longWait is said where Mailgun gives no time and means minutes.
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
		return verdict{failure: &connector.Error{
			Code:    connector.General,
			Message: "The mail would be empty: its content comes to nothing with this payload.",
		}}
	}
	if ex.status == 0 {
		return classifyNoResponse(ctx, ex, err)
	}
	said := answerText(ex.body)
	failure := &connector.Error{
		Code:           connector.General,
		MailgunStatus:  ex.status,
		MailgunMessage: redact(said, private),
	}
	switch {
	case limited(ex.status, said):
		failure.Code = connector.RateLimitExceeded
		failure.Outcome = connector.NotSent
		failure.Message = "Mailgun asks to slow down; the mail was not sent."
		wait, told := retryAfter(ex.retryAfter, said)
		failure.RetryAfter = wait
		if !told && !slowDownStatus(ex.status) { // a probation or a disabled account: not over in seconds
			failure.RetryAfter = longWait
		}
		return verdict{failure, true}
	case ex.status >= 500:
		failure.Outcome = connector.Unknown
		failure.Message = "Mailgun is failing; the mail may not have been sent."
		return verdict{failure, true}
	case ex.status == http.StatusUnauthorized:
		failure.Message, failure.Hint = "Mailgun refused the credentials; the mail was not sent.", authHint
	case ex.status == http.StatusOK && strings.Contains(string(ex.body), "Mailgun Magnificent API"):
		failure.Message = "Mailgun answered that it is there, but took no mail."
		failure.Hint = "Check endpoint and domain of the config: Mailgun answers so to an address it does not know."
	case ex.status/100 == 2:
		failure.Outcome = connector.Unknown
		failure.Message = "The answer has no message id: the mail may or may not have been sent."
		failure.Hint = "Check endpoint of the config, and any proxy between."
	case ex.status/100 == 3:
		failure.Message = "Mailgun answered with a redirect, which is not followed; the mail was not sent."
		failure.Hint = "Check endpoint of the config, and any proxy between."
	default:
		failure.Message = "Mailgun refused the mail."
		if ex.status == http.StatusBadRequest && badRecipientText.MatchString(said) {
			failure.Err = connector.ErrRecipient
		}
	}
	return verdict{failure: failure}
}

// classifyNoResponse judges an attempt that got no answer.
func classifyNoResponse(ctx context.Context, ex *exchange, err error) verdict {
	failure := &connector.Error{Code: connector.General, Outcome: connector.NotSent, Err: withoutAddress(err)}
	timedOut := ctx.Err() != nil
	switch {
	case !ex.wrote.Load():
		failure.Message = "Mailgun could not be reached; the mail was not sent."
	case timedOut:
		failure.Outcome = connector.Unknown
		failure.Message = "Mailgun did not answer in time; the mail may or may not have been sent."
	default:
		failure.Outcome = connector.Unknown
		failure.Message = "The connection to Mailgun broke before an answer; the mail may or may not have been sent."
	}
	return verdict{failure, !timedOut}
}

// withoutAddress returns the cause of a network failure without the texts
// around it, which hold the request's URL.
func withoutAddress(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

func slowDownStatus(status int) bool {
	return status == statusEnhanceYourCalm || status == http.StatusTooManyRequests
}

// badRecipientText is how Mailgun answers to an address that it does not take.
var badRecipientText = regexp.MustCompile(`(?i)\bto'? parameter is not a valid address`)

// limitText finds the limits that Mailgun reports with 400 or 403.
var limitText = regexp.MustCompile(`(?i)limit exceeded|try again after|sending too fast|temporarily disabled|probation`)

func limited(status int, message string) bool {
	return slowDownStatus(status) ||
		(status == http.StatusBadRequest || status == http.StatusForbidden) && limitText.MatchString(message)
}
