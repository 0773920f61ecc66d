package httpapi

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"mailgun-connector/connector"
)

// mails tells for which usage types and languages there are mails, and whose these are.
func (s *server) mails(c echo.Context) error {
	conn, err := s.draftOnly(c, Read)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, conn.Mails().Inventory())
}

// builtinMail answers with a built-in mail as a text to edit, its values as placeholders.
func (s *server) builtinMail(c echo.Context) error {
	var req struct {
		draft
		Type     string `json:"type"`
		Language string `json:"language"`
	}
	if err := decodeWithDraft(c, &req, &req.draft); err != nil {
		return err
	}
	conn, err := s.connector(c, req.draft, Read)
	if err != nil {
		return err
	}
	mail, ok := conn.Mails().Builtin(req.Type, req.Language)
	if !ok {
		return &connector.Error{
			Code:    connector.TemplateNotFound,
			Message: "There is no built-in mail of this usage type in this language, or the config has no brand.",
			Hint:    "POST /mails lists the types and languages.",
		}
	}
	return c.JSON(http.StatusOK, struct {
		Subject string `json:"subject"`
		HTML    string `json:"html"`
		Text    string `json:"text"`
	}{mail.Subject, mail.HTML, mail.Text})
}
