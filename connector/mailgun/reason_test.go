package mailgun_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/mailgun"
	"mailgun-connector/connector/sandbox"
)

// Mailgun's answers are told apart by what there is to do about them: it has few statuses,
// and the same for many causes.
func TestAnswerReasons(t *testing.T) {
	t.Parallel()
	const notAllowed = "Domain mg.example.com is not allowed to send: "
	mg, url := fake(t)
	s := newSender(t, url, nil)
	for _, tt := range []struct {
		status int
		text   string
		want   connector.Reason
		hint   string // is in it
	}{
		{401, "Forbidden", connector.ReasonCredentials, "region"},
		{401, "Invalid private key", connector.ReasonCredentials, "allowlist"},
		{401, "IP address 203.0.113.9 is not on the allowlist", connector.ReasonIPNotAllowed, "IP allowlist"},
		{403, "Your IP is not in the IP whitelist of this account", connector.ReasonIPNotAllowed, "IP allowlist"},
		{403, notAllowed + "IP address not authorized", connector.ReasonIPNotAllowed, "IP allowlist"},
		{403, "", connector.ReasonForbidden, "sending key"},
		{403, "Forbidden", connector.ReasonForbidden, "sending key"},
		{403, "Words of another day", connector.ReasonForbidden, "allowlist"},
		{404, "Domain not found: mg.example.com", connector.ReasonDomainNotFound, "region"},
		{404, "domain not found", connector.ReasonDomainNotFound, "region"},
		{404, "", connector.ReasonDomainNotFound, "region"},
		{400, "Domain mg.example.com does not exist", connector.ReasonDomainNotFound, "region"},
		{403, "Domain sandbox1.mailgun.org is not allowed to send: Sandbox subdomains are for test purposes only. " +
			"Please add your own domain or add the address to authorized recipients in Account Settings.",
			connector.ReasonSandboxDomain, "authorized recipients"},
		{421, notAllowed + "Free accounts are for test purposes only. " +
			"Please upgrade or add the address to authorized recipients in Account Settings.",
			connector.ReasonFreeAccount, "Upgrade"},
		{403, notAllowed + "The domain is unverified and requires DNS configuration. Log in to your control panel to " +
			"view required DNS records.", connector.ReasonDomainUnverified, "DNS records"},
		{403, notAllowed + "The domain is not verified", connector.ReasonDomainUnverified, "DNS records"},
		{403, "The domain has been deactivated", connector.ReasonDomainDisabled, "another domain"},
		{403, notAllowed + "The domain is disabled due to complaints", connector.ReasonDomainDisabled, "complaints"},
		{400, "Domain disabled", connector.ReasonDomainDisabled, "another domain"},
		{403, notAllowed + "Account disabled", connector.ReasonAccountDisabled, "control panel"},
		{400, notAllowed + "Your account is temporarily disabled. Please contact support to resolve.",
			connector.ReasonAccountDisabled, "does not help"},
		{429, "Account Terminated", connector.ReasonAccountDisabled, "does not help"},
		{403, notAllowed + "Account Inactivity", connector.ReasonAccountDisabled, "control panel"},
		{403, notAllowed + "Please activate your Mailgun account. Check your inbox.",
			connector.ReasonAccountUnverified, "activation"},
		{403, "Business verification required", connector.ReasonAccountUnverified, "verification"},
		{403, "Your account was blocked: custom message limit exceeded", connector.ReasonAccountLimit, "limit"},
		{403, notAllowed, connector.ReasonAccountRefused, "control panel"},
		{402, "", connector.ReasonPayment, "billing"},
		{402, notAllowed + "pay up", connector.ReasonPayment, "billing"},
		{403, "Your account is past due", connector.ReasonPayment, "billing"},
		{400, notAllowed + "account suspended: unpaid invoice", connector.ReasonPayment, "billing"},
		{429, "account-requests-per-sec limit exceeded, try again after 120 seconds", connector.ReasonSlowDown, ""},
		{420, "recipient limit exceeded, try again after 26 hours", connector.ReasonSlowDown, ""},
		{429, "hourly limit exceeded", connector.ReasonLimitHour, "hour"},
		{403, "limit of 100 messages per hour exceeded", connector.ReasonLimitHour, "hour"},
		{403, "You have reached your daily limit", connector.ReasonLimitDay, "day"},
		{403, "Custom message limit reached", connector.ReasonAccountLimit, "limit"},
		{403, "daily request limit (100) exceeded", connector.ReasonLimitDay, "day"},
		{429, "You have exceeded the limit of 100 messages per day", connector.ReasonLimitDay, "plan"},
		{429, "monthly limit exceeded", connector.ReasonLimitMonth, "plan"},
		{400, notAllowed + "You are sending too fast. Your account is on probation.", connector.ReasonSlowDown, ""},
		{403, "Account is on Probation, limited to 100 messages / hour", connector.ReasonProbation, "100"},
		{400, "to parameter is not a valid address. please check documentation", connector.ReasonRecipient, `"to"`},
		{400, "from parameter is not a valid address. please check documentation", connector.ReasonSender, "from"},
		{400, "template 'code' not found", connector.ReasonTemplate, "template"},
		{404, "template version not found", connector.ReasonTemplate, "templateVersion"},
		{400, "recipient is suppressed", connector.ReasonSuppressed, "suppressions"},
		{413, "", connector.ReasonTooLarge, "25 MB"},
		{400, "Send options (parameters starting with o:, h:, or v:) are limited to 16KB total", connector.ReasonTooLarge, "16 KB"},
		{400, "Words of another day", connector.ReasonRefused, "own words"},
		{500, "Internal Server Error", connector.ReasonFailing, ""},
		{302, "", connector.ReasonRedirect, "endpoint"},
		{200, "no id", connector.ReasonNoID, "endpoint"},
	} {
		mg.SetFaults(sandbox.Fault{Status: tt.status, Body: fmt.Sprintf(`{"message":%q}`, tt.text)})
		e, _ := failure(t, s)
		if e.Reason != tt.want || !strings.Contains(e.Hint, tt.hint) {
			t.Errorf("reason of %d %q = %s with hint %q, want %s with %q", tt.status, tt.text, e.Reason, e.Hint, tt.want, tt.hint)
		}
	}
}

