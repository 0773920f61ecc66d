package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"mailgun-connector/connector"
	"mailgun-connector/connector/app/apptest"
)

// callersOf asks for the callers of the running config, or of the draft in the body.
func callersOf(t *testing.T, s *apptest.Service, body string) map[string]connector.CallerCard {
	t.Helper()
	answer := s.Post(t, "/callers", body)
	if answer.Status != http.StatusOK {
		t.Fatalf("POST /callers = %d %s, want 200", answer.Status, answer.Body)
	}
	var got struct{ Callers []connector.CallerCard }
	answer.Decode(t, &got)
	byName := map[string]connector.CallerCard{}
	for _, card := range got.Callers {
		byName[card.Name] = card
	}
	return byName
}

// A draft has the callers of its own, with what became of calls to those that run.
func TestCallersOfDrafts(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{Connector: withCallers})
	s.Do(t, "POST", "/hooks/supabase", recovery, signedCall(recovery))
	draft := strings.Replace(withCallers, `"kratos":{`, `"new":{`, 1)
	got := callersOf(t, s, `{"config":`+s.Fill(t, draft)+`}`)
	if _, stays := got["kratos"]; stays || len(got) != 3 || got["new"].Path != "/hooks/new" || got["new"].Last.Proven != nil {
		t.Errorf("callers of the draft = %+v, want new without a call, and no kratos", got)
	}
	if last := got["supabase"].Last.Proven; last == nil || last.Outcome != "sent" {
		t.Errorf("the last call to supabase = %+v, want one that was sent", last)
	}
	if running := callersOf(t, s, "{}"); running["kratos"].Name == "" {
		t.Errorf("callers = %+v, want those of the running config", running)
	}
	if none := callersOf(t, apptest.Start(t, apptest.Config{}), "{}"); len(none) != 0 {
		t.Errorf("callers of a config without any = %+v, want none", none)
	}
}

// What became of the last call is told with its reason, whatever it was.
func TestLastCalls(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{Connector: strings.Replace(withCallers, `"Generic":`, `"SignIn":`, 1)})
	token := map[string]string{"Authorization": "Bearer " + hookToken}
	for _, x := range []struct {
		method, body, outcome, sourceType, reason string
		proven                                    bool
	}{
		{"POST", `{"to":"ada@example.org","template_type":"login_code_valid","login_code":"123456"}`, "sent", "login_code_valid", "", true},
		{"POST", `{"to":"ada@example.org","template_type":"recovery_code_valid","recovery_code":"123456"}`, "no_content", "recovery_code_valid", "no_content", true},
		{"POST", `{"to":"ada@example.org","template_type":"new one <x>","x":1}`, "no_content", "new-one--x-", "no_content", true},
		{"POST", `{"to":"ada@example.org"}`, "invalid", "", "call_invalid", true},
		{"PUT", `{}`, "invalid", "", "", false},
		{"POST", strings.Repeat("x", 256<<10+1), "invalid", "", "", false},
	} {
		s.Do(t, x.method, "/hooks/kratos", x.body, token)
		card := callersOf(t, s, "{}")["kratos"]
		last := card.Last.Proven
		if !x.proven {
			last = card.Last.Unproven
		}
		if last == nil || last.Outcome != x.outcome || last.Type != x.sourceType || last.Reason != x.reason {
			t.Errorf("last call after %s %.80s = %+v, want %s, type %q, reason %q", x.method, x.body, last, x.outcome, x.sourceType, x.reason)
		}
		if last != nil && last.Outcome != "sent" && last.Detail == "" {
			t.Errorf("last call after %s %.80s says nothing: %+v", x.method, x.body, last)
		}
	}
}
