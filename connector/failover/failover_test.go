package failover_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/connector"
	"mailgun-connector/connector/failover"
)

const (
	mainWay, otherWay         = connector.MainWay, connector.OtherWay
	refused, notSent, unknown = connector.Refused, connector.NotSent, connector.Unknown
	breakerOpen               = "mailgun_connector_way_breaker_open"
)

// TestOutcomes has each outcome of the main way meet one of the other.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	const fast = 100 * time.Millisecond
	for _, tt := range []struct {
		name        string
		main, other answer
		change      func(*failover.Config)
		want        got
	}{
		{"both well", well, well, nil, got{Way: mainWay, Taken: true, Took: fast, Main: 1}},
		{"slow, and well", slow, well, nil, got{Way: otherWay, Taken: true, Before: -1, Twice: true, Took: after + fast, Main: 1, Other: 1}},
		{"slow, and failing", slow, failing, nil, got{Way: mainWay, Taken: true, Before: 503, Twice: true, Took: 2 * time.Second, Main: 1, Other: 1}},
		{"slow, and unreachable", slow, unreachable, nil, got{Way: mainWay, Taken: true, Before: -1, Took: 2 * time.Second, Main: 1, Other: 1}},
		{"slow, and hanging", slow, hang, nil, got{Way: mainWay, Taken: true, Twice: true, Took: 2 * time.Second, Main: 1, Other: 1}},
		{"slow, waited for", slow, well, neverOnSilence, got{Way: mainWay, Taken: true, Took: 2 * time.Second, Main: 1}},
		{"hanging, and well", hang, well, nil, got{Way: otherWay, Taken: true, Before: -1, Twice: true, Took: after + fast, Main: 1, Other: 1}},
		{"hanging, and failing", hang, failing, nil, got{Way: mainWay, Outcome: unknown, Before: 503, Took: timeout, Main: 1, Other: 1}},
		{"hanging, and disabled", hang, disabled, nil, got{Way: mainWay, Outcome: unknown, Before: 403, Took: timeout, Main: 1, Other: 1}},
		{"hanging, and a bad mail", hang, badMail, nil, got{Way: otherWay, Outcome: unknown, Status: 400, Before: -1, Took: timeout, Main: 1, Other: 1}},
		{"both hanging", hang, hang, nil, got{Way: mainWay, Outcome: unknown, Before: -1, Took: timeout, Main: 1, Other: 1}},
		{"hanging, waited for", hang, well, neverOnSilence, got{Way: mainWay, Outcome: unknown, Took: timeout, Main: 1}},
		{"failing, and well", failing, well, nil, got{Way: otherWay, Taken: true, Before: 503, Twice: true, Took: fast, Main: 1, Other: 1}},
		{"failing, and well, with silence waited for", failing, well, neverOnSilence, got{Way: otherWay, Taken: true, Before: 503, Twice: true, Took: fast, Main: 1, Other: 1}},
		{"failing, and disabled", failing, disabled, nil, got{Way: mainWay, Outcome: unknown, Status: 503, Before: 403, Main: 1, Other: 1}},
		{"both failing", failing, failing, nil, got{Way: mainWay, Outcome: unknown, Status: 503, Before: 503, Main: 1, Other: 1}},
		{"failing, and hanging", failing, hang, nil, got{Way: otherWay, Outcome: unknown, Before: 503, Took: timeout, Main: 1, Other: 1}},
		{"unreachable, and well", unreachable, well, nil, got{Way: otherWay, Taken: true, Before: -1, Took: fast, Main: 1, Other: 1}},
		{"unreachable, and a bad mail", unreachable, badMail, nil, got{Way: otherWay, Status: 400, Before: -1, Main: 1, Other: 1}},
		{"unreachable, and disabled", unreachable, disabled, nil, got{Way: mainWay, Outcome: notSent, Before: 403, Main: 1, Other: 1}},
		{"disabled, and well", disabled, well, nil, got{Way: otherWay, Taken: true, Before: 403, Took: fast, Main: 1, Other: 1}},
		{"disabled, and unreachable", disabled, unreachable, nil, got{Way: otherWay, Outcome: notSent, Before: 403, Main: 1, Other: 1}},
		{"both disabled", disabled, disabled, nil, got{Way: mainWay, Outcome: refused, Status: 403, Before: 403, Main: 1, Other: 1}},
		{"limited, and well", limited(time.Minute), well, nil, got{Way: otherWay, Taken: true, Before: 429, Took: fast, Main: 1, Other: 1}},
		{"limited, and unreachable", limited(time.Minute), unreachable, nil, got{Way: otherWay, Outcome: notSent, Before: 429, Main: 1, Other: 1}},
		{"a bad mail", badMail, well, nil, got{Way: mainWay, Status: 400, Main: 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				if diff := cmp.Diff(tt.want, newPair(t, tt.main, tt.other, tt.change).send(t)); diff != "" {
					t.Errorf("Send() (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// Of two ways that ask to slow down, the one counts that asks for the shorter wait.
func TestBothLimited(t *testing.T) {
	t.Parallel()
	for _, waits := range [][2]time.Duration{{time.Minute, time.Hour}, {time.Hour, time.Minute}} {
		p := newPair(t, limited(waits[0]), limited(waits[1]), nil)
		_, err := p.Send(t.Context(), &connector.Email{})
		if failure, _ := errors.AsType[*connector.Error](err); failure == nil || failure.RetryAfter != time.Minute {
			t.Errorf("Send() with waits of %v = %v, want one of a minute", waits, err)
		}
	}
}

// While the main way is down, mails go the other way at once; probes without a mail
// bring it back, also when nobody sends.
func TestBreaker(t *testing.T) {
	t.Parallel()
	for name, down := range map[string]answer{"hang": hang, "slow": slow, "503": failing, "403": disabled, "429": limited(time.Hour)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newPair(t, down, well, nil)
				for range 3 {
					if g := p.send(t); !g.Taken || g.Main != 1 {
						t.Fatalf("Send() = %+v, want it taken after the main way was tried", g)
					}
				}
				if open := p.metric(t, breakerOpen, mainWay); open != 1 {
					t.Errorf("breaker open = %v, want 1", open)
				}
				for range 50 {
					if diff := cmp.Diff(got{Way: otherWay, Taken: true, Took: well.after, Other: 1}, p.send(t)); diff != "" {
						t.Fatalf("Send() with an open breaker (-want +got):\n%s", diff)
					}
				}
				if n := p.main.probes.Load(); n < 1 || n > 3 {
					t.Errorf("%d probes in 5 seconds, want about two", n)
				}
				p.main.set(well)
				time.Sleep(4 * time.Second)
				if diff := cmp.Diff(got{Way: mainWay, Taken: true, Took: well.after, Main: 1}, p.send(t)); diff != "" {
					t.Errorf("Send() 4 seconds after recovery (-want +got):\n%s", diff)
				}
				if open := p.metric(t, breakerOpen, mainWay); open != 0 {
					t.Errorf("breaker open = %v, want 0", open)
				}
				probes := p.main.probes.Load()
				time.Sleep(time.Minute)
				if n := p.main.probes.Load(); n != probes {
					t.Errorf("%d probes of a way that is well, want none", n-probes)
				}
			})
		})
	}
}

func TestBreakerTells(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, failing, well, nil)
		for range 3 {
			p.send(t)
		}
		p.main.set(well)
		time.Sleep(5 * time.Second)
		p.ways.Close()
		lines := strings.Split(strings.TrimSpace(p.logs.String()), "\n")
		if len(lines) != 2 || !strings.Contains(lines[0], `"way":"main","to":"open"`) || !strings.Contains(lines[0], `"mailgun_status":503`) ||
			!strings.Contains(lines[1], `"to":"closed"`) {
			t.Errorf("log = %q, want a line of the opening with its cause, and one of the closing", lines)
		}
		if n := p.metric(t, "mailgun_connector_way_sends_total", otherWay); n != 3 {
			t.Errorf("sends by the other way = %v, want 3", n)
		}
	})
}

