package httpapi

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// sandboxPrefix is where the console finds the inbox of a demo's sandbox: on its
// own origin, as its policy lets it talk to no other.
const sandboxPrefix = "/sandbox"

// consoleRoutes are for the console's page alone, and no part of the API.
func (s *server) consoleRoutes(e router) {
	if s.Console != nil {
		e.GET("/", echo.WrapHandler(s.Console))
		e.GET("/console/*", echo.WrapHandler(s.Console))
	}
	if s.Sandbox == nil {
		return
	}
	// The sandbox's faults and Mailgun's own routes stay behind its own address.
	inbox := echo.WrapHandler(http.StripPrefix(sandboxPrefix, s.Sandbox))
	for _, path := range []string{"/inbox", "/inbox/:n", "/inbox/:n/html"} {
		e.Any(sandboxPrefix+path, inbox, s.allow(Read))
	}
}
