package callers_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/connector"
	"mailgun-connector/connector/callers"
	"mailgun-connector/connector/config"
)

// The findings are what is on the cards, in words.
func TestExamine(t *testing.T) {
	t.Parallel()
	hanko := settings("hanko")
	hanko.Content = config.CallerContent
	casdoor := settings("casdoor")
	casdoor.Content, casdoor.Usage = config.OwnContent, map[string]string{"moved": "Moved"}
	const (
		calls  = "ok c: calls POST /hooks/c."
		noCall = "ok c: has not called since the service started."
		moved  = "ok c: gets the config's own mails for moved (Moved)."
		others = "ok c: gets Generic's mail for default (Generic)."
		failed = "c: its last call, at 2026-11-26 02:00:00 UTC: no_content. None."
	)
	at := func(hour int) time.Time { return time.Date(2026, 11, 26, hour, 0, 0, 0, time.UTC) }
	stranger := func(hour int) *connector.CallRecord {
		words := connector.CallWrongToken.Words()
		return &connector.CallRecord{
			At: at(hour), Outcome: "unauthorized", Reason: "wrong_token", Detail: words.What, Hint: words.Hint,
		}
	}
	for name, tt := range map[string]struct {
		caller   config.Caller
		contents []string
		database connector.Level
		last     *connector.LastCalls // nil if nobody knows
		want     []string
	}{
		"all there": {casdoor, []string{"Generic", "Moved"}, connector.OK, nil, []string{calls, moved, others}},
		"nothing": {casdoor, nil, connector.OK, &connector.LastCalls{}, []string{calls,
			"problem c: there is no content in the fallback language for Generic, Moved, and no Generic one: " +
				"their mails are refused.", noCall}},
		"a stranger's call before": {casdoor, []string{"Moved", "Generic"}, connector.OK, &connector.LastCalls{
			Proven:   &connector.CallRecord{At: at(2), Outcome: "sent", Type: "moved"},
			Unproven: stranger(1),
		}, []string{calls, moved, others,
			"ok c: its last call for moved, at 2026-11-26 02:00:00 UTC: sent."}},
		"a stranger's call behind": {casdoor, []string{"Moved", "Generic"}, connector.OK, &connector.LastCalls{
			Proven:   &connector.CallRecord{At: at(2), Outcome: "no_content", Detail: "None."},
			Unproven: stranger(3),
		}, []string{calls, moved, others,
			"warning " + failed,
			"warning c: a call at 2026-11-26 03:00:00 UTC did not prove to be its own. Its token is another one."}},
		"no database": {hanko, nil, connector.Warning, nil, []string{calls,
			"ok c: gets the mails that it brings for email_verification (EmailVerification), login (SignIn), " +
				"recovery (ForgotPassword), email_login_attempted (UnknownRecipient), " +
				"email_registration_attempted (AccountExists), " +
				"security_notification/email_create (EmailAdded), security_notification/email_delete (EmailRemoved), " +
				"security_notification/mfa_create (MfaEnrolled), security_notification/mfa_delete (MfaUnenrolled), " +
				"security_notification/passkey_create (PasskeyAdded), security_notification/password_update (PasswordChanged), " +
				"security_notification/primary_email_update (EmailChanged).",
			"warning c: never repeats a call: without a database, a code that can't be sent at once is lost."}},
	} {
		with := callers.Examination{Mails: contents(t, tt.contents...), NoDatabase: tt.database}
		if tt.last != nil {
			with.Last = func(string, string) connector.LastCalls { return *tt.last }
		}
		var got []string
		found, err := callers.Examine(map[string]config.Caller{"c": tt.caller}, with)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			got = append(got, string(f.Level)+" "+f.Detail)
			if f.Hint == "" && f.Level != connector.OK && f.Detail != failed {
				t.Errorf("%s: %s has no hint", name, f.Detail)
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
