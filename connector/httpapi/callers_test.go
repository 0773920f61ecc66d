package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/connector"
	"mailgun-connector/connector/app/apptest"
	"mailgun-connector/connector/sandbox"
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
	s.Do(t, "POST", "/hooks/casdoor", "{}", map[string]string{"Authorization": "Bearer " + hookToken})
	draft := strings.Replace(withCallers, `"kratos":{`, `"new":{`, 1)
	draft = strings.Replace(draft, `"type":"casdoor"`, `"type":"kratos"`, 1)
	got := callersOf(t, s, `{"config":`+s.Fill(t, draft)+`}`)
	if _, stays := got["kratos"]; stays || len(got) != 3 || got["new"].Path != "/hooks/new" ||
		got["new"].Last.Proven != nil {
		t.Errorf("callers of the draft = %+v, want new without a call, and no kratos", got)
	}
	if last := got["supabase"].Last.Proven; last == nil || last.Outcome != "sent" {
		t.Errorf("the last call to supabase = %+v, want one that was sent", last)
	}
	if last := got["casdoor"].Last; last.Proven != nil || last.Unproven != nil {
		t.Errorf("the last calls to a caller of another type = %+v, want none", last)
	}
	if running := callersOf(t, s, "{}"); running["kratos"].Name == "" || running["casdoor"].Last.Proven == nil {
		t.Errorf("callers = %+v, want those of the running config", running)
	}
	var told struct{ Setups map[string]string }
	if s.Post(t, "/callers", "{}").Decode(t, &told); told.Setups["hanko"] == "" ||
		told.Setups["kratos"] != got["new"].Setup {
		t.Errorf("setups = %q, want one for each type, as on the cards", told.Setups)
	}
	if none := callersOf(t, apptest.Start(t, apptest.Config{}), "{}"); len(none) != 0 {
		t.Errorf("callers of a config without any = %+v, want none", none)
	}
}

// Who changes the server behind a name sees nothing of what the one before has called.
func TestCallerOfAnotherType(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{Connector: withCallers})
	s.Do(t, "POST", "/hooks/casdoor", "{}", map[string]string{"Authorization": "Bearer " + hookToken})
	other := strings.Replace(withCallers, `"type":"casdoor"`, `"type":"kratos"`, 1)
	for _, config := range []string{other, withCallers} {
		s.WriteConfig(t, s.Fill(t, config))
		if err := s.App.Reload(); err != nil {
			t.Fatal(err)
		}
		if last := callersOf(t, s, "{}")["casdoor"].Last; last.Proven != nil {
			t.Errorf("the last call after a change of type = %+v, want none", last.Proven)
		}
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
		{"POST", `{"to":"ada@example.org","template_type":"login_code_valid","login_code":"123456"}`, "sent",
			"login_code_valid", "", true},
		{"POST", `{"to":"ada@example.org","template_type":"recovery_code_valid","recovery_code":"123456"}`, "no_content",
			"recovery_code_valid", "no_content", true},
		{"POST", `{"to":"ada@example.org","template_type":"new one <x>","x":1}`, "no_content", "new-one--x-", "no_content",
			true},
		{"POST", `{"to":"ada@example.org"}`, "invalid", "", "call_invalid", true},
		{"PUT", `{}`, "invalid", "", "wrong_method", false},
		{"POST", strings.Repeat("x", 256<<10+1), "invalid", "", "body_unreadable", false},
	} {
		s.Do(t, x.method, "/hooks/kratos", x.body, token)
		card := callersOf(t, s, "{}")["kratos"]
		last := card.Last.Proven
		if !x.proven {
			last = card.Last.Unproven
		}
		if last == nil || last.Outcome != x.outcome || last.Type != x.sourceType || last.Reason != x.reason {
			t.Errorf("last call after %s %.80s = %+v, want %s, type %q, reason %q", x.method, x.body, last, x.outcome,
				x.sourceType, x.reason)
		}
		if last != nil && last.Outcome != "sent" && last.Detail == "" {
			t.Errorf("last call after %s %.80s says nothing: %+v", x.method, x.body, last)
		}
	}
}

// Identity servers repeat what was refused: the repetition, which Mailgun does not see, is
// remembered with the reason of the first.
func TestLastCallThatIsRepeated(t *testing.T) {
	t.Parallel()
	for name, service := range map[string]apptest.Config{"memory": {}, "database": withDatabase(t)} {
		for reason, fault := range map[connector.Reason]sandbox.Fault{
			connector.ReasonCredentials: {Status: 401},
			connector.ReasonRecipient:   {Status: 400, Body: `{"message":"to parameter is not a valid address"}`},
		} {
			t.Run(name+"/"+string(reason), func(t *testing.T) {
				t.Parallel()
				service.Connector = withCallers
				s := apptest.Start(t, service)
				s.Sandbox.SetFaults(fault)
				var told [2]string
				for n := range told {
					answer := s.Do(t, "POST", "/hooks/supabase", recovery, signedCall(recovery))
					told[n] = fmt.Sprint(answer.Status, " ", string(answer.Body))
					last, words := callersOf(t, s, "{}")["supabase"].Last.Proven, reason.Words()
					want := connector.CallRecord{
						At: last.At, RequestID: last.RequestID, Outcome: "refused", Type: "recovery",
						Reason: string(reason), Detail: words.What, Hint: words.Hint,
					}
					if diff := cmp.Diff(want, *last); diff != "" {
						t.Errorf("last call after call %d (-want +got):\n%s", n, diff)
					}
					s.Sandbox.SetFaults(sandbox.Fault{Status: 500}) // it is not asked again
				}
				if told[0] != told[1] {
					t.Errorf("the repetition was answered %s, and the first call %s", told[1], told[0])
				}
			})
		}
	}
}
