package ratelimit_test

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"testing/synctest"
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

func limiter(t *testing.T, sends int, per time.Duration) *ratelimit.Memory {
	t.Helper()
	m, err := ratelimit.NewMemory(ratelimit.Rate{Sends: sends, Per: per})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func take(t *testing.T, m *ratelimit.Memory, to connector.RecipientHash) time.Duration {
	t.Helper()
	wait, err := m.Take(t.Context(), to)
	if err != nil {
		t.Fatalf("Take = %v, want no error", err)
	}
	return wait
}

func giveBack(t *testing.T, m *ratelimit.Memory, to connector.RecipientHash) {
	t.Helper()
	if err := m.GiveBack(t.Context(), to); err != nil {
		t.Fatalf("GiveBack = %v, want no error", err)
	}
}

func TestLimiterNeedsRate(t *testing.T) {
	t.Parallel()
	if m, err := ratelimit.NewMemory(ratelimit.Rate{}); err == nil {
		t.Errorf("NewMemory(0) = %v, want an error", m)
	}
}

// The whole rate may come at once; then each interval gives one place back.
func TestTake(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, start := limiter(t, 2, 10*time.Minute), time.Now()
		for _, tt := range []struct{ at, want time.Duration }{
			{0, 0},
			{0, 0},
			{0, 5 * time.Minute},
			{4 * time.Minute, time.Minute}, // a refusal did not count
			{5*time.Minute - 1, 1},
			{5 * time.Minute, 0},
			{5 * time.Minute, 5 * time.Minute},
			{12 * time.Minute, 0},
			{12 * time.Minute, 3 * time.Minute},
			{60 * time.Minute, 0},
			{60 * time.Minute, 0},
			{60 * time.Minute, 5 * time.Minute},
		} {
			time.Sleep(tt.at - time.Since(start))
			if got := take(t, m, connector.RecipientHash{1}); got != tt.want {
				t.Errorf("Take at %s = %s, want %s", tt.at, got, tt.want)
			}
		}
		if got := take(t, m, connector.RecipientHash{2}); got != 0 {
			t.Errorf("Take for another recipient = %s, want 0", got)
		}
	})
}

// A place that is given back is there for the next, whenever that is, and leaves no
// more places than there were.
func TestGiveBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, to := limiter(t, 3, 30*time.Minute), connector.RecipientHash{1}
		for range 100 {
			if wait := take(t, m, to); wait != 0 {
				t.Fatalf("Take of what was all given back = %v, want 0", wait)
			}
			giveBack(t, m, to)
		}
		giveBack(t, m, connector.RecipientHash{2}) // never taken
		time.Sleep(time.Hour)
		giveBack(t, m, to)
		for _, who := range []connector.RecipientHash{to, {2}} {
			for n := range 3 {
				if wait := take(t, m, who); wait != 0 {
					t.Errorf("Take %d = %v, want 0", n+1, wait)
				}
			}
			if wait := take(t, m, who); wait != 10*time.Minute {
				t.Errorf("Take over the rate = %v, want 10m", wait)
			}
		}
	})
}

// Whatever happens, no stretch of time as long as the rate's holds more than twice its
// sends, nor any moment more than the rate; and whoever waits as told is let through.
func TestLimiterProperty(t *testing.T) {
	t.Parallel()
	const sends, per = 5, time.Minute
	to := connector.RecipientHash{7}
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			m := limiter(t, sends, per)
			var taken []time.Time
			for range 500 {
				time.Sleep(time.Duration(r.Int64N(int64(per / 6))))
				wait := take(t, m, to)
				if wait < 0 || wait > per/sends {
					t.Fatalf("seed %d: Take = %s, want 0 to an interval", seed, wait)
				}
				if wait > 0 {
					time.Sleep(wait)
					if again := take(t, m, to); again != 0 {
						t.Fatalf("seed %d: Take after waiting %s = %s, want 0", seed, wait, again)
					}
				}
				taken = append(taken, time.Now())
				if n := len(taken); n > 2*sends && time.Since(taken[n-1-2*sends]) < per {
					t.Fatalf("seed %d: %d sends within %s", seed, 2*sends+1, time.Since(taken[n-1-2*sends]))
				}
			}
		})
	}
}

// The number of recipients that are remembered has a bound, and those that were
// idle longest go first: a flood of addresses costs no more than this.
func TestLimiterForgets(t *testing.T) {
	t.Parallel()
	const bound = 100_000
	m := limiter(t, 1, time.Hour)
	hash := func(i int) (h connector.RecipientHash) {
		binary.BigEndian.PutUint64(h[:], uint64(i))
		return h
	}
	for i := range bound {
		if got := take(t, m, hash(i)); got != 0 {
			t.Fatalf("Take(%d) = %s, want 0", i, got)
		}
	}
	if got := take(t, m, hash(0)); got == 0 { // seen again, so the newest now
		t.Fatal("Take(0) a second time = 0, want a wait: it must be remembered")
	}
	take(t, m, hash(bound)) // one too many
	for i, want := range map[int]bool{0: true, 2: true, bound - 1: true, bound: true} {
		if got := take(t, m, hash(i)) > 0; got != want {
			t.Errorf("recipient %d is remembered = %v, want %v", i, got, want)
		}
	}
	if got := take(t, m, hash(1)); got != 0 {
		t.Errorf("Take(1) = %s, want 0: it was idle longest", got)
	}
}
