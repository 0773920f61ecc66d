package httpapi

import (
	"strings"

	"github.com/labstack/echo/v4"
)

// forgiveSlashes takes "/send-code/" and "//send-code" for "/send-code": an operator's
// URL ends with a slash, and a caller adds a path to it. A redirect would not do, as
// callers don't follow one with a body. Who may call is decided for the route, however
// its path is written. A path with escaped letters is left as it is.
func forgiveSlashes(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		url := c.Request().URL
		if strings.HasPrefix(url.Path, "/") && url.RawPath == "" {
			names := strings.FieldsFunc(url.Path, func(r rune) bool { return r == '/' })
			url.Path = "/" + strings.Join(names, "/")
		}
		return next(c)
	}
}
