package httpapi

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"mailgun-connector/connector"
)

// callers tells of the callers of the config in the request, or of the running one.
func (s *server) callers(c echo.Context) error {
	conn, err := s.draftOnly(c, Read)
	if err != nil {
		return err
	}
	cards, err := s.Cards(conn)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, struct {
		Callers []connector.CallerCard `json:"callers"`
		Setups  map[string]string      `json:"setups"` // of all types
	}{cards, s.Setups})
}
