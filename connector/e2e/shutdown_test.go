//go:build e2e

package e2e_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"mailgun-connector/connector/sandbox"
)

// Not parallel: 200 sends at a time would disturb the times of other tests.
func TestShutdownDuringSends(t *testing.T) {
	const sends = 200
	for name, test := range map[string]struct {
		fault  sandbox.Fault
		status int
		mails  int
		most   time.Duration // from the signal to the end
	}{
		"answering": {sandbox.Fault{Delay: time.Second}, 200, sends, 3 * time.Second},
		"hanging":   {sandbox.Fault{Hang: true}, 504, 0, sendTimeout + 2*time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, spec{})
			s.sandbox.SetFaults(test.fault)
			done := make(chan []answer)
			go func() { done <- s.sendMany(t, sends) }()
			eventually(t, "all sends are in flight", 5*time.Second, func() bool { return s.sandbox.Requests() == sends })
			s.signal(t, syscall.SIGTERM)
			signalled := time.Now()
			refused := eventually(t, "connections are refused", time.Second, func() bool { return !s.accepts() })
			answers := <-done
			status := s.wait(t, test.most-time.Since(signalled))
			t.Logf("refuses after %v; slowest answer %v; ended %v after the signal", refused.Round(time.Millisecond),
				slowest(answers).Round(time.Millisecond), time.Since(signalled).Round(time.Millisecond))
			if got := tally(answers); got[test.status] != sends || status != 0 {
				t.Errorf("answers = %v, exit status %d, want %d times %d and 0", got, status, sends, test.status)
			}
			s.checkDurations(t, sends)
			s.checkRecipients(t, test.mails)
		})
	}
}

// checkDurations wants every send to have kept within its time, by the service's
// own clock: so many at once queue up on the way to it, on a small machine. There
// the race detector needs a while, too, for answers that all fall due together.
func (s *service) checkDurations(t *testing.T, sends int) {
	t.Helper()
	lines := s.logged(t, "sent", "not sent")
	if len(lines) != sends {
		t.Errorf("%d lines for sends in the log, want %d", len(lines), sends)
	}
	limit := sendTimeout + slack
	if isRaceTest() {
		limit += 3 * slack
	}
	for _, line := range lines {
		if ms, _ := line["duration_ms"].(float64); ms > float64(limit.Milliseconds()) {
			t.Errorf("duration_ms = %v, want at most %v", line["duration_ms"], limit.Milliseconds())
		}
	}
}

// accepts reports whether the service takes a new connection.
func (s *service) accepts() bool {
	c, err := net.DialTimeout("tcp", strings.TrimPrefix(s.url, "http://"), time.Second)
	if err != nil {
		return false
	}
	c.Close()
	return true
}

// checkRecipients wants one mail for each of so many messages.
func (s *service) checkRecipients(t *testing.T, mails int) {
	t.Helper()
	seen := map[string]int{}
	for _, m := range s.sandbox.Messages() {
		seen[m.To]++
	}
	for i := range mails {
		if to := fmt.Sprintf("reader-%04d@example.net", i+1); seen[to] != 1 {
			t.Errorf("mails to %s = %d, want 1", to, seen[to])
		}
	}
	if len(seen) != mails {
		t.Errorf("%d recipients, want %d", len(seen), mails)
	}
}

// Connections without a request must not hold up the end: callers keep them open
// for the next one, or open them ahead. Half a request may, for as long as it
// could still become a whole one, and it is no failure of the service's.
func TestShutdownWithConnections(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		open func(*testing.T, *service)
		most time.Duration
	}{
		"none":         {func(*testing.T, *service) {}, time.Second},
		"idle":         {func(t *testing.T, s *service) { s.sendMany(t, 20) }, time.Second},
		"never used":   {func(t *testing.T, s *service) { s.dial(t, "") }, time.Second},
		"half request": {func(t *testing.T, s *service) { s.dial(t, "POST /send-code HTTP/1.1\r\nHost: x\r\n") }, 6 * time.Second},
		"half body": {func(t *testing.T, s *service) {
			s.dial(t, "POST /send-code HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+token+
				"\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{\"to\":")
		}, sendTimeout + 6*time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, spec{})
			test.open(t, s)
			s.signal(t, syscall.SIGTERM)
			signalled := time.Now()
			status := s.wait(t, test.most)
			if status != 0 {
				t.Errorf("exit status = %d, want 0", status)
			}
			t.Logf("ended %v after the signal", time.Since(signalled).Round(time.Millisecond))
		})
	}
}

// dial opens a connection to the service, writes the beginning of a request and
// leaves it at that until the test ends.
func (s *service) dial(t *testing.T, beginning string) {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	must(t, err)
	t.Cleanup(func() { c.Close() })
	_, err = io.WriteString(c, beginning)
	must(t, err)
	s.get(t, "/healthz") // connections are accepted in order, so that one was too
}

// A second signal, from an impatient operator, must not cut sends off.
func TestShutdownTwice(t *testing.T) {
	t.Parallel()
	s := start(t, spec{})
	s.sandbox.SetFaults(sandbox.Fault{Delay: time.Second})
	done := make(chan answer)
	go func() { done <- s.send(t) }()
	eventually(t, "the send is in flight", 2*time.Second, func() bool { return s.sandbox.Requests() == 1 })
	s.signal(t, syscall.SIGTERM)
	eventually(t, "connections are refused", time.Second, func() bool { return !s.accepts() })
	s.signal(t, syscall.SIGTERM)
	s.signal(t, syscall.SIGHUP)
	if got := <-done; got.status != http.StatusOK {
		t.Errorf("answer = %d %s, want 200", got.status, got.body)
	}
	if status := s.wait(t, 2*time.Second); status != 0 {
		t.Errorf("exit status = %d, want 0", status)
	}
}
