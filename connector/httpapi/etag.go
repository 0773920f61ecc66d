package httpapi

import (
	"net/http"
	"slices"
	"strings"

	"mailgun-connector/connector/config"

	"github.com/labstack/echo/v4"
)

const ifMatch = "If-Match"

var errNoBasis = echo.NewHTTPError(http.StatusPreconditionRequired,
	"Send If-Match with the ETag of GET /config, so that nobody else's change is lost.")

// ETagOf is the entity tag of a config. It names the config itself, whatever format
// it is shown in.
func ETagOf(cfg *config.Config) string { return quoteTag(cfg.Version) }

func quoteTag(version string) string { return `"` + version + `"` }

// tags is the list of If-Match or If-None-Match (RFC 9110, section 13.1).
type tags struct {
	any          bool // *
	strong, weak []string
}

// parseTags reads the values of a header. What is no entity tag matches nothing.
func parseTags(values []string) tags {
	var t tags
	rest := strings.TrimSpace(strings.Join(values, ","))
	if rest == "*" {
		return tags{any: true}
	}
	for rest != "" {
		tag, isWeak := strings.CutPrefix(strings.TrimLeft(rest, ", \t"), "W/")
		tag, quoted := strings.CutPrefix(tag, `"`)
		if !quoted {
			_, rest, _ = strings.Cut(rest, ",")
			continue
		}
		opaque, after, closed := strings.Cut(tag, `"`)
		rest = strings.TrimLeft(after, " \t")
		switch {
		case !closed || rest != "" && rest[0] != ',': // no tag at all
		case isWeak:
			t.weak = append(t.weak, opaque)
		default:
			t.strong = append(t.strong, opaque)
		}
		_, rest, _ = strings.Cut(rest, ",")
	}
	return t
}

// has reports whether a tag is in the list, by the strong comparison.
func (t tags) has(tag string) bool { return t.any || slices.Contains(t.strong, tag) }

// hasWeak does so by the weak one.
func (t tags) hasWeak(tag string) bool { return t.has(tag) || slices.Contains(t.weak, tag) }
