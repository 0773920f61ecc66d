package outboxtest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/idempotency"
	"mailgun-connector/connector/outbox"
)

// Memory is a [Store] that forgets everything with the process: the plainest
// statement of what a store does, and quick.
type Memory struct {
	mu     sync.Mutex
	rows   map[string]*outbox.Row
	tokens map[string]token
}

// token is what is kept of a delivery event.
type token struct {
	seen    time.Time
	message string // "" for none
}

// NewMemory returns an empty store.
func NewMemory() *Memory {
	return &Memory{rows: map[string]*outbox.Row{}, tokens: map[string]token{}}
}

// beforeSent are the states that the news of having been sent overrules.
var beforeSent = []connector.State{
	connector.Sending, connector.Queued, connector.Failed, connector.Expired, connector.Cancelled,
}

// now is the time as databases keep it.
func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

func clone(r *outbox.Row) *outbox.Row {
	c := *r
	c.Attempts, c.Events = slices.Clone(r.Attempts), slices.Clone(r.Events)
	return &c
}

// Insert implements [outbox.Store].
func (m *Memory) Insert(ctx context.Context, row *outbox.Row, wait, life time.Duration) error {
	return m.InsertAll(ctx, []outbox.NewRow{{Row: row, Wait: wait, Life: life}})
}

// InsertAll implements [outbox.Store].
func (m *Memory) InsertAll(_ context.Context, rows []outbox.NewRow) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, row := range rows {
		if _, ok := m.rows[row.ID]; ok {
			return errors.New("there is a message with this id")
		}
		if m.find(row.IdempotencyKey) != nil {
			return outbox.ErrDuplicate
		}
	}
	for _, row := range rows {
		m.insert(row.Row, row.Wait, row.Life)
	}
	return nil
}

func (m *Memory) insert(row *outbox.Row, wait, life time.Duration) {
	at, behind := now(), false
	for _, r := range m.rows {
		if r.Recipient == row.Recipient && !r.State.Final() {
			behind = true
			if r.Due.After(at) && r.State == connector.Queued && r.Error != string(connector.RateLimitExceeded) {
				r.Due = at
			}
		}
	}
	if behind {
		row.Join()
		wait = 0
	}
	r := clone(row)
	r.Created, r.Updated, r.Due, r.Expires = at, at, at.Add(wait), at.Add(life)
	m.rows[r.ID] = r
}

// earlier returns the rows that one waits behind.
func (m *Memory) earlier(r *outbox.Row) (found []*outbox.Row) {
	for _, e := range m.rows {
		if e.Recipient == r.Recipient && !e.State.Final() &&
			(e.Created.Before(r.Created) || e.Created.Equal(r.Created) && e.ID < r.ID) {
			found = append(found, e)
		}
	}
	return found
}

// Claim implements [outbox.Store].
func (m *Memory) Claim(_ context.Context, lease time.Duration, limit int) ([]*outbox.Row, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := now()
	var due []*outbox.Row
	for _, r := range m.rows {
		if !r.State.Final() && !r.Due.After(at) && (!r.Expires.After(at) || len(m.earlier(r)) == 0) {
			due = append(due, r)
		}
	}
	slices.SortFunc(due, func(a, b *outbox.Row) int { return a.Due.Compare(b.Due) })
	due = due[:min(limit, len(due))]
	claimed := make([]*outbox.Row, len(due))
	for i, r := range due {
		if lost := r.Lease(at, lease); lost != nil {
			keepAttempt(r, *lost)
		}
		claimed[i] = clone(r)
		claimed[i].Attempts, claimed[i].Events = nil, nil
		r.TakenOver = false
	}
	return claimed, nil
}

// Settle implements [outbox.Store].
func (m *Memory) Settle(_ context.Context, s *outbox.Settlement) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.rows[s.ID]
	current := ok && r.State == connector.Sending && r.Attempt == s.Attempt.Number
	overdue := ok && s.State == connector.Sent && slices.Contains(beforeSent, r.State)
	if !current && !overdue {
		return outbox.ErrStale
	}
	at := now()
	r.State, r.Updated, r.Error, r.ProviderID = s.State, at, s.Error, s.ProviderID
	if s.State == connector.Queued {
		if r.Due = at.Add(s.Wait); r.Expires.Before(r.Due) {
			r.Due = r.Expires
		}
	}
	if s.State.Final() {
		r.Content = nil
	}
	if s.Untried {
		r.Attempt--
		return nil
	}
	a := s.Attempt
	a.Started = at.Add(-time.Since(a.Started)).Truncate(time.Microsecond)
	keepAttempt(r, a)
	return nil
}

// keepAttempt adds an attempt. A lost one may turn out not to be.
func keepAttempt(r *outbox.Row, a connector.Attempt) {
	for i, b := range r.Attempts {
		if b.Number == a.Number {
			a.Started = b.Started
			r.Attempts[i] = a
			return
		}
	}
	r.Attempts = append(r.Attempts, a)
	slices.SortFunc(r.Attempts, func(a, b connector.Attempt) int { return a.Number - b.Number })
}

