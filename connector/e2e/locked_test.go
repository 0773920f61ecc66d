//go:build e2e

package e2e_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"mailgun-connector/connector/sandbox"
)

const lockRate = 20 // sends a second

// TestDatabaseLocked has another process hold SQLite's write lock, as a backup or
// a shell does, for longer than the service waits. Callers are told no in time.
func TestDatabaseLocked(t *testing.T) {
	c := newCampaign(t, onSQLite(t), 1, "--send-timeout", sendTimeout.String())
	c.faults = halfFailing
	c.boot(t)
	stop := c.load(t, lockRate)
	time.Sleep(time.Second)
	unlock := c.lock(t)
	began := time.Now()
	c.wantRefusals(t)
	time.Sleep(time.Until(began.Add(5 * time.Second)))
	unlock()
	took := c.wantPromises(t)
	stop()
	c.settleUp(t)
	t.Logf("takes mails again %v after the lock", took.Round(10*time.Millisecond))
}

// A lock that ends before the service gives up costs time, which the attempt must
// not have once more: the caller waits for both.
func TestDatabaseLockedThenMailgunHangs(t *testing.T) {
	c := newCampaign(t, onSQLite(t), 1, "--send-timeout", sendTimeout.String())
	c.boot(t)
	c.sandbox.SetFaults(sandbox.Fault{Hang: true})
	unlock := c.lock(t)
	time.AfterFunc(1500*time.Millisecond, unlock)
	c.order(0)
	for _, o := range c.orders(func(order) bool { return true }) {
		if o.took > sendTimeout+slack {
			t.Errorf("answer %d after %v, want it within %v", o.status, o.took, sendTimeout+slack)
		}
	}
	c.settleUp(t)
}

// lock takes SQLite's write lock until the test gives it back.
func (c *campaign) lock(t *testing.T) (unlock func()) {
	t.Helper()
	conn, err := c.db.Conn(t.Context())
	must(t, err)
	_, err = conn.ExecContext(t.Context(), "BEGIN IMMEDIATE")
	must(t, err)
	unlock = sync.OnceFunc(func() {
		_, err := conn.ExecContext(context.Background(), "ROLLBACK")
		if err := errors.Join(err, conn.Close()); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(unlock) // before the service ends, if the test fails
	return unlock
}
