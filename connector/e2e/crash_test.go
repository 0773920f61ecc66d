//go:build e2e

package e2e_test

import (
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"testing"
	"time"
)

const (
	rounds = 8 // unless E2E_CRASH_ROUNDS says otherwise

	// crashRate, in sends a second, keeps what fails below what the outbox drains in
	// a second, and crashCallers below what a busy machine carries, so that the wait
	// at the end measures losses and not a backlog.
	crashRate    = 400
	crashCallers = 8
)

// TestCrashCampaign kills the service again and again while Mailgun refuses half
// of all mails: whatever was promised must arrive all the same.
func TestCrashCampaign(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { crashCampaign(t, onSQLite(t)) })
	t.Run("postgres", func(t *testing.T) { crashCampaign(t, onPostgres(t)) })
	t.Run("postgres, pooled", func(t *testing.T) { crashCampaign(t, onPgBouncer(t)) })
}

func crashCampaign(t *testing.T, database string) {
	c := newCampaign(t, database, 1)
	c.faults, c.callers = halfFailing, crashCallers
	c.boot(t)
	stop := c.load(t, crashRate)
	for range crashRounds(t) {
		time.Sleep(750*time.Millisecond + rand.N(500*time.Millisecond))
		c.replicas[0].crash(t)
		c.boot(t)
	}
	stop()
	c.settleUp(t)
	got := answers(c.orders(order.promised))
	if got[http.StatusOK] == 0 || got[http.StatusAccepted] == 0 {
		t.Errorf("promises by status = %v, want both 200 and 202", got)
	}
}

func crashRounds(t *testing.T) int {
	t.Helper()
	text := os.Getenv("E2E_CRASH_ROUNDS")
	if text == "" {
		return rounds
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("E2E_CRASH_ROUNDS = %q, want a number above 0", text)
	}
	return n
}
