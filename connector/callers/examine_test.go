package callers_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/connector"
	"mailgun-connector/connector/callers"
	"mailgun-connector/connector/config"
)

func TestExamine(t *testing.T) {
	t.Parallel()
	own := settings("zitadel")
	own.Usage = map[string]string{"user.domain.claimed": "Moved"}
	hanko := settings("hanko")
	for name, tt := range map[string]struct {
		caller   config.Caller
		contents []string
		database connector.Level
		want     []string
	}{
		"all there":  {own, []string{"Generic", "DomainClaimed", "PasswordChanged", "Moved"}, connector.OK, []string{"ok c: calls POST /hooks/c."}},
		"no notices": {own, []string{"Generic"}, connector.OK, []string{"ok c: calls POST /hooks/c."}},
		"nothing": {own, nil, connector.OK, []string{
			"ok c: calls POST /hooks/c.",
			"problem c: there is no content for EmailVerification, ForgotPassword, Invitation, MfaVerification, Moved, PasskeyRegistration, Register, and no Generic one: their mails are refused."}},
		"the caller's own mails": {hanko, nil, connector.OK, []string{"ok c: calls POST /hooks/c."}},
		"no database": {hanko, nil, connector.Warning, []string{"ok c: calls POST /hooks/c.",
			"warning c: never repeats a call: without a database, a code that can't be sent at once is lost."}},
	} {
		var got []string
		for _, f := range callers.Examine(map[string]config.Caller{"c": tt.caller}, callers.Examination{
			HasContent: func(usageType string) bool { return slices.Contains(tt.contents, usageType) }, NoDatabase: tt.database,
		}) {
			got = append(got, string(f.Level)+" "+f.Detail)
			if f.Hint == "" {
				t.Errorf("%s: %s has no hint", name, f.Detail)
			}
		}
		if name == "no notices" {
			if last := got[len(got)-1]; !strings.HasPrefix(last, "warning c: there is no content for the notices PasswordChanged, ") {
				t.Errorf("%s: %s", name, last)
			}
			got = got[:1]
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
