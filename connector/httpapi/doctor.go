package httpapi

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"mailgun-connector/connector"
)

// doctorTime bounds a check with Mailgun, which asks it some ten things.
const doctorTime = 7 * time.Second

var errExamining = echo.NewHTTPError(http.StatusServiceUnavailable,
	"Another check with Mailgun is under way; try again in a moment.")

// doctor answers with what Mailgun thinks of the config in the request, or of the running
// one.
func (s *server) doctor(c echo.Context) error {
	var req struct {
		draft
		URL string `json:"url"`
	}
	if err := decodeWithDraft(c, &req, &req.draft); err != nil {
		return err
	}
	conn, err := s.connector(c, req.draft, Edit)
	if err != nil {
		return err
	}
	if !s.examinations.take() { // it takes calls of the account's limit
		return errExamining
	}
	defer s.examinations.leave()
	ctx, cancel := context.WithTimeout(c.Request().Context(), doctorTime)
	defer cancel()
	findings, err := s.Doctor(ctx, conn, req.URL)
	if err != nil {
		return badBody(err.Error())
	}
	return c.JSON(http.StatusOK, struct {
		OK       bool                `json:"ok"` // nothing is broken
		Findings []connector.Finding `json:"findings"`
	}{!slices.ContainsFunc(findings, func(f connector.Finding) bool { return f.Level == connector.Broken }), findings})
}