// Get implements [outbox.Store].
func (m *Memory) Get(_ context.Context, id string) (*outbox.Row, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r, ok := m.rows[id]; ok {
		return clone(r), nil
	}
	return nil, connector.ErrNoMessage
}

// FindKey implements [outbox.Store].
func (m *Memory) FindKey(_ context.Context, key string) (*outbox.Row, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r := m.find(key); r != nil {
		return clone(r), nil
	}
	return nil, connector.ErrNoMessage
}

// find returns the newest row with an idempotency key that lives.
func (m *Memory) find(key string) (found *outbox.Row) {
	since := now().Add(-idempotency.Life)
	for _, r := range m.rows {
		if key != "" && r.IdempotencyKey == key && r.Created.After(since) && (found == nil || r.ID > found.ID) {
			found = r
		}
	}
	return found
}

// List implements [outbox.Store].
func (m *Memory) List(_ context.Context, f connector.MessageFilter) ([]*outbox.Row, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	end, ok := m.rows[f.Cursor]
	if f.Cursor != "" && !ok {
		return nil, nil
	}
	var found []*outbox.Row
	for _, r := range m.rows {
		if (f.State == "" || r.State == f.State) && (f.Type == "" || r.Type == f.Type) &&
			(len(f.Recipients) == 0 || slices.Contains(f.Recipients, r.Recipient)) &&
			!r.Created.Before(f.Since) && (f.Until.IsZero() || !r.Created.After(f.Until)) &&
			bytes.HasPrefix(r.Recipient[:], f.Hash) && (f.Cursor == "" || newestFirst(end, r) < 0) {
			c := clone(r)
			c.Content = nil
			found = append(found, c)
		}
	}
	slices.SortFunc(found, newestFirst)
	return found[:min(f.Limit, len(found))], nil
}

// newestFirst compares rows in the order of a list.
func newestFirst(a, b *outbox.Row) int {
	return cmp.Or(b.Created.Compare(a.Created), strings.Compare(b.ID, a.ID))
}

// Move implements [outbox.Store].
func (m *Memory) Move(_ context.Context, id string, to connector.State) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.rows[id]
	switch {
	case !ok:
		return connector.ErrNoMessage
	case r.State != connector.Queued:
		return connector.ErrConflict
	}
	at := now()
	r.State, r.Due, r.Updated = to, at, at
	if to.Final() {
		r.Content = nil
		return nil
	}
	for _, e := range m.earlier(r) {
		if e.State == connector.Queued && e.Due.After(at) {
			e.Due = at
		}
	}
	return nil
}

// Record implements [outbox.EventStore].
func (m *Memory) Record(
	_ context.Context, e connector.DeliveryEvent,
) (before connector.Message, fresh bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var of *outbox.Row
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
	m.tokens[e.Token] = token{now(), before.ID}
	if of != nil {
		of.Events = append(of.Events, connector.Event{
			State: e.State, Error: e.Error, Reason: e.Reason, At: e.At, Code: e.Code, Description: e.Description,
		})
		slices.SortStableFunc(of.Events, func(a, b connector.Event) int { return a.At.Compare(b.At) })
		if of.State.CanBecome(e.State) {
			of.State, of.Error, of.Updated = e.State, e.Error, now()
		}
	}
	return before, true, nil
}

// Keep implements [outbox.Store].
func (m *Memory) Keep(_ context.Context, rows []*outbox.Row) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := now()
	for _, row := range rows {
		if r, ok := m.rows[row.ID]; ok {
			r.Requests, r.Updated = r.Requests+row.Requests, at
			continue
		}
		r := clone(row)
		life := max(0, time.Until(row.Expires))
		r.Created, r.Updated, r.Due, r.Expires = at, at, at, at.Add(life)
		m.rows[r.ID] = r
	}
	return nil
}

// Depth implements [outbox.Store].
func (m *Memory) Depth(context.Context) (n int, oldest time.Duration, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := now()
	for _, r := range m.rows {
		if !r.State.Final() {
			n++
			oldest = max(oldest, at.Sub(r.Created))
		}
	}
	return n, oldest, nil
}

// Purge implements [outbox.Store].
func (m *Memory) Purge(_ context.Context, retention time.Duration, limit int) (n int, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	ids := slices.Sorted(maps.Keys(m.rows))
	for _, id := range ids[:min(limit, len(ids))] {
		if r := m.rows[id]; r.State.Final() && r.Created.Before(now().Add(-retention)) {
			delete(m.rows, id)
			n++
		}
	}
	maps.DeleteFunc(m.tokens, func(_ string, t token) bool {
		_, known := m.rows[t.message]
		return !known && t.message != ""
	})
	return n, nil
}
