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

// response is an HTTP response of Mailgun's. A nil *response means that
// nothing stands against the request.
type response struct {
	status      int
	contentType string
	body        string
	header      map[string]string // further ones; "" stands for absent
}

// write sends r. A failure means that the client left, and nobody is to know.
func (r *response) write(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", r.contentType)
	for name, value := range r.header {
		if value != "" {
			h.Set(name, value)
		}
	}
	w.WriteHeader(r.status)
	_, _ = io.WriteString(w, r.body)
}

// refuse returns Mailgun's JSON form of every error but 401.
func refuse(status int, format string, args ...any) *response {
	message := map[string]string{"message": fmt.Sprintf(format, args...)}
	return &response{status: status, contentType: typeJSON, body: encode(message)}
}

// notAllowed is the refusal that names the domain and then the reason.
func notAllowed(status int, domain, reason string) *response {
	return refuse(status, "Domain %s is not allowed to send: %s", domain, reason)
}

// bad is a refusal with 400, the status of all that is wrong with a form.
func bad(format string, args ...any) *response {
	return refuse(http.StatusBadRequest, format, args...)
}

func tooLarge() *response {
	return refuse(http.StatusRequestEntityTooLarge, "request size exceeds 52.4MiB limit")
}

// queued is the 200 of an accepted message.
func queued(id string) *response {
	body := struct {
		ID      string `json:"id"`
		Message string `json:"message"`
	}{id, "Queued. Thank you."}
	return &response{status: http.StatusOK, contentType: typeJSON, body: encode(body)}
}

// forbidden is the one answer to a wrong key, an unknown domain and a wrong
// region: 9 bytes of text (mailgun-ruby recordings of 2023 and 2025).
func forbidden() *response {
	return &response{
		status: http.StatusUnauthorized, contentType: "text/plain", body: "Forbidden",
		header: map[string]string{"WWW-Authenticate": `Basic realm="MG API"`},
	}
}

// magnificent is the response to an unknown route.
func magnificent() *response {
	return &response{status: http.StatusOK, contentType: typeText, body: "Mailgun Magnificent API"}
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
