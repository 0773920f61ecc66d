package connector

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"mailgun-connector/connector/config"
)

// Code is the machine-readable name of an error: Logto's connector error codes.
type Code string

// The codes that callers see.
const (
	InvalidRequest      Code = "invalid_request_parameters"
	InsufficientRequest Code = "insufficient_request_parameters"
	TemplateNotFound    Code = "template_not_found"
	InvalidConfig       Code = "invalid_config"
	AuthorizationFailed Code = "authorization_failed"
	RateLimitExceeded   Code = "rate_limit_exceeded"
	General             Code = "general" // Mailgun refused, failed or did not answer
	Internal            Code = "internal"
)

// Outcome is what became of a mail.
type Outcome uint8

const (
	// Refused means not sent, and that trying again would not help.
	Refused Outcome = iota
	// NotSent means certainly not sent: trying again may help.
	NotSent
	// Unknown means that Mailgun may have accepted the mail: trying again may
	// send it twice.
	Unknown
)

// Error is a failure that a caller is told about. Message and Hint are written
// for the caller and hold nothing secret; Err is for the log, and only as far as
// it can't hold an address or a body.
type Error struct {
	Code    Code
	Reason  Reason
	Message string // one sentence: what happened
	Hint    string // what to do, if that is not plain and not to try again
	Outcome Outcome
	// OfWay says that it is a failure of the endpoint, domain or key, and none of the
	// mail: another way may take the same mail.
	OfWay bool

	// Problems are set for [InvalidConfig].
	Problems []config.Problem

	// MailgunStatus is the HTTP status that Mailgun answered with, 0 for no
	// answer; MailgunMessage is the message in that answer, shortened and with
	// addresses removed.
	MailgunStatus  int
	MailgunMessage string

	// RetryAfter is how long to wait before trying again, 0 for unknown.
	RetryAfter time.Duration

	Err error
}

// MarkMaybeSent takes back what a failure says of the mail, as an attempt before it may
// have sent the mail.
func (e *Error) MarkMaybeSent() {
	if e.Outcome == Unknown {
		return
	}
	e.Outcome = Unknown
	if start, ok := strings.CutSuffix(e.Message, "the mail was not sent."); ok {
		e.Message = start + "an earlier attempt may have sent the mail."
	} else {
		e.Message += " An earlier attempt may have sent the mail."
	}
}

// NewError returns an error in the words of its reason.
func NewError(code Code, outcome Outcome, reason Reason) *Error {
	words := reason.Words()
	e := &Error{Code: code, Outcome: outcome, Reason: reason, Message: words.What}
	if !reason.passes() {
		e.Hint = words.Hint
	}
	if reason == ReasonRecipient {
		e.Err = ErrRecipient
	}
	return e
}

// ErrorOf returns the error of a [Sender], nil for none. One that is no [*Error] is a defect
// of ours, of which nobody knows what became of the mail.
func ErrorOf(err error) *Error {
	if err == nil {
		return nil
	}
	if failure, ok := errors.AsType[*Error](err); ok {
		return failure
	}
	failure := NewError(Internal, Unknown, ReasonInternal)
	failure.Err = err
	return failure
}

// Error returns code, message and Mailgun's status, never its text.
func (e *Error) Error() string {
	s := string(e.Code) + ": " + e.Message
	if e.MailgunStatus != 0 {
		s += fmt.Sprintf(" (Mailgun answered %d)", e.MailgunStatus)
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// LogAttrs returns what a log may say of the failure: of causes those of the network, of
// Mailgun's text only what is free of addresses and of the mail.
func (e *Error) LogAttrs() []slog.Attr {
	attrs := []slog.Attr{slog.String("code", string(e.Code)), slog.String("detail", e.Message)}
	if e.Reason != "" {
		attrs = append(attrs, slog.String("reason", string(e.Reason)))
	}
	if hint := cmp.Or(e.Hint, e.Reason.Words().Hint); hint != "" {
		attrs = append(attrs, slog.String("hint", hint))
	}
	if e.MailgunStatus != 0 {
		attrs = append(attrs,
			slog.Int("mailgun_status", e.MailgunStatus), slog.String("mailgun_message", e.MailgunMessage))
	}
	if e.Code == General && e.Err != nil {
		attrs = append(attrs, slog.String("error", e.Err.Error()))
	}
	return attrs
}

// Retryable reports whether the same request may succeed later.
func (e *Error) Retryable() bool {
	return e.Outcome != Refused || e.Code == RateLimitExceeded
}
