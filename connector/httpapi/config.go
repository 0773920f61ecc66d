package httpapi

import (
	_ "embed"
	"net/http"

	"github.com/labstack/echo/v4"

	"mailgun-connector/connector"
	"mailgun-connector/schema"
)

// validity is the answer about a config without errors.
type validity struct {
	Valid    bool                `json:"valid"`
	Warnings []connector.Problem `json:"warnings"`
}

// validateConfig checks the config in the body without using it.
func (s *server) validateConfig(c echo.Context) error {
	body, err := readBody(c, "application/json", "application/yaml")
	if err != nil {
		return err
	}
	conn, err := s.Build(body)
	if err != nil {
		return err
	}
	answer := validity{Valid: true, Warnings: conn.Config().Warnings}
	if answer.Warnings == nil {
		answer.Warnings = []connector.Problem{}
	}
	return c.JSON(http.StatusOK, answer)
}

// config gives the running config with its secrets masked.
func (s *server) config(c echo.Context) error {
	cfg := s.Connector().Config()
	etag := `"` + cfg.Version + `"`
	c.Response().Header().Set("Etag", etag)
	c.Response().Header().Set(echo.HeaderCacheControl, "no-cache")
	if c.Request().Header.Get("If-None-Match") == etag {
		return c.NoContent(http.StatusNotModified)
	}
	return c.JSONBlob(http.StatusOK, cfg.Document)
}

func metadata(c echo.Context) error {
	return c.JSON(http.StatusOK, connector.Describe())
}

func configSchema(c echo.Context) error {
	return c.Blob(http.StatusOK, "application/schema+json", schema.JSON())
}

//go:embed openapi.yaml
var openAPIDocument []byte

func openAPI(c echo.Context) error {
	return c.Blob(http.StatusOK, "application/yaml", openAPIDocument)
}