func TestSilenceReasons(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fault sandbox.Fault
		want  connector.Reason
	}{
		"hang": {sandbox.Fault{Hang: true}, connector.ReasonNoAnswer},
		"drop": {sandbox.Fault{Drop: sandbox.DropAfter}, connector.ReasonConnectionLost},
		"text": {sandbox.Fault{Status: 200}, connector.ReasonNotMailgun},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mg, url := fake(t)
			mg.SetFaults(tt.fault)
			if e, _ := failure(t, newSender(t, url, quick)); e.Reason != tt.want || e.Reason.Words().Hint == "" {
				t.Errorf("Send() = %s with hint %q, want %s, and a hint for the log", e.Reason, e.Hint, tt.want)
			}
		})
	}
	if e, _ := failure(t, newSender(t, "http://127.0.0.1:1", quick)); e.Reason != connector.ReasonUnreachable {
		t.Errorf("Send() to nobody = %s, want %s", e.Reason, connector.ReasonUnreachable)
	}
}

// Reports are told apart by what there is to do, too; their words come without an address
// and without the mailbox's name.
func TestReportReasons(t *testing.T) {
	t.Parallel()
	w := newWebhook(t)
	for _, tt := range []struct {
		severity, reason string
		code             int
		said             string
		state            connector.State
		want             connector.Reason
	}{
		{"permanent", "suppress-bounce", 605, "Not delivering to previously bounced address", connector.Bounced, connector.ReasonSuppressedBounce},
		{"permanent", "suppress-unsubscribe", 606, "", connector.Bounced, connector.ReasonSuppressedUnsubscribe},
		{"permanent", "generic", 607, "", connector.Bounced, connector.ReasonSuppressedComplaint},
		{"permanent", "bounce", 550, "5.1.1 The email account that you tried to reach does not exist", connector.Bounced, connector.ReasonNoMailbox},
		{"permanent", "bounce", 550, "No such user here", connector.Bounced, connector.ReasonNoMailbox},
		{"permanent", "bounce", 550, "<ada@example.org>: Recipient address rejected: User unknown", connector.Bounced, connector.ReasonNoMailbox},
		{"permanent", "bounce", 552, "5.2.2 mailbox full", connector.Bounced, connector.ReasonMailboxFull},
		{"temporary", "generic", 452, "4.2.2 over quota", connector.Delayed, connector.ReasonMailboxFull},
		{"permanent", "bounce", 550, "5.7.1 message rejected as spam", connector.Bounced, connector.ReasonBlocked},
		{"permanent", "bounce", 554, "blocked using a blacklist", connector.Bounced, connector.ReasonBlocked},
		{"permanent", "espblock", 0, "", connector.Bounced, connector.ReasonBlocked},
		{"temporary", "generic", 498, "No MX for example.org", connector.Delayed, connector.ReasonNoMailServer},
		{"permanent", "old", 602, "Too old", connector.Bounced, connector.ReasonTooOld},
		{"temporary", "greylisted", 451, "", connector.Delayed, connector.ReasonGreylisted},
		{"temporary", "generic", 450, "Greylisting in action", connector.Delayed, connector.ReasonGreylisted},
		{"temporary", "generic", 421, "4.7.0 too many connections; blocked for now", connector.Delayed, connector.ReasonDelayed},
		{"permanent", "generic", 0, "STARTTLS is not offered", connector.Bounced, connector.ReasonNoTLS},
		{"permanent", "generic", 0, "", connector.Bounced, connector.ReasonBounced},
	} {
		body := fmt.Sprintf(`{%s,"event-data":{"event":"failed","severity":%q,"reason":%q,"recipient":"ada@example.org",`+
			`"message":{"headers":{"message-id":"1@x"}},"delivery-status":{"code":%d,"message":"","description":%q}}}`,
			signed(atReportTime), tt.severity, tt.reason, tt.code, tt.said)
		e, err := w.Read([]byte(body))
		if err != nil || e.State != tt.state || e.Reason != tt.want || e.Code != tt.code || tt.said != "" && e.Description == "" {
			t.Errorf("Read(%s %d %q) = %+v, %v, want %s for %s", tt.reason, tt.code, tt.said, e, err, tt.state, tt.want)
		}
		if strings.Contains(e.Description, "ada@") {
			t.Errorf("description = %q, want no address", e.Description)
		}
	}
}

