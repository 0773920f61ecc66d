package httpapi

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"mailgun-connector/connector/config"
)

// SetupStatus tells of a service that has no config yet.
type SetupStatus struct {
	Key KeyPlace `json:"key"`
}

// KeyPlace tells where Mailgun's API key is kept.
type KeyPlace struct {
	// Known says that the process has a key already: a config needs none of its own.
	Known bool `json:"known"`
	// File is where a key of the first config is written, with mode 0600: that of
	// MAILGUN_API_KEY_FILE, or the config itself.
	File string `json:"file,omitempty"`
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