// An other way that is down is no reason to cut the main one short.
func TestOtherDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, unreachable, failing, nil)
		for range 3 {
			p.send(t)
		}
		for range 2 { // the main way is back first
			p.main.set(well)
			time.Sleep(3 * time.Second)
			p.main.set(slow)
			want := got{Way: mainWay, Taken: true, Took: 2 * time.Second, Main: 1}
			if diff := cmp.Diff(want, p.send(t)); diff != "" {
				t.Errorf("Send() with the other way down (-want +got):\n%s", diff)
			}
		}
		p.main.set(well)
		time.Sleep(3 * time.Second)
		p.main.set(unreachable)
		for range 10 { // both are down: both are tried
			want := got{Way: otherWay, Outcome: unknown, Status: 503, Before: -1, Main: 1, Other: 1}
			if diff := cmp.Diff(want, p.send(t)); diff != "" {
				t.Errorf("Send() with both ways down (-want +got):\n%s", diff)
			}
		}
	})
}

// With the main way down and the other one failing, the main one is the last resort.
func TestMainIsTheLastResort(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, disabled, well, nil)
		for range 3 {
			p.send(t)
		}
		p.main.set(well)
		p.other.set(unreachable)
		want := got{Way: mainWay, Taken: true, Before: -1, Took: well.after, Main: 1, Other: 1}
		if diff := cmp.Diff(want, p.send(t)); diff != "" {
			t.Errorf("Send() (-want +got):\n%s", diff)
		}
	})
}

