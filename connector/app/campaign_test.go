package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/app"
	"mailgun-connector/connector/app/apptest"
	"mailgun-connector/connector/cli"
	"mailgun-connector/connector/config"
	"mailgun-connector/connector/ratelimit"
	"mailgun-connector/connector/sandbox"
)

// fate is something that happens to mails, and what support is to find afterwards.
type fate struct {
	mails   int           // 4 when 0
	fault   sandbox.Fault // of Mailgun
	kind    string        // usage type, SignIn when empty
	more    string        // members of the request beside to and type; a code when empty
	config  string        // members of the connector's config beside the campaign's own
	options func(*app.Options)
	sandbox func(*sandbox.Config)
	quiet   bool                         // Mailgun reports nothing
	then    func(*campaign, string, int) // after the nth mail was sent to an address
	state   connector.State
	reason  connector.Reason
	happens string // is in what happened
	do      string // is in what to do
}

// campaign is one fate's run.
type campaign struct {
	*testing.T
	s *apptest.Service
}

func event(e sandbox.Event) func(*campaign, string, int) {
	return func(c *campaign, _ string, n int) {
		if status, err := c.s.Sandbox.Report(c.Context(), n, e); err != nil || status != http.StatusOK {
			c.Errorf("report = %d, %v, want 200", status, err)
		}
	}
}

func bounce(code int, said string) func(*campaign, string, int) {
	return event(sandbox.Event{Event: sandbox.EventFailed, Severity: sandbox.SeverityPermanent, Reason: "bounce", Code: code, Description: said})
}

func refuses(status int, text string) sandbox.Fault {
	return sandbox.Fault{Status: status, Body: fmt.Sprintf(`{"message":"Domain mg.example.com is not allowed to send: %s"}`, text)}
}

// says is a refusal of a request rather than of an account.
func says(status int, text string) sandbox.Fault {
	return sandbox.Fault{Status: status, Body: fmt.Sprintf(`{"message":%q}`, text)}
}

func suppresses(code int) func(*sandbox.Config) {
	return func(c *sandbox.Config) {
		c.Suppressed = map[string]int{}
		for n := range 8 {
			c.Suppressed[victim(n)] = code
		}
	}
}

func victim(n int) string { return fmt.Sprintf("person%d@example.org", n) }

func soon() string {
	return `"payload":{"code":"481629"},"expiresAt":"` + time.Now().Add(2500*time.Millisecond).UTC().Format(time.RFC3339Nano) + `"`
}

