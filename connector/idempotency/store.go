// Package idempotency keeps the answers to requests by their Idempotency-Key, so
// that a request that comes again gets the first answer and sends no second mail.
// It knows neither HTTP nor databases.
package idempotency

import (
	"context"
	"crypto/sha256"
	"errors"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

const (
	// Life is how long an answer is kept for its Idempotency-Key.
	Life = 24 * time.Hour
	// MaxLife bounds the life of all keys.
	MaxLife = 28 * time.Hour
)

// Answer is an HTTP answer that may have to be given again.
type Answer struct {
	Status      int    `json:"status"`
	ContentType string `json:"contentType"`
	Body        []byte `json:"body"`
}

// RequestHash tells requests with the same key apart.
type RequestHash [sha256.Size]byte

var (
	// ErrReused says that the key came with another request before.
	ErrReused = errors.New("the idempotency key was used for another request")
	// ErrBusy says that the first request with the key is not answered yet.
	ErrBusy = errors.New("a request with the idempotency key is still in progress")
	// ErrElsewhere says that another process holds the key, or died with it.
	ErrElsewhere = errors.New("a request with the idempotency key was begun by another process")
)

// Store remembers answers by their Idempotency-Key.
type Store interface {
	// Begin reserves the key, or returns the answer that the same request got
	// before, less than life ago. The error may be [ErrReused], [ErrBusy] or
	// [ErrElsewhere].
	Begin(ctx context.Context, key string, request RequestHash, life time.Duration) (*Answer, error)
	// Finish keeps the answer to a request that has begun; nil gives the key
	// free, for a failure after which the caller is to try again.
	Finish(ctx context.Context, key string, answer *Answer) error
}

// maxKeys bounds the memory of a [Memory]; the oldest are forgotten.
const maxKeys = 10_000

// Memory remembers answers within this process.
type Memory struct {
	now func() time.Time

	mu   sync.Mutex
	keys *simplelru.LRU[string, *keyEntry]
}

type keyEntry struct {
	request RequestHash
	answer  *Answer // nil while in progress
	since   time.Time
}

// NewMemory makes an empty table that reads the time from now.
func NewMemory(now func() time.Time) (*Memory, error) {
	keys, err := simplelru.NewLRU[string, *keyEntry](maxKeys, nil)
	if err != nil {
		return nil, err
	}
	return &Memory{now: now, keys: keys}, nil
}

// Begin implements [Store].
func (m *Memory) Begin(_ context.Context, key string, request RequestHash, life time.Duration) (*Answer, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e, ok := m.keys.Get(key); ok && m.now().Sub(e.since) < life {
		switch {
		case e.request != request:
			return nil, ErrReused
		case e.answer == nil:
			return nil, ErrBusy
		}
		return e.answer, nil
	}
	m.keys.Add(key, &keyEntry{request: request, since: m.now()})
	return nil, nil
}

// Finish implements [Store].
func (m *Memory) Finish(_ context.Context, key string, answer *Answer) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e, ok := m.keys.Get(key); ok {
		if answer == nil {
			m.keys.Remove(key)
		} else {
			e.answer = answer
		}
	}
	return nil
}
