package httpapi

import (
	"bytes"
	"encoding/json"
	"net/http"

	"github.com/labstack/echo/v4"

	"mailgun-connector/connector"
	"mailgun-connector/connector/config"
	"mailgun-connector/deliveries"
)

// draft is a config that comes with a request, to be tried before it is saved.
type draft struct {
	Config json.RawMessage `json:"config"`
}

func (d *draft) isEmpty() bool { return len(d.Config) == 0 || bytes.Equal(d.Config, []byte("null")) }

// decodeWithDraft reads the request's JSON body into v, which d is part of. A body is
// larger than others because of its config, or it is too large.
func decodeWithDraft(c echo.Context, v any, d *draft) error {
	body, err := readBody(c, maxConfigBody, "application/json")
	if err != nil {
		return err
	}
	if err := decodeJSON(body, v); err != nil {
		return err
	}
	if len(body) > maxBody && d.isEmpty() {
		return errTooLarge(maxBody)
	}
	return nil
}

// connector returns one made of the config in the request, for who may edit, or the
// running one if the request has none, for who has the scope for that.
func (s *server) connector(c echo.Context, d draft, running Scopes) (*connector.Connector, error) {
	if d.isEmpty() {
		if s.SettingUp() {
			return nil, errSettingUp
		}
		return s.Connector(), require(c, running)
	}
	if err := require(c, Edit); err != nil {
		return nil, err
	}
	return s.check(c, config.Document{Data: d.Config, Format: config.JSON})
}

// draftOnly is connector for a request that has a config at most.
func (s *server) draftOnly(c echo.Context, running Scopes) (*connector.Connector, error) {
	var d draft
	if err := decodeWithDraft(c, &d, &d); err != nil {
		return nil, err
	}
	return s.connector(c, d, running)
}

// testCode is what a test mail carries, as in Logto's own test.
const testCode = "000000"

// testSend sends a test mail to an address: what preview shows of the same body.
func (s *server) testSend(c echo.Context) error {
	var req struct {
		draft
		Email   recipient      `json:"email"`
		Type    string         `json:"type"`
		Locale  string         `json:"locale"`
		Payload map[string]any `json:"payload"` // as in preview
	}
	if err := decodeWithDraft(c, &req, &req.draft); err != nil {
		return err
	}
	conn, err := s.connector(c, req.draft, Send)
	if err != nil {
		return err
	}
	if err := connector.CheckRecipient("email", req.Email.address); err != nil {
		return badBody(err.Error())
	}
	message := &connector.Request{To: req.Email.address, Type: req.Type, Payload: req.Payload, Test: true}
	if message.Type == "" {
		message.Type = deliveries.Generic
	}
	if message.Payload == nil {
		message.Payload = map[string]any{"code": testCode}
	}
	if req.Locale != "" {
		message.Payload["locale"] = req.Locale
	}
	if _, err := s.send(c, conn, message); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// previewed is a mail as it would be sent.
type previewed struct {
	Type       string          `json:"type,omitempty"` // of a mail that a call asks for
	Source     string          `json:"source"`
	From       string          `json:"from"`
	To         string          `json:"to,omitempty"`
	Subject    string          `json:"subject"`
	ReplyTo    string          `json:"replyTo"`
	HTML       string          `json:"html"`
	Text       string          `json:"text"`
	Template   string          `json:"template"`
	Variables  json.RawMessage `json:"variables"`
	Unresolved []string        `json:"unresolved"`
	// Warnings are all of the config that the mail is of, as POST /config/validate has them.
	Warnings []config.Problem `json:"warnings"`
}

// preview renders a mail without sending it.
func (s *server) preview(c echo.Context) error {
	var req struct {
		draft
		connector.Request
		ExpiresAt expiry       `json:"expiresAt"` // as in sendCode
		Caller    string       `json:"caller"`    // whose call is in request
		Call      recordedCall `json:"request"`
	}
	if err := decodeWithDraft(c, &req, &req.draft); err != nil {
		return err
	}
	conn, err := s.connector(c, req.draft, Read)
	if err != nil {
		return err
	}
	if req.Caller != "" {
		return s.previewCall(c, conn, req.Caller, &req.Call)
	}
	req.Request.ExpiresAt = req.ExpiresAt.Time
	if req.Payload == nil {
		req.Payload = map[string]any{"code": testCode}
	}
	answer, err := previewOf(conn, &req.Request)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, answer)
}

// previewOf renders the mail of a request.
func previewOf(conn *connector.Connector, req *connector.Request) (*previewed, error) {
	mail, content, err := conn.Render(req)
	if err != nil {
		return nil, err
	}
	body := mail.Body()
	answer := &previewed{
		Source: content.Source(), From: mail.From, To: mail.To, Subject: mail.Subject, ReplyTo: mail.ReplyTo,
		HTML: body.HTML, Text: body.Text, Template: mail.Template, Unresolved: mail.Unresolved,
		Warnings: valid(conn.Config()).Warnings,
	}
	if body.Variables != "" {
		answer.Variables = json.RawMessage(body.Variables)
	}
	if answer.Unresolved == nil {
		answer.Unresolved = []string{}
	}
	return answer, nil
}
