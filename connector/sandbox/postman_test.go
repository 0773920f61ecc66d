package sandbox_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/connector/sandbox"
)

// report posts one event of message 1, after sending it.
func report(t *testing.T, w sandbox.Webhook) site {
	t.Helper()
	w.Manual = true
	s := hooked(t, w)
	s.mustSend(t, student)
	if _, err := s.Report(1, sandbox.Event{Event: "opened"}); err != nil {
		t.Fatalf("Report() = %v, want no error", err)
	}
	return s
}

func TestRetries(t *testing.T) {
	t.Parallel()
	h := listen(t, 500, 403, 302, 201, 404, 429, 200)
	s := report(t, h.quick())
	p := s.wait(t, 1)[0]
	if p.State != sandbox.PostDone || p.Tries != 7 || p.Status != 200 {
		t.Errorf("post = %+v, want it done at the 7th try", p)
	}
	first := <-h.hits
	for i, minutes := range []int{5, 10, 15, 60, 120, 240} {
		next := <-h.hits
		if next.body != first.body || next.method != http.MethodPost {
			t.Errorf("try %d = %+v, want the same as the first, %+v", i+2, next, first)
		}
		if gap := next.at.Sub(first.at); gap < time.Duration(minutes)*time.Millisecond {
			t.Errorf("try %d came %v after the one before, want at least %dms", i+2, gap, minutes)
		}
		first.at = next.at
	}
	if len(h.hits) != 0 {
		t.Errorf("hook got %+v beyond, as if a redirect was followed", <-h.hits)
	}
}

func TestLastTries(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]sandbox.Post{
		200: {State: sandbox.PostDone, Tries: 1},
		406: {State: sandbox.PostRejected, Tries: 1},
		204: {State: sandbox.PostGivenUp, Tries: 7},
		307: {State: sandbox.PostGivenUp, Tries: 7},
		400: {State: sandbox.PostGivenUp, Tries: 7},
		503: {State: sandbox.PostGivenUp, Tries: 7},
	} {
		h := listen(t, status)
		w := h.quick()
		w.Minute = time.Microsecond
		s := report(t, w)
		got := s.wait(t, 1)[0]
		if got.State != want.State || got.Tries != want.Tries || got.Status != status || len(h.hits) != want.Tries {
			t.Errorf("%d: post = %+v after %d tries, want it %s after %d", status, got, len(h.hits), want.State, want.Tries)
		}
	}
}

func TestNoAnswer(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body) // only then does the server see the client leave
		switch n.Add(1) {
		case 1:
			panic(http.ErrAbortHandler)
		case 2:
			<-r.Context().Done()
		}
	}))
	t.Cleanup(server.Close)
	s := report(t, sandbox.Webhook{URL: server.URL, SigningKey: signingKey, Minute: time.Microsecond, Timeout: 500 * time.Millisecond})
	if p := s.wait(t, 1)[0]; p.State != sandbox.PostDone || p.Tries < 3 {
		t.Errorf("post = %+v, want it done at the 3rd try", p) // or later, on a busy machine
	}
}

func TestErrorHidesURL(t *testing.T) {
	t.Parallel()
	s := report(t, sandbox.Webhook{URL: "http://user:pass-0123@127.0.0.1:1/?token=0123", SigningKey: signingKey, Minute: time.Microsecond})
	if p := s.wait(t, 1)[0]; p.State != sandbox.PostGivenUp || !strings.Contains(p.Error, "refused") || strings.Contains(p.Error, "0123") {
		t.Errorf("post = %+v, want why it was not taken, without the URL", p)
	}
}

func TestRetryGoesToNewURL(t *testing.T) {
	t.Parallel()
	s := report(t, sandbox.Webhook{URL: nowhere, SigningKey: signingKey, Minute: 10 * time.Millisecond})
	h := listen(t)
	w := h.quick()
	w.SigningKey = "another"
	s.SetWebhook(w)
	s.wait(t, 1)
	parse(t, (<-h.hits).body) // fails unless signed with the key of then
}

func TestTriesAreBounded(t *testing.T) {
	t.Parallel()
	const messages, limit = 40, 8
	var now, most atomic.Int64
	full := make(chan struct{})
	var once sync.Once
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		n := now.Add(1)
		defer now.Add(-1)
		for {
			seen := most.Load()
			if n <= seen || most.CompareAndSwap(seen, n) {
				break
			}
		}
		if n == limit {
			once.Do(func() { close(full) })
		}
		<-full
	}))
	t.Cleanup(server.Close)
	s := hooked(t, sandbox.Webhook{URL: server.URL, SigningKey: signingKey, Minute: time.Millisecond, Manual: true})
	s.mustSend(t, student)
	if _, err := s.Report(1, sandbox.Event{Event: "opened", Times: messages}); err != nil {
		t.Fatal(err)
	}
	s.wait(t, messages)
	if most.Load() != limit {
		t.Errorf("%d tries at once, want %d", most.Load(), limit)
	}
}

func TestTimes(t *testing.T) {
	t.Parallel()
	h := listen(t)
	s := report(t, h.quick())
	list, err := s.Report(1, sandbox.Event{Event: "opened", Times: 3})
	if err != nil || len(list) != 3 || list[0].Seq != 2 || list[2].Seq != 4 {
		t.Fatalf("Report() = %+v, %v, want 3 posts", list, err)
	}
	s.wait(t, 4)
	times := map[string]int{}
	for range 4 {
		times[(<-h.hits).body]++
	}
	if diff := cmp.Diff(3, times[string(list[0].Body)]); diff != "" || len(times) != 2 {
		t.Errorf("hook got %v, want one body 3 times and another once", times)
	}
}