// fates are all that the sandbox can play, and what the service does by itself.
func fates() map[string]fate {
	delayed := sandbox.Event{Event: sandbox.EventFailed, Severity: sandbox.SeverityTemporary, Reason: "greylisted", Code: 451}
	later := sandbox.Event{Event: sandbox.EventFailed, Severity: sandbox.SeverityTemporary, Reason: "generic", Code: 421, Description: "try again"}
	return map[string]fate{
		"delivered":    {state: "delivered", reason: "delivered", happens: "has taken the mail", do: "spam"},
		"no report":    {quiet: true, state: "sent", reason: "not_reported", happens: "has not reported", do: "delivery reports"},
		"template":     {kind: "Stored", state: "sent", reason: "not_reported", happens: "has not reported", do: "template may be missing"},
		"bounced once": {sandbox: suppresses(605), state: "bounced", reason: "suppressed_bounce", happens: "bounced before", do: "Remove the bounce"},
		"unsubscribed": {sandbox: suppresses(606), state: "bounced", reason: "suppressed_unsubscribe", happens: "unsubscribed", do: "Remove the unsubscription"},
		"complained":   {sandbox: suppresses(607), state: "bounced", reason: "suppressed_complaint", happens: "spam", do: "Remove the complaint"},
		"complains":    {quiet: true, then: event(sandbox.Event{Event: sandbox.EventComplained}), state: "complained", reason: "complained", happens: "spam", do: "suppress"},
		"no mailbox":   {quiet: true, then: bounce(550, "5.1.1 no such user"), state: "bounced", reason: "no_mailbox", happens: "no such mailbox", do: "mistyped"},
		"full":         {quiet: true, then: bounce(552, "5.2.2 mailbox full"), state: "bounced", reason: "mailbox_full", happens: "full", do: "makes room"},
		"as spam":      {quiet: true, then: bounce(554, "5.7.1 looks like spam"), state: "bounced", reason: "blocked", happens: "policy", do: "SPF"},
		"no MX":        {quiet: true, then: bounce(498, "No MX for example.org"), state: "bounced", reason: "no_mail_server", happens: "takes no mail", do: "mistyped domain"},
		"too old":      {quiet: true, then: bounce(602, "Too old"), state: "bounced", reason: "too_old", happens: "gave up", do: "new code"},
		"no TLS":       {mails: 3, quiet: true, then: bounce(550, "TLS is required and the server offers no STARTTLS"), state: "bounced", reason: "no_tls", happens: "no TLS", do: "options.requireTls"},
		"bounced":      {mails: 3, quiet: true, then: bounce(554, "transaction failed"), state: "bounced", reason: "bounced", happens: "for good", do: "Remove the bounce"},
		"rejected":     {mails: 3, quiet: true, then: event(sandbox.Event{Event: "rejected"}), state: "bounced", reason: "rejected", happens: "rejected it", do: "logs"},
		"delayed":      {mails: 3, quiet: true, then: event(later), state: "sent", reason: "delayed", happens: "did not take the mail yet", do: "new code"},
		"test mode":    {mails: 3, config: `"options":{"testMode":true},`, state: "delivered", reason: "test_mode", happens: "delivers nothing", do: "options.testMode"},
		"greylisted":   {quiet: true, then: event(delayed), state: "sent", reason: "greylisted", happens: "later", do: "tries again by itself"},

		"wrong key":         {fault: sandbox.Fault{Status: 401}, state: "failed", reason: "credentials", happens: "credentials", do: "region"},
		"allowlist":         {fault: refuses(403, "IP address not on the allowlist"), state: "failed", reason: "ip_not_allowed", happens: "IP address", do: "IP allowlist"},
		"bare 403":          {fault: sandbox.Fault{Status: 403, Body: "Forbidden"}, state: "failed", reason: "forbidden", happens: "forbids", do: "sending key"},
		"sandbox domain":    {fault: refuses(403, "Sandbox subdomains are for test purposes only. Please add the address to authorized recipients"), state: "failed", reason: "sandbox_domain", happens: "sandbox", do: "domain of your own"},
		"unverified":        {fault: refuses(403, "The domain is unverified and requires DNS configuration."), state: "failed", reason: "domain_unverified", happens: "not verified", do: "DNS records"},
		"unknown domain":    {fault: sandbox.Fault{Status: 404}, state: "failed", reason: "domain_not_found", happens: "does not know the domain", do: "region"},
		"disabled domain":   {fault: refuses(403, "Domain disabled"), state: "failed", reason: "domain_disabled", happens: "disabled the sending domain", do: "another domain"},
		"disabled account":  {fault: refuses(403, "Account disabled"), state: "failed", reason: "account_disabled", happens: "disabled the account", do: "does not help"},
		"payment":           {fault: sandbox.Fault{Status: 402}, state: "failed", reason: "payment_required", happens: "payment", do: "billing"},
		"too large":         {fault: sandbox.Fault{Status: 413}, state: "failed", reason: "mail_too_large", happens: "too large", do: "shorten"},
		"redirect":          {fault: sandbox.Fault{Status: 302, Location: "https://example.org"}, state: "failed", reason: "redirect", happens: "redirect", do: "endpoint"},
		"no Mailgun":        {fault: sandbox.Fault{Status: 200}, state: "failed", reason: "not_mailgun", happens: "took no mail", do: "endpoint"},
		"day is over":       {fault: sandbox.Fault{Status: 420, Body: `{"message":"daily limit exceeded, try again after 36000 seconds"}`}, state: "failed", reason: "limit_day", happens: "limit for the day", do: "plan"},
		"month is over":     {mails: 3, fault: sandbox.Fault{Status: 420, Body: `{"message":"monthly limit exceeded, try again after 360000 seconds"}`}, state: "failed", reason: "limit_month", happens: "limit for the month", do: "plan"},
		"free account":      {mails: 3, fault: refuses(403, "Free accounts are for test purposes only. Please upgrade or add the address to your authorized recipients"), state: "failed", reason: "free_account", happens: "free one", do: "Upgrade"},
		"not activated":     {mails: 3, fault: refuses(403, "Your account is not activated. Please check your inbox or contact support"), state: "failed", reason: "account_unverified", happens: "not activated", do: "activation mail"},
		"own limit":         {mails: 3, fault: refuses(403, "The account is disabled: it has reached its custom message limit"), state: "failed", reason: "account_limit", happens: "message limit", do: "custom message limit"},
		"not allowed":       {mails: 3, fault: refuses(403, "Contact support"), state: "failed", reason: "account_refused", happens: "does not let", do: "support"},
		"bad to":            {mails: 3, fault: says(400, "to parameter is not a valid address. please check documentation"), state: "failed", reason: "recipient_invalid", happens: "recipient's address", do: "Check the address"},
		"bad from":          {mails: 3, fault: says(400, "from parameter is not a valid address. please check documentation"), state: "failed", reason: "sender_invalid", happens: "sender's address", do: "Check from"},
		"on a list":         {mails: 3, fault: says(400, "The recipient is on the suppression list"), state: "failed", reason: "recipient_suppressed", happens: "suppression list", do: "remove the entry"},
		"no template":       {mails: 3, fault: says(404, "template not found"), state: "failed", reason: "template_missing", happens: "no such template", do: "templateVersion"},
		"bad option":        {mails: 3, fault: says(400, "o:deliverytime is invalid"), state: "failed", reason: "refused", happens: "refused the mail", do: "Mailgun's own words"},
		"options":           {mails: 3, kind: "Wide", more: `"payload":{"note":"` + strings.Repeat("x", 17<<10) + `"}`, state: "failed", reason: "mail_too_large", happens: "too large", do: "16 KB"},
		"empty":             {mails: 3, kind: "Empty", more: `"payload":{"note":""}`, state: "failed", reason: "mail_empty", happens: "empty", do: "Add text"},
		"no id":             {mails: 3, fault: says(200, "Queued. Thank you."), state: "failed", reason: "no_message_id", happens: "no message id", do: "endpoint"},
		"probation":         {mails: 3, fault: refuses(403, "The account is on probation"), state: "queued", reason: "probation", happens: "probation", do: "100 mails an hour"},
		"new account":       {mails: 3, fault: sandbox.Fault{Status: 400}, state: "queued", reason: "slow_down", happens: "slow down", do: "passes by itself"},
		"hour is over":      {mails: 3, fault: refuses(403, "limit of 100 messages per hour exceeded"), state: "queued", reason: "limit_hour", happens: "limit for the hour", do: "passes with the hour"},
		"too fast":          {mails: 3, fault: sandbox.Fault{Status: 429, Wait: time.Minute}, state: "queued", reason: "slow_down", happens: "slow down", do: "passes by itself"},
		"failing":           {mails: 3, fault: sandbox.Fault{Status: 503, RetryAfter: "60"}, state: "queued", reason: "mailgun_failing", happens: "failing", do: "status.mailgun.com"},
		"silent":            {mails: 2, fault: sandbox.Fault{Hang: true}, state: "queued", reason: "no_answer", happens: "did not answer", do: "network"},
		"broken off":        {mails: 2, fault: sandbox.Fault{Drop: sandbox.DropBefore}, state: "queued", reason: "connection_lost", happens: "broke", do: "network"},
		"taken, broken off": {mails: 2, quiet: true, fault: sandbox.Fault{Drop: sandbox.DropAfter}, state: "queued", reason: "connection_lost", happens: "may or may not have been sent", do: "network"},
		"unreachable": {mails: 2, config: `"endpoint":"http://127.0.0.1:1",`, state: "queued", reason: "unreachable", happens: "could not be reached", do: "firewall",
			options: func(o *app.Options) { o.AllowEndpointHosts = append(o.AllowEndpointHosts, "127.0.0.1:1") }},
		"behind another": {mails: 2, fault: sandbox.Fault{Status: 503, RetryAfter: "60"}, then: again, state: "queued", reason: "waiting", happens: "behind an earlier mail", do: "by itself"},
		"expired": {mails: 2, fault: sandbox.Fault{Status: 503}, more: "soon", state: "expired", reason: "expired", happens: "life ended", do: "new code",
			options: func(o *app.Options) { o.SendTimeout = 500 * time.Millisecond }},
		"cancelled": {mails: 3, fault: sandbox.Fault{Status: 503, RetryAfter: "60"}, then: cancels, state: "cancelled", reason: "cancelled", happens: "cancelled", do: "new code"},

		"limit":      {then: again, options: func(o *app.Options) { o.RecipientLimit = ratelimit.Rate{Sends: 1, Per: time.Hour} }, state: "refused", reason: "recipient_limit", happens: "too many mails", do: "--recipient-limit"},
		"no content": {kind: "Register", state: "refused", reason: "no_content", happens: "No delivery", do: "Add a delivery"},
		"no code":    {more: `"payload":{}`, state: "refused", reason: "no_code", happens: "needs a code", do: "payload.code"},
		"nonsense":   {mails: 3, more: `"payload":[]`, state: "refused", reason: "request_invalid", happens: "invalid", do: "caller must change"},
		"late":       {more: `"payload":{"code":"481629"},"expiresAt":"2026-01-02T03:04:05Z"`, state: "refused", reason: "code_expired", happens: "expired already", do: "clock"},
	}
}

