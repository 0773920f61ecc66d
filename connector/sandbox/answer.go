package sandbox

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

const (
	typeJSON = "application/json"
	typeText = "text/plain; charset=utf-8"
	typeHTML = "text/html; charset=utf-8"
)

// answer is one HTTP answer on a Mailgun route. A nil *answer means that
// nothing stands against the request.
type answer struct {
	status      int
	contentType string
	body        string
	header      map[string]string // further ones; "" stands for absent
}

// write sends a. A failure means that the client left, and nobody is to know.
func (a *answer) write(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", a.contentType)
	for name, value := range a.header {
		if value != "" {
			h.Set(name, value)
		}
	}
	w.WriteHeader(a.status)
	_, _ = io.WriteString(w, a.body)
}

// refusal is Mailgun's JSON form of every error but 401.
func refusal(status int, format string, args ...any) *answer {
	message := map[string]string{"message": fmt.Sprintf(format, args...)}
	return &answer{status: status, contentType: typeJSON, body: encode(message)}
}

// notAllowed is the refusal that names the domain and then the reason.
func notAllowed(status int, domain, reason string) *answer {
	return refusal(status, "Domain %s is not allowed to send: %s", domain, reason)
}

// queued is the 200 of an accepted message.
func queued(id string) *answer {
	body := struct {
		ID      string `json:"id"`
		Message string `json:"message"`
	}{id, "Queued. Thank you."}
	return &answer{status: http.StatusOK, contentType: typeJSON, body: encode(body)}
}

// forbidden is the one answer to a wrong key, an unknown domain and a wrong
// region: 9 bytes of text (mailgun-ruby recordings of 2023 and 2025).
func forbidden() *answer {
	return &answer{
		status: http.StatusUnauthorized, contentType: "text/plain", body: "Forbidden",
		header: map[string]string{"WWW-Authenticate": `Basic realm="MG API"`},
	}
}

// magnificent is the answer to an unknown route: 200, though nothing is sent
// (django-anymail backends/mailgun.py).
func magnificent() *answer {
	return &answer{status: http.StatusOK, contentType: typeText, body: "Mailgun Magnificent API"}
}

// encode returns compact JSON and a newline, with < and > unescaped, as
// Mailgun writes ids.
func encode(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // nothing comes here that it could not write
	return b.String()
}
