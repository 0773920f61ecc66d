package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"mailgun-connector/connector"
	"mailgun-connector/connector/config"
	"mailgun-connector/connector/configfile"
	"mailgun-connector/connector/idempotency"
)

// problem is an error's body (RFC 9457). It is short and free of secrets: callers show
// it to others.
type problem struct {
	Type      string           `json:"type"`
	Title     string           `json:"title"`
	Status    int              `json:"status"`
	Detail    string           `json:"detail"`
	Code      connector.Code   `json:"code"`
	Hint      string           `json:"hint,omitempty"`
	Errors    []config.Problem `json:"errors,omitempty"`
	Data      *problemData     `json:"data,omitempty"`
	Conflict  *conflict        `json:"conflict,omitempty"`
	Retryable bool             `json:"retryable"`
	RequestID string           `json:"requestId"`
}

// problemData is what Mailgun said.
type problemData struct {
	StatusCode int    `json:"statusCode"`
	Message    string `json:"message,omitempty"`
}

const (
	problemType      = "urn:mailgun-connector:problem:" // plus the code
	problemMediaType = "application/problem+json"
)

var titles = map[connector.Code]string{
	connector.InvalidRequest:      "The request is invalid",
	connector.InsufficientRequest: "The request lacks something",
	connector.TemplateNotFound:    "No content for this usage type",
	connector.InvalidConfig:       "The config is invalid",
	connector.AuthorizationFailed: "The API token is missing or wrong",
	connector.RateLimitExceeded:   "Too many mails",
	connector.General:             "The mail was not confirmed as sent",
	connector.Internal:            "Internal error",
}

var (
	errUnauthorized = &connector.Error{
		Code:    connector.AuthorizationFailed,
		Message: "The Authorization header has no valid API token.",
		Hint:    "Send \"Authorization: Bearer TOKEN\" with a token of the process option --token or --token-file.",
	}
	errNotLocal = &connector.Error{
		Code:    connector.AuthorizationFailed,
		Message: "Without a token the service answers to localhost and loopback addresses only.",
		Hint:    "Call it by http://127.0.0.1, or start it with --token or --token-file.",
	}
	errBusy = busyNow()
)

func busyNow() *connector.Error {
	failure := connector.NewError(connector.General, connector.NotSent, connector.ReasonBusy)
	failure.RetryAfter = time.Second
	return failure
}

// domainErrors are what a caller is told of the errors of the packages below, together
// with those that have types of their own, see [server.problemOf].
var domainErrors = []struct {
	err  error
	told *echo.HTTPError
}{
	{config.ErrChanged, echo.NewHTTPError(http.StatusPreconditionFailed,
		"The config is another one by now, or its file is: get it again and make your change in that.")},
	{configfile.ErrNoVersion, echo.NewHTTPError(http.StatusNotFound, "There is no version with this id, or no more.")},
	{configfile.ErrSlow, echo.NewHTTPError(http.StatusServiceUnavailable,
		"A file that the service reads does not answer; try again in a moment.")},
	{configfile.ErrNotMailFile, echo.NewHTTPError(http.StatusNotFound, noMailFile)},
	{idempotency.ErrReused, echo.NewHTTPError(http.StatusUnprocessableEntity,
		"The Idempotency-Key was used for another request; use a new key for each request.")},
	{idempotency.ErrBusy, errKeyBusy},
	{connector.ErrNoMessage, errNoMessage},
	{connector.ErrNoSuppression, errNoSuppression},
	{connector.ErrUnavailable, echo.NewHTTPError(http.StatusServiceUnavailable,
		"The database does not answer; try again in a moment.")},
	{connector.ErrConflict, echo.NewHTTPError(http.StatusConflict,
		"Only a queued message can be retried or cancelled, and this one is not queued.")},
}

// noMailFile is one sentence for all reasons, see [configfile.ErrNotMailFile].
const noMailFile = "There is no such mail file: .html, .htm and .txt files of at most 1 MiB can be read and " +
	"written here, in the config's folder or below it, no hidden ones and no links that lead out."

