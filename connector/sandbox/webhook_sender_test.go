package sandbox_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/connector/sandbox"
)

// bubbled returns a Sandbox whose webhook refuses every connection, with one
// message. It is for synctest bubbles, which end only once nothing of the
// Sandbox runs.
func bubbled(t *testing.T, w sandbox.Webhook) *sandbox.Sandbox {
	t.Helper()
	s := sandbox.New(account())
	w.URL, w.SigningKey = "http://127.0.0.1:1/", signingKey
	s.SetWebhook(w)
	statuses(t, s, 1)
	return s
}

func TestWebhookTimes(t *testing.T) {
	t.Parallel()
	for retry, want := range map[time.Duration]time.Duration{0: time.Second, time.Minute: time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			s := bubbled(t, sandbox.Webhook{Retry: retry, Delay: time.Hour})
			defer s.Close()
			for n := 1; n <= 7; n++ {
				synctest.Wait()
				p := s.Posts()[0]
				if last := n == 7; p.Tries != n || p.Status != 0 || last != (p.State == sandbox.PostGivenUp) {
					t.Errorf("after %v: %+v, want try %d, and the 7th the last", time.Since(start), p, n)
				}
				time.Sleep(want)
			}
			later := s.Posts()[1]
			if got := parse(t, later.Body).EventData["timestamp"]; got != float64(start.Add(time.Hour).UnixMicro())/1e6 || later.Tries != 0 {
				t.Errorf("second post = %+v, dated %v, want it an hour after %v", later, got, start)
			}
			got, err := s.WaitPosts(t.Context(), 2)
			if took := time.Since(start); err != nil || took != time.Hour+6*want || got[1].Tries != 7 {
				t.Errorf("WaitPosts() = %+v, %v after %v, want the second given up an hour after the first", got, err, took)
			}
		})
	}
}

func TestWebhookAnswers(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]sandbox.Post{
		200: {State: sandbox.PostDone, Tries: 1},
		406: {State: sandbox.PostRejected, Tries: 1},
		204: {State: sandbox.PostGivenUp, Tries: 7},
		307: {State: sandbox.PostGivenUp, Tries: 7},
		400: {State: sandbox.PostGivenUp, Tries: 7},
		503: {State: sandbox.PostGivenUp, Tries: 7},
	} {
		s := hooked(t, listen(t, status).quick())
		s.mustSend(t, student)
		for _, got := range s.wait(t, 2) {
			if got.State != want.State || got.Tries != want.Tries || got.Status != status {
				t.Errorf("%d: post = %+v, want it %s after %d", status, got, want.State, want.Tries)
			}
		}
	}
}

func TestWebhookTriesTheSame(t *testing.T) {
	t.Parallel()
	h := listen(t, 500, 403, 302, 201, 404, 429, 200)
	c := account()
	c.Templates = []string{} // so that one event is all
	s := serve(t, c)
	s.SetWebhook(h.quick())
	s.post(t, fields("template", "missing"))
	if p := s.wait(t, 1)[0]; p.State != sandbox.PostDone || p.Tries != 7 || p.Status != 200 {
		t.Errorf("post = %+v, want it done at the 7th try", p)
	}
	first := <-h.hits
	for range 6 {
		if next := <-h.hits; next != first {
			t.Errorf("try = %+v, want the same as the first, %+v", next, first)
		}
	}
	if len(h.hits) != 0 {
		t.Errorf("hook got %+v beyond, as if a redirect was followed", <-h.hits)
	}
}

func TestWebhookThatDrops(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		if n.Add(1) <= 2 {
			panic(http.ErrAbortHandler)
		}
	}))
	t.Cleanup(server.Close)
	s := hooked(t, hook{url: server.URL}.quick())
	s.mustSend(t, student)
	for _, p := range s.wait(t, 2) {
		if p.State != sandbox.PostDone {
			t.Errorf("post = %+v, want it done by another try", p)
		}
	}
}

func TestWebhookTriesAreBounded(t *testing.T) {
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
	s := hooked(t, hook{url: server.URL}.quick())
	s.mustSend(t, student)
	if _, err := s.Report(1, sandbox.Event{Event: "opened", Times: messages}); err != nil {
		t.Fatal(err)
	}
	s.wait(t, messages+2)
	if most.Load() != limit {
		t.Errorf("%d tries at once, want %d", most.Load(), limit)
	}
}

// TestCloseEndsPosts would not end if Close left anything running.
func TestCloseEndsPosts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := bubbled(t, sandbox.Webhook{})
		synctest.Wait()
		for range 2 {
			if err := s.Close(); err != nil {
				t.Errorf("Close() = %v, want no error", err)
			}
		}
		statuses(t, s, 1)
		if got, err := s.Report(1, sandbox.Event{Event: "opened"}); err == nil {
			t.Errorf("Report() = %+v after Close, want an error", got)
		}
		if got, err := s.WaitPosts(t.Context(), 1); err == nil || len(got) != 2 || got[0].State != sandbox.PostPending {
			t.Errorf("WaitPosts() = %+v, %v after Close, want what was there and an error", got, err)
		}
	})
}

func TestCloseCutsConnections(t *testing.T) {
	t.Parallel()
	arrived := make(chan bool, 2)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body) // only then does the server see the client leave
		arrived <- true
		if r.URL.Path == "/hang" {
			<-r.Context().Done()
		}
	}))
	closed := make(chan bool, 10)
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			closed <- true
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	for _, path := range []string{"/", "/hang"} {
		s := sandbox.New(account())
		s.SetWebhook(sandbox.Webhook{URL: server.URL + path, SigningKey: signingKey, Delay: time.Hour})
		statuses(t, s, 1)
		<-arrived
		if path == "/" {
			if _, err := s.WaitPosts(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
		}
		_ = s.Close()
		<-closed // a hang here means that Close left the connection
	}
}

func TestWaitPostsEnds(t *testing.T) {
	t.Parallel()
	s := sandbox.New(account())
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("enough")
	cancel(cause)
	if got, err := s.WaitPosts(ctx, 1); !errors.Is(err, cause) || len(got) != 0 {
		t.Errorf("WaitPosts() = %v, %v, want none and %v", got, err, cause)
	}
}

func TestPostsAreBounded(t *testing.T) {
	t.Parallel()
	c := account()
	c.Capacity = 2
	s := serve(t, c)
	s.SetWebhook(listen(t).quick())
	for range 5 {
		s.mustSend(t, student)
	}
	var got []int
	for _, p := range s.wait(t, 4) {
		got = append(got, p.Seq)
	}
	if diff := cmp.Diff([]int{7, 8, 9, 10}, got); diff != "" {
		t.Errorf("Posts() (-want +got):\n%s", diff)
	}
	s.Reset()
	if got := s.Posts(); len(got) != 0 {
		t.Errorf("Posts() = %+v after Reset, want none", got)
	}
}
