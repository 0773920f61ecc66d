package app_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/connector"
	"mailgun-connector/connector/app"
	"mailgun-connector/connector/app/apptest"
	"mailgun-connector/connector/sandbox"
)

// Who is suppressed is found by the address, and gets mails again once that is lifted.
func TestLiftSuppression(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{Sandbox: func(c *sandbox.Config) {
		c.Suppressed = map[string]int{"ada+x@example.org": 605}
	}})
	find := func() (kinds []string) {
		t.Helper()
		var answer struct {
			Suppressions []struct{ Kind, Reason, Detail, Hint, Code string }
		}
		a := s.Get(t, "/suppressions?to=ada+x@example.org")
		if a.Decode(t, &answer); a.Status != http.StatusOK {
			t.Fatalf("GET /suppressions = %d %s, want 200", a.Status, a.Body)
		}
		for _, entry := range answer.Suppressions {
			words := connector.Reason(entry.Reason).Words()
			if entry.Detail == "" || entry.Detail != words.What || entry.Hint != words.Hint || entry.Code != "550" {
				t.Errorf("entry = %+v, want its words and its code", entry)
			}
			kinds = append(kinds, entry.Kind)
		}
		return kinds
	}
	lift := func(kind string) apptest.Answer {
		t.Helper()
		return s.Do(t, http.MethodDelete, "/suppressions/"+kind+"?to=ada%2Bx@example.org", "",
			map[string]string{"Authorization": "Bearer " + apptest.Token})
	}
	if got := find(); len(got) != 1 || got[0] != "bounce" {
		t.Errorf("suppressions = %v, want bounce", got)
	}
	for kind, want := range map[string]int{"complaint": 404, "none": 404} {
		if a := lift(kind); a.Status != want {
			t.Errorf("DELETE /suppressions/%s = %d %s, want %d", kind, a.Status, a.Body, want)
		}
	}
	if a := lift("bounce"); a.Status != http.StatusNoContent {
		t.Errorf("DELETE /suppressions/bounce = %d %s, want 204", a.Status, a.Body)
	}
	if got := find(); len(got) != 0 {
		t.Errorf("suppressions = %v, want none", got)
	}
	log := s.Logs.String()
	if !strings.Contains(log, `"suppression lifted"`) || strings.Contains(log, "@example.org") {
		t.Errorf("log = %s, want who has lifted it, without the address", log)
	}
}

// suppress puts an address on the list of bounces.
func suppress(t *testing.T, s *sandbox.Sandbox, address string) {
	t.Helper()
	answer := httptest.NewRecorder()
	s.ServeHTTP(answer, httptest.NewRequest(http.MethodPut, "http://127.0.0.1/suppressions", strings.NewReader(`{"`+address+`": 605}`)))
	if answer.Code/100 != 2 {
		t.Fatalf("PUT /suppressions = %d %s", answer.Code, answer.Body)
	}
}

// With a failover each entry names its way, and is lifted there.
func TestLiftSuppressionOfAWay(t *testing.T) {
	t.Parallel()
	w := startTwoWays(t, nil)
	const address = "ada@example.org"
	suppress(t, w.Sandbox, address)
	suppress(t, w.other, address)
	find := func() (ways []string) {
		t.Helper()
		var answer struct{ Suppressions []struct{ Way string } }
		a := w.Get(t, "/suppressions?to="+address)
		if a.Decode(t, &answer); a.Status != http.StatusOK {
			t.Fatalf("GET /suppressions = %d %s, want 200", a.Status, a.Body)
		}
		for _, entry := range answer.Suppressions {
			ways = append(ways, entry.Way)
		}
		return ways
	}
	lift := func(query string) apptest.Answer {
		t.Helper()
		return w.Do(t, http.MethodDelete, "/suppressions/bounce?to="+address+query, "", map[string]string{"Authorization": "Bearer " + apptest.Token})
	}
	for _, step := range []struct {
		query  string
		status int
		left   []string
	}{
		{"&way=third", http.StatusBadRequest, []string{"main", "failover"}},
		{"&way=failover", http.StatusNoContent, []string{"main"}},
		{"&way=failover", http.StatusNotFound, []string{"main"}},
		{"", http.StatusNoContent, nil},
	} {
		if a := lift(step.query); a.Status != step.status {
			t.Errorf("DELETE with %q = %d %s, want %d", step.query, a.Status, a.Body, step.status)
		}
		if diff := cmp.Diff(step.left, find()); diff != "" {
			t.Errorf("ways with a suppression after %q (-want +got):\n%s", step.query, diff)
		}
	}
	if log := w.Logs.String(); !strings.Contains(log, `"way":"failover"`) {
		t.Errorf("log = %s, want the way", log)
	}
}

// What one way can't tell is said beside what the other one tells.
func TestSuppressionsOfOneWayUnknown(t *testing.T) {
	t.Parallel()
	w := startTwoWays(t, func(o *app.Options) { o.FailoverKey = "sends-only-0123" })
	suppress(t, w.Sandbox, "ada@example.org")
	var answer struct {
		Suppressions []struct{ Kind, Way string }
		Unknown      []struct{ Way, Reason, Detail, Hint string }
	}
	w.Get(t, "/suppressions?to=ada@example.org").Decode(t, &answer)
	words := connector.ReasonKeySendsOnly.Words()
	if len(answer.Suppressions) != 1 || answer.Suppressions[0].Way != "main" || len(answer.Unknown) != 1 || answer.Unknown[0] !=
		(struct{ Way, Reason, Detail, Hint string }{"failover", "key_sends_only", words.What, words.Hint}) {
		t.Errorf("answer = %+v, want the main way's entry, and why there is none of the failover's", answer)
	}
}
