package httpapi

import (
	_ "embed"
	"net/http"

	"github.com/labstack/echo/v4"

	"mailgun-connector/connector/config"
	"mailgun-connector/schema"
)

const yamlMediaType = "application/yaml"

// validity is the answer about a config without errors.
type validity struct {
	Valid    bool             `json:"valid"`
	Warnings []config.Problem `json:"warnings"`
}

func valid(cfg *config.Config) validity {
	answer := validity{Valid: true, Warnings: cfg.Warnings}
	if answer.Warnings == nil {
		answer.Warnings = []config.Problem{}
	}
	return answer
}

// validateConfig checks the config in the body without using it.
func (s *server) validateConfig(c echo.Context) error {
	text, err := readConfig(c)
	if err != nil {
		return err
	}
	conn, err := s.Build(text)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, valid(conn.Config()))
}

// config gives the running config with its secrets masked.
func (s *server) config(c echo.Context) error {
	cfg := s.Connector().Config()
	header := c.Response().Header()
	header.Set("Etag", ETagOf(cfg))
	header.Set(echo.HeaderCacheControl, "no-cache")
	header.Set(echo.HeaderVary, echo.HeaderAccept)
	if seen := c.Request().Header.Values("If-None-Match"); len(seen) > 0 && parseTags(seen).hasWeak(cfg.Version) {
		return c.NoContent(http.StatusNotModified)
	}
	if !prefersYAML(c.Request().Header.Values(echo.HeaderAccept)) {
		return c.JSONBlob(http.StatusOK, cfg.Document)
	}
	text, err := cfg.YAML()
	if err != nil {
		return err
	}
	return c.Blob(http.StatusOK, yamlMediaType, text)
}

// saveConfig makes the config in the body the running one, if it was made of the
// one that runs now.
func (s *server) saveConfig(c echo.Context) error {
	basis := c.Request().Header.Values(ifMatch)
	if len(basis) == 0 {
		return errNoBasis
	}
	text, err := readConfig(c)
	if err != nil {
		return err
	}
	cfg, err := s.Save(text, parseTags(basis).has)
	if err != nil {
		return err
	}
	s.Logger.Info("config saved", "request_id", requestID(c), "version", cfg.Version)
	c.Response().Header().Set("Etag", ETagOf(cfg))
	return c.JSON(http.StatusOK, valid(cfg))
}

func metadata(c echo.Context) error {
	return c.JSON(http.StatusOK, describe())
}

func configSchema(c echo.Context) error {
	return c.Blob(http.StatusOK, "application/schema+json", schema.JSON())
}

//go:embed openapi.yaml
var openAPIDocument []byte

func openAPI(c echo.Context) error {
	return c.Blob(http.StatusOK, yamlMediaType, openAPIDocument)
}
