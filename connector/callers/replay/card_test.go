package replay_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"

	"mailgun-connector/connector"
	"mailgun-connector/connector/app/apptest"
)

// cards asks the service for its callers.
func cards(t *testing.T, s *apptest.Service) []connector.CallerCard {
	t.Helper()
	answer := s.Post(t, "/callers", "{}")
	var got struct{ Callers []connector.CallerCard }
	answer.Decode(t, &got)
	if answer.Status != http.StatusOK {
		t.Fatalf("POST /callers = %d %s, want 200", answer.Status, answer.Body)
	}
	return got.Callers
}

// The card of each caller remembers its last recorded call, and a forged one beside it.
func TestLastCallsOfCards(t *testing.T) {
	t.Parallel()
	for caller, x := range map[string]struct{ name, sourceType, forged string }{
		"supabase": {"recovery", "recovery", "bad_signature"},
		"clerk":    {"reset_password_code", "reset_password_code", "bad_signature"},
		"kratos":   {"ctx_login_code_valid", "login_code_valid", "wrong_token"},
		"zitadel":  {"init_code", "user.human.initialization.code.added", "bad_signature"},
		"hanko":    {"passcode_login", "login", "bad_signature"},
		"casdoor":  {"code_as_html", "SignIn", "wrong_token"},
	} {
		t.Run(caller, func(t *testing.T) {
			t.Parallel()
			recording := readRecording(t, caller)
			r := &replay{recording: recording, recordedCase: recording.find(t, x.name)}
			r.setClock(r.Now)
			if len(r.Keys) > 0 && caller == "hanko" {
				r.jwks = newKeyServer(t, r.Keys, r.KeySets)
			}
			r.start(t)
			if last := cards(t, r.service)[0].Last; last.Proven != nil || last.Unproven != nil {
				t.Errorf("last calls at first = %+v, want none", last)
			}
			r.send(t, r.Request)
			r.send(t, forged(r.Request))
			card := cards(t, r.service)[0]
			proven, unproven := card.Last.Proven, card.Last.Unproven
			if proven == nil || proven.Outcome != "sent" || proven.Type != x.sourceType || proven.RequestID == "" {
				t.Errorf("the last call = %+v, want %s sent", proven, x.sourceType)
			}
			if unproven == nil || unproven.Outcome != "unauthorized" || unproven.Reason != x.forged || unproven.Detail == "" || unproven.Hint == "" {
				t.Errorf("the last forged call = %+v, want %s in words", unproven, x.forged)
			}
			text, err := json.Marshal(card)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range r.Expect.Mails {
				if strings.Contains(string(text), m.To) || m.Code != "" && strings.Contains(string(text), m.Code) {
					t.Errorf("the card holds an address or a code: %s", text)
				}
			}
		})
	}
}

// forged returns a call that is not the caller's own.
func forged(call *recordedRequest) *recordedRequest {
	next := &recordedRequest{Method: call.Method, Headers: maps.Clone(call.Headers), Body: call.Body}
	for name, value := range next.Headers {
		if strings.HasSuffix(strings.ToLower(name), "signature") || name == "Authorization" {
			next.Headers[name] = value[:len(value)-6] + "abcdef"
		}
	}
	if token, rest, ok := strings.Cut(next.Body, `","event"`); ok && strings.HasPrefix(token, `{"token"`) {
		next.Body = token[:len(token)-8] + "AAAAAAAA" + `","event"` + rest
	}
	return next
}

// Whoever leaves the config takes the record along.
func TestCallersThatComeAndGo(t *testing.T) {
	t.Parallel()
	recording := readRecording(t, "supabase")
	r := &replay{recording: recording, recordedCase: recording.find(t, "recovery")}
	r.setClock(r.Now)
	r.start(t)
	r.send(t, r.Request)
	with := r.service.Fill(t, r.config(t))
	other := strings.Replace(with, `"callers":{"supabase":`, `"callers":{"other":`, 1)
	for _, config := range []string{other, with} {
		r.service.WriteConfig(t, config)
		if err := r.service.App.Reload(); err != nil {
			t.Fatal(err)
		}
	}
	if last := cards(t, r.service)[0].Last; last.Proven != nil {
		t.Errorf("the last call of a caller that left and came back = %+v, want none", last.Proven)
	}
}
