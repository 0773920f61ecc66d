//go:build e2e

package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"mailgun-connector/connector/sandbox"
)

// perReplica is the number of sends a second to each of several replicas.
const perReplica = 20

// TestReplicas has several processes on one database. As long as all are well, no
// mail is sent twice; when one freezes, the others take over what it was sending.
func TestReplicas(t *testing.T) {
	for _, n := range []int{2, 3} {
		t.Run(fmt.Sprintf("postgres, %d", n), func(t *testing.T) {
			t.Parallel() // with each other only; they wait for most of the time
			c := newReplicas(t, n)
			stop := c.load(t, n*perReplica)
			time.Sleep(4 * time.Second)
			stop()
			c.settleUp(t).checkDuplicates(t, nil)

			stop = c.load(t, n*perReplica)
			time.Sleep(time.Second)
			held := c.freeze(t, false)
			time.Sleep(time.Second)
			stop()
			c.settleUp(t).checkDuplicates(t, held)
		})
	}
}

// A process that freezes between two statements leaves an open transaction. What
// that has locked must not wait for it.
func TestReplicaFrozenInTransaction(t *testing.T) {
	t.Run("postgres", func(t *testing.T) {
		c := newReplicas(t, 2)
		stop := c.load(t, 3*perReplica)
		time.Sleep(time.Second)
		held := c.freeze(t, true)
		stop()
		c.settleUp(t).checkDuplicates(t, held)
	})
}

func newReplicas(t *testing.T, n int) *campaign {
	t.Helper()
	c := newCampaign(t, onPostgres(t), n)
	// Answers take long enough that a replica always has attempts under way.
	c.faults = []sandbox.Fault{{Status: 500, Share: 0.2, Delay: 10 * mailgunDelay}, {Delay: 10 * mailgunDelay}}
	c.boot(t)
	return c
}

// freeze stops the first replica under load, in a transaction that holds locks or
// in none, until the others have taken over what it was sending and its leases
// have ended. Then it goes on, and settles what it still believes to hold. That is
// what freeze gives, by id.
func (c *campaign) freeze(t *testing.T, locked bool) map[string]bool {
	t.Helper()
	frozen := c.replicas[0]
	t.Cleanup(func() { frozen.signal(t, syscall.SIGCONT) }) // it could not end otherwise
	eventually(t, "the moment to freeze a replica", time.Minute, func() bool {
		frozen.signal(t, syscall.SIGSTOP)
		if c.holdsLocks(t) == locked {
			return true
		}
		frozen.signal(t, syscall.SIGCONT)
		time.Sleep(rand.N(5 * time.Millisecond))
		return false
	})
	began := time.Now().Add(100 * time.Millisecond) // the database's clock and this one may differ a little

	// Whoever is well has ended its attempts of before: the rest is the frozen one's.
	time.Sleep(campaignTimeout + 500*time.Millisecond)
	held := c.held(t, began)
	if len(held) == 0 {
		t.Error("the frozen replica was sending nothing, want something to take over")
	}
	took := eventually(t, "all are taken over", 2*lease, func() bool { return len(c.held(t, began)) == 0 })
	took += campaignTimeout + 500*time.Millisecond
	t.Logf("frozen while it was sending %d mails; all taken over after %v", len(held), took.Round(10*time.Millisecond))
	if took > 2*lease {
		t.Errorf("taken over after %v, want it within %v", took, 2*lease)
	}
	time.Sleep(max(0, lease+500*time.Millisecond-time.Since(began)))
	frozen.signal(t, syscall.SIGCONT)
	return held
}

// checkDuplicates wants no second mail, but for messages that a frozen replica
// held, and where Mailgun's answer was late: a machine that stands still for a
// second does that.
func (a *audit) checkDuplicates(t *testing.T, held map[string]bool) {
	t.Helper()
	for _, o := range a.duplicates {
		if !held[o.id] && a.records[o.id].timedOut == 0 {
			t.Errorf("%s got a second mail, which no frozen replica explains: %+v", o.to, a.records[o.id])
		}
	}
}

// held gives the ids of messages that nobody but a frozen replica can hold up:
// those that have been in the state of being sent since a time or longer, and
// those that were due by then and are locked, as a claim was not committed.
func (c *campaign) held(t *testing.T, since time.Time) map[string]bool {
	t.Helper()
	rows, err := c.db.QueryContext(t.Context(), `SELECT id FROM messages
		WHERE state = 'sending' AND updated <= $1 OR state = 'queued' AND due <= $1`, since.UnixMicro())
	must(t, err)
	defer rows.Close()
	ids := map[string]bool{}
	for rows.Next() {
		var id string
		must(t, rows.Scan(&id))
		ids[id] = true
	}
	must(t, rows.Err())
	return ids
}

// holdsLocks reports whether the first replica, which stands still, is in the
// middle of a transaction that has changed messages.
func (c *campaign) holdsLocks(t *testing.T) bool {
	t.Helper()
	time.Sleep(10 * time.Millisecond) // for statements under way
	var n int
	err := c.db.QueryRowContext(t.Context(), `SELECT count(*) FROM pg_stat_activity
		WHERE application_name = $1 AND state = 'idle in transaction' AND query ~ 'UPDATE messages|INSERT INTO attempts'`, replicaName(0)).Scan(&n)
	must(t, err)
	return n > 0
}
