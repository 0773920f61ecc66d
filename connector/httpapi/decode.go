package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"mailgun-connector/connector"
)

// decode reads the request's JSON body into v, numbers in an any as json.Number.
// Unknown members are ignored, as callers add their own; wrong types are not.
func decode(c echo.Context, v any) error {
	body, err := readBody(c, maxBody, "application/json")
	if err != nil {
		return err
	}
	return decodeJSON(body, v)
}

func decodeJSON(body []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	if err := dec.Decode(v); err != nil {
		return badBody(explainJSON(err))
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return badBody("The body must be one JSON object and nothing after it.")
	}
	return nil
}

// plainJSON encodes answers without escaping HTML in them: message ids hold
// angle brackets, and no browser takes our answers for a page.
type plainJSON struct{ echo.DefaultJSONSerializer }

// Serialize implements [echo.JSONSerializer].
func (plainJSON) Serialize(c echo.Context, v any, _ string) error {
	enc := json.NewEncoder(c.Response())
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// mediaType is that of the body, "" for none.
func mediaType(c echo.Context) string {
	media, _, err := mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType))
	if err != nil {
		return ""
	}
	return media
}

// readBody returns the body, of at most limit bytes, if it has one of the media types.
func readBody(c echo.Context, limit int64, types ...string) ([]byte, error) {
	body, err := readAll(c, limit) // also of another media type: it may name a recipient
	if !slices.Contains(types, mediaType(c)) {
		detail := "Send the body with Content-Type: " + strings.Join(types, " or ") + "."
		return nil, echo.NewHTTPError(http.StatusUnsupportedMediaType, detail)
	}
	if err == nil && len(bytes.TrimSpace(body)) == 0 {
		err = badBody("The body is empty.")
	}
	return body, err
}

// readAll returns the body, of at most limit bytes, whatever it is.
func readAll(c echo.Context, limit int64) ([]byte, error) {
	read := limit
	if c.Request().ContentLength > limit {
		read = 0 // so much is enough to know
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.Response(), c.Request().Body, read))
	busy, _ := errors.AsType[*busyError](err)
	switch {
	case busy != nil:
		return nil, busy.error
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, echo.NewHTTPError(http.StatusRequestTimeout, "The body did not arrive in time.")
	case errors.As(err, new(*http.MaxBytesError)):
		return nil, errTooLarge(limit)
	case err != nil:
		return nil, badBody("The body broke off.")
	}
	c.Set(bodyKey, body)
	return body, nil
}

func errTooLarge(limit int64) error {
	size := fmt.Sprintf("%d KiB", limit>>10)
	if limit >= 1<<20 {
		size = fmt.Sprintf("%d MiB", limit>>20)
	}
	return echo.NewHTTPError(http.StatusRequestEntityTooLarge, "The body is larger than "+size+".")
}

func badBody(detail string) error {
	return &connector.Error{Code: connector.InvalidRequest, Message: detail}
}

// explainJSON says what is wrong with a body, without repeating any of it.
func explainJSON(err error) string {
	var wrongType *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, errTwice):
		return "The recipient is a duplicate, perhaps in different case: send it once."
	case errors.Is(err, errNoTime):
		return `"expiresAt" must be a time with a zone, such as 2026-11-25T23:04:56Z (RFC 3339).`
	case errors.As(err, &wrongType) && wrongType.Field == "":
		return "The body must be a JSON object, not " + jsonKind(wrongType.Value) + "."
	case errors.As(err, &wrongType):
		field := strings.TrimPrefix(wrongType.Field, "Request.") // embedded
		return fmt.Sprintf("%q must be %s, not %s.",
			field, goKind(wrongType.Type.Kind().String()), jsonKind(wrongType.Value))
	case errors.As(err, &syntax):
		return fmt.Sprintf("The body is invalid JSON: it stops making sense at byte %d.", syntax.Offset)
	}
	return "The body is not a JSON object."
}

func goKind(kind string) string {
	if kind == "map" || kind == "struct" {
		return "an object"
	}
	return "a " + kind
}

// jsonKind names the kind of a value as json.UnmarshalTypeError gives it, which
// may add the value itself.
func jsonKind(value string) string {
	kind, _, _ := strings.Cut(value, " ")
	if kind == "array" || kind == "object" {
		return "an " + kind
	}
	return "a " + kind
}
