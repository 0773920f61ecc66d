package health

import (
	"maps"
	"time"

	"mailgun-connector/connector"
)

// Called remembers a call of a caller, and whether it was proven to be that caller's.
func (m *Monitor) Called(caller string, proven bool, call connector.CallRecord) {
	if m == nil {
		return
	}
	call.At = time.Now().UTC()
	m.mu.Lock()
	defer m.mu.Unlock()
	last := m.calls[caller]
	if proven {
		last.Proven = &call
	} else {
		last.Unproven = &call
	}
	m.calls[caller] = last
}

// LastCalls returns those of a caller.
func (m *Monitor) LastCalls(caller string) connector.LastCalls {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.calls[caller]
}

// KeepCalls forgets the calls of all callers but those for whom keep is true.
func (m *Monitor) KeepCalls(keep func(caller string) bool) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	maps.DeleteFunc(m.calls, func(caller string, _ connector.LastCalls) bool { return !keep(caller) })
}
