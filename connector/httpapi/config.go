package httpapi

import (
	_ "embed"
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"mailgun-connector/connector/config"
	"mailgun-connector/schema"
)

const yamlMediaType = "application/yaml"

// mediaTypes are those of the formats of a config.
var mediaTypes = map[config.Format]string{config.JSON: "application/json", config.YAML: yamlMediaType}

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

// validateConfig checks the config in the body without using it. The media type alone
// tells its format: much of JSON is YAML too.
func (s *server) validateConfig(c echo.Context) error {
	body, err := readBody(c, maxConfigBody, mediaTypes[config.JSON], yamlMediaType)
	if err != nil {
		return err
	}
	conn, err := s.check(c, documentOf(c, body))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, valid(conn.Config()))
}

// documentOf returns the config in a body, in the format of its media type.
func documentOf(c echo.Context, body []byte) config.Document {
	if mediaType(c) == yamlMediaType {
		return config.Document{Data: body, Format: config.YAML}
	}
	return config.Document{Data: body, Format: config.JSON}
}

// config answers with the running config, its API key masked: as it was written, or
// what it says as JSON if that is asked for and it was written in YAML.
func (s *server) config(c echo.Context) error {
	cfg := s.Connector().Config()
	header := c.Response().Header()
	header.Set("Etag", ETagOf(cfg))
	header.Set(echo.HeaderCacheControl, "no-cache")
	header.Set(echo.HeaderVary, echo.HeaderAccept)
	if seen := c.Request().Header.Values("If-None-Match"); len(seen) > 0 && parseTags(seen).hasWeak(cfg.Version) {
		return c.NoContent(http.StatusNotModified)
	}
	if cfg.Format == config.YAML && !prefersYAML(c.Request().Header.Values(echo.HeaderAccept)) {
		text, err := cfg.JSON()
		if err != nil {
			return err
		}
		return c.JSONBlob(http.StatusOK, text)
	}
	text, err := cfg.Text()
	if err != nil {
		return err
	}
	return c.Blob(http.StatusOK, mediaTypes[cfg.Format], text.Data)
}

// Change is what is known of a change beside its text.
type Change struct {
	// Matches reports whether the change was made of a version of what it changes.
	Matches func(version string) bool
	// Merge has a change of an earlier version of the config put into the one that runs.
	Merge bool
	By    string // the token's name, "" for none
}

// saveConfig makes the config in the body the running one, if it was made of the
// one that runs now or can be merged with it.
func (s *server) saveConfig(c echo.Context) error {
	if s.SettingUp() {
		return s.saveFirst(c)
	}
	basis := c.Request().Header.Values(ifMatch)
	if len(basis) == 0 {
		return errNoBasis
	}
	own := s.Connector().Config().Format
	media := mediaTypes[own]
	if mediaType(c) != media {
		detail := fmt.Sprintf("The config file is %s: send its whole text with Content-Type: %s.",
			strings.ToUpper(string(own)), media)
		return echo.NewHTTPError(http.StatusUnsupportedMediaType, detail)
	}
	body, err := readBody(c, maxConfigBody, media)
	if err != nil {
		return err
	}
	return s.save(c, config.Document{Data: body, Format: own}, Change{
		Matches: parseTags(basis).has, Merge: c.QueryParam("merge") == "true", By: tokenOf(c).Name,
	})
}

// save makes a config what runs.
func (s *server) save(c echo.Context, draft config.Document, change Change) error {
	var cfg *config.Config
	err := s.inTurn(c, func() (err error) {
		cfg, err = s.Save(draft, change)
		return err
	})
	if err != nil {
		return err
	}
	s.Logger.Info("config saved", "request_id", requestID(c), "version", cfg.Version, "by", tokenOf(c).Name)
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
