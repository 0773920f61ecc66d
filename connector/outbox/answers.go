package outbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"mailgun-connector/connector/idempotency"
)

// answers remembers answers by their Idempotency-Key in the store, sealed.
type answers struct{ *Outbox }

// Idempotency gives the memory for idempotency keys that all users of the store
// share. The store has no key itself, only its hash.
func (o *Outbox) Idempotency() idempotency.Store { return answers{o} }

// Begin implements [idempotency.Store]. A request that died without an answer
// gives its key up after a while; what it has promised is found by [Store.Insert].
func (a answers) Begin(ctx context.Context, key string, request idempotency.RequestHash) (*idempotency.Answer, error) {
	key = hashKey(key)
	ctx, cancel := context.WithTimeout(ctx, acceptTimeout)
	defer cancel()
	sealed, held, err := a.Store.BeginKey(ctx, key, a.Keys.requestHashes(request), a.clock.now(), a.lease()+2*acceptTimeout)
	switch {
	case errors.Is(err, idempotency.ErrReused):
		return nil, err
	case err != nil:
		return nil, notStored(err, false)
	case held:
		return nil, nil
	case sealed == nil:
		return nil, idempotency.ErrBusy
	}
	text, err := a.Keys.Open(sealed, key)
	if err != nil {
		return nil, fmt.Errorf("opening a kept answer: %w", err)
	}
	answer := &idempotency.Answer{}
	return answer, json.Unmarshal(text, answer)
}

// Finish implements [idempotency.Store]. A caller whose time is up, or who has
// left, is not waited for; the answer is kept all the same.
func (a answers) Finish(ctx context.Context, key string, answer *idempotency.Answer) error {
	finished := make(chan error, 1)
	a.done.Go(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), acceptTimeout)
		defer cancel()
		finished <- a.finish(ctx, hashKey(key), answer)
	})
	select {
	case err := <-finished:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (a answers) finish(ctx context.Context, key string, answer *idempotency.Answer) error {
	if answer == nil {
		return a.Store.FinishKey(ctx, key, nil)
	}
	text, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	return a.Store.FinishKey(ctx, key, a.Keys.Seal(text, key))
}

// hashKey gives what stands for an idempotency key in the store: callers may make
// keys of what they must not give away. It depends on no sealing key, as those
// change while keys live. No key has none.
func hashKey(key string) string {
	if key == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}