var (
	errKeyBusy = echo.NewHTTPError(http.StatusConflict,
		"The first request with this Idempotency-Key is still in progress; ask again in a moment.")
	errNoMessage = echo.NewHTTPError(http.StatusNotFound, "There is no message with this id, or no more.")
	errNotShown  = echo.NewHTTPError(http.StatusConflict, "The config can't be shown.")
	errReadOnly  = echo.NewHTTPError(http.StatusConflict, "The file can't be written.")
	errUnread    = echo.NewHTTPError(http.StatusConflict, "The service's files can't be read, so nothing was saved.")
)

// httpErrorOf returns err as an HTTP error, if it is one or has one in domainErrors.
func httpErrorOf(err error) *echo.HTTPError {
	for _, known := range domainErrors {
		if errors.Is(err, known.err) {
			return known.told
		}
	}
	told, _ := errors.AsType[*echo.HTTPError](err)
	return told
}

// status is the HTTP status that tells a caller of the failure.
func status(e *connector.Error) int {
	switch e.Code {
	case connector.AuthorizationFailed:
		return http.StatusUnauthorized
	case connector.RateLimitExceeded:
		return http.StatusTooManyRequests
	case connector.Internal:
		return http.StatusInternalServerError
	case connector.General:
		switch {
		case e.Outcome == connector.Refused, e.MailgunStatus/100 == 2: // the latter is no answer of Mailgun's
			return http.StatusBadGateway
		case e.Outcome == connector.Unknown && e.MailgunStatus == 0:
			return http.StatusGatewayTimeout
		}
		return http.StatusServiceUnavailable
	}
	return http.StatusBadRequest
}

// answerError is the one place where an error becomes an answer.
func (s *server) answerError(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	p := s.problemOf(err, c)
	s.recordUnsent(c, &p, err)
	if c.Get(loggedKey) == nil {
		s.logRefusal(c, &p, err)
	}
	if s.isStranger(c) {
		s.strangers.at(c.Request().RemoteAddr).slow(c)
	}
	if err := writeError(c, err, &p); err != nil {
		s.Logger.Debug("the caller went away before its answer", "request_id", p.RequestID)
	}
}

// refusalsNews is how often a route's refusals of strangers are logged at most.
const refusalsNews = time.Second

