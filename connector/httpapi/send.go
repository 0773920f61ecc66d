package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"mailgun-connector/connector"
)

// sent is the answer to a send-code request.
type sent struct {
	ID         string `json:"id"`
	Status     string `json:"status"`
	ProviderID string `json:"providerId"`
	Message    string `json:"message"`
}

// sendCode takes a request as Logto's http-email connector sends it.
func (s *server) sendCode(c echo.Context) error {
	var req connector.Request
	if err := decode(c, &req); err != nil {
		return err
	}
	answer, err := s.send(c, s.Connector(), &req)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, answer)
}

// loggedKey marks a request whose outcome stands in the log already.
const loggedKey = "logged"

// send sends through conn and leaves one line in the log. It goes on when the
// caller hangs up: the mail may be wanted all the same, and cutting it off would
// leave its outcome unknown.
func (s *server) send(c echo.Context, conn *connector.Connector, req *connector.Request) (sent, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return sent{}, err
	}
	start := time.Now()
	ctx := context.WithoutCancel(c.Request().Context())
	res, err := conn.Send(ctx, req)
	elapsed := time.Since(start)

	usageType := "other"
	if conn.Knows(req.Type) {
		usageType = req.Type
	}
	outcome := outcomeOf(err)
	s.Metrics.sends.WithLabelValues(usageType, outcome).Inc()
	s.Metrics.duration.WithLabelValues(outcome).Observe(elapsed.Seconds())
	s.Metrics.unresolved.Add(float64(len(res.Unresolved)))

	c.Set(loggedKey, true)
	attrs := [16]slog.Attr{
		slog.String("id", id.String()),
		slog.String("request_id", requestID(c)),
		slog.String("outcome", outcome),
		slog.String("type", usageType),
		slog.String("source", res.Source),
		slog.Float64("duration_ms", float64(elapsed.Microseconds())/1000),
		slog.Int("attempts", res.Attempts),
	}
	list := attrs[:7]
	if res.Source != "" {
		list = append(list, slog.String("recipient", res.Recipient.String()))
	}
	if trace := connector.TraceOf(ctx).ID(); trace != "" {
		list = append(list, slog.String("trace_id", trace))
	}
	if len(res.Unresolved) > 0 {
		list = append(list, slog.Any("unresolved", res.Unresolved))
	}
	if err != nil {
		s.Logger.LogAttrs(ctx, slog.LevelWarn, "not sent", append(list, failureAttrs(err)...)...)
		return sent{}, err
	}
	s.Logger.LogAttrs(ctx, slog.LevelInfo, "sent", append(list, slog.String("provider_id", res.ProviderID))...)
	return sent{ID: id.String(), Status: "sent", ProviderID: res.ProviderID, Message: res.Message}, nil
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

// failureAttrs is what a log line may say of a failure. Of causes it has those
// of the network; an answer's text is Mailgun's and stays out.
func failureAttrs(err error) []slog.Attr {
	var failure *connector.Error
	if !errors.As(err, &failure) {
		return []slog.Attr{slog.String("error", err.Error())}
	}
	attrs := []slog.Attr{slog.String("code", string(failure.Code)), slog.String("detail", failure.Message)}
	if failure.MailgunStatus != 0 {
		attrs = append(attrs, slog.Int("mailgun_status", failure.MailgunStatus), slog.String("mailgun_message", failure.MailgunMessage))
	}
	if failure.Code == connector.General && failure.Err != nil {
		attrs = append(attrs, slog.String("error", failure.Err.Error()))
	}
	return attrs
}
