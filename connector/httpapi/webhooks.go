package httpapi

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"mailgun-connector/connector"
)

var (
	errNoReports = echo.NewHTTPError(http.StatusNotFound,
		"Reports are taken with --database and MAILGUN_WEBHOOK_SIGNING_KEY only.")
	errUnknownYet = echo.NewHTTPError(http.StatusServiceUnavailable,
		"The report's message is not known yet; report again.")
	errReports = echo.NewHTTPError(http.StatusServiceUnavailable, "Too many reports are being taken; report again.")
	errForm    = echo.NewHTTPError(http.StatusUnsupportedMediaType,
		"This is a form, as Mailgun's legacy webhooks and its routes post them. "+
			"Reports are taken as JSON: set this URL in Mailgun's control panel at Sending, Webhooks.")
)

// What strangers can make of this route, which is open to the world, is bounded.
const (
	maxReport     = 64 << 10 // bytes; Mailgun's have some three thousand
	maxReports    = 4        // checked and stored at a time
	reportWait    = time.Second
	commonReport  = 8 << 10 // bytes that any report may have in memory
	maxLongBodies = 64      // of reports that have more
)

// unknownGrace is how long a report's message may still become known: a report can come
// before the outcome of its send is stored.
const unknownGrace = time.Minute

// receiveWebhook takes what Mailgun reports of a message. To Mailgun 200 means done, 406
// never to send it again, and anything else to repeat it for 8 hours
// (documentation.mailgun.com, "Webhook retries").
func (s *server) receiveWebhook(c echo.Context) error {
	read := s.Webhook()
	if read == nil {
		return errNoReports
	}
	switch mediaType(c) {
	case echo.MIMEApplicationForm, echo.MIMEMultipartForm:
		return errForm
	}
	body, err := readAll(c, maxReport)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	if !s.reports.await(ctx, reportWait) {
		return errReports
	}
	defer s.reports.leave()
	event, err := read(body)
	if err != nil {
		s.countReport("refused")
		return echo.NewHTTPError(http.StatusNotAcceptable, "Refused: "+err.Error()+".")
	}
	c.Set(authorizedKey, true)
	kind, err := s.recordEvent(ctx, event)
	if err != nil {
		return err
	}
	s.countReport(kind)
	return c.NoContent(http.StatusOK)
}

func (s *server) countReport(kind string) {
	s.Metrics.events.WithLabelValues(kind).Inc()
	s.Health.Reported(kind)
}

// recordEvent records an event and returns what it is, as metrics name it. An event of
// an unknown message may be ahead of the outcome of its send, if there is such a send;
// else the message is somebody else's with the same domain, or long gone.
func (s *server) recordEvent(ctx context.Context, event connector.DeliveryEvent) (kind string, err error) {
	err = s.Events.Record(ctx, event)
	if errors.Is(err, connector.ErrNoMessage) && time.Since(event.At) < unknownGrace {
		filter := connector.MessageFilter{State: connector.Sending, Limit: 1}
		sending, _, failed := s.Messages.List(ctx, filter, event.Recipient)
		switch {
		case failed != nil:
			return "", failed
		case len(sending) > 0: // its id at Mailgun is not known yet
			return "", errUnknownYet
		}
		err = s.Events.Record(ctx, event) // its outcome may have been stored meanwhile
	}
	switch {
	case errors.Is(err, connector.ErrNoMessage):
		return "unknown", nil
	case err != nil:
		return "", err
	case event.State == "":
		return "other", nil
	}
	return string(event.State), nil
}
