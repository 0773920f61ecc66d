package ratelimit_test

import (
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/ratelimit"
)

func TestRate(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]ratelimit.Rate{
		"10/10m": {Sends: 10, Per: 10 * time.Minute}, "1/1s": {Sends: 1, Per: time.Second}, "1000/24h": {Sends: 1000, Per: 24 * time.Hour}, "0": {},
	} {
		var r ratelimit.Rate
		if err := r.UnmarshalText([]byte(text)); err != nil || r != want {
			t.Errorf("UnmarshalText(%q) = %v, %v, want %v", text, r, err, want)
		}
		var again ratelimit.Rate
		if err := again.UnmarshalText([]byte(r.String())); err != nil || again != want {
			t.Errorf("UnmarshalText(%q) = %v, %v, want %v", r.String(), again, err, want)
		}
	}
	for _, text := range []string{"", "10", "/10m", "10/", "0/10m", "-1/10m", "1001/1m", "10/0s", "10/-1m", "10/10", "x/10m", "10/10m/1", " 10/10m", "1.5/1m", "off"} {
		r := ratelimit.Rate{Sends: 7, Per: time.Hour}
		if err := r.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("UnmarshalText(%q) = %v, want an error", text, r)
		}
	}
}

// clock is a time that tests move.
type clock struct{ now time.Time }

func (c *clock) time() time.Time { return c.now }

func limiter(t *testing.T, sends int, per time.Duration) (*ratelimit.Memory, *clock) {
	t.Helper()
	c := &clock{time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	l, err := ratelimit.NewMemory(ratelimit.Rate{Sends: sends, Per: per}, c.time)
	if err != nil {
		t.Fatal(err)
	}
	return l, c
}

func allow(t *testing.T, l *ratelimit.Memory, to connector.RecipientHash) time.Duration {
	t.Helper()
	wait, err := l.Allow(context.Background(), to)
	if err != nil {
		t.Fatalf("Allow() = %v, want no error", err)
	}
	return wait
}

func TestLimiterNeedsRate(t *testing.T) {
	t.Parallel()
	if l, err := ratelimit.NewMemory(ratelimit.Rate{}, time.Now); err == nil {
		t.Errorf("NewMemory(0) = %v, want an error", l)
	}
}

func TestSlidingWindow(t *testing.T) {
	t.Parallel()
	l, c := limiter(t, 2, 10*time.Minute)
	start := c.now
	for _, tt := range []struct{ at, want time.Duration }{
		{0, 0},
		{4 * time.Minute, 0},
		{5 * time.Minute, 5 * time.Minute}, // until the first is ten minutes old
		{10*time.Minute - 1, 1},
		{10 * time.Minute, 0}, // exactly ten minutes later is another stretch; a refusal did not count
		{10*time.Minute + 1, 4*time.Minute - 1},
		{14 * time.Minute, 0},
		{14 * time.Minute, 6 * time.Minute},
		{60 * time.Minute, 0},
		{60 * time.Minute, 0},
		{60 * time.Minute, 10 * time.Minute},
	} {
		c.now = start.Add(tt.at)
		if got := allow(t, l, connector.RecipientHash{1}); got != tt.want {
			t.Errorf("Allow() at %s = %s, want %s", tt.at, got, tt.want)
		}
	}
	if got := allow(t, l, connector.RecipientHash{2}); got != 0 {
		t.Errorf("Allow() of another recipient = %s, want 0", got)
	}
}

// Whatever happens, no stretch of time holds more than the rate; and whoever
// waits as told is let through.
func TestLimiterProperty(t *testing.T) {
	t.Parallel()
	const sends, per = 5, time.Minute
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1))
		l, c := limiter(t, sends, per)
		var allowed []time.Time
		for range 500 {
			c.now = c.now.Add(time.Duration(r.Int64N(int64(per / 3))))
			wait := allow(t, l, connector.RecipientHash{7})
			if wait < 0 || wait > per {
				t.Fatalf("seed %d: Allow() = %s, want 0 to %s", seed, wait, per)
			}
			if wait > 0 {
				c.now = c.now.Add(wait)
				if again := allow(t, l, connector.RecipientHash{7}); again != 0 {
					t.Fatalf("seed %d: Allow() after waiting %s = %s, want 0", seed, wait, again)
				}
			}
			allowed = append(allowed, c.now)
			if n := len(allowed); n > sends && c.now.Sub(allowed[n-1-sends]) < per {
				t.Fatalf("seed %d: %d sends within %s", seed, sends+1, c.now.Sub(allowed[n-1-sends]))
			}
		}
	}
}

