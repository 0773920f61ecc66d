package httpapi

import (
	"errors"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"mailgun-connector/connector/config"
	"mailgun-connector/connector/configfile"
)

// mailFilesPath goes before the name of a mail's file.
const mailFilesPath = "/config/files/"

// A mail's file goes out as plain text, so that no browser makes it a page of this origin.
const (
	plainMediaType = "text/plain"
	htmlMediaType  = "text/html"
)

const ifNoneMatch = "If-None-Match"

var (
	errNoFileBasis = echo.NewHTTPError(http.StatusPreconditionRequired,
		"Send If-Match with the file's ETag, so that nobody else's change is lost, "+
			"or If-None-Match: * to make a new file.")
	errFileChanged = echo.NewHTTPError(http.StatusPreconditionFailed,
		"The file has another text by now: get it again and make your change in that.")
	errFileExists = echo.NewHTTPError(http.StatusPreconditionFailed,
		"There is a file of this name already: choose another name, or change that file.")
)

// mailFileName returns the name of a request's file, as a config would write it.
func mailFileName(c echo.Context) string {
	return strings.TrimPrefix(c.Request().URL.Path, mailFilesPath)
}

func tagOf(text []byte) string { return quoteTag(config.VersionOf(text)) }

// mailFile answers with the text of a mail's file.
func (s *server) mailFile(c echo.Context) error {
	text, err := s.MailFile(mailFileName(c))
	if err != nil {
		return err
	}
	header := c.Response().Header()
	header.Set("Etag", tagOf(text))
	header.Set(echo.HeaderCacheControl, "no-cache")
	seen := c.Request().Header.Values(ifNoneMatch)
	if len(seen) > 0 && parseTags(seen).hasWeak(config.VersionOf(text)) {
		return c.NoContent(http.StatusNotModified)
	}
	return c.Blob(http.StatusOK, echo.MIMETextPlainCharsetUTF8, text)
}

// saveMailFile gives a mail's file the text in the body, if it was made of the text that
// the file has now, or makes a new file.
func (s *server) saveMailFile(c echo.Context) error {
	header := c.Request().Header
	basis, absent := header.Values(ifMatch), header.Values(ifNoneMatch)
	if len(basis) == 0 && len(absent) == 0 {
		return errNoFileBasis
	}
	body, err := readBody(c, configfile.MaxMail, plainMediaType, htmlMediaType)
	if err != nil {
		return err
	}
	if !utf8.Valid(body) {
		return badBody("The text is not UTF-8.")
	}
	isNew := false
	matches := func(version string) bool {
		isNew = version == ""
		if isNew {
			return len(basis) == 0
		}
		return len(basis) > 0 && parseTags(basis).has(version) && !parseTags(absent).has(version)
	}
	var cfg *config.Config
	err = s.inTurn(c, func() error {
		cfg, err = s.SaveMail(mailFileName(c), body, Change{Matches: matches, By: tokenOf(c).Name})
		return err
	})
	switch {
	case errors.Is(err, config.ErrChanged) && len(basis) == 0:
		return errFileExists
	case errors.Is(err, config.ErrChanged):
		return errFileChanged
	case err != nil:
		return err
	}
	s.Logger.Info("mail file saved",
		"request_id", requestID(c), "version", config.VersionOf(body), "by", tokenOf(c).Name)
	c.Response().Header().Set("Etag", tagOf(body))
	if isNew {
		return c.JSON(http.StatusCreated, valid(cfg))
	}
	return c.JSON(http.StatusOK, valid(cfg))
}
