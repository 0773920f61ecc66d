package outbox

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/idempotency"
	"mailgun-connector/connector/ratelimit"
)

// Memory is a [Store] that forgets everything with the process: for tests, and
// as the plainest statement of what a store does.
type Memory struct {
	mu     sync.Mutex
	rows   map[string]*Row
	keys   map[string]*reservation
	tokens map[string]token
	sends  map[connector.RecipientHash][]time.Time // oldest first
}

// token is what is kept of a delivery event.
type token struct {
	seen    time.Time
	message string // "" for none
}

// NewMemory makes an empty store.
func NewMemory() *Memory {
	return &Memory{
		rows: map[string]*Row{}, keys: map[string]*reservation{}, tokens: map[string]token{},
		sends: map[connector.RecipientHash][]time.Time{},
	}
}

// beforeSent are the states that the news of having been sent overrules.
var beforeSent = []connector.State{connector.Sending, connector.Queued, connector.Failed, connector.Expired, connector.Cancelled}

func clone(r *Row) *Row {
	c := *r
	c.Attempts, c.Events = slices.Clone(r.Attempts), slices.Clone(r.Events)
	return &c
}

// Now implements [Store].
func (m *Memory) Now(context.Context) (time.Time, error) { return time.Now(), nil }

// Insert implements [Store].
func (m *Memory) Insert(_ context.Context, row *Row) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.rows[row.ID]; ok {
		return errors.New("there is a message with this id")
	}
	if m.find(row.IdempotencyKey, row.Created.Add(-idempotency.Life)) != nil {
		return ErrDuplicate
	}
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
		c := clone(r)
		if lost := c.claim(now, lease); lost != nil {
			r.record(*lost)
		}
		r.State, r.Due, r.Updated, r.Attempt = c.State, c.Due, c.Updated, c.Attempt
		claimed[i] = c
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
	if s.Untried {
		r.Attempt--
	} else {
		r.record(s.Attempt)
	}
	return nil
}

// record keeps an attempt. A lost one may turn out not to be.
func (r *Row) record(a connector.Attempt) {
	r.Attempts = slices.DeleteFunc(r.Attempts, func(b connector.Attempt) bool { return b.Number == a.Number })
	r.Attempts = append(r.Attempts, a)
	slices.SortFunc(r.Attempts, func(a, b connector.Attempt) int { return a.Number - b.Number })
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
func (m *Memory) FindKey(_ context.Context, key string, since time.Time) (*Row, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r := m.find(key, since); r != nil {
		return clone(r), nil
	}
	return nil, connector.ErrNoMessage
}

// find gives the newest row with an idempotency key that was made since a time.
func (m *Memory) find(key string, since time.Time) (found *Row) {
	for _, r := range m.rows {
		if key != "" && r.IdempotencyKey == key && r.Created.After(since) && (found == nil || r.ID > found.ID) {
			found = r
		}
	}
	return found
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
			c.Attempts, c.Events, c.Content = nil, nil, nil
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
func (m *Memory) Record(_ context.Context, e connector.DeliveryEvent, now time.Time) (before connector.Message, fresh bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var of *Row
	for _, r := range m.rows {
		if e.State != "" && r.ProviderID == e.ProviderID {
			of = r
		}
	}
	if of == nil && e.State != "" {
		return before, false, connector.ErrNoMessage
	}
	if of != nil {
		before = clone(of).Message
		before.Attempts, before.Events = nil, nil
	}
	if _, seen := m.tokens[e.Token]; seen {
		return before, false, nil
	}
	m.tokens[e.Token] = token{now, before.ID}
	if of != nil {
		of.Events = append(of.Events, connector.Event{State: e.State, Error: e.Error, At: e.At})
		slices.SortStableFunc(of.Events, func(a, b connector.Event) int { return a.At.Compare(b.At) })
		if of.State.To(e.State) {
			of.State, of.Error, of.Updated = e.State, e.Error, now
		}
	}
	return before, true, nil
}

// BeginKey implements [Store].
func (m *Memory) BeginKey(_ context.Context, key string, hashes []idempotency.RequestHash, now time.Time, stale time.Duration) (answer []byte, held bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if k, ok := m.keys[key]; ok {
		if answer, held, err = k.meet(hashes, now, stale); !held {
			return answer, false, err
		}
	}
	m.keys[key] = &reservation{request: hashes[0][:], since: now}
	return nil, true, nil
}

// FinishKey implements [Store].
func (m *Memory) FinishKey(_ context.Context, key string, answer []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	k, ok := m.keys[key]
	switch {
	case ok && answer != nil:
		k.answer = answer
	case ok && k.answer == nil:
		delete(m.keys, key)
	}
	return nil
}

// Allow implements [Store].
func (m *Memory) Allow(_ context.Context, to connector.RecipientHash, rate ratelimit.Rate, now time.Time) (time.Duration, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	sends := slices.DeleteFunc(m.sends[to], func(at time.Time) bool { return now.Sub(at) >= rate.Per })
	if len(sends) >= rate.Sends {
		return sends[0].Add(rate.Per).Sub(now), nil
	}
	m.sends[to] = append(sends, now)
	return 0, nil
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
func (m *Memory) Recover(_ context.Context, now, latest time.Time) (n int, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.rows {
		if r.State == connector.Sending && r.Due.After(now) || r.State == connector.Queued && r.Due.After(latest) {
			r.Due = now
			n++
		}
	}
	return n, nil
}

// Purge implements [Store].
func (m *Memory) Purge(_ context.Context, before Horizon, limit int) (n int, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	ids := slices.Sorted(maps.Keys(m.rows))
	for _, id := range ids[:min(limit, len(ids))] {
		if r := m.rows[id]; r.State.Final() && r.Created.Before(before.Messages) {
			delete(m.rows, id)
			n++
		}
	}
	maps.DeleteFunc(m.keys, func(_ string, k *reservation) bool { return k.since.Before(before.Keys) })
	maps.DeleteFunc(m.tokens, func(_ string, t token) bool {
		_, known := m.rows[t.message]
		return !known && (t.message != "" || t.seen.Before(before.Tokens))
	})
	maps.DeleteFunc(m.sends, func(_ connector.RecipientHash, sends []time.Time) bool {
		return sends[len(sends)-1].Before(before.Sends)
	})
	return n, nil
}

// Close implements [Store].
func (m *Memory) Close() error { return nil }
