package httpapi

import (
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"mailgun-connector/connector"
)

var (
	errNoReports = echo.NewHTTPError(http.StatusNotFound, "Reports are taken with --database and MAILGUN_WEBHOOK_SIGNING_KEY only.")
	errTooEarly  = echo.NewHTTPError(http.StatusServiceUnavailable, "The report's message is not known yet; report again.")
)

// early is how long a report's message may still become known: a report can come
// before the outcome of its send is stored.
const early = time.Minute

// takeReport takes what Mailgun reports of a message. To Mailgun 200 means done,
// 406 never to send it again, and anything else to repeat it for 8 hours
// (documentation.mailgun.com, "Webhook retries").
func (s *server) takeReport(c echo.Context) error {
	read := s.Webhook()
	if read == nil {
		return errNoReports
	}
	body, err := readAll(c)
	if err != nil {
		return err
	}
	event, err := read(body)
	if err != nil {
		s.Metrics.events.WithLabelValues("refused").Inc()
		return echo.NewHTTPError(http.StatusNotAcceptable, "Refused: "+err.Error()+".")
	}
	err = s.Events.Record(c.Request().Context(), event)
	kind := string(event.State)
	switch {
	case errors.Is(err, connector.ErrNoMessage):
		if time.Since(event.At) < early {
			return errTooEarly
		}
		kind = "unknown" // somebody else's message of the same domain, or one long gone
	case err != nil:
		return messageError(err)
	case kind == "":
		kind = "other"
	}
	s.Metrics.events.WithLabelValues(kind).Inc()
	return c.NoContent(http.StatusOK)
}
