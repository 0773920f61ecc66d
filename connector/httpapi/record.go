package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"mailgun-connector/connector"
	"mailgun-connector/connector/tracecontext"
)

// record is what is kept of a send: one line in the log, and the metrics.
type record struct {
	usageType string
	caller    string // "" for /send-code
	connector.Result
	err     error
	elapsed time.Duration
}

// record writes the line and counts. It is a function of its own so that what it
// needs on the stack is not there while a send waits for Mailgun.
func (s *server) record(c echo.Context, r *record) {
	outcome := outcomeOf(r.err)
	if r.Queued {
		outcome = "queued"
	}
	s.Metrics.sends.WithLabelValues(r.usageType, outcome).Inc()
	s.Metrics.duration.WithLabelValues(outcome).Observe(r.elapsed.Seconds())
	s.Metrics.unresolved.Add(float64(len(r.Unresolved)))
	s.remember(outcome, r)

	c.Set(loggedKey, true)
	ctx := c.Request().Context()
	attrs := append(make([]slog.Attr, 0, 16),
		slog.String("id", r.ID),
		slog.String("request_id", requestID(c)),
		slog.String("outcome", outcome),
		slog.String("type", r.usageType),
		slog.String("source", r.Source),
		slog.Float64("duration_ms", float64(r.elapsed.Microseconds())/1000),
		slog.Float64("mailgun_ms", float64(r.MailgunTime.Microseconds())/1000),
		slog.Int("attempts", r.Attempts))
	if r.Recipient != (connector.RecipientHash{}) {
		attrs = append(attrs, slog.String("recipient", r.Recipient.String()))
	}
	if r.caller != "" {
		attrs = append(attrs, slog.String("caller", r.caller))
	}
	attrs = append(attrs, r.WayAttrs()...)
	if trace := tracecontext.From(ctx).ID(); trace != "" {
		attrs = append(attrs, slog.String("trace_id", trace))
	}
	if len(r.Unresolved) > 0 {
		attrs = append(attrs, slog.Any("unresolved", r.Unresolved))
	}
	if r.err != nil {
		s.logFailure(ctx, attrs, r.err)
		return
	}
	level, status := slog.LevelInfo, http.StatusOK
	if r.Queued {
		status = http.StatusAccepted
	}
	attrs = append(attrs, slog.Int("status", status), slog.String("provider_id", r.ProviderID))
	if r.Before != nil {
		level = slog.LevelWarn
	}
	if r.Cause != nil { // it waits because an attempt failed
		level, attrs = slog.LevelWarn, append(attrs, r.Cause.LogAttrs()...)
	}
	s.Logger.LogAttrs(ctx, level, outcome, attrs...)
}

// remember keeps what GET /status tells of a send.
func (s *server) remember(outcome string, r *record) {
	s.Health.Count(outcome)
	failure := r.Cause
	if failure == nil {
		failure = r.Before // which nobody else is told of
	}
	if r.err != nil && !errors.As(r.err, &failure) {
		failure = connector.NewError(connector.Internal, connector.Refused, connector.ReasonInternal)
	}
	s.Health.Failed(failure)
	if outcome == "sent" {
		s.Health.Accepted(r.elapsed)
	}
}

// logFailure says what may be said of a failure.
func (s *server) logFailure(ctx context.Context, attrs []slog.Attr, err error) {
	failure, ok := errors.AsType[*connector.Error](err)
	if !ok {
		attrs = append(attrs, slog.Int("status", http.StatusInternalServerError), slog.String("error", err.Error()))
		s.Logger.LogAttrs(ctx, slog.LevelError, "not sent", attrs...)
		return
	}
	attrs = append(append(attrs, slog.Int("status", status(failure))), failure.LogAttrs()...)
	s.Logger.LogAttrs(ctx, slog.LevelWarn, "not sent", attrs...)
}

// outcomeOf is a send's outcome as logs and metrics name it.
func outcomeOf(err error) string {
	var failure *connector.Error
	switch {
	case err == nil:
		return "sent"
	case !errors.As(err, &failure):
		return "failed"
	case failure.Code == connector.RateLimitExceeded:
		return "rate_limited"
	case failure.Code != connector.General:
		return "invalid"
	case failure.Outcome == connector.Unknown:
		return "unknown"
	case failure.Outcome == connector.NotSent:
		return "failed"
	}
	return "refused"
}
