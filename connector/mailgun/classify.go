package mailgun

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	mg "github.com/mailgun/mailgun-go/v4"

	"mailgun-connector/connector"
)

// authHint names the four things that Mailgun answers 401 to, which its own
// "Forbidden" does not tell apart.
const authHint = "Mailgun answers 401 for four reasons: a wrong API key, the wrong region (endpoint https://api.mailgun.net is US, https://api.eu.mailgun.net is EU), a domain it does not know, or an IP address that is not on the account's allowlist."

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
// mailgun-go made of it, now the time against which "try again after" counts.
func classify(ctx context.Context, ex *exchange, err error, private []string, now time.Time) verdict {
	if errors.Is(err, mg.ErrInvalidMessage) { // mailgun-go's own check, before anything is sent
		return verdict{failure: &connector.Error{Code: connector.General, Message: "The mail would be empty: its content comes to nothing with this payload."}}
	}
	if ex.status == 0 {
		return classifySilence(ctx, ex, err)
	}
	failure := &connector.Error{Code: connector.General, MailgunStatus: ex.status, MailgunMessage: answerMessage(ex.body)}
	said := failure.MailgunMessage
	failure.MailgunMessage = presentable(said, private)
	switch {
	case limited(ex.status, said):
		failure.Code = connector.RateLimitExceeded
		failure.Outcome = connector.NotSent
		failure.Message = "Mailgun asks to slow down; the mail was not sent."
		wait, told := retryAfter(ex.retryAfter, said, now)
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

// classifySilence judges an attempt that got no answer.
func classifySilence(ctx context.Context, ex *exchange, err error) verdict {
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

// withoutAddress keeps the cause of a network failure and leaves out the texts
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

// againText is the two forms of "try again after": seconds, or a date.
var againText = regexp.MustCompile(`(?i)try again after (?:(\d+) seconds?|([A-Za-z]{3}, \d{1,2} [A-Za-z]{3} \d{4} [\d:]{8} [A-Z]{3,4}))`)

// retryAfter gives the wait that an answer asks for, in its Retry-After header
// (RFC 9110, section 10.2.3) or in its text; told is false if it names none.
func retryAfter(header, message string, now time.Time) (wait time.Duration, told bool) {
	if wait, ok := seconds(header); ok {
		return wait, true
	}
	if date, err := http.ParseTime(header); err == nil {
		return min(max(0, date.Sub(now)), maxWait), true
	}
	m := againText.FindStringSubmatch(message)
	switch {
	case m == nil:
		return 0, false
	case m[1] != "":
		return seconds(m[1])
	}
	date, err := time.Parse(time.RFC1123, m[2])
	return min(max(0, date.Sub(now)), maxWait), err == nil
}

// maxWait is told for any longer wait, and keeps a time from wrapping around.
const maxWait = 24 * time.Hour

// seconds reads a number of seconds; ok is false if it is none.
func seconds(s string) (wait time.Duration, ok bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	if errors.Is(err, strconv.ErrRange) {
		n, err = math.MaxInt64, nil
	}
	n = min(max(0, n), int64(maxWait/time.Second))
	return time.Duration(n) * time.Second, err == nil
}

const maxMessage = 200 // bytes of Mailgun's text that are passed on

var addressText = regexp.MustCompile(`[^\s<>"'(),;:]+@[^\s<>"'(),;:]+`)

// answerMessage gives Mailgun's own message, on one line. What is no JSON of
// Mailgun's, such as a proxy's page, gives "".
func answerMessage(body []byte) string {
	var answer struct {
		Message string `json:"message"`
	}
	if json.Unmarshal(body, &answer) != nil {
		if strings.TrimSpace(string(body)) == "Forbidden" { // Mailgun's 401
			return "Forbidden"
		}
		return ""
	}
	return oneLine(answer.Message)
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// presentable gives a text of Mailgun's without what it repeats of the mail and
// without addresses, and then shortened: the other way round, a piece of a code
// could remain at the end.
func presentable(s string, private []string) string {
	for _, p := range private {
		if p = oneLine(p); p != "" {
			s = strings.ReplaceAll(s, p, "…")
		}
	}
	s = addressText.ReplaceAllString(s, "…")
	if len(s) > maxMessage {
		s = strings.ToValidUTF8(s[:maxMessage], "") + "…"
	}
	return s
}
