package httpapi

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"mailgun-connector/connector/config"
)

// SetupStatus tells of a service that has no config yet. Where a key of the first one is
// written, [ConfigStatus] says as of any other.
type SetupStatus struct {
	// KeyKnown says that the process has Mailgun's API key already: a config needs none of its own.
	KeyKnown bool `json:"keyKnown"`
}

var (
	errSettingUp = echo.NewHTTPError(http.StatusServiceUnavailable,
		"The service has no config yet: open its console and set it up.")
	errNoFirst = echo.NewHTTPError(http.StatusPreconditionRequired,
		"Send If-None-Match: * for the first config, so that no other is lost.")
)

// setupRoutes are served without a config; those that take a draft, with one. A test mail is
// followed, and Mailgun reports of it, before there is one.
var setupRoutes = []string{
	"/healthz", "/readyz", "/metrics", "/openapi.yaml", "/schema/connector.json", "/metadata", "/token", "/status",
	"/config", "/config/validate", "/preview", "/test", "/doctor", "/mails", "/mails/builtin", "/callers",
	"/messages/:id", "/webhooks/mailgun", "/", "/console/*",
}

// unlessSettingUp refuses what a service without a config can't do.
func (s *server) unlessSettingUp(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		isRead := c.Path() == "/config" && c.Request().Method != http.MethodPut
		if s.SettingUp() && (isRead || !slices.Contains(setupRoutes, c.Path())) {
			return errSettingUp
		}
		return next(c)
	}
}

// saveFirst makes the config in the body the first one. Its media type is the format of
// the file.
func (s *server) saveFirst(c echo.Context) error {
	if !parseTags(c.Request().Header.Values(ifNoneMatch)).any {
		return errNoFirst
	}
	body, err := readBody(c, maxConfigBody, mediaTypes[config.JSON], yamlMediaType)
	if err != nil {
		return err
	}
	return s.save(c, documentOf(c, body), Change{By: tokenOf(c).Name})
}
