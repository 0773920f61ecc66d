package health

import (
	"maps"
	"time"

	"mailgun-connector/connector"
)

// caller is whose calls are remembered: of another type it is another server.
type caller struct{ name, kind string }

// Called remembers a call of a caller, by its name and type, and whether it was proven to be
// that caller's.
func (m *Monitor) Called(name, kind string, proven bool, call connector.CallRecord) {
	if m == nil {
		return
	}
	call.At = time.Now().UTC()
	m.mu.Lock()
	defer m.mu.Unlock()
	by := caller{name, kind}
	last := m.calls[by]
	if proven {
		last.Proven = &call
	} else {
		last.Unproven = &call
	}
	m.calls[by] = last
}

// LastCalls returns those of a caller.
func (m *Monitor) LastCalls(name, kind string) connector.LastCalls {
	if m == nil {
		return connector.LastCalls{}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.calls[caller{name, kind}]
}

// KeepCalls forgets the calls of all callers but those for whom keep is true.
func (m *Monitor) KeepCalls(keep func(name, kind string) bool) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	maps.DeleteFunc(m.calls, func(by caller, _ connector.LastCalls) bool { return !keep(by.name, by.kind) })
}