func again(c *campaign, to string, _ int) {
	c.s.Post(c, "/send-code", mailRequest(to, "SignIn", `{"code":"481629"}`))
}

func cancels(c *campaign, to string, _ int) {
	apptest.Within(c, "cancelled", func() bool {
		all := lookUp(c.T, c.s, to)
		return len(all) == 1 && c.s.Post(c, "/messages/"+all[0].ID+"/cancel", "").Status == http.StatusOK
	})
}

// elsewhere are the reasons that no fate has, with why.
var elsewhere = map[connector.Reason]string{
	connector.ReasonBusy:         "sends at once: TestBusyIsRecorded",
	connector.ReasonMailgunDown:  "an open breaker: TestMailgunDownIsRecorded",
	connector.ReasonCall:         "an identity server: TestSenselessCallsAreRecorded",
	connector.ReasonKeyReused:    "an Idempotency-Key: TestKeysThatRefuseAreRecorded",
	connector.ReasonKeyBusy:      "an Idempotency-Key: TestKeysThatRefuseAreRecorded",
	connector.ReasonKeyUnknown:   "a database that fails: TestUnknownKeysAreRecorded of httpapi",
	connector.ReasonNotStored:    "a database that fails keeps no record until it is back",
	connector.ReasonInternal:     "a defect of ours",
	connector.ReasonLost:         "a process that dies: TestCrashCampaign of e2e",
	connector.ReasonSending:      "while an attempt lasts: no end",
	connector.ReasonOtherWay:     "a second way: TestRecordOfWays",
	connector.ReasonBothWays:     "a second way: TestRecordOfWays",
	connector.ReasonKeySendsOnly: "the suppressions: no send comes to it",
	connector.ReasonListsFailed:  "the suppressions: no send comes to it",
	connector.ReasonListsSilent:  "the suppressions: no send comes to it",
}

