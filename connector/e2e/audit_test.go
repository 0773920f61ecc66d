//go:build e2e

package e2e_test

import (
	"net/http"
	"testing"
	"time"
)

// audit is what became of a campaign's orders.
type audit struct {
	promised   int
	lost       []order // promised, and neither sent nor failed with a reason
	failed     int     // or expired, with a reason
	duplicates []order // with more than one mail
	records    map[string]record
}

// settleUp has Mailgun take everything, waits for all messages to come to an end, and compares what was
// answered with what arrived and what the database says of it. It fails the test
// for each lie: a yes that was none, a no that was none, and a second mail where
// the outcome of the first was known.
func (c *campaign) settleUp(t *testing.T) *audit {
	t.Helper()
	c.sandbox.SetFaults()
	drained := c.drain(t)
	all, err := c.records(t.Context())
	must(t, err)
	a := &audit{records: all}
	mails := c.arrivals()
	orders := c.orders(func(order) bool { return true })
	for _, o := range orders {
		n := len(mails[o.to])
		if n > 1 {
			a.duplicates = append(a.duplicates, o)
		}
		switch {
		case o.promised():
			a.promised++
			a.judge(t, o, n)
		case o.status == 0: // nobody was told anything
		case !o.retryable || o.status != http.StatusServiceUnavailable && o.status != http.StatusGatewayTimeout:
			t.Errorf("answer %d %q, want a 2xx or a retryable 503 or 504", o.status, o.detail)
		case o.status == http.StatusServiceUnavailable && n > 0:
			t.Errorf("answer %d %q, but %s got %d mails", o.status, o.detail, o.to, n)
		}
	}
	t.Logf("answers %v: promised %d, lost %d, failed %d, sent twice %d; drained in %v; requests to Mailgun %d, mails %d",
		answers(orders), a.promised, len(a.lost), a.failed, len(a.duplicates), drained.Round(time.Millisecond),
		c.sandbox.Requests(), len(c.sandbox.Messages()))
	if len(a.lost) > 0 {
		t.Errorf("lost = %d, want 0: %+v …", len(a.lost), a.lost[:min(len(a.lost), 10)])
	}
	if a.promised == 0 {
		t.Error("promised = 0, want a campaign")
	}
	return a
}

// judge holds a promise against its record and the number of mails.
func (a *audit) judge(t *testing.T, o order, mails int) {
	t.Helper()
	r, known := a.records[o.id]
	switch {
	case !known || !r.final():
		a.lost = append(a.lost, o)
	case r.state == "sent" && mails == 0:
		a.lost = append(a.lost, o)
	case r.state != "sent" && r.reason == "":
		a.lost = append(a.lost, o)
	case r.state != "sent":
		a.failed++
	}
	// Each mail is one attempt's: Mailgun took it, or the outcome is unknown.
	if mails > r.sent+r.unknown() || mails > 1 && r.unknown() == 0 {
		t.Errorf("%s got %d mails, want no more than its attempts explain: %+v", o.to, mails, r)
	}
}

// wantRefusals waits until a number of callers were told no in time.
func (c *campaign) wantRefusals(t *testing.T) {
	t.Helper()
	began := time.Now()
	refused := func(o order) bool { return o.status >= 500 && o.began.After(began) }
	eventually(t, "callers are refused", 20*time.Second, func() bool { return len(c.orders(refused)) >= 40 })
	for _, o := range c.orders(refused) {
		if !o.retryable || o.took > sendTimeout {
			t.Errorf("answer %d %q, retryable %v, after %v, want it retryable and within %v", o.status, o.detail, o.retryable, o.took, sendTimeout)
		}
	}
}

// wantPromises waits until callers are told yes, and nothing else, for half a
// second, and gives the time of the first of them.
func (c *campaign) wantPromises(t *testing.T) time.Duration {
	t.Helper()
	began := time.Now()
	var first time.Duration
	eventually(t, "callers are promised mails", 20*time.Second, func() bool {
		since := time.Now().Add(-500 * time.Millisecond)
		recent := c.orders(func(o order) bool { return o.began.After(began) && o.began.After(since) })
		for i, o := range recent {
			if !o.promised() {
				return false
			}
			if i == 0 {
				first = o.began.Sub(began)
			}
		}
		return len(recent) >= 5
	})
	return first
}
