//go:build e2e

package e2e_test

import (
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"mailgun-connector/connector/sandbox"
)

const (
	// Each manner of failing lasts so long, unless E2E_FAILOVER says otherwise.
	failoverLength = 10 * time.Second

	otherKey    = "key-of-the-second-way-77"
	otherDomain = "mg2.example.com"

	// arrival is the time in which a mail reaches the second way, arriving the share that
	// has to; wayBack is the time after which all go the main way again.
	arrival  = 2 * time.Second
	arriving = 0.99
	wayBack  = 5 * time.Second
)

// manners are those in which the main way dies.
var manners = []struct {
	name  string
	fault sandbox.Fault
}{
	{"fails", sandbox.Fault{Status: 503}},
	{"hangs", sandbox.Fault{Hang: true}},
	{"takes mails and does not say so", sandbox.Fault{Drop: sandbox.DropAfter}},
}

// TestFailover has the main way die under load, in one manner after the other. Codes go
// out the second way within the time that people wait, and the main way again once it is
// well. Nothing is lost, and only a mail of which it was not known whether the main way
// has it goes out twice.
func TestFailover(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { failOver(t, onSQLite(t), 1) })
	t.Run("postgres", func(t *testing.T) { failOver(t, onPostgres(t), 2) })
}

func failOver(t *testing.T, database string, replicas int) {
	length := failoverLength
	if text := os.Getenv("E2E_FAILOVER"); text != "" {
		var err error
		length, err = time.ParseDuration(text)
		must(t, err)
	}
	c := newCampaign(t, database, replicas, "--send-timeout", sendTimeout.String())
	c.addOther(t)
	c.faults = []sandbox.Fault{{Delay: mailgunDelay}}
	c.boot(t)
	stop := c.load(t, outageRate)
	time.Sleep(time.Second)
	for _, manner := range manners {
		down := time.Now()
		c.sandbox.SetFaults(manner.fault)
		time.Sleep(length)
		up := time.Now()
		c.sandbox.SetFaults(c.faults...)
		time.Sleep(wayBack + 2*time.Second)
		settled := time.Now()
		time.Sleep(arrival) // what was asked for by now is there
		c.checkWays(t, manner.name, down, up, settled)
	}
	stop()
	if a := c.settleUp(t); len(a.duplicates) == 0 {
		t.Error("no mail was sent twice, want some of a way that does not say what it takes")
	}
	for _, o := range c.orders(func(order) bool { return true }) {
		if !o.promised() || o.took > sendTimeout+slack {
			t.Errorf("answer %d %q after %v, want a yes within %v", o.status, o.detail, o.took, sendTimeout+slack)
		}
	}
}

// addOther gives the services a second way, to a sandbox of its own.
func (c *campaign) addOther(t *testing.T) {
	t.Helper()
	c.other = sandbox.New(sandbox.Config{APIKey: otherKey, Domains: []string{otherDomain}, Capacity: 100_000})
	c.other.SetFaults(sandbox.Fault{Delay: mailgunDelay})
	upstream := httptest.NewServer(c.other)
	t.Cleanup(upstream.Close)
	t.Cleanup(func() { _ = c.other.Close() })
	c.env = append(c.env, "MAILGUN_FAILOVER_API_KEY="+otherKey)
	c.args = append(c.args, "--allow-endpoint-hosts", strings.TrimPrefix(upstream.URL, "http://"))
	c.configure(t, func(doc map[string]any) {
		doc["failover"] = map[string]any{"endpoint": upstream.URL, "domain": otherDomain}
	})
}

// checkWays looks at the mails that were asked for while the main way was down, and at
// those from when all should go that way again.
func (c *campaign) checkWays(t *testing.T, manner string, down, up, settled time.Time) {
	t.Helper()
	byOther := map[string]time.Time{}
	for _, m := range c.other.Messages() {
		byOther[m.To] = m.ReceivedAt
	}
	meanwhile := c.orders(func(o order) bool { return o.began.After(down) && o.began.Before(up) })
	inTime, slowest := 0, time.Duration(0)
	for _, o := range meanwhile {
		if at, ok := byOther[o.to]; ok {
			took := at.Sub(o.began)
			slowest = max(slowest, took)
			if took <= arrival {
				inTime++
			}
		}
	}
	share := float64(inTime) / float64(max(1, len(meanwhile)))
	late := 0
	for _, o := range c.orders(func(o order) bool { return o.began.After(up.Add(wayBack)) && o.began.Before(settled) }) {
		if _, ok := byOther[o.to]; ok {
			late++
		}
	}
	t.Logf("the main way %s for %v: %d of %d mails went the second way within %v, the slowest after %v; %d after recovery",
		manner, up.Sub(down).Round(time.Second), inTime, len(meanwhile), arrival, slowest.Round(time.Millisecond), late)
	if share < arriving {
		t.Errorf("%.1f %% of the mails went the second way within %v, want %v %% or more", 100*share, arrival, 100*arriving)
	}
	if late > 0 {
		t.Errorf("%d mails went the second way %v after the main one was well again, want none", late, wayBack)
	}
}
