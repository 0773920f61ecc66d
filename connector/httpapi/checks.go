package httpapi

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"mailgun-connector/connector"
	"mailgun-connector/connector/config"
)

// A check of a config takes a processor for as long as the config is large, and the
// sends beside it need one too. So there is one at a time, with a pause as long as it
// took, and who has waited for a turn as long as a person would is told to come again.
const (
	maxChecks = 1
	checkWait = 2 * time.Second
)

var errChecking = echo.NewHTTPError(http.StatusServiceUnavailable,
	"Other configs are being checked; try again in a moment.")

// inTurn calls do, which checks a config, when it is the request's turn.
func (s *server) inTurn(c echo.Context, do func() error) error {
	if !s.checks.await(c.Request().Context(), checkWait) {
		return errChecking
	}
	began := time.Now()
	defer func() { time.AfterFunc(time.Since(began), s.checks.leave) }()
	return do()
}

// check makes a connector of a draft of a config.
func (s *server) check(c echo.Context, draft config.Document) (conn *connector.Connector, err error) {
	err = s.inTurn(c, func() error {
		conn, err = s.Build(draft)
		return err
	})
	return conn, err
}
