package sandbox

import (
	"cmp"
	"net/http"
	"strings"
	"time"
)

// sendMessage plays POST /v3/{domain}/messages: a fault strikes first, what it
// leaves is checked, kept, reported and answered as Mailgun does.
func (s *Sandbox) sendMessage(w http.ResponseWriter, r *http.Request) {
	if strings.Contains(r.PathValue("domain"), "/") { // written as %2F
		unknownRoute().write(w)
		return
	}
	s.requests.Add(1)
	fault := s.faults.next(time.Now())
	f, unreadable := readForm(w, r)
	if s.strike(w, r, fault) {
		return
	}
	m, refusal := s.accept(r, f, unreadable)
	if refusal != nil {
		refusal.write(w)
		return
	}
	s.inbox.add(m)
	s.reportOutcome(m)
	if fault.Drop == DropAfter {
		panic(http.ErrAbortHandler)
	}
	queued(m.ID).write(w)
}

// accept turns a form into a message, or returns the first reason why Mailgun
// would not. In which order Mailgun looks for reasons is not known.
func (s *Sandbox) accept(r *http.Request, f form, unreadable *response) (*Message, *response) {
	recipients, invalid := checkAddresses(f)
	refusal := cmp.Or(s.authorize(r), unreadable, invalid, checkContent(f), checkOptions(f))
	if refusal != nil {
		return nil, refusal
	}
	m := newMessage(r, f, time.Now())
	m.Recipients = recipients
	for _, recipient := range recipients {
		if m.State, m.Code = s.outcome(f, recipient); m.State != StateDelivered {
			break
		}
	}
	return m, nil
}
