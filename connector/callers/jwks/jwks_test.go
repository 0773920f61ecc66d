package jwks_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"mailgun-connector/connector/callers/jwks"
)

var key = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
})

// set is a key set with one key under each of the ids.
func set(t *testing.T, ids ...string) string {
	t.Helper()
	var all jose.JSONWebKeySet
	for _, id := range ids {
		all.Keys = append(all.Keys, jose.JSONWebKey{Key: &key().PublicKey, KeyID: id, Algorithm: "RS256", Use: "sig"})
	}
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// source is where a set is fetched.
type source struct {
	answer  atomic.Value // http.HandlerFunc
	fetches atomic.Int32
	mu      sync.Mutex
	now     time.Time
	*jwks.Set
}

func newSource(t *testing.T) *source {
	t.Helper()
	s := &source{now: time.Unix(1_795_617_834, 0)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.fetches.Add(1)
		s.answer.Load().(http.HandlerFunc)(w, r)
	}))
	t.Cleanup(server.Close)
	s.Set = jwks.New(server.URL, s.clock, func(error) {})
	return s
}

func (s *source) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *source) pass(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

func (s *source) serve(text string) {
	s.answer.Store(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text)) }))
}

// want holds the outcome of asking for a key, and the number of fetches so far.
func (s *source) want(t *testing.T, id string, want error, fetches int32) {
	t.Helper()
	got, err := s.Key(t.Context(), id)
	if !errors.Is(err, want) || (err == nil) != (got != nil) {
		t.Errorf("Key(%q) = %v, %v, want %v", id, got != nil, err, want)
	}
	if n := s.fetches.Load(); n != fetches {
		t.Errorf("after Key(%q) there were %d fetches, want %d", id, n, fetches)
	}
}

func TestRotation(t *testing.T) {
	t.Parallel()
	s := newSource(t)
	s.serve(set(t, "old"))
	s.want(t, "old", nil, 1)
	s.want(t, "old", nil, 1)
	s.serve(set(t, "old", "new"))
	s.want(t, "new", nil, 2)
	s.want(t, "forged-1", jwks.ErrUnknown, 2) // at most one fetch a minute for what is not there
	s.want(t, "forged-2", jwks.ErrUnknown, 2)
	s.pass(time.Minute)
	s.want(t, "forged-3", jwks.ErrUnknown, 3)
	s.want(t, "old", nil, 3)
	s.serve(set(t, "new")) // the old one is withdrawn, which is seen within an hour
	s.want(t, "old", nil, 3)
	s.pass(time.Hour)
	s.want(t, "old", jwks.ErrUnknown, 5)
	s.want(t, "new", nil, 5)
}

// Whatever the address answers, the last good set stays, and without one there is none.
func TestBadAnswers(t *testing.T) {
	t.Parallel()
	huge := set(t, "a")[:len(set(t, "a"))-1] + `,"x":"` + strings.Repeat("x", 300<<10) + `"}`
	ids := make([]string, 101)
	for i := range ids {
		ids[i] = strings.Repeat("k", i+1)
	}
	for name, answer := range map[string]http.HandlerFunc{
		"down":      func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"failing":   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"redirect":  func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) },
		"empty":     func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"keys":[]}`)) },
		"no set":    func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`<html>`)) },
		"no body":   func(http.ResponseWriter, *http.Request) {},
		"huge":      func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(huge)) },
		"many keys": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(set(t, ids...))) },
		"symmetric": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"keys":[{"kty":"oct","kid":"a","k":"AAAA"}]}`))
		},
		"for encryption": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(strings.Replace(set(t, "a"), `"sig"`, `"enc"`, 1)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSource(t)
			s.answer.Store(answer)
			if _, err := s.Key(t.Context(), "a"); !errors.Is(err, jwks.ErrUnavailable) {
				t.Errorf("Key() at the start = %v, want %v", err, jwks.ErrUnavailable)
			}
			n := s.fetches.Load()
			s.want(t, "a", jwks.ErrUnavailable, n) // no storm
			s.serve(set(t, "a"))
			s.pass(5 * time.Second)
			s.want(t, "a", nil, n+1)
			s.answer.Store(answer)
			s.pass(time.Hour)
			if _, err := s.Key(t.Context(), "a"); err != nil {
				t.Errorf("Key() of the last good set = %v, want nil", err)
			}
		})
	}
}

// A slow address holds nobody up for longer than they have, and is asked once.
func TestSlow(t *testing.T) {
	t.Parallel()
	s := newSource(t)
	release := make(chan struct{})
	text := set(t, "a")
	s.answer.Store(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		<-release
		_, _ = w.Write([]byte(text))
	}))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			if _, err := s.Key(ctx, "a"); !errors.Is(err, jwks.ErrUnavailable) {
				t.Errorf("Key() while the address is slow = %v, want %v", err, jwks.ErrUnavailable)
			}
		})
	}
	group.Wait()
	if n := s.fetches.Load(); n != 1 {
		t.Errorf("%d fetches, want 1", n)
	}
	close(release)
	if _, err := s.Key(t.Context(), "a"); err != nil && !errors.Is(err, jwks.ErrUnavailable) {
		t.Errorf("Key() = %v", err)
	}
}

// FuzzSet has addresses answer anything.
func FuzzSet(f *testing.F) {
	f.Add(`{"keys":[{"kty":"RSA","kid":"a","n":"AQAB","e":"AQAB"}]}`)
	f.Add(`{"keys":[null,1,{}]}`)
	f.Add(`{"keys":{}}`)
	f.Fuzz(func(t *testing.T, text string) {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text)) }))
		defer server.Close()
		got, err := jwks.New(server.URL, time.Now, func(error) {}).Key(t.Context(), "a")
		if err == nil && got.N.BitLen() < 2048 {
			t.Errorf("a key of %d bits is taken", got.N.BitLen())
		}
	})
}
