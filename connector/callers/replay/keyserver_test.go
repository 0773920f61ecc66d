package replay_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// keyServer is a stand-in for where a caller shows its public keys.
type keyServer struct {
	url     string
	fetches atomic.Int32
}

// newKeyServer serves the sets of a recording in turn, the last of them again and again.
// "no answer" breaks each connection.
func newKeyServer(t *testing.T, keys json.RawMessage, says string) *keyServer {
	t.Helper()
	var sets map[string]json.RawMessage
	if err := json.Unmarshal(keys, &sets); err != nil {
		t.Fatal(err)
	}
	var turns []json.RawMessage
	for _, name := range []string{"jwks_one", "jwks_two"} {
		if strings.Contains(says, name) {
			turns = append(turns, sets[name])
		}
	}
	if says == "" {
		turns = []json.RawMessage{sets["jwks_two"]} // which has the keys of both
	}
	k := &keyServer{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n := int(k.fetches.Add(1))
		if len(turns) == 0 {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(turns[min(n, len(turns))-1])
	}))
	t.Cleanup(server.Close)
	k.url = server.URL + "/.well-known/jwks.json"
	return k
}
