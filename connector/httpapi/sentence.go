package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"
	"golang.org/x/text/language"

	"mailgun-connector/connector"
	"mailgun-connector/connector/idempotency"
	"mailgun-connector/templates/locale"
)

// sendCodePath is the route whose caller may show our error to the person who signs in.
const sendCodePath = "/send-code"

// testPath is the route of test mails.
const testPath = "/test"

// wantsSentence reports whether an error is answered as a sentence for the person who
// signs in. Logto shows them an error's body as it comes, and sends no Accept header;
// programs that read problem documents do, be it */*.
func wantsSentence(c echo.Context) bool {
	_, accepts := c.Request().Header[echo.HeaderAccept]
	return !accepts && c.Request().Method == http.MethodPost && c.Path() == sendCodePath
}

// isLost reports whether a request may be one for /send-code whose caller was told a
// wrong path: Logto's person then sees that error.
func isLost(c echo.Context, err error) bool {
	_, accepts := c.Request().Header[echo.HeaderAccept]
	return !accepts && c.Request().Method == http.MethodPost &&
		(errors.Is(err, echo.ErrNotFound) || errors.Is(err, echo.ErrMethodNotAllowed))
}

// answerSentence answers an error that was to be the problem p: a sentence, and the
// request id to find it by. A hint or what Mailgun said is for operators.
func answerSentence(c echo.Context, err error, p *problem) error {
	failure, _ := errors.AsType[*connector.Error](err)
	if failure == nil {
		failure = &connector.Error{}
	}
	body, _ := c.Get(bodyKey).([]byte)
	text := spokenLanguageOf(c, languagesIn(body)).say(sentenceFor(err, failure, p.Status), failure.RetryAfter)
	return c.Blob(p.Status, "text/plain; charset=utf-8", []byte(text+" "+p.RequestID))
}

// sentenceFor picks what the person is told: whether to try again, when, or to do
// something else.
func sentenceFor(err error, failure *connector.Error, status int) sentence {
	switch {
	case errors.Is(err, connector.ErrExpired):
		return expired
	case errors.Is(err, connector.ErrRecipient):
		return badAddress
	case errors.Is(err, idempotency.ErrBusy):
		return stillSending
	case errors.Is(err, errBusy), status == http.StatusTooManyRequests && failure.MailgunStatus != 0:
		return busy
	case status == http.StatusTooManyRequests:
		return waitForIt
	case status == http.StatusGatewayTimeout, status == http.StatusBadGateway && failure.Outcome == connector.Unknown:
		return maybeSent
	case status >= http.StatusInternalServerError && status != http.StatusBadGateway,
		status == http.StatusRequestTimeout:
		return notSent
	}
	return badSetup
}

// bodyKey is where a request has its body: the languages and the recipient in it count even
// if the rest of it is what the error is about.
const bodyKey = "body"

// spokenLanguageOf is the language that the person reads best of those that we speak: one
// that is wanted (payload.uiLocales, then payload.locale), then of Accept-Language, then
// English.
func spokenLanguageOf(c echo.Context, wanted []string) *spokenLanguage {
	// What is no list has none.
	accepted, _, _ := language.ParseAcceptLanguage(c.Request().Header.Get("Accept-Language"))
	for _, tag := range accepted[:min(len(accepted), locale.MaxWanted)] {
		wanted = append(wanted, tag.String())
	}
	return speak(wanted)
}

// languagesIn returns the language tags in a body, the most wanted first. It reads what
// can be read: the body may be anything.
func languagesIn(body []byte) []string {
	var req struct {
		Payload struct {
			UILocales any `json:"uiLocales"`
			Locale    any `json:"locale"`
		} `json:"payload"`
	}
	_ = json.NewDecoder(bytes.NewReader(body)).Decode(&req)
	uiLocales, _ := req.Payload.UILocales.(string)
	own, _ := req.Payload.Locale.(string)
	return locale.Wanted(uiLocales, own)
}