// Every reason is met by the campaign, or there is a reason why not.
func TestSupportCampaignMeetsEveryReason(t *testing.T) {
	t.Parallel()
	met := map[connector.Reason]bool{}
	for _, f := range fates() {
		met[f.reason] = true
	}
	for _, reason := range connector.Reasons() {
		if why := elsewhere[reason]; met[reason] == (why != "") {
			t.Errorf("%s is met: %v, and elsewhere: %q, want one of them", reason, met[reason], why)
		}
	}
}

// TestSupportCampaign has two hundred mails and more meet every fate. Afterwards a person
// with only the address finds for each what happened and what to do.
func TestSupportCampaign(t *testing.T) {
	t.Parallel()
	total := 0
	for name, f := range fates() {
		if f.mails == 0 {
			f.mails = 4
		}
		total += f.mails
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f.run(t)
		})
	}
	if total < 200 {
		t.Errorf("%d mails, want 200", total)
	}
}

func (f *fate) run(t *testing.T) {
	c := &campaign{t, f.service(t)}
	if f.fault != (sandbox.Fault{}) {
		c.s.Sandbox.SetFaults(f.fault)
	}
	kind, more := f.kind, f.more
	if kind == "" {
		kind = "SignIn"
	}
	for n := range f.mails {
		switch f.more {
		case "":
			more = `"payload":{"code":"481629"}`
		case "soon":
			more = soon()
		}
		c.s.Post(t, "/send-code", fmt.Sprintf(`{"to":%q,"type":%q,%s}`, victim(n), kind, more))
		if f.then != nil {
			f.then(c, victim(n), n+1)
		}
	}
	for n := range f.mails {
		var got record
		apptest.Within(t, "the end of "+victim(n), func() bool {
			all := lookUp(t, c.s, strings.ToUpper(victim(n)))
			if len(all) > 0 {
				got = all[0]
			}
			return got.State == string(f.state)
		})
		f.check(t, &got)
		if n == 0 {
			c.askOtherwise(victim(n), &got)
		}
	}
}

