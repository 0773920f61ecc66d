//go:build e2e

package e2e_test

import (
	"context"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"mailgun-connector/connector/sandbox"
)

const (
	outage     = 8 * time.Second // unless E2E_OUTAGE says otherwise
	outageRate = 50              // sends a second

	// recovery is the time in which everything promised meanwhile has to arrive.
	recovery = 10 * time.Second

	// What a Mailgun that recovers may see in a second: what the outbox drains, as
	// many more as it has hands, the load, and a little for the clock.
	drainRate, drainBurst = 600, 64
	mostPerSecond         = (drainRate + drainBurst + outageRate) * 11 / 10
)

// mostMeanwhile bounds the requests of an outage: the load until the breaker has
// noticed, which takes a send's whole time if Mailgun hangs, and single probes.
func mostMeanwhile(length time.Duration) int {
	return outageRate*int((sendTimeout+time.Second).Seconds()) + 4*int(length.Seconds())
}

// TestOutage has Mailgun fail for a while under load. Callers get a yes in time,
// Mailgun is left alone meanwhile, and gets everything afterwards, but not all at
// once.
func TestOutage(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { withstandOutage(t, onSQLite(t), sandbox.Fault{Status: 503}) })
	t.Run("postgres", func(t *testing.T) { withstandOutage(t, onPostgres(t), sandbox.Fault{Hang: true}) })
	t.Run("postgres, pooled", func(t *testing.T) { withstandOutage(t, onPgBouncer(t), sandbox.Fault{Status: 503}) })
}

func withstandOutage(t *testing.T, database string, down sandbox.Fault) {
	length := outageLength(t)
	c := newCampaign(t, database, 1, "--retry-max", "2", "--send-timeout", sendTimeout.String())
	c.faults = []sandbox.Fault{{Delay: mailgunDelay}}
	c.boot(t)
	stop, peak := c.load(t, outageRate), c.measure(t)
	time.Sleep(time.Second)

	c.sandbox.SetFaults(down)
	meanwhile := c.sandbox.Requests()
	time.Sleep(length)
	meanwhile = c.sandbox.Requests() - meanwhile
	c.sandbox.SetFaults(c.faults...)
	recovered := time.Now()
	time.Sleep(recovery / 2) // the load goes on meanwhile
	stop()
	c.settleUp(t)
	took, most := c.lastArrival(recovered).Sub(recovered), peak()
	t.Logf("down for %v: %d requests to Mailgun meanwhile; everything there %v after recovery, at most %d requests in a second",
		length, meanwhile, took.Round(10*time.Millisecond), most)
	if meanwhile > mostMeanwhile(length) {
		t.Errorf("Mailgun got %d requests while it was down, want at most %d", meanwhile, mostMeanwhile(length))
	}
	if took > recovery {
		t.Errorf("everything there %v after recovery, want it within %v", took, recovery)
	}
	if most > mostPerSecond {
		t.Errorf("Mailgun got %d requests in a second, want at most %d", most, mostPerSecond)
	}
	c.checkAnswers(t)
}

func outageLength(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv("E2E_OUTAGE")
	if text == "" {
		return outage
	}
	d, err := time.ParseDuration(text)
	must(t, err)
	return d
}

// lastArrival gives the time at which everything that was asked for before a time
// had arrived.
func (c *campaign) lastArrival(then time.Time) time.Time {
	var last time.Time
	mails := c.arrivals()
	for _, o := range c.orders(func(o order) bool { return o.began.Before(then) }) {
		if at := mails[o.to]; len(at) > 0 && at[0].After(last) {
			last = at[0]
		}
	}
	return last
}

// checkAnswers wants a yes in time for everyone, and some that were for later.
func (c *campaign) checkAnswers(t *testing.T) {
	t.Helper()
	var slowest time.Duration
	var wrong []order
	for _, o := range c.orders(func(order) bool { return true }) {
		slowest = max(slowest, o.took)
		if !o.promised() || o.took > sendTimeout+slack {
			wrong = append(wrong, o)
		}
	}
	if len(wrong) > 0 {
		t.Errorf("%d answers were no, or late, want a yes within %v: %+v …", len(wrong), sendTimeout+slack, wrong[:min(len(wrong), 10)])
	}
	kept := len(c.orders(func(o order) bool { return o.status == http.StatusAccepted }))
	t.Logf("%d mails kept for later; slowest answer %v", kept, slowest.Round(time.Millisecond))
	if kept == 0 {
		t.Error("no mail was kept for later, want an outage")
	}
}

// measure counts the requests to Mailgun until its result is called, which gives
// the most in any second.
func (c *campaign) measure(t *testing.T) (peak func() int) {
	type sample struct {
		at time.Time
		n  int
	}
	samples := []sample{{time.Now(), c.sandbox.Requests()}}
	ctx, cancel := context.WithCancel(t.Context())
	var meter sync.WaitGroup
	meter.Go(func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for ctx.Err() == nil {
			<-tick.C
			samples = append(samples, sample{time.Now(), c.sandbox.Requests()})
		}
	})
	return func() int {
		cancel()
		meter.Wait()
		most, first := 0, 0
		for _, s := range samples {
			for s.at.Sub(samples[first].at) > time.Second {
				first++
			}
			most = max(most, s.n-samples[first].n)
		}
		return most
	}
}
