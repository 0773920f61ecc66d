// Package jwks keeps the public keys that somebody shows at an address, as a JSON Web Key
// Set (RFC 7517), and fetches them when they are needed. It knows nothing of tokens.
//
// There are libraries for this; they fetch in the background, follow redirects, or ask
// anew for every unknown key, which lets strangers make us call an address at will.
package jwks

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/sync/singleflight"
)

const (
	// fetchTimeout is well within the ten seconds that callers wait.
	fetchTimeout = 3 * time.Second
	// maxSet bounds the bytes of a set, and maxKeys its keys.
	maxSet  = 256 << 10
	maxKeys = 100
	// minBits is the size of an RSA key that is not easily broken (RFC 7518, section 3.3).
	minBits = 2048
	// freshFor is how long keys are taken for granted: one that is withdrawn counts that
	// much longer.
	freshFor = time.Hour
	// unknownPause is between two fetches for keys that the set does not have, and
	// failurePause between two tries to get any.
	unknownPause = time.Minute
	failurePause = 5 * time.Second
)

// ErrUnavailable says that no keys have been got so far.
var ErrUnavailable = errors.New("the keys can't be had")

// ErrUnknown says that the set has no such key.
var ErrUnknown = errors.New("the set has no such key")

// Set is the keys of one address. It fetches nothing before it is asked for a key.
type Set struct {
	address string
	now     func() time.Time
	onError func(error)
	client  *http.Client
	fetches singleflight.Group

	mu      sync.Mutex
	keys    map[string]*rsa.PublicKey // by key id; nil before the first fetch
	fetched time.Time                 // when the keys were got
	tried   time.Time                 // when any fetch began
	missed  time.Time                 // when a fetch for an unknown key began
}

// New returns the set at an address. onError is called for each fetch that fails.
func New(address string, now func() time.Time, onError func(error)) *Set {
	return &Set{
		address: address, now: now, onError: onError,
		client: &http.Client{
			Timeout: fetchTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error {
				return http.ErrUseLastResponse // the keys are where the operator says
			},
		},
	}
}

// Key returns the RSA key with an id. The error is [ErrUnknown] or [ErrUnavailable]. A set
// that can't be fetched anew stays as it is.
func (s *Set) Key(ctx context.Context, id string) (*rsa.PublicKey, error) {
	if s.needsSet() {
		s.fetch(ctx)
	}
	key, err := s.find(id)
	if errors.Is(err, ErrUnknown) && s.mayMiss() { // perhaps a new one
		s.fetch(ctx)
		return s.find(id)
	}
	return key, err
}

func (s *Set) find(id string) (*rsa.PublicKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keys == nil {
		return nil, ErrUnavailable
	}
	if key, ok := s.keys[id]; ok {
		return key, nil
	}
	return nil, ErrUnknown
}

// needsSet reports whether the keys are to be fetched, whichever is asked for.
func (s *Set) needsSet() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if s.keys == nil {
		return now.Sub(s.tried) >= failurePause
	}
	return now.Sub(s.fetched) >= freshFor && now.Sub(s.tried) >= unknownPause
}

// mayMiss reports whether a key that is not in the set is worth a fetch.
func (s *Set) mayMiss() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if now.Sub(s.missed) < unknownPause {
		return false
	}
	s.missed = now
	return true
}

// fetch gets the keys, once for all who want them at the same time. Who leaves does not
// end it for the others.
func (s *Set) fetch(ctx context.Context) {
	done := s.fetches.DoChan("", func() (any, error) {
		s.mu.Lock()
		s.tried = s.now()
		s.mu.Unlock()
		keys, err := s.get(context.WithoutCancel(ctx))
		if err != nil {
			s.onError(err)
			return nil, nil
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.keys, s.fetched = keys, s.now()
		return nil, nil
	})
	select {
	case <-done:
	case <-ctx.Done():
	}
}

func (s *Set) get(ctx context.Context) (map[string]*rsa.PublicKey, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.address, http.NoBody)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the answer is %d, not 200", resp.StatusCode)
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxSet+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxSet {
		return nil, fmt.Errorf("the set has more than %d bytes", maxSet)
	}
	return parse(text)
}

// parse returns the RSA keys of a set that signatures may be checked with. Others are
// passed over: a set may have keys of kinds that are not known here.
func parse(text []byte) (map[string]*rsa.PublicKey, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(text, &set); err != nil {
		return nil, errors.New("the answer is not a key set")
	}
	if len(set.Keys) > maxKeys {
		return nil, fmt.Errorf("the set has more than %d keys", maxKeys)
	}
	keys := make(map[string]*rsa.PublicKey, len(set.Keys))
	for _, text := range set.Keys {
		var k jose.JSONWebKey
		if err := k.UnmarshalJSON(text); err != nil {
			continue
		}
		key, ok := k.Key.(*rsa.PublicKey)
		if !ok || k.KeyID == "" || k.Use != "" && k.Use != "sig" || key.N.BitLen() < minBits {
			continue
		}
		keys[k.KeyID] = key
	}
	if len(keys) == 0 {
		return nil, errors.New("the set has no RSA key for signatures")
	}
	return keys, nil
}