// logRefusal logs each refusal of a caller with a token, and how many others there were
// with the last of them.
func (s *server) logRefusal(c echo.Context, p *problem, err error) {
	level := slog.LevelWarn
	if p.Status == http.StatusInternalServerError {
		level = slog.LevelError
	}
	attrs := []slog.Attr{
		slog.String("request_id", p.RequestID), slog.Int("status", p.Status), slog.String("code", string(p.Code)),
		slog.String("route", c.Path()), slog.String("detail", p.Detail),
	}
	if recipients, ok := c.Get(recipientKey).(string); ok {
		attrs = append(attrs, slog.String("recipient", recipients))
	}
	if failure, ok := errors.AsType[*connector.Error](err); ok && failure.Err != nil {
		attrs = append(attrs, slog.String("error", failure.Err.Error()))
	} else if errors.Is(err, connector.ErrUnavailable) || errors.Is(err, configfile.ErrSlow) {
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	if !s.isStranger(c) {
		s.Logger.LogAttrs(c.Request().Context(), level, "request refused", attrs...)
		return
	}
	s.refusals.of(c.Path()).count(func(n int) {
		s.Logger.LogAttrs(context.Background(), level, "request refused", append(attrs, slog.Int("requests", n))...)
	})
}

func writeError(c echo.Context, err error, p *problem) error {
	if wantsSentence(c) || isLost(c, err) {
		return answerSentence(c, err, p)
	}
	c.Response().Header().Set(echo.HeaderContentType, problemMediaType)
	if c.Request().Method == http.MethodHead {
		c.Response().WriteHeader(p.Status)
		return nil
	}
	return c.JSON(p.Status, p)
}

func (s *server) problemOf(err error, c echo.Context) problem {
	var failure *connector.Error
	var invalid *config.InvalidError
	var readOnly *configfile.ReadOnlyError
	var unread *configfile.UnreadableError
	var mask *config.MaskError
	var lacking *scopeError
	var both *config.ConflictError
	var graft *config.GraftError
	told := httpErrorOf(err)
	switch {
	case errors.As(err, &failure):
	case errors.As(err, &invalid):
		failure = &connector.Error{
			Code: connector.InvalidConfig, Message: "The config has problems; see errors.", Problems: invalid.Problems,
		}
	case errors.As(err, &readOnly):
		p := plainProblem(errReadOnly, requestID(c))
		p.Hint, p.Retryable = readOnly.Hint, false
		return p
	case errors.As(err, &unread):
		p := plainProblem(errUnread, requestID(c))
		p.Hint = "First see to what keeps the service from reading its files: " + unread.Err.Error() + "."
		return p
	case errors.As(err, &both):
		return conflictProblem(both, requestID(c))
	case errors.As(err, &graft):
		p := plainProblem(echo.NewHTTPError(http.StatusConflict,
			"The config can't be given "+graft.Pointer+" by itself as it is written."), requestID(c))
		p.Hint = "Restore the whole version, or copy the member from it."
		return p
	case errors.As(err, &lacking):
		return lacking.problem(requestID(c))
	case errors.As(err, &mask):
		p := plainProblem(errNotShown, requestID(c))
		p.Detail = "The config can't be shown: it " + mask.Reason + "."
		p.Hint = "Write the API key as a plain text at apiKey and nowhere else, " +
			"or leave it to MAILGUN_API_KEY or MAILGUN_API_KEY_FILE."
		return p
	case told != nil:
		if told.Code == statusUnavailable {
			c.Response().Header().Set(echo.HeaderRetryAfter, "1")
		}
		return plainProblem(told, requestID(c))
	default:
		s.Logger.Error("internal error", "request_id", requestID(c), "error", err)
		failure = &connector.Error{Code: connector.Internal}
	}
	p := problem{
		Type:      problemType + string(failure.Code),
		Title:     titles[failure.Code],
		Status:    status(failure),
		Detail:    failure.Message,
		Code:      failure.Code,
		Hint:      failure.Hint,
		Errors:    failure.Problems,
		Retryable: failure.Retryable(),
		RequestID: requestID(c),
	}
	if title, ok := c.Get(titleKey).(string); ok && failure.Code == connector.General {
		p.Title = title
	}
	if failure.Code == connector.Internal {
		p.Detail = "Something went wrong here. The log has more under the request id."
	}
	if failure.MailgunStatus != 0 {
		p.Data = &problemData{failure.MailgunStatus, failure.MailgunMessage}
	}
	if wait := failure.RetryAfter; wait > 0 {
		c.Response().Header().Set(echo.HeaderRetryAfter, strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	} else if p.Status == statusTooMany {
		c.Response().Header().Set(echo.HeaderRetryAfter, "1")
	}
	return p
}

const (
	statusTooMany     = http.StatusTooManyRequests
	statusUnavailable = http.StatusServiceUnavailable
)

// plainProblem returns, in our shape, an error that is but an HTTP status, such as
// Echo's own.
func plainProblem(e *echo.HTTPError, requestID string) problem {
	p := problem{
		Type:      problemType + string(connector.InvalidRequest),
		Title:     http.StatusText(e.Code),
		Status:    e.Code,
		Code:      connector.InvalidRequest,
		RequestID: requestID,
		Retryable: e == errKeyBusy || e.Code == http.StatusServiceUnavailable,
	}
	switch e {
	case echo.ErrNotFound:
		p.Detail = "There is nothing at this path; GET /openapi.yaml lists what there is."
	case echo.ErrMethodNotAllowed:
		p.Detail = "This path does not take this method; GET /openapi.yaml lists what it takes."
	default:
		p.Detail, _ = e.Message.(string)
	}
	return p
}
