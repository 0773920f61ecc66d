package httpapi

import (
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"mailgun-connector/connector"
)

// recordedCall is a call of an identity server, to be tried.
type recordedCall struct {
	Method  string            `json:"method"` // "" for POST
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
}

// previewedCall is what a call would come to.
type previewedCall struct {
	Mails   []*previewed `json:"mails"`
	Nothing string       `json:"nothing,omitempty"` // why there are none
	// UnknownType and Advice are what the log would say.
	UnknownType string `json:"unknownType,omitempty"`
	Advice      string `json:"advice,omitempty"`
}

// previewCall renders the mails that a call asks for, without asking for its proof.
func (s *server) previewCall(c echo.Context, conn *connector.Connector, name string, recorded *recordedCall) error {
	if _, ok := conn.Config().Callers[name]; !ok {
		return errNoCaller
	}
	call := &connector.Call{Method: recorded.Method, Header: http.Header{}, Body: []byte(recorded.Body)}
	for header, value := range recorded.Headers {
		http.Header(call.Header).Set(header, value)
	}
	order, err := s.ReadCall(conn.Config(), name, call)
	if err != nil {
		return err
	}
	answer := previewedCall{
		Mails: []*previewed{}, Nothing: string(order.Nothing), UnknownType: order.UnknownType, Advice: order.Advice,
	}
	for _, mail := range order.Mails {
		if mail.Life != 0 {
			mail.ExpiresAt = time.Now().Add(mail.Life)
		}
		shown, err := previewOf(conn, mail.Request)
		failure, _ := errors.AsType[*connector.Error](err)
		switch {
		case failure != nil && mail.Notice && failure.Code == connector.TemplateNotFound:
			answer.Nothing = "no_content"
			continue
		case err != nil:
			return err
		}
		shown.Type = mail.Type
		answer.Mails = append(answer.Mails, shown)
	}
	return c.JSON(http.StatusOK, answer)
}