// askOtherwise wants the same of a body as of a query, and of the command; not at once, as
// what waits is tried again now and then.
func (c *campaign) askOtherwise(to string, got *record) {
	c.Helper()
	apptest.Within(c.T, "POST /messages/search for "+to, func() bool {
		var page struct{ Messages []record }
		c.s.Post(c, "/messages/search", fmt.Sprintf(`{"to":%q}`, to)).Decode(c, &page)
		return len(page.Messages) > 0 && page.Messages[0].ID == got.ID && page.Messages[0].Detail == got.Detail
	})
	environment := map[string]string{"CONNECTOR_LISTEN": c.s.App.Addr(), "CONNECTOR_TOKEN": apptest.Token + " read"}
	getenv := func(name string) string { return environment[name] }
	apptest.Within(c.T, "messages "+to, func() bool {
		var stdout, stderr strings.Builder
		status := cli.Run(c.Context(), []string{"messages", to}, cli.Process{Stdout: &stdout, Stderr: &stderr, Getenv: getenv})
		told := stdout.String()
		return status == 0 && strings.Contains(told, got.State) && strings.Contains(told, got.ID) &&
			strings.Contains(told, got.Detail)
	})
}

// check wants the record to say what happened and what to do, at its top or in a step.
func (f *fate) check(t *testing.T, got *record) {
	t.Helper()
	for _, s := range append(append([]step{got.step}, got.Attempts...), got.Events...) {
		words := connector.Reason(s.Reason).Words()
		if s.Detail != words.What || s.Hint != words.Hint {
			t.Errorf("step = %+v, want the words %+v", s, words)
		}
		if s.Reason == string(f.reason) && strings.Contains(s.Detail, f.happens) && strings.Contains(s.Hint, f.do) {
			return
		}
	}
	t.Errorf("record = %+v, want %s with %q and %q", got, f.reason, f.happens, f.do)
}

func (f *fate) service(t *testing.T) *apptest.Service {
	t.Helper()
	s := apptest.Start(t, apptest.Config{
		Connector: `{` + f.config + `"domain":"mg.example.com","from":"Sender Name <no-reply@mg.example.com>","deliveries":{
			"SignIn":{"subject":"{{code}}","html":"<p>{{code}}</p>"},"Stored":{"template":"missing"},
			"Wide":{"template":"wide"},"Empty":{"subject":"s","html":"{{note}}"}}}`,
		Sandbox: func(c *sandbox.Config) {
			c.Templates = []string{"wide"}
			if f.sandbox != nil {
				f.sandbox(c)
			}
		},
		Options: func(o *app.Options) {
			o.Database, o.Retention = config.Secret("sqlite:"+t.TempDir()+"/outbox.db"), 24*time.Hour
			o.WebhookKey, o.SendTimeout, o.RetryMax = "the-key-of-now", time.Second, 0
			if f.options != nil {
				f.options(o)
			}
		},
	})
	hook := sandbox.Webhook{SigningKey: "the-key-of-now", Delay: time.Millisecond, Retry: 20 * time.Millisecond, URL: s.URL + "/webhooks/mailgun"}
	if f.quiet { // but for what a fate reports
		hook.Delay = time.Hour
	}
	s.Sandbox.SetWebhook(hook)
	return s
}
