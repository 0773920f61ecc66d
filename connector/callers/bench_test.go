package callers_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"mailgun-connector/connector"
	"mailgun-connector/connector/callers"
	"mailgun-connector/connector/callers/jwks"
	"mailgun-connector/connector/config"
)

// recordedKeys are the keys of a recording, as if they had been fetched.
type recordedKeys map[string]*rsa.PublicKey

func (k recordedKeys) Key(_ context.Context, id string) (*rsa.PublicKey, error) {
	if key, ok := k[id]; ok {
		return key, nil
	}
	return nil, jwks.ErrUnknown
}

// recordedCaller returns the caller of a recording at the time of a case, and its call.
func recordedCaller(tb testing.TB, kind, name string) (connector.Caller, *connector.Call) {
	tb.Helper()
	r := readRecording(tb, kind)
	c := r.find(tb, name)
	keys := recordedKeys{}
	var sets struct {
		JWKS jose.JSONWebKeySet `json:"jwks_two"`
	}
	if len(r.Keys) > 0 {
		if err := json.Unmarshal(r.Keys, &sets); err != nil {
			tb.Fatal(err)
		}
	}
	for _, key := range sets.JWKS.Keys {
		keys[key.KeyID] = key.Key.(*rsa.PublicKey)
	}
	all, err := callers.New(map[string]config.Caller{"c": settings(kind)}, callers.Environment{
		Now: func() time.Time { return c.Now }, Keys: func(string) callers.KeySet { return keys },
	})
	if err != nil {
		tb.Fatal(err)
	}
	call := &connector.Call{Method: http.MethodPost, Header: http.Header{}, Body: []byte(c.Request.Body)}
	for name, value := range c.Request.Headers {
		http.Header(call.Header).Set(name, value)
	}
	return all["c"], call
}

// cpu reports what a loop costs the processor, which unlike its time does not depend on
// what else the machine does.
func cpu(b *testing.B, do func()) {
	b.Helper()
	b.ReportAllocs()
	used := func() int64 {
		var r syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
			b.Fatal(err)
		}
		return r.Utime.Nano() + r.Stime.Nano()
	}
	before := used()
	n := 0
	for b.Loop() {
		do()
		n++
	}
	b.ReportMetric(float64(used()-before)/float64(n), "cpu-ns/op")
}

// BenchmarkRead proves a recorded call and reads it.
func BenchmarkRead(b *testing.B) {
	for kind, name := range map[string]string{
		"supabase": "recovery", "clerk": "verification_code", "zitadel": "verify_email", "hanko": "passcode_login",
	} {
		b.Run(kind, func(b *testing.B) {
			caller, call := recordedCaller(b, kind, name)
			cpu(b, func() {
				if _, err := caller.Read(b.Context(), call); err != nil {
					b.Fatal(err)
				}
			})
		})
	}
}

// BenchmarkRefusal refuses a recorded call whose body was changed: what a proof costs.
func BenchmarkRefusal(b *testing.B) {
	for kind, name := range map[string]string{
		"supabase": "tampered_recipient", "zitadel": "tampered_recipient", "hanko": "tampered_recipient",
	} {
		b.Run(kind, func(b *testing.B) {
			caller, call := recordedCaller(b, kind, name)
			cpu(b, func() {
				if _, err := caller.Read(b.Context(), call); err == nil {
					b.Fatal("a call that was changed is taken")
				}
			})
		})
	}
}

// BenchmarkToken proves a token that was signed with a key of a size, and reads it.
func BenchmarkToken(b *testing.B) {
	for _, bits := range []int{2048, 4096} {
		b.Run(strconv.Itoa(bits), func(b *testing.B) {
			key, err := rsa.GenerateKey(rand.Reader, bits)
			if err != nil {
				b.Fatal(err)
			}
			all, err := callers.New(map[string]config.Caller{"c": settings("hanko")}, callers.Environment{
				Now: recordedNow, Keys: func(string) callers.KeySet { return recordedKeys{"k": &key.PublicKey} },
			})
			if err != nil {
				b.Fatal(err)
			}
			signed := token(b, jose.RS256, key, "k", claims(recordedNow(), nil))
			call := &connector.Call{
				Method: http.MethodPost, Header: http.Header{},
				Body: fmt.Appendf(nil, `{"token":%q,"event":"email.send"}`, signed),
			}
			cpu(b, func() {
				if _, err := all["c"].Read(b.Context(), call); err != nil {
					b.Fatal(err)
				}
			})
		})
	}
}
