package sandbox

import (
	"maps"
	"net/http"
	"strings"
	"sync"
)

// suppressions are the codes with which Mailgun fails mail to a suppressed
// recipient (documentation.mailgun.com, "Suppressions").
var suppressions = map[int]struct{ reason, description string }{
	605: {"suppress-bounce", "Not delivering to previously bounced address"},
	606: {"suppress-unsubscribe", "Not delivering to unsubscribed address"},
	607: {"suppress-complaint", "Not delivering to a user who marked your messages as spam"},
}

// suppressionList is one of Mailgun's three, with its texts (API reference,
// "Suppressions").
type suppressionList struct {
	name          string // in the path
	code          int    // of its entries
	gone, removed string
}

var suppressionLists = []suppressionList{
	{"bounces", 605, "Address not found in bounces table", "Bounced address has been removed"},
	{"unsubscribes", 606, "Address not found in unsubscribers table", "Unsubscribe event has been removed"},
	{"complaints", 607, "No spam complaints found for this address", "Spam complaint has been removed"},
}

// suppressed is who gets no mails.
type suppressed struct {
	mu    sync.Mutex
	codes map[string]int // by address
}

// find returns the address as it was entered, and the code that its mails fail with, 0
// for none.
func (l *suppressed) find(address string) (entered string, code int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for entered, code := range l.codes {
		if strings.EqualFold(entered, address) {
			return entered, code
		}
	}
	return "", 0
}

// set suppresses an address from now on, or no more with code 0.
func (l *suppressed) set(address string, code int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.codes = maps.Clone(l.codes) // it may be the caller's
	if l.codes == nil {
		l.codes = map[string]int{}
	}
	if l.codes[address] = code; code == 0 {
		delete(l.codes, address)
	}
}

// suppressedSince is when all entries were made.
const suppressedSince = "Fri, 20 Nov 2026 10:00:00 UTC"

// showSuppression plays GET /v3/{domain}/{list}/{address}.
func (s *Sandbox) showSuppression(list suppressionList) func(*http.Request) *response {
	return func(r *http.Request) *response {
		entered, code := s.lists.find(r.PathValue("address"))
		if code != list.code {
			return refuse(http.StatusNotFound, "%s", list.gone)
		}
		entry := map[string]any{"address": entered, "created_at": suppressedSince}
		switch list.code {
		case 605:
			entry["code"], entry["error"] = "550", "No such mailbox "+entered
		case 606:
			entry["tags"] = []string{"*"}
		}
		return found(entry)
	}
}

// liftSuppression plays DELETE of the same.
func (s *Sandbox) liftSuppression(list suppressionList) func(*http.Request) *response {
	return func(r *http.Request) *response {
		entered, code := s.lists.find(r.PathValue("address"))
		if code != list.code {
			return refuse(http.StatusNotFound, "%s", list.gone)
		}
		s.lists.set(entered, 0)
		return found(map[string]string{"message": list.removed, "address": entered})
	}
}
