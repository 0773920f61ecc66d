//go:build e2e

package e2e_test

import (
	"testing"
	"time"

	"mailgun-connector/connector/sandbox"
)

// Not parallel, like every test that puts load on the machine.
func TestMaxInFlight(t *testing.T) {
	const slots, sends = 8, 50
	s := start(t, spec{args: []string{"--max-in-flight", "8"}})
	s.sandbox.SetFaults(sandbox.Fault{Delay: 2 * time.Second})
	var most time.Duration
	answers := s.sendMany(t, sends)
	for _, a := range answers {
		if a.status == 200 {
			continue
		}
		most = max(most, a.took)
		if a.status != 503 || !a.problem.Retryable || a.retryAfter() != 1 || a.took > atOnce {
			t.Errorf("answer = %d %s after %v, want a retryable 503 with Retry-After: 1 at once", a.status, a.body, a.took)
		}
	}
	if got := tally(answers); got[200] != slots || got[503] != sends-slots {
		t.Errorf("answers = %v, want %d times 200 and %d times 503", got, slots, sends-slots)
	}
	if got := len(s.sandbox.Messages()); got != slots {
		t.Errorf("Mailgun took %d mails, want %d", got, slots)
	}
	t.Logf("slowest 503 after %v", most.Round(time.Millisecond))
	s.sandbox.SetFaults()
	if got := s.send(t); got.status != 200 {
		t.Errorf("answer once there is room = %d %s, want 200", got.status, got.body)
	}
}

// Connections to Mailgun are kept: a new one for each mail would cost three
// round trips more, and a port for a minute.
func TestConnectionsAreKept(t *testing.T) {
	const workers, sends = 16, 200
	s := start(t, spec{})
	began := time.Now()
	answers := s.sendBy(t, workers, sends)
	if got := tally(answers); got[200] != sends {
		t.Errorf("answers = %v, want %d times 200", got, sends)
	}
	connections := s.connections.Load()
	if connections > workers+4 {
		t.Errorf("%d connections to Mailgun, want at most %d", connections, workers+4)
	}
	t.Logf("%d sends in %v, slowest %v, over %d connections", sends, time.Since(began).Round(time.Millisecond),
		slowest(answers).Round(time.Millisecond), connections)
	s.checkRecipients(t, sends)
}

// One recipient gets twenty mails and no more, by default.
func TestRecipientLimit(t *testing.T) {
	t.Parallel()
	s := start(t, spec{})
	m := s.newMessage()
	for i := range 21 {
		got := s.post(t, m)
		if i < 20 && got.status != 200 {
			t.Errorf("answer %d = %d %s, want 200", i, got.status, got.body)
		}
		if i == 20 && (got.status != 429 || got.retryAfter() < 1 || got.retryAfter() > 600) {
			t.Errorf("answer %d = %d, Retry-After %d, want 429 and at most ten minutes", i, got.status, got.retryAfter())
		}
	}
	if got := s.sandbox.Requests(); got != 20 {
		t.Errorf("Mailgun got %d requests, want 20", got)
	}
}
