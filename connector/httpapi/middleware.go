package httpapi

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/labstack/echo/v4"

	"mailgun-connector/connector"
	"mailgun-connector/connector/tracecontext"
)

const (
	maxRequestID = 128
	idLetters    = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:/+="
)

// assignRequestID gives every request an id, the caller's own if that is sane, and
// carries the caller's trace on.
func assignRequestID(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		req, header := c.Request(), c.Response().Header()
		id := req.Header.Get(echo.HeaderXRequestID)
		if !saneID(id) {
			id = rand.Text()
		}
		header.Set(echo.HeaderXRequestID, id)
		header.Set(echo.HeaderXContentTypeOptions, "nosniff")
		header.Set(echo.HeaderCacheControl, "no-store")
		trace := tracecontext.Context{Parent: req.Header.Get("Traceparent"), State: req.Header.Get("Tracestate")}
		if trace.ID() != "" {
			c.SetRequest(req.WithContext(tracecontext.With(req.Context(), trace)))
		}
		return next(c)
	}
}

// saneID reports whether an id from outside may stand in our logs and headers.
func saneID(id string) bool {
	return id != "" && len(id) <= maxRequestID && strings.Trim(id, idLetters) == ""
}

func requestID(c echo.Context) string {
	return c.Response().Header().Get(echo.HeaderXRequestID)
}

// recoverPanics turns a panic into a 500. The panic's value is not logged, only
// its type: it could hold anything that a request brought. (Echo has the like in
// a package that brings the whole of html/template into the binary, and with it
// 4 MB of memory.)
func (s *server) recoverPanics(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			switch r := recover(); r {
			case nil:
			case http.ErrAbortHandler:
				panic(r)
			default:
				s.Logger.Error("panic", "request_id", requestID(c),
					"type", fmt.Sprintf("%T", r), "stack", string(debug.Stack()))
				err = &connector.Error{Code: connector.Internal}
			}
		}()
		return next(c)
	}
}

func (s *server) health(c echo.Context) error {
	return c.JSON(http.StatusOK, state{"ok"})
}

func (s *server) ready(c echo.Context) error {
	if s.SettingUp() {
		return c.JSON(http.StatusServiceUnavailable, state{"setup"})
	}
	if !s.Ready() {
		return c.JSON(http.StatusServiceUnavailable, state{"draining"})
	}
	return c.JSON(http.StatusOK, state{"ok"})
}

type state struct {
	Status string `json:"status"`
}
