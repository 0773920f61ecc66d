package app_test

import (
	"net/http"
	"strings"
	"testing"

	"mailgun-connector/connector"
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
