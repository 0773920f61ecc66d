// Package health remembers what happened lately, for people who ask how the service is
// doing: outcomes and times of the last hour and day, the last failure, the last report of
// each kind, the last calls of each identity server. It remembers what it is told, in this
// process, and knows nothing of HTTP, databases or Mailgun. What monitoring systems want are
// metrics, which others keep.
//
// Its memory does not grow: a day is a ring of five-minute slots, and a time is counted in
// one of some eighty steps of a quarter each.
package health

import (
	"maps"
	"math"
	"sync"
	"time"

	"mailgun-connector/connector"
)

const (
	slotTime = 5 * time.Minute
	slots    = int(24*time.Hour/slotTime) + 1 // the one that is being filled is not whole
)

// Monitor is what is remembered. Make it with [New]; it is safe for concurrent use. A nil
// Monitor takes everything and remembers nothing.
type Monitor struct {
	mu      sync.Mutex
	since   time.Time
	ring    [slots]slot
	last    *Failure
	reports map[string]time.Time
	calls   map[caller]connector.LastCalls
}

// slot is what happened in five minutes.
type slot struct {
	number    int64 // of the five minutes since 1970
	outcomes  map[string]int
	accepted  histogram
	delivered histogram
}

// Failure is one that was not the caller's.
type Failure struct {
	At      time.Time
	Reason  connector.Reason
	Detail  string
	Hint    string
	Status  int    // Mailgun's, 0 for no answer
	Message string // Mailgun's, shortened and without addresses
}

// New returns a monitor that has seen nothing.
func New() *Monitor {
	return &Monitor{
		since: time.Now().UTC(), reports: map[string]time.Time{}, calls: map[caller]connector.LastCalls{},
	}
}

// now returns the slot of this moment.
func (m *Monitor) now() *slot {
	number := time.Now().UnixNano() / int64(slotTime)
	s := &m.ring[number%int64(slots)]
	if s.number != number {
		*s = slot{number: number, outcomes: map[string]int{}}
	}
	return s
}

// Count counts one outcome. The names must be few.
func (m *Monitor) Count(outcome string) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now().outcomes[outcome]++
}

// Accepted counts the time from a request to Mailgun's word that it has the mail.
func (m *Monitor) Accepted(after time.Duration) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now().accepted.add(after)
}

// Delivered counts the time from a request to the mail's delivery.
func (m *Monitor) Delivered(after time.Duration) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now().delivered.add(after)
}

// Failed remembers a failure, unless it is the caller's own.
func (m *Monitor) Failed(e *connector.Error) {
	if m == nil || e == nil || e.Code != connector.General && e.Code != connector.Internal && e.MailgunStatus == 0 {
		return
	}
	words := e.Reason.Words()
	f := &Failure{
		At: time.Now().UTC(), Reason: e.Reason, Detail: e.Message, Hint: words.Hint,
		Status: e.MailgunStatus, Message: e.MailgunMessage,
	}
	if e.Hint != "" {
		f.Hint = e.Hint
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last = f
}

// Reported remembers that a report of a kind has come. The kinds must be few.
func (m *Monitor) Reported(kind string) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reports[kind] = time.Now().UTC()
}

// Summary is what a stretch of time came to.
type Summary struct {
	Outcomes            map[string]int
	Accepted, Delivered Times
}

// Times are two percentiles, to an eighth of themselves; both are 0 if nothing was counted.
type Times struct{ P50, P95 time.Duration }

// State is all that is remembered.
type State struct {
	Since     time.Time // nothing before is known
	Hour, Day Summary
	Last      *Failure             // nil for none
	Reports   map[string]time.Time // by kind
}

// State returns it.
func (m *Monitor) State() State {
	m.mu.Lock()
	defer m.mu.Unlock()
	return State{
		Since: m.since, Hour: m.summary(time.Hour), Day: m.summary(24 * time.Hour),
		Last: m.last, Reports: maps.Clone(m.reports),
	}
}

// summary adds up the slots of a stretch of time and the one that is being filled.
func (m *Monitor) summary(span time.Duration) Summary {
	newest := time.Now().UnixNano() / int64(slotTime)
	oldest := newest - int64(span/slotTime)
	sum := Summary{Outcomes: map[string]int{}}
	var accepted, delivered histogram
	for i := range m.ring {
		s := &m.ring[i]
		if s.number < oldest || s.number > newest {
			continue
		}
		for outcome, n := range s.outcomes {
			sum.Outcomes[outcome] += n
		}
		accepted.merge(&s.accepted)
		delivered.merge(&s.delivered)
	}
	sum.Accepted, sum.Delivered = accepted.times(), delivered.times()
	return sum
}

const (
	steps  = 84               // up to more than a day
	growth = 1.25             // from one to the next
	first  = time.Millisecond // shorter times are as long
)

// histogram counts times by steps that grow.
type histogram [steps]uint32

func (h *histogram) add(d time.Duration) {
	step := math.Log(float64(max(d, first))/float64(first)) / math.Log(growth)
	h[min(int(step), steps-1)]++
}

func (h *histogram) merge(other *histogram) {
	for i, n := range other {
		h[i] += n
	}
}

func (h *histogram) times() Times { return Times{h.percentile(50), h.percentile(95)} }

// percentile returns the middle of the step that the percentile is in.
func (h *histogram) percentile(p int) time.Duration {
	total := 0
	for _, n := range h {
		total += int(n)
	}
	wanted, seen := (total*p+99)/100, 0
	for i, n := range h {
		if seen += int(n); n > 0 && seen >= wanted {
			return time.Duration(float64(first) * math.Pow(growth, float64(i)+.5)).Round(time.Millisecond / 10)
		}
	}
	return 0
}
