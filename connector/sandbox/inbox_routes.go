package sandbox

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
)

// listMessages takes ?to=, compared with each recipient without regard to case.
func (s *Sandbox) listMessages(w http.ResponseWriter, r *http.Request) {
	messages := s.Messages()
	if to := r.URL.Query().Get("to"); to != "" {
		messages = slices.DeleteFunc(messages, func(m Message) bool { return !contains(m.Recipients, to) })
	}
	slices.Reverse(messages)
	show(w, map[string][]Message{"messages": messages})
}

func (s *Sandbox) clearInbox(w http.ResponseWriter, _ *http.Request) {
	s.inbox.clear()
	w.WriteHeader(http.StatusNoContent)
}

func (s *Sandbox) showMessage(w http.ResponseWriter, r *http.Request) {
	if m, ok := s.named(w, r); ok {
		show(w, m)
	}
}

// showHTML serves a mail's HTML to a browser in such a way that no script in
// it runs and no form or link in it reaches the inbox.
func (s *Sandbox) showHTML(w http.ResponseWriter, r *http.Request) {
	m, ok := s.named(w, r)
	if !ok {
		return
	}
	if m.HTML == "" {
		refuse(http.StatusNotFound, "message %d has no HTML part", m.Seq).write(w)
		return
	}
	h := w.Header()
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data: https:")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	(&response{http.StatusOK, typeHTML, m.HTML}).write(w)
}

// named returns the message with the number in the path, or answers 404.
func (s *Sandbox) named(w http.ResponseWriter, r *http.Request) (Message, bool) {
	n, err := strconv.Atoi(r.PathValue("n"))
	if err == nil {
		if m, ok := s.inbox.find(n); ok {
			return m, true
		}
	}
	refuse(http.StatusNotFound, "no message %s in the inbox", r.PathValue("n")).write(w)
	return Message{}, false
}

// show answers 200 with v as JSON, indented for people.
func show(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", typeJSON)
	w.Header().Set("Cache-Control", "no-store")
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	_ = e.Encode(v) // fails only when the client left
}
