package callers

import (
	"context"
	"crypto/rsa"
)

// KeySet has the public keys that a caller signs with; jwks.Set is one.
type KeySet interface {
	// Key returns the key with an id. The error is jwks.ErrUnknown if there is none, and
	// another if that can't be told.
	Key(ctx context.Context, id string) (*rsa.PublicKey, error)
}
