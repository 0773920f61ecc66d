package httpapi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/connector/app/apptest"
	"mailgun-connector/connector/httpapi"
)

// knocker asks for something with a token, from an address.
type knocker struct {
	http.Handler
	logs bytes.Buffer
}

func newKnocker(t *testing.T) *knocker {
	t.Helper()
	tokens, err := httpapi.NewTokens(apptest.Token)
	if err != nil {
		t.Fatal(err)
	}
	k := &knocker{}
	k.Handler = newHandler(t, func(c *httpapi.Config) {
		c.Tokens = func() httpapi.Tokens { return tokens }
		c.Status = func() httpapi.Status { return httpapi.Status{} }
		c.Logger = slog.New(slog.NewJSONHandler(&k.logs, nil))
	})
	return k
}

// knock returns the status and how long it took.
func (k *knocker) knock(t *testing.T, address, token string) (int, time.Duration) {
	t.Helper()
	began := time.Now()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/status", nil)
	r.RemoteAddr = address
	r.Header.Set("Authorization", token)
	w := httptest.NewRecorder()
	k.ServeHTTP(w, r)
	return w.Code, time.Since(began)
}

// news lists who is in the log with how many requests.
func (k *knocker) news(t *testing.T) []string {
	t.Helper()
	synctest.Wait() // until what is due now is in the log
	var all []string
	for line := range strings.Lines(k.logs.String()) {
		var entry struct {
			Msg, Address string
			Requests     int
		}
		if err := json.Unmarshal([]byte(line), &entry); err != nil || entry.Msg != "no valid token" {
			t.Errorf("the log has %s, want nothing but tokens", line)
		}
		all = append(all, fmt.Sprint(entry.Address, " ", entry.Requests))
	}
	return all
}

const here = "192.0.2.7:4711"

// Guessing tokens becomes slow, for the guesser alone and never for a right token.
func TestWrongTokensAreSlowed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := newKnocker(t)
		began := time.Now()
		for range 30 {
			if status, took := k.knock(t, here, "wrong"); status != http.StatusUnauthorized || took > 0 {
				t.Fatalf("a first wrong token = %d after %v, want 401 at once", status, took)
			}
		}
		for range 100 {
			if status, _ := k.knock(t, here, "Bearer wrong-token-0123456789"); status != http.StatusUnauthorized {
				t.Fatalf("a later wrong token = %d, want 401", status)
			}
		}
		if took := time.Since(began); took != 10*time.Second {
			t.Errorf("100 more wrong tokens took %v, want ten seconds", took)
		}
		for _, address := range []string{here, "192.0.2.7:4712", "[::ffff:192.0.2.7]:1"} {
			if status, took := k.knock(t, address, apptest.Token); status != http.StatusOK || took > 0 {
				t.Errorf("a right token from %s = %d after %v, want 200 at once", address, status, took)
			}
		}
		if _, took := k.knock(t, "192.0.2.8:1", "wrong"); took > 0 {
			t.Errorf("a wrong token from elsewhere took %v, want none", took)
		}
	})
}

// However many connections guess, each answer comes before its caller gives up.
func TestWrongTokensAreAnswered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := newKnocker(t)
		const callers = 500
		slowest := make(chan time.Duration, callers)
		for range callers {
			go func() {
				_, took := k.knock(t, here, "wrong")
				slowest <- took
			}()
		}
		for range callers {
			if took := <-slowest; took > 2*time.Second {
				t.Errorf("a wrong token took %v, want two seconds at most", took)
			}
		}
	})
}

func TestWrongTokensAreLoggedOnceAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := newKnocker(t)
		k.knock(t, here, "wrong")
		time.Sleep(time.Second / 2)
		for i := range 90 {
			k.knock(t, here, "wrong")
			if i < 3 { // one network has many such addresses
				k.knock(t, fmt.Sprintf("[2001:db8::%x]:1", i), "")
			}
			time.Sleep(time.Second)
		}
		time.Sleep(2 * time.Minute)
		k.knock(t, here, "wrong")
		got := k.news(t)
		want := []string{"192.0.2.7/32 1", "2001:db8::/64 1", "192.0.2.7/32 60", "2001:db8::/64 2", "192.0.2.7/32 30", "192.0.2.7/32 1"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("log (-want +got):\n%s", diff)
		}
	})
}

// Strangers from everywhere take neither the memory nor the log.
func TestWrongTokensFromEverywhere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := newKnocker(t)
		var all sync.WaitGroup
		for i := range 5000 {
			all.Go(func() { k.knock(t, fmt.Sprintf("10.0.%d.%d:1", i/256, i%256), "wrong") })
		}
		all.Wait()
		time.Sleep(3 * time.Minute)
		got := k.news(t)
		if want := 1024 + 2; len(got) != want { // the others at first, and after a minute
			t.Errorf("%d lines in the log, want %d", len(got), want)
		}
		others := slices.DeleteFunc(got, func(line string) bool { return !strings.HasPrefix(line, "others ") })
		if diff := cmp.Diff([]string{"others 1", "others 3975"}, others); diff != "" {
			t.Errorf("the lines of those without a line of their own (-want +got):\n%s", diff)
		}
		if status, took := k.knock(t, "10.0.0.1:1", apptest.Token); status != http.StatusOK || took > 0 {
			t.Errorf("a right token = %d after %v, want 200 at once", status, took)
		}
	})
}
