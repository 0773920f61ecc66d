package sandbox_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/connector/sandbox"
)

// nowhere is a URL that refuses every connection.
const nowhere = "http://127.0.0.1:1/"

// bubbled returns a Sandbox whose webhook goes nowhere, with one message. It is
// for synctest bubbles, which end only once nothing of the Sandbox runs.
func bubbled(t *testing.T, w sandbox.Webhook) *sandbox.Sandbox {
	t.Helper()
	c := account()
	c.Now = nil // the clock of the bubble
	w.URL, w.SigningKey = nowhere, signingKey
	c.Webhook = w
	s := sandbox.New(c)
	statuses(t, s, 1)
	return s
}

func TestSchedule(t *testing.T) {
	t.Parallel()
	for minute, want := range map[time.Duration]time.Duration{0: 450 * time.Minute, 10 * time.Millisecond: 4500 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			s := bubbled(t, sandbox.Webhook{Minute: minute, Delay: 2 * time.Second})
			defer s.Close()
			start := time.Now()
			for n, wait := range []time.Duration{0, 5, 10, 15, 60, 120, 240} {
				time.Sleep(wait * want / 450)
				synctest.Wait()
				p := s.Posts()[0]
				if p.Tries != n+1 || p.Status != 0 || !strings.Contains(p.Error, "refused") {
					t.Errorf("after %v: %+v, want try %d refused", time.Since(start), p, n+1)
				}
				if last := n == 6; last != (p.State == sandbox.PostGivenUp) || last != p.Next.IsZero() {
					t.Errorf("after %v: post is %s with the next try at %v, want it given up after 7 tries", time.Since(start), p.State, p.Next)
				}
			}
			got, err := s.WaitPosts(t.Context(), 2)
			if took := time.Since(start); err != nil || took != want+2*time.Second || got[1].Tries != 7 {
				t.Errorf("WaitPosts() = %+v, %v after %v, want delivered given up after %v", got, err, took, want+2*time.Second)
			}
		})
	}
}

func TestDelay(t *testing.T) {
	t.Parallel()
	for delay, want := range map[time.Duration]time.Duration{0: 200 * time.Millisecond, time.Hour: time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			s := bubbled(t, sandbox.Webhook{Delay: delay})
			defer s.Close()
			synctest.Wait()
			posts := s.Posts()
			if posts[0].Tries != 1 || posts[1].Tries != 0 || !posts[1].Next.Equal(start.Add(want)) {
				t.Errorf("Posts() = %+v, want the 2nd after %v", posts, want)
			}
			if got := parse(t, string(posts[1].Body)).EventData["timestamp"]; got != float64(start.Add(want).UnixMicro())/1e6 {
				t.Errorf("delivered at %v, want %v after %v", got, want, start)
			}
			time.Sleep(want)
			synctest.Wait()
			if got := s.Posts()[1].Tries; got != 1 {
				t.Errorf("%d tries after %v, want 1", got, want)
			}
		})
	}
}

func TestResetForgetsPosts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := bubbled(t, sandbox.Webhook{})
		defer s.Close()
		synctest.Wait()
		s.Reset()
		time.Sleep(24 * time.Hour)
		if got := s.Posts(); len(got) != 0 {
			t.Errorf("Posts() = %+v a day after Reset, want none", got)
		}
		statuses(t, s, 1)
		got, err := s.WaitPosts(t.Context(), 2)
		if err != nil || len(got) != 2 || got[0].Seq != 1 {
			t.Errorf("WaitPosts() = %+v, %v after Reset, want 2 from number 1", got, err)
		}
	})
}

// TestCloseEndsPosts would not end if Close left anything running.
func TestCloseEndsPosts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := bubbled(t, sandbox.Webhook{})
		synctest.Wait()
		closed := make(chan error, 1)
		time.AfterFunc(time.Minute, func() { closed <- s.Close() })
		if _, err := s.WaitPosts(t.Context(), 1); err == nil || err.Error() != "waiting for 1 posts, completed 0: the sandbox is closed" {
			t.Errorf("WaitPosts() = %v, want an error", err)
		}
		if err := errors.Join(<-closed, s.Close()); err != nil {
			t.Errorf("Close() = %v, want no error", err)
		}
		s.SetWebhook(sandbox.Webhook{URL: nowhere, SigningKey: signingKey})
		statuses(t, s, 1)
		if _, err := s.Report(1, sandbox.Event{Event: "opened"}); !errors.Is(err, sandbox.ErrNoWebhook) {
			t.Errorf("Report() = %v after Close, want %v", err, sandbox.ErrNoWebhook)
		}
		time.Sleep(24 * time.Hour)
		if got := s.Posts(); len(got) != 2 || got[0].Tries != 1 || got[0].State != sandbox.PostPending {
			t.Errorf("Posts() = %+v a day after Close, want what was there", got)
		}
	})
}

func TestCloseCutsConnections(t *testing.T) {
	t.Parallel()
	arrived := make(chan bool, 1)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body) // only then does the server see the client leave
		if r.URL.Path == "/hang" {
			arrived <- true
			<-r.Context().Done()
		}
	}))
	opened, closed := make(chan bool, 10), make(chan bool, 10)
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			opened <- true
		case http.StateClosed:
			closed <- true
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	for _, path := range []string{"/", "/hang"} {
		s := sandbox.New(account())
		s.SetWebhook(sandbox.Webhook{URL: server.URL + path, SigningKey: signingKey, Manual: true})
		statuses(t, s, 1)
		if _, err := s.Report(1, sandbox.Event{Event: "opened"}); err != nil {
			t.Fatal(err)
		}
		if path == "/hang" {
			<-arrived
		} else if _, err := s.WaitPosts(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("Close() = %v, want no error", err)
		}
		<-opened
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
	c.Webhook = listen(t).quick()
	s := serve(t, c)
	for range 5 {
		s.mustSend(t, student)
	}
	posts := s.wait(t, 10)
	var got []int
	for _, p := range posts {
		got = append(got, p.Seq)
	}
	if diff := cmp.Diff([]int{7, 8, 9, 10}, got); diff != "" {
		t.Errorf("Posts() (-want +got):\n%s", diff)
	}
	posts[0].Body[0] = 'x'
	if s.Posts()[0].Body[0] != '{' {
		t.Error("Posts() changed with what it returned before")
	}
}

func TestResetForgetsPostInFlight(t *testing.T) {
	t.Parallel()
	arrived, answer := make(chan bool), make(chan bool)
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		arrived <- true
		<-answer
	}))
	t.Cleanup(server.Close)
	s := report(t, hook{url: server.URL}.quick())
	<-arrived
	s.Reset()
	close(answer)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if got, err := s.WaitPosts(ctx, 1); err == nil || len(got) != 0 {
		t.Errorf("WaitPosts() = %+v, %v after Reset, want nothing completed", got, err)
	}
}
