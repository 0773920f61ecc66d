package idempotency

import (
	"slices"
	"time"
)

// Reservation is what a [Table] has under a key.
type Reservation struct {
	Request []byte // a [RequestHash]
	Answer  []byte // nil while the request is in progress
	Age     time.Duration
}

// Lookup returns what a request with the key gets: the kept answer, or the key.
// Neither means that another request holds it. The hashes are those of one request,
// by each key that may have made the reservation's; the error is [ErrReused] if none
// fits. A reservation is void after life, and one without an answer after stale.
func (r Reservation) Lookup(hashes []RequestHash, stale, life time.Duration) (answer []byte, held bool, err error) {
	same := slices.ContainsFunc(hashes, func(h RequestHash) bool { return string(h[:]) == string(r.Request) })
	switch {
	case r.Age >= life:
		return nil, true, nil
	case !same:
		return nil, false, ErrReused
	}
	return r.Answer, r.Answer == nil && r.Age >= stale, nil
}