// Callers that give up tell nothing of a way.
func TestCallersGiveUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, hang, well, nil)
		for range 10 {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, cancel)
			if _, err := p.Send(ctx, &connector.Email{}); err == nil {
				t.Error("Send() of a caller that gave up = nil, want an error")
			}
		}
		if p.other.sends.Load() != 0 || p.metric(t, breakerOpen, mainWay) != 0 {
			t.Error("the main way is taken to be down, want nothing known of it")
		}
	})
}

// A main way that answers late ends what is under way on the other.
func TestLateAnswerEndsTheOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, slow, hang, nil)
		p.send(t)
		synctest.Wait() // the bubble would not end with a send that goes on
		if open := p.metric(t, breakerOpen, otherWay); open != 0 {
			t.Errorf("breaker open = %v, want 0: the other way had no time to answer", open)
		}
	})
}

// A panic ends where somebody recovers, and sends nothing.
func TestPanic(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, ways := range [][2]answer{{hang, {panics: true}}, {{panics: true}, well}} {
			p := newPair(t, ways[0], ways[1], nil)
			func() {
				defer func() {
					if recover() == nil {
						t.Error("Send() recovered the panic itself")
					}
				}()
				p.send(t)
			}()
			time.Sleep(timeout)
			if n := p.other.sends.Load(); ways[0].panics && n > 0 {
				t.Errorf("%d mails went the other way after a panic, want none", n)
			}
		}
	})
}

// A new config forgets a way that is another, and only that.
func TestNewConfig(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, disabled, well, nil)
		for range 3 {
			p.send(t)
		}
		p.configure(nil)
		if g := p.send(t); g.Main != 0 {
			t.Errorf("Send() after the same config again = %+v, want the breaker still open", g)
		}
		was := p.main
		p.main = newFake("another key", well)
		p.configure(nil)
		if g := p.send(t); g.Way != mainWay || p.metric(t, breakerOpen, mainWay) != 0 {
			t.Errorf("Send() after a new key = %+v, want it by the main way", g)
		}
		probes := was.probes.Load()
		time.Sleep(time.Minute)
		if n := was.probes.Load() - probes; n > 0 {
			t.Errorf("%d probes with the key before, want none", n)
		}
		p.main.set(disabled)
		for range 3 {
			p.send(t)
		}
		p.ways.Forget()
		probes = p.main.probes.Load()
		time.Sleep(time.Minute)
		if n := p.main.probes.Load() - probes; n > 0 || p.metric(t, breakerOpen, mainWay) != -1 {
			t.Errorf("%d probes without a failover, want none, and no metric", n)
		}
	})
}

func TestFrom(t *testing.T) {
	t.Parallel()
	p := newPair(t, disabled, answer{}, nil)
	p.send(t)
	if main, other := *p.main.from.Load(), *p.other.from.Load(); main != "a@main.example" || other != "other a@main.example" {
		t.Errorf("senders = %q and %q, want each way's own", main, other)
	}
}
