package sandbox

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Message is what one accepted request asked Mailgun to send, and what would
// have become of it.
type Message struct {
	// Seq counts from 1 and is the n of GET /inbox/{n}.
	Seq int `json:"seq"`
	// ID is the id that was answered, with its angle brackets. There is one
	// for all recipients.
	ID     string `json:"id"`
	Domain string `json:"domain"`
	// Path is the request's path, escaped as it came.
	Path string `json:"path"`
	// Authorization is the request's header of that name. It holds the API
	// key, so it stays out of JSON.
	Authorization string    `json:"-"`
	ReceivedAt    time.Time `json:"receivedAt"`
	// State is one of the State constants: what happened after the 200. It is
	// StateSuppressed when any recipient is.
	State string `json:"state"`
	// Code is Mailgun's delivery code: 250, 605 to 607, or 650. It is 0 for a
	// missing template, as no event is known to follow one.
	Code int `json:"code,omitempty"`
	// Recipients are the bare addresses of to, cc and bcc, without duplicates.
	Recipients []string `json:"recipients"`

	From     string `json:"from,omitempty"`
	To       string `json:"to"`
	Subject  string `json:"subject,omitempty"`
	HTML     string `json:"html,omitempty"`
	Text     string `json:"text,omitempty"`
	Template string `json:"template,omitempty"`
	// Variables are what a template would be filled with: the v: fields,
	// overlaid with h:X-Mailgun-Variables, overlaid with t:variables. One that
	// is not a JSON object is left out here and stays in Form.
	Variables map[string]any `json:"variables,omitempty"`
	// Form holds every field as received; of a file only its name.
	Form map[string][]string `json:"form"`
}

// newMessage reads a form that was checked.
func newMessage(domain string, f form, now time.Time) *Message {
	return &Message{
		ID:         messageID(domain, now),
		Domain:     domain,
		ReceivedAt: now,
		From:       f.first("from"),
		To:         strings.Join(f.values("to"), ", "),
		Subject:    f.first("subject"),
		HTML:       f.first("html"),
		Text:       f.first("text"),
		Template:   f.first("template"),
		Form:       f,
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
	if v := form(m.Form).templateVariables(); len(v) > 0 {
		c.Variables = v
	}
	c.Form = make(map[string][]string, len(m.Form))
	for name, values := range m.Form {
		c.Form[name] = slices.Clone(values)
	}
	return c
}
