package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// maxFaults is the limit of a PUT /faults body, in bytes.
const maxFaults = 1 << 20

const index = `This is a sandbox: it stands in for Mailgun's messages API and delivers nothing.

POST   /v3/{domain}/messages   send, as with Mailgun
GET    /inbox                  the messages, newest first; ?to=ADDRESS picks one recipient's
GET    /inbox/{n}              message number n
GET    /inbox/{n}/html         its HTML part, to look at
DELETE /inbox                  forget the messages
PUT    /faults                 turn on a JSON array of faults, such as [{"status":500,"times":2}]
DELETE /faults                 behave well again
`

// routes returns the Sandbox's own routes, as far as isOwn lets through.
func (s *Sandbox) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", showIndex)
	mux.HandleFunc("GET /inbox", s.listMessages)
	mux.HandleFunc("DELETE /inbox", s.clearInbox)
	mux.HandleFunc("GET /inbox/{n}", s.showMessage)
	mux.HandleFunc("GET /inbox/{n}/html", s.showHTML)
	mux.HandleFunc("PUT /faults", s.putFaults)
	mux.HandleFunc("DELETE /faults", s.clearFaults)
	return sameOrigin(mux)
}

// isOwn reports whether a request is for the Sandbox itself, not for Mailgun.
func isOwn(r *http.Request) bool {
	switch r.URL.Path {
	case "/":
		return r.Method == http.MethodGet || r.Method == http.MethodHead
	case "/inbox", "/faults":
		return true
	default:
		return strings.HasPrefix(r.URL.Path, "/inbox/")
	}
}

// serveOwn refuses a Host that is not loopback: a page of evil.example whose
// name is made to resolve to 127.0.0.1 would otherwise read codes from here.
func (s *Sandbox) serveOwn(w http.ResponseWriter, r *http.Request) {
	if !isLoopback(r.Host) {
		refusal(http.StatusForbidden, "use localhost or a loopback address to open the sandbox").write(w)
		return
	}
	s.own.ServeHTTP(w, r)
}

// sameOrigin refuses what a page of another site has a browser change here. A
// POST is such that browsers send it without asking first.
func sameOrigin(h http.Handler) http.Handler {
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		refusal(http.StatusForbidden, "a page of another site may not change the sandbox").write(w)
	}))
	return guard.Handler(h)
}

// isLoopback reports whether a Host header, with or without a port, names this
// machine.
func isLoopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	address, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && address.Unmap().IsLoopback()
}

func showIndex(w http.ResponseWriter, _ *http.Request) {
	(&answer{status: http.StatusOK, contentType: typeText, body: index}).write(w)
}

// listMessages takes ?to=, compared with each recipient without regard to case.
func (s *Sandbox) listMessages(w http.ResponseWriter, r *http.Request) {
	messages := s.Messages()
	if to := r.URL.Query().Get("to"); to != "" {
		messages = slices.DeleteFunc(messages, func(m Message) bool {
			return !has(m.Recipients, to)
		})
	}
	slices.Reverse(messages)
	show(w, map[string][]Message{"messages": messages})
}

func (s *Sandbox) clearInbox(w http.ResponseWriter, _ *http.Request) {
	s.inbox.clear(false)
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
		refusal(http.StatusNotFound, "message %d has no HTML part", m.Seq).write(w)
		return
	}
	(&answer{status: http.StatusOK, contentType: typeHTML, body: m.HTML, header: map[string]string{
		"Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data: https:",
		"X-Content-Type-Options":  "nosniff",
		"Referrer-Policy":         "no-referrer",
		"Cache-Control":           "no-store",
	}}).write(w)
}

// named returns the message whose number the path gives, or answers 404.
func (s *Sandbox) named(w http.ResponseWriter, r *http.Request) (Message, bool) {
	n, err := strconv.Atoi(r.PathValue("n"))
	if err == nil {
		if m, ok := s.inbox.find(n); ok {
			return m, true
		}
	}
	refusal(http.StatusNotFound, "no message %s in the inbox", r.PathValue("n")).write(w)
	return Message{}, false
}

func (s *Sandbox) putFaults(w http.ResponseWriter, r *http.Request) {
	list, err := readFaults(http.MaxBytesReader(w, r.Body, maxFaults))
	if err != nil {
		refusal(http.StatusBadRequest, "%v", err).write(w)
		return
	}
	s.faults.set(list)
	w.WriteHeader(http.StatusNoContent)
}

func (s *Sandbox) clearFaults(w http.ResponseWriter, _ *http.Request) {
	s.faults.set(nil)
	w.WriteHeader(http.StatusNoContent)
}

// readFaults reads exactly one JSON array of valid faults.
func readFaults(r io.Reader) ([]Fault, error) {
	var list []Fault
	d := json.NewDecoder(r)
	if err := d.Decode(&list); err != nil {
		return nil, fmt.Errorf("reading faults: %w", err)
	}
	if _, err := d.Token(); list == nil || !errors.Is(err, io.EOF) {
		return nil, errors.New("reading faults: want one JSON array and nothing else")
	}
	return list, checkFaults(list)
}

// show answers 200 with v as JSON, indented for people.
func show(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", typeJSON)
	w.Header().Set("Cache-Control", "no-store")
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	_ = e.Encode(v) // fails only when the client left
}