func TestReportDescription(t *testing.T) {
	t.Parallel()
	w := newWebhook(t)
	for status, want := range map[string]string{
		`{"code":550,"message":"5.1.1 user ada unknown"}`:                        "550 5.1.1 user … unknown",
		`{"code":"550","message":"see https://x.example/?to=ada%40example.org"}`: "550 see https:…",
		`{"code":550.5,"description":"for Ada <ada+x@example.org>"}`:             "0 for Ada <…>",
		`{"code":-1,"message":"\r\none\nline "}`:                                 "0 one line",
		`{"code":99999,"message":"` + strings.Repeat("x", 5000) + `"}`:           "0 " + strings.Repeat("x", 200) + "…",
		`{"code":250,"message":{"an":"object"}}`:                                 "0 ",
		`[]`:                                                                     "0 ",
		`null`:                                                                   "0 ",
	} {
		body := fmt.Sprintf(`{%s,"event-data":{"event":"failed","severity":"permanent","recipient":"ada@example.org",`+
			`"message":{"headers":{"message-id":"1@x"}},"delivery-status":%s}}`, signed(atReportTime), status)
		e, err := w.Read([]byte(body))
		if got := fmt.Sprint(e.Code, " ", e.Description); err != nil || got != want {
			t.Errorf("status of %.80s = %q, %v, want %q", status, got, err, want)
		}
	}
}

func quick(c *mailgun.Config) { c.Timeout, c.RetryMax = 500*time.Millisecond, 0 }
