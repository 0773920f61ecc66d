package sandbox

import (
	"encoding/json"
	"fmt"
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

// replace makes codes all that there is.
func (l *suppressed) replace(codes map[string]int) error {
	for address, code := range codes {
		if _, ok := suppressions[code]; !ok {
			return fmt.Errorf("%q has the code %d, not 605 (bounce), 606 (unsubscribe) or 607 (complaint)",
				address, code)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.codes = codes
	return nil
}

// putSuppressions sets who gets no mails.
func (s *Sandbox) putSuppressions(w http.ResponseWriter, r *http.Request) {
	var codes map[string]int
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxFaults)).Decode(&codes)
	if err == nil {
		err = s.lists.replace(codes)
	}
	if err != nil {
		bad("reading suppressions: %v", err).write(w)
		return
	}
	w.WriteHeader(http.StatusNoContent)
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
