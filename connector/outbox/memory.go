package outbox

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"mailgun-connector/connector"
)

// Memory is a [Store] that forgets everything with the process: for tests, and
// as the plainest statement of what a store does.
type Memory struct {
	mu     sync.Mutex
	rows   map[string]*Row
	keys   map[string]*memoryKey
	tokens map[string]time.Time
}

type memoryKey struct {
	request connector.RequestHash
	answer  []byte
	since   time.Time
}

// NewMemory makes an empty store.
func NewMemory() *Memory {
	return &Memory{rows: map[string]*Row{}, keys: map[string]*memoryKey{}, tokens: map[string]time.Time{}}
}

// beforeSent are the states that the news of having been sent overrules.
var beforeSent = []connector.State{connector.Sending, connector.Queued, connector.Failed, connector.Expired, connector.Cancelled}

func clone(r *Row) *Row {
	c := *r
	c.Attempts = slices.Clone(r.Attempts)
	return &c
}

// Insert implements [Store].
func (m *Memory) Insert(_ context.Context, row *Row) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.rows[row.ID] = clone(row)
	return nil
}

// Claim implements [Store].
func (m *Memory) Claim(_ context.Context, now, lease time.Time, limit int) ([]*Row, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var due []*Row
	for _, r := range m.rows {
		if !r.State.Final() && !r.Due.After(now) {
			due = append(due, r)
		}
	}
	slices.SortFunc(due, func(a, b *Row) int { return a.Due.Compare(b.Due) })
	due = due[:min(limit, len(due))]
	claimed := make([]*Row, len(due))
	for i, r := range due {
		r.State, r.Due, r.Updated = connector.Sending, lease, now
		r.Attempt++
		claimed[i] = clone(r)
	}
	return claimed, nil
}

// Settle implements [Store].
func (m *Memory) Settle(_ context.Context, s *Settlement, now time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.rows[s.ID]
	current := ok && r.State == connector.Sending && r.Attempt == s.Attempt.Number
	overdue := ok && s.State == connector.Sent && slices.Contains(beforeSent, r.State)
	if !current && !overdue {
		return ErrStale
	}
	r.State, r.Updated, r.Error, r.ProviderID = s.State, now, s.Error, s.ProviderID
	if s.State == connector.Queued {
		r.Due = s.Due
	}
	if s.State.Final() {
		r.Content = nil
	}
	if !s.Untried {
		r.Attempts = append(r.Attempts, s.Attempt)
	}
	return nil
}

// Get implements [Store].
func (m *Memory) Get(_ context.Context, id string) (*Row, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r, ok := m.rows[id]; ok {
		return clone(r), nil
	}
	return nil, connector.ErrNoMessage
}

// FindKey implements [Store].
func (m *Memory) FindKey(_ context.Context, key string) (*Row, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.rows {
		if key != "" && r.IdempotencyKey == key {
			return clone(r), nil
		}
	}
	return nil, connector.ErrNoMessage
}

// List implements [Store].
func (m *Memory) List(_ context.Context, f connector.MessageFilter) ([]*Row, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var found []*Row
	for _, r := range m.rows {
		if (f.State == "" || r.State == f.State) && (f.Type == "" || r.Type == f.Type) &&
			(len(f.Recipients) == 0 || slices.Contains(f.Recipients, r.Recipient)) &&
			!r.Created.Before(f.Since) && (f.Cursor == "" || r.ID < f.Cursor) {
			c := clone(r)
			c.Attempts = nil
			found = append(found, c)
		}
	}
	slices.SortFunc(found, func(a, b *Row) int { return strings.Compare(b.ID, a.ID) })
	return found[:min(f.Limit, len(found))], nil
}

// Move implements [Store].
func (m *Memory) Move(_ context.Context, id string, to connector.State, now time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.rows[id]
	switch {
	case !ok:
		return connector.ErrNoMessage
	case r.State != connector.Queued:
		return connector.ErrConflict
	}
	r.State, r.Due, r.Updated = to, now, now
	if to.Final() {
		r.Content = nil
	}
	return nil
}

// Record implements [Store].
func (m *Memory) Record(_ context.Context, e connector.DeliveryEvent, now time.Time) (connector.Message, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.rows {
		if r.ProviderID != e.ProviderID {
			continue
		}
		before := clone(r).Message
		if _, seen := m.tokens[e.Token]; seen {
			return before, nil
		}
		m.tokens[e.Token] = now
		if r.State.To(e.State) {
			r.State, r.Error, r.Updated = e.State, e.Error, now
		}
		return before, nil
	}
	return connector.Message{}, connector.ErrNoMessage
}

// BeginKey implements [Store].
func (m *Memory) BeginKey(_ context.Context, key string, request connector.RequestHash, now time.Time, stale time.Duration) ([]byte, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k, ok := m.keys[key]
	switch {
	case !ok || now.Sub(k.since) >= connector.IdempotencyLife:
	case k.request != request:
		return nil, false, connector.ErrKeyReused
	case k.answer != nil:
		return k.answer, false, nil
	case now.Sub(k.since) < stale:
		return nil, false, nil
	}
	m.keys[key] = &memoryKey{request: request, since: now}
	return nil, true, nil
}

// FinishKey implements [Store].
func (m *Memory) FinishKey(_ context.Context, key string, answer []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if answer == nil {
		delete(m.keys, key)
	} else if k, ok := m.keys[key]; ok {
		k.answer = answer
	}
	return nil
}

// CountSince implements [Store].
func (m *Memory) CountSince(_ context.Context, to connector.RecipientHash, since time.Time) (n int, oldest time.Time, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.rows {
		if r.Recipient == to && !r.Created.Before(since) {
			if n++; oldest.IsZero() || r.Created.Before(oldest) {
				oldest = r.Created
			}
		}
	}
	return n, oldest, nil
}

// Depth implements [Store].
func (m *Memory) Depth(context.Context) (n int, oldest time.Time, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.rows {
		if !r.State.Final() {
			if n++; oldest.IsZero() || r.Created.Before(oldest) {
				oldest = r.Created
			}
		}
	}
	return n, oldest, nil
}

// Recover implements [Store].
func (m *Memory) Recover(_ context.Context, now time.Time) (n int, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.rows {
		if r.State == connector.Sending {
			r.Due = now
			n++
		}
	}
	return n, nil
}

// Purge implements [Store].
func (m *Memory) Purge(_ context.Context, messages, keys, tokens time.Time, limit int) (n int, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, r := range m.rows {
		if n < limit && r.State.Final() && r.Updated.Before(messages) {
			delete(m.rows, id)
			n++
		}
	}
	for key, k := range m.keys {
		if k.since.Before(keys) {
			delete(m.keys, key)
		}
	}
	for token, seen := range m.tokens {
		if seen.Before(tokens) {
			delete(m.tokens, token)
		}
	}
	return n, nil
}

// Close implements [Store].
func (m *Memory) Close() error { return nil }