// The number of recipients that are remembered has a bound, and those that were
// idle longest go first: a flood of addresses costs no more than this.
func TestLimiterForgets(t *testing.T) {
	t.Parallel()
	const bound = 100_000
	l, _ := limiter(t, 1, time.Hour)
	hash := func(i int) (h connector.RecipientHash) {
		binary.BigEndian.PutUint64(h[:], uint64(i))
		return h
	}
	for i := range bound {
		if got := allow(t, l, hash(i)); got != 0 {
			t.Fatalf("Allow(%d) = %s, want 0", i, got)
		}
	}
	if got := allow(t, l, hash(0)); got == 0 { // seen again, so the newest now
		t.Fatal("Allow(0) a second time = 0, want a wait: it must be remembered")
	}
	allow(t, l, hash(bound)) // one too many
	for i, want := range map[int]bool{0: true, 2: true, bound - 1: true, bound: true} {
		if got := allow(t, l, hash(i)) > 0; got != want {
			t.Errorf("recipient %d is remembered = %v, want %v", i, got, want)
		}
	}
	if got := allow(t, l, hash(1)); got != 0 {
		t.Errorf("Allow(1) = %s, want 0: it was idle longest", got)
	}
}

// fixed is a limiter that always says the same.
type fixed struct {
	wait time.Duration
	err  error
}

func (f fixed) Allow(context.Context, connector.RecipientHash) (time.Duration, error) {
	return f.wait, f.err
}

func TestLimited(t *testing.T) {
	t.Parallel()
	broken := errors.New("no route to the counter")
	for _, tt := range []struct {
		name                    string
		limiter                 fixed
		sent, refusals, failing int
	}{
		{"within", fixed{}, 1, 0, 0},
		{"over", fixed{wait: time.Minute}, 0, 1, 0},
		{"failing open", fixed{err: broken}, 1, 0, 1},
		{"failing open in spite of a wait", fixed{time.Minute, broken}, 1, 0, 1},
	} {
		sent, refusals, failing := 0, 0, 0
		l := &ratelimit.Sender{
			Next: senderFunc(func(context.Context, *connector.Email) (connector.Receipt, error) {
				sent++
				return connector.Receipt{ProviderID: "id"}, nil
			}),
			Limiter:  tt.limiter,
			OnRefuse: func() { refusals++ },
			OnError:  func(err error) { failing++ },
		}
		receipt, err := l.Send(t.Context(), &connector.Email{})
		if sent != tt.sent || refusals != tt.refusals || failing != tt.failing {
			t.Errorf("Send() %s: %d sent, %d refused, %d failing; want %d, %d, %d", tt.name, sent, refusals, failing, tt.sent, tt.refusals, tt.failing)
		}
		if tt.sent == 1 {
			if err != nil || receipt.ProviderID != "id" {
				t.Errorf("Send() %s = %+v, %v, want the next sender's receipt", tt.name, receipt, err)
			}
			continue
		}
		var e *connector.Error
		if !errors.As(err, &e) || e.Code != connector.RateLimitExceeded || e.Outcome != connector.NotSent || e.RetryAfter != time.Minute || !e.Retryable() {
			t.Errorf("Send() %s = %+v, want rate_limit_exceeded, not sent, after a minute", tt.name, err)
		}
	}
}

// senderFunc is a [connector.Sender] of one function.
type senderFunc func(context.Context, *connector.Email) (connector.Receipt, error)

func (f senderFunc) Send(ctx context.Context, mail *connector.Email) (connector.Receipt, error) {
	return f(ctx, mail)
}
