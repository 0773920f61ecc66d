//go:build e2e

package e2e_test

import (
	"net/http"
	"os"
	"testing"
	"time"
)

const restartRate = 40 // sends a second

// TestPostgresRestart stops the database server in the middle of everything, in
// good order and as a crash does, and starts it again a little later.
func TestPostgresRestart(t *testing.T) {
	t.Run("postgres", func(t *testing.T) {
		database := onPostgres(t)
		restart := os.Getenv("TEST_POSTGRES_RESTART")
		if restart == "" {
			t.Fatal("TEST_POSTGRES_RESTART is not set")
		}
		c := newCampaign(t, database, 1)
		c.faults = halfFailing
		c.boot(t)
		stop := c.load(t, restartRate)
		for _, mode := range []string{"fast", "immediate"} {
			time.Sleep(time.Second)
			run(t, restart, mode, "1.5")
			took := c.wantPromises(t)
			t.Logf("%s: takes mails again %v after the server does", mode, took.Round(10*time.Millisecond))
		}
		stop()
		c.settleUp(t)
		if answers(c.orders(func(o order) bool { return !o.promised() }))[http.StatusServiceUnavailable] == 0 {
			t.Error("nobody was refused, want a server that was away")
		}
	})
}
