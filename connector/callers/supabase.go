package callers

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/config"
	"mailgun-connector/connector/idempotency"
)

// supabase is Supabase Auth's Send Email Hook over HTTP (supabase/auth v2.196.0,
// internal/hooks and internal/mailer).
var supabase = dialect{
	prove: func(s config.Caller, _ Environment) (proof, error) { return newWebhookProof(s, "Webhook-") },
	parse: parseSupabase, answer: answerSupabase,
	content: config.OwnContent, tolerance: 5 * time.Minute, keyLife: idempotency.Life,
	setup: "In the dashboard: Authentication, Hooks, Send Email, HTTPS. Paste the URL, generate a secret, and put " +
		"that as it is (v1,whsec_…) into secrets here. Self-hosted: GOTRUE_HOOK_SEND_EMAIL_ENABLED, …_URI and " +
		"…_SECRETS.",
	usage: map[string]string{
		"signup":           "Register",
		"recovery":         "ForgotPassword",
		"invite":           "Invitation",
		"magiclink":        "SignIn",
		"email":            "SignIn",
		"email_change":     "BindNewIdentifier",
		oldAddress:         "EmailChangeApproval",
		"reauthentication": "UserPermissionValidation",

		"password_changed_notification":      "PasswordChanged",
		"email_changed_notification":         "EmailChanged",
		"phone_changed_notification":         "PhoneChanged",
		"identity_linked_notification":       "IdentityLinked",
		"identity_unlinked_notification":     "IdentityUnlinked",
		"mfa_factor_enrolled_notification":   "MfaEnrolled",
		"mfa_factor_unenrolled_notification": "MfaUnenrolled",
	},
}

const (
	emailChange = "email_change"
	// oldAddress is the mail to the address that is to be replaced.
	oldAddress = "email_change (old address)"
)

// parseSupabase finds the mails. The call has a code and a hash, and no link.
func parseSupabase(c *caller, _ *connector.Call, body []byte) (*reading, error) {
	d, err := parseDocument(body)
	if err != nil {
		return nil, err
	}
	user, data := d.object("user"), d.object("email_data")
	r := &reading{key: d.object("metadata").text("uuid")}
	s := supabaseCall{caller: c, document: d, user: user, data: data, action: data.text("email_action_type")}
	if s.action == "" {
		r.fault = invalid("The call has no email_data.email_action_type.")
	}
	switch {
	case s.action == "email_changed_notification":
		r.letters = []letter{s.letter(data.text("old_email"), "", "")}
	case s.action == emailChange && data.text("token_new") != "":
		// The names of the hashes are crossed, and kept so by the server for those who rely
		// on them (supabase/auth, internal/mailer/templatemailer).
		approval := s.letter(user.text("email"), data.text("token"), data.text("token_hash_new"))
		approval.usageKey = oldAddress
		r.letters = []letter{
			approval, s.letter(user.text("new_email"), data.text("token_new"), data.text("token_hash")),
		}
	case s.action == emailChange:
		r.letters = []letter{s.letter(user.text("new_email"), data.text("token"), data.text("token_hash"))}
	default:
		r.letters = []letter{s.letter(user.text("email"), data.text("token"), data.text("token_hash"))}
	}
	return r, nil
}

// supabaseCall is a call, looked at.
type supabaseCall struct {
	caller     *caller
	document   document
	user, data document
	action     string
}

// letter returns a mail with a code and a hash of its own: those of the other mail of the
// same call are nowhere in it.
func (s *supabaseCall) letter(to, code, hash string) letter {
	details := s.data.without("token", "token_hash", "token_new", "token_hash_new")
	l := letter{
		to: to, sourceType: s.action, code: code, link: s.link(hash),
		payload: map[string]any{"user": map[string]any(s.user), "email_data": details},
		ip:      s.document.object("metadata").text("ip_address"),
	}
	s.caller.addLanguages(l.payload, s.document)
	if len(s.caller.links) > 0 {
		l.linkValues = maps.Clone(details)
		maps.Copy(l.linkValues, map[string]any{
			"token": code, "token_hash": hash, "type": s.action, "email": to,
			"user": map[string]any(s.user), "email_data": details,
		})
	}
	return l
}

// authPath ends the address of Supabase's auth server. What site_url is otherwise may be
// the app (supabase/auth #2559, #2715).
const authPath = "/auth/v1"

// link returns the link that the server's own mailer would make. The parameter that is
// called token has the hash.
func (s *supabaseCall) link(hash string) string {
	if hash == "" || s.action == "reauthentication" {
		return ""
	}
	base := s.caller.settings.VerifyURL
	if site := strings.TrimSuffix(s.data.text("site_url"), "/"); base == "" && strings.HasSuffix(site, authPath) {
		base = site + "/verify"
	}
	u, err := url.Parse(base)
	if err != nil || base == "" {
		return ""
	}
	query := u.Query()
	query.Set("token", hash)
	query.Set("type", s.action)
	if to := s.data.text("redirect_to"); to != "" {
		query.Set("redirect_to", to)
	}
	u.RawQuery = query.Encode()
	return u.String()
}

// supabaseError is what the person who waits is shown: the status and the message.
type supabaseError struct {
	Error struct {
		HTTPCode int    `json:"http_code"`
		Message  string `json:"message"`
	} `json:"error"`
}

// answerSupabase puts a failure into a success: any other status becomes a 500 with words
// of the server's own, and 429 or 503 with Retry-After bring two more calls at once.
func answerSupabase(f *connector.CallFailure) (status int, body any) {
	told := &supabaseError{}
	told.Error.HTTPCode, told.Error.Message = f.Status, f.Sentence
	return http.StatusOK, told
}
