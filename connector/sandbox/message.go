package sandbox

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Message is what one accepted request asked Mailgun to send, and what would
// have become of it.
type Message struct {
	Seq        int       `json:"seq"` // from 1, the n of GET /inbox/{n}
	ID         string    `json:"id"`  // as answered, with its angle brackets; one for all recipients
	Domain     string    `json:"domain"`
	Path       string    `json:"path"` // of the request, escaped as it came
	ReceivedAt time.Time `json:"receivedAt"`
	// Authorization is the request's header of that name. It holds the API
	// key, so it stays out of JSON.
	Authorization string `json:"-"`
	// State is one of the State constants, and Code what Mailgun's events say
	// of it: 250, 605 to 607, 650, or 0 for a missing template. Of several
	// recipients it is the first that gets nothing who decides.
	State string `json:"state"`
	Code  int    `json:"code,omitempty"`
	// Recipients are the bare addresses of to, cc and bcc, without duplicates.
	Recipients []string `json:"recipients"`

	From     string `json:"from,omitempty"`
	To       string `json:"to"`
	Subject  string `json:"subject,omitempty"`
	HTML     string `json:"html,omitempty"`
	Text     string `json:"text,omitempty"`
	Template string `json:"template,omitempty"`
	// Variables are what h:X-Mailgun-Variables would fill a template with.
	Variables map[string]any `json:"variables,omitempty"`
	// Form holds every field as received.
	Form map[string][]string `json:"form"`
}

// newMessage reads a request whose form was checked.
func newMessage(r *http.Request, f form, now time.Time) *Message {
	domain := r.PathValue("domain")
	return &Message{
		ID:            messageID(domain, now),
		Domain:        domain,
		Path:          r.URL.EscapedPath(),
		Authorization: r.Header.Get("Authorization"),
		ReceivedAt:    now,
		From:          f.first("from"),
		To:            strings.Join(f.values("to"), ", "),
		Subject:       f.first("subject"),
		HTML:          f.first("html"),
		Text:          f.first("text"),
		Template:      f.first("template"),
		Form:          f,
	}
}

// messageID has the shape of 2022 and later: <YYYYMMDDhhmmss.16 hex@domain>.
func messageID(domain string, now time.Time) string {
	var unique [8]byte
	_, _ = rand.Read(unique[:]) // never fails, says its documentation
	return fmt.Sprintf("<%s.%x@%s>", now.UTC().Format("20060102150405"), unique, domain)
}

// clone returns a copy that shares nothing with m. Variables are parsed here
// rather than on arrival: most messages of a load test are never looked at.
func (m *Message) clone() Message {
	c := *m
	c.Recipients = slices.Clone(m.Recipients)
	c.Variables = form(m.Form).variables()
	c.Form = make(map[string][]string, len(m.Form))
	for name, values := range m.Form {
		c.Form[name] = slices.Clone(values)
	}
	return c
}
