package health_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/connector"
	"mailgun-connector/connector/health"
)

// What is older than an hour is of the day only, and what is older than a day is gone.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := health.New()
		want := func(when string, hour, day map[string]int) {
			t.Helper()
			s := m.State()
			if diff := cmp.Diff([]map[string]int{hour, day}, []map[string]int{s.Hour.Outcomes, s.Day.Outcomes}); diff != "" {
				t.Errorf("%s: hour and day (-want +got):\n%s", when, diff)
			}
		}
		none := map[string]int{}
		want("at first", none, none)
		m.Count("sent")
		m.Count("sent")
		m.Count("failed")
		both := map[string]int{"sent": 2, "failed": 1}
		want("at once", both, both)
		time.Sleep(59 * time.Minute)
		want("an hour later", both, both)
		time.Sleep(10 * time.Minute)
		m.Count("sent")
		want("and ten minutes", map[string]int{"sent": 1}, map[string]int{"sent": 3, "failed": 1})
		time.Sleep(22*time.Hour + 50*time.Minute)
		want("nearly a day later", none, map[string]int{"sent": 3, "failed": 1})
		time.Sleep(20 * time.Minute)
		want("a day later", none, map[string]int{"sent": 1})
		time.Sleep(72 * time.Hour)
		want("days later", none, none)
	})
}

func TestPercentiles(t *testing.T) {
	t.Parallel()
	m := health.New()
	if got := m.State().Hour; got.Accepted != (health.Times{}) || got.Delivered != (health.Times{}) {
		t.Errorf("times of nothing = %+v, want none", got)
	}
	for n := 1; n <= 100; n++ {
		m.Accepted(time.Duration(n) * 10 * time.Millisecond)
		m.Delivered(time.Duration(n) * time.Second)
	}
	m.Delivered(0)
	m.Delivered(240 * time.Hour)
	near := func(what string, got, want time.Duration) {
		t.Helper()
		if ratio := float64(got) / float64(want); ratio < .85 || ratio > 1.15 {
			t.Errorf("%s = %s, want about %s", what, got, want)
		}
	}
	s := m.State().Day
	near("p50 to accepted", s.Accepted.P50, 500*time.Millisecond)
	near("p95 to accepted", s.Accepted.P95, 950*time.Millisecond)
	near("p50 to delivered", s.Delivered.P50, 50*time.Second)
	near("p95 to delivered", s.Delivered.P95, 95*time.Second)
}

// The last failure is one that somebody here can do something about.
func TestLastFailure(t *testing.T) {
	t.Parallel()
	m := health.New()
	m.Failed(nil)
	m.Failed(connector.NewError(connector.InsufficientRequest, connector.Refused, connector.ReasonNoCode))
	m.Failed(connector.NewError(connector.RateLimitExceeded, connector.NotSent, connector.ReasonRecipientLimit))
	if got := m.State().Last; got != nil {
		t.Errorf("last failure = %+v, want none: those were the callers'", got)
	}
	e := connector.NewError(connector.RateLimitExceeded, connector.NotSent, connector.ReasonSlowDown)
	e.MailgunStatus, e.MailgunMessage = 429, "slower"
	m.Failed(e)
	words := connector.ReasonSlowDown.Words()
	got := m.State().Last
	if got == nil || got.Detail != words.What || got.Hint != words.Hint || got.Status != 429 ||
		got.Message != "slower" || got.At.IsZero() {
		t.Errorf("last failure = %+v, want slow down in words", got)
	}
}

func TestReports(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := health.New()
		m.Reported("delivered")
		time.Sleep(time.Hour)
		m.Reported("bounced")
		m.Reported("bounced")
		now := time.Now().UTC()
		want := map[string]time.Time{"delivered": now.Add(-time.Hour), "bounced": now}
		if diff := cmp.Diff(want, m.State().Reports); diff != "" {
			t.Errorf("last reports (-want +got):\n%s", diff)
		}
	})
}

// A call that anybody could have made hides none that was the caller's.
func TestLastCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := health.New()
		began := time.Now().UTC()
		m.Called("auth", "supabase", true, connector.CallRecord{Outcome: "sent", Type: "signup"})
		m.Called("gone", "supabase", true, connector.CallRecord{Outcome: "sent"})
		time.Sleep(time.Minute)
		for range 3 {
			m.Called("auth", "supabase", false, connector.CallRecord{Outcome: "unauthorized", Reason: "stale"})
		}
		want := connector.LastCalls{
			Proven:   &connector.CallRecord{At: began, Outcome: "sent", Type: "signup"},
			Unproven: &connector.CallRecord{At: began.Add(time.Minute), Outcome: "unauthorized", Reason: "stale"},
		}
		if diff := cmp.Diff(want, m.LastCalls("auth", "supabase")); diff != "" {
			t.Errorf("last calls (-want +got):\n%s", diff)
		}
		if got := m.LastCalls("auth", "kratos"); got != (connector.LastCalls{}) {
			t.Errorf("last calls of another server by this name = %+v, want none", got)
		}
		m.Called("auth", "kratos", true, connector.CallRecord{Outcome: "sent"})
		m.KeepCalls(func(name, kind string) bool { return name == "auth" && kind == "supabase" })
		if diff := cmp.Diff(want, m.LastCalls("auth", "supabase")); diff != "" {
			t.Errorf("last calls of who stays (-want +got):\n%s", diff)
		}
		for _, left := range [][2]string{{"gone", "supabase"}, {"auth", "kratos"}} {
			if got := m.LastCalls(left[0], left[1]); got != (connector.LastCalls{}) {
				t.Errorf("last calls of %s, who left = %+v, want none", left, got)
			}
		}
	})
	var nobody *health.Monitor
	nobody.Called("auth", "supabase", true, connector.CallRecord{})
	if nobody.LastCalls("auth", "supabase").Proven != nil {
		t.Error("a nil Monitor has remembered a call")
	}
}

func BenchmarkCount(b *testing.B) {
	m := health.New()
	b.ReportAllocs()
	for b.Loop() {
		m.Count("sent")
		m.Accepted(120 * time.Millisecond)
	}
}
