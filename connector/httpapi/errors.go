package httpapi

import (
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"mailgun-connector/connector"
	"mailgun-connector/connector/config"
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
	errBusy = &connector.Error{
		Code:       connector.General,
		Message:    "Too many sends are in flight; the mail was not sent.",
		Outcome:    connector.NotSent,
		RetryAfter: time.Second,
	}
)

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
	level := slog.LevelWarn
	if p.Status == http.StatusInternalServerError {
		level = slog.LevelError
	}
	if c.Get(loggedKey) == nil {
		s.Logger.LogAttrs(c.Request().Context(), level, "request refused",
			slog.String("request_id", p.RequestID), slog.Int("status", p.Status), slog.String("code", string(p.Code)),
			slog.String("route", c.Path()), slog.String("detail", p.Detail))
	}
	if err := writeError(c, err, &p); err != nil {
		s.Logger.Debug("the caller went away before its answer", "request_id", p.RequestID)
	}
}

func writeError(c echo.Context, err error, p *problem) error {
	if wantsSentence(c) {
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
	var readOnly *ReadOnlyError
	var http *echo.HTTPError
	switch {
	case errors.As(err, &failure):
	case errors.As(err, &invalid):
		failure = &connector.Error{Code: connector.InvalidConfig, Message: "The config has problems; see errors.", Problems: invalid.Problems}
	case errors.As(err, &readOnly):
		p := plainProblem(errReadOnly, requestID(c))
		p.Hint, p.Retryable = readOnly.Hint, false
		return p
	case errors.As(err, &http):
		return plainProblem(http, requestID(c))
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

const statusTooMany = http.StatusTooManyRequests

// plainProblem gives errors that are but an HTTP status our shape, Echo's own too.
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
	case echo.ErrStatusRequestEntityTooLarge:
		p.Detail = "The body is larger than 256 KiB."
	default:
		p.Detail, _ = e.Message.(string)
	}
	return p
}
