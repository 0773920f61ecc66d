//go:build e2e

package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// ledger is what a campaign's services were asked and what they answered. It
// stands apart from their database.
type ledger struct {
	mu   sync.Mutex
	last int
	all  []order
}

// order is one mail that was asked for. Each has a recipient of its own, as the
// mails in the sandbox do not tell their ids.
type order struct {
	to, id    string // the id is that of a promise
	replica   int
	status    int // 0 for no answer
	retryable bool
	detail    string // of a problem
	began     time.Time
	took      time.Duration
}

// promised reports whether the answer was a yes.
func (o order) promised() bool { return o.status == http.StatusOK || o.status == http.StatusAccepted }

// order sends one mail to a replica and keeps the answer.
func (c *campaign) order(replica int) {
	c.mu.Lock()
	c.last++
	o := order{to: fmt.Sprintf("user%d%s", c.last, campaignDomain), replica: replica, began: time.Now()}
	c.mu.Unlock()
	c.ask(&o)
	o.took = time.Since(o.began)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, o)
}

func (c *campaign) ask(o *order) {
	body := `{"to":"` + o.to + `","type":"SignIn","payload":{"code":"481629"}}`
	// No context of the load's: a request under way at its end is answered.
	r, err := http.NewRequest(http.MethodPost, "http://"+c.replicas[o.replica].address+"/send-code", strings.NewReader(body)) //nolint:noctx // the client has a timeout
	if err != nil {
		return
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json")
	resp, err := c.client.Do(r)
	if err != nil {
		return
	}
	defer resp.Body.Close()
	var answer struct {
		ID, Detail string
		Retryable  bool
	}
	if json.NewDecoder(resp.Body).Decode(&answer) == nil { // else there was no whole answer
		o.status, o.id, o.retryable, o.detail = resp.StatusCode, answer.ID, answer.Retryable, answer.Detail
	}
}

// orders gives those that hold something, as answered so far.
func (l *ledger) orders(hold func(order) bool) []order {
	l.mu.Lock()
	defer l.mu.Unlock()
	var some []order
	for _, o := range l.all {
		if hold(o) {
			some = append(some, o)
		}
	}
	return some
}

// answers counts orders by status.
func answers(orders []order) map[int]int {
	count := map[int]int{}
	for _, o := range orders {
		count[o.status]++
	}
	return count
}

// arrivals gives the times at which mails arrived, by recipient.
func (c *campaign) arrivals() map[string][]time.Time {
	mails := map[string][]time.Time{}
	for _, m := range c.sandbox.Messages() {
		mails[m.To] = append(mails[m.To], m.ReceivedAt)
	}
	if c.other != nil {
		for _, m := range c.other.Messages() {
			mails[m.To] = append(mails[m.To], m.ReceivedAt)
		}
	}
	return mails
}

// record is what the database has of a message.
type record struct {
	state, reason string
	begun         int // attempts
	refused       int // attempts that Mailgun answered without taking the mail
	sent          int // attempts that Mailgun took the mail in
	timedOut      int // attempts that ended without an answer
	doubtful      int // attempts by a second way after an unknown outcome of the first
}

func (r record) final() bool { return r.state != "sending" && r.state != "queued" }

// unknown is the number of attempts whose outcome the service did not learn or
// could not record.
func (r record) unknown() int { return r.begun - r.refused - r.sent + r.doubtful }

const selectRecords = `SELECT m.id, m.state, m.error, m.attempts,
	count(CASE WHEN a.status NOT IN (0, 200) THEN 1 END), count(CASE WHEN a.status = 200 THEN 1 END), count(CASE WHEN a.status = 0 THEN 1 END),
	count(CASE WHEN a.before_reason IN ('no_answer', 'connection_lost', 'mailgun_failing') THEN 1 END)
FROM messages m LEFT JOIN attempts a ON a.message = m.id GROUP BY m.id, m.state, m.error, m.attempts`

// records reads the database itself, by id.
func (c *campaign) records(ctx context.Context) (map[string]record, error) {
	rows, err := c.db.QueryContext(ctx, selectRecords)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[string]record{}
	for rows.Next() {
		var id string
		var r record
		if err := rows.Scan(&id, &r.state, &r.reason, &r.begun, &r.refused, &r.sent, &r.timedOut, &r.doubtful); err != nil {
			return nil, err
		}
		all[id] = r
	}
	return all, rows.Err()
}

// drain waits until nothing is left to do for any message, or no longer, and
// tells how long.
func (c *campaign) drain(t *testing.T) time.Duration {
	t.Helper()
	began := time.Now()
	for {
		left := 0
		all, err := c.records(t.Context())
		for _, r := range all {
			if !r.final() {
				left++
			}
		}
		took := time.Since(began)
		if err == nil && left == 0 {
			return took
		}
		if took > drainTime {
			t.Errorf("%d messages are left after %v (%v), want none", left, took, err)
			return took
		}
		time.Sleep(250 * time.Millisecond)
	}
}
