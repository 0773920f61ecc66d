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

// response is one of Mailgun's. A nil *response means that nothing stands
// against the request.
type response struct {
	status            int
	contentType, body string
}

// write sends r. A failure means that the client left, and nobody is to know.
func (r *response) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", r.contentType)
	if r.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Basic realm="MG API"`)
	}
	w.WriteHeader(r.status)
	_, _ = io.WriteString(w, r.body) //nolint:gosec // HTML goes out with a policy that keeps scripts from running
}

// queued is the 200 of an accepted message.
func queued(id string) *response {
	return &response{http.StatusOK, typeJSON, encode(struct {
		ID      string `json:"id"`
		Message string `json:"message"`
	}{id, "Queued. Thank you."})}
}

// unknownRoute is Mailgun's 200 for a URL that it does not have, though nothing
// is sent (django-anymail backends/mailgun.py).
func unknownRoute() *response {
	return &response{http.StatusOK, typeText, "Mailgun Magnificent API"}
}

// forbidden is the one response to a wrong key, an unknown domain and a wrong
// region: 9 bytes of text (mailgun-ruby recordings of 2023 and 2025).
func forbidden() *response {
	return &response{http.StatusUnauthorized, "text/plain", "Forbidden"}
}

// refuse returns Mailgun's JSON form of every error but 401.
func refuse(status int, format string, args ...any) *response {
	message := map[string]string{"message": fmt.Sprintf(format, args...)}
	return &response{status, typeJSON, encode(message)}
}

// bad is a refusal with 400, the status of all that is wrong with a form.
func bad(format string, args ...any) *response {
	return refuse(http.StatusBadRequest, format, args...)
}

// notAllowed is the refusal that names the domain and then the reason.
func notAllowed(status int, domain, reason string) *response {
	return refuse(status, "Domain %s is not allowed to send: %s", domain, reason)
}

func bodyTooLarge() *response {
	return refuse(http.StatusRequestEntityTooLarge, "request size exceeds 52.4MiB limit")
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
