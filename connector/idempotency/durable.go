package idempotency

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"sync"
	"time"
)

// Table keeps reservations durably, for all processes that share it.
type Table interface {
	// BeginKey reserves a key. It returns the answer kept for it, and whether the
	// caller now holds the key; neither means that another does. Hashes, stale, life
	// and the error [ErrReused] are as for [Reservation.Lookup].
	BeginKey(
		ctx context.Context, key string, hashes []RequestHash, stale, life time.Duration,
	) (answer []byte, held bool, err error)
	// FinishKey keeps an answer, or frees the key if the answer is nil and none is
	// kept.
	FinishKey(ctx context.Context, key string, answer []byte) error
}

// Sealer encrypts answers.
type Sealer interface {
	Seal(plain []byte, owner string) []byte
	Open(sealed []byte, owner string) ([]byte, error)
}

// DurableConfig is what a [Durable] is made of.
type DurableConfig struct {
	Table  Table
	Sealer Sealer
	// RequestKeys make the hashes of requests, the first one those of new ones.
	// Without a key, the code in a request could be found out by trying all.
	RequestKeys [][]byte
	// Stale is how long a request may be in progress: then its process has died, and
	// its key is free again.
	Stale time.Duration
}

// Durable is a [Store] that outlives the process. Its table has neither keys nor
// answers in plain text: callers may make keys of what they must not give away.
type Durable struct {
	DurableConfig
	finishing sync.WaitGroup

	mu   sync.Mutex
	held map[string]struct{} // hashes of the keys that requests of this process hold
}

// NewDurable returns a store on a table.
func NewDurable(cfg DurableConfig) *Durable {
	return &Durable{DurableConfig: cfg, held: map[string]struct{}{}}
}

// tableTimeout bounds the waiting for the table.
const tableTimeout = 2 * time.Second

// Begin implements [Store].
func (d *Durable) Begin(
	ctx context.Context, key string, request RequestHash, life time.Duration,
) (*Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, tableTimeout)
	defer cancel()
	key = HashKey(key)
	sealed, held, err := d.Table.BeginKey(ctx, key, d.hashes(request), d.Stale, life)
	switch {
	case err != nil:
		return nil, err
	case held:
		d.hold(key)
		return nil, nil
	case sealed == nil && d.holds(key):
		return nil, ErrBusy
	case sealed == nil:
		return nil, ErrElsewhere
	}
	text, err := d.Sealer.Open(sealed, key)
	if err != nil { // sealed with a key that is gone
		return nil, ErrElsewhere
	}
	answer := &Answer{}
	return answer, json.Unmarshal(text, answer)
}

func (d *Durable) hold(key string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.held[key] = struct{}{}
}

func (d *Durable) holds(key string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, ok := d.held[key]
	return ok
}

func (d *Durable) release(key string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.held, key)
}

// hashes returns a request's hash by each key.
func (d *Durable) hashes(request RequestHash) []RequestHash {
	all := make([]RequestHash, len(d.RequestKeys))
	for i, key := range d.RequestKeys {
		mac := hmac.New(sha256.New, key)
		mac.Write(request[:])
		all[i] = RequestHash(mac.Sum(nil))
	}
	return all
}

// Finish implements [Store]. A caller whose time is up, or who has left, is not
// waited for; the answer is kept all the same.
func (d *Durable) Finish(ctx context.Context, key string, answer *Answer) error {
	key = HashKey(key)
	d.release(key)
	finished := make(chan error, 1)
	d.finishing.Go(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tableTimeout)
		defer cancel()
		finished <- d.finish(ctx, key, answer)
	})
	select {
	case err := <-finished:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (d *Durable) finish(ctx context.Context, key string, answer *Answer) error {
	if answer == nil {
		return d.Table.FinishKey(ctx, key, nil)
	}
	text, err := json.Marshal(answer)
	return errors.Join(err, d.Table.FinishKey(ctx, key, d.Sealer.Seal(text, key)))
}

// Wait returns when no answer is being kept any more. Requests must have ended before.
func (d *Durable) Wait() { d.finishing.Wait() }

// HashKey returns what stands for a key in a database. It depends on no secret, as
// those change while keys live. No key has none.
func HashKey(key string) string {
	if key == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}
