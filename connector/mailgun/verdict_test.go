package mailgun_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"mailgun-connector/connector"
	"mailgun-connector/connector/mailgun"
	"mailgun-connector/connector/sandbox"
)

// limitCase is an answer that may ask to slow down.
type limitCase struct {
	name   string
	status int
	text   string // of the message
	header string // Retry-After
	code   connector.Code
	wait   time.Duration // told to the caller
	tries  int
}

func limitCases() []limitCase {
	const limit, general = connector.RateLimitExceeded, connector.General
	const notAllowed = "Domain x.example is not allowed to send: "
	in := func(d time.Duration, layout string) string { return time.Now().Add(d).UTC().Format(layout) }
	hour := in(time.Hour, time.RFC1123)
	return []limitCase{
		{"429 seconds", 429, "account-requests-per-sec limit exceeded, try again after 120 seconds", "",
			limit, 2 * time.Minute, 1},
		{"429 one second", 429, "limit exceeded, try again after 1 second", "", limit, time.Second, 2},
		{"429 date", 429, "request limit exceeded, try again after " + hour, "", limit, time.Hour, 1},
		{"420 date", 420, notAllowed + "recipient limit exceeded, try again after " + hour, "",
			limit, time.Hour, 1},
		{"420 seconds", 420, "limit exceeded, try again after 90 seconds", "", limit, 90 * time.Second, 1},
		{"420 date of one digit", 420, "try again after " + in(time.Hour, "Mon, 2 Jan 2006 15:04:05 MST"), "",
			limit, time.Hour, 1},
		{"429 date gone by", 429, "try again after Mon, 20 Dec 2021 20:33:21 UTC", "", limit, 0, 2},
		{"429 without a time", 429, "limit exceeded", "", limit, 0, 2},
		{"429 header seconds", 429, "limit exceeded", "75", limit, 75 * time.Second, 1},
		{"429 header date", 429, "limit exceeded", in(time.Hour, http.TimeFormat), limit, time.Hour, 1},
		{"429 header date gone by", 429, "limit exceeded", "Mon, 20 Dec 2021 20:33:21 GMT", limit, 0, 2},
		{"429 header zero", 429, "limit exceeded", "0", limit, 0, 2},
		{"429 header below zero", 429, "limit exceeded", "-5", limit, 0, 2},
		{"429 header wins over text", 429, "try again after 300 seconds", "30", limit, 30 * time.Second, 1},
		{"429 senseless header", 429, "try again after 45 seconds", "soon", limit, 45 * time.Second, 1},
		{"429 no date", 429, "try again after Abc, 99 Xyz 2021 20:33:21 UTC", "", limit, 0, 2},
		{"400 limit", 400, "recipient limit exceeded", "", limit, time.Minute, 1},
		{"400 too fast", 400, notAllowed + "You are sending too fast. " +
			"Your account is on probation and the account has been temporarily disabled.", "", limit, time.Minute, 1},
		{"400 limit with a short wait", 400, "request limit exceeded, try again after 1 seconds", "",
			limit, time.Second, 2},
		{"403 probation", 403, notAllowed + "Account is on Probation, limited to 100 messages / hour", "",
			limit, time.Minute, 1},
		{"403 with a time", 403, "limit exceeded, try again after 600 seconds", "", limit, 10 * time.Minute, 1},
		{"403 disabled for good", 403, notAllowed + "Account disabled", "", general, 0, 1},
		{"400 of another limit", 400, "Too many recipients, max is 1000", "", general, 0, 1},
		{"429 with a limit in brackets", 429, notAllowed + "daily request limit (100) exceeded", "", limit, 0, 2},
		{"403 with a limit in brackets", 403, notAllowed + "daily request limit (100) exceeded", "",
			limit, time.Minute, 1},
		{"421 with a time", 421, notAllowed + "try again after 600 seconds", "", limit, 10 * time.Minute, 1},
		{"429 of a domain with a telling name", 429, "Domain disabled.example is not allowed to send: too many", "",
			limit, 0, 2},
		{"403 disabled for a time", 403, "Account disabled, try again after 600 seconds", "",
			limit, 10 * time.Minute, 1},
		{"404 with words of a limit", 404, "limit exceeded, try again after 1 seconds", "", general, 0, 1},
		{"401 with words of a limit", 401, "limit exceeded, try again after 1 seconds", "", general, 0, 1},
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	for _, tt := range limitCases() {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			mg, url := fake(t)
			mg.SetFaults(sandbox.Fault{Status: tt.status, Body: `{"message":"` + tt.text + `"}`, RetryAfter: tt.header})
			start := time.Now()
			e, receipt := failure(t, newSender(t, url, func(c *mailgun.Config) { c.Timeout = 2 * time.Second }))
			if e.Code != tt.code || receipt.Attempts != tt.tries || mg.Requests() != tt.tries {
				t.Errorf("Send() = %v after %d attempts and %d requests, want %s after %d",
					e, receipt.Attempts, mg.Requests(), tt.code, tt.tries)
			}
			// A date comes nearer while this case waits for its turn.
			if e.RetryAfter > tt.wait || e.RetryAfter < tt.wait-tt.wait/20-time.Second {
				t.Errorf("RetryAfter = %s, want %s", e.RetryAfter, tt.wait)
			}
			if waited := time.Since(start); tt.tries == 2 && waited < e.RetryAfter {
				t.Errorf("second try after %s, want no earlier than %s", waited, e.RetryAfter)
			}
			want := connector.Refused
			if tt.code == connector.RateLimitExceeded {
				want = connector.NotSent
			}
			if e.Outcome != want {
				t.Errorf("Outcome = %d, want %d", e.Outcome, want)
			}
		})
	}
}

// accountTexts are Mailgun's words for what passes by no waiting, with the domain's
// name as it stands in them.
func accountTexts() []string {
	const notAllowed = "Domain mg.example.com is not allowed to send: "
	return []string{
		notAllowed + "Your account is temporarily disabled. Please contact support to resolve.",
		notAllowed + "Account disabled",
		notAllowed + "Account Inactivity",
		notAllowed + "Account Terminated",
		notAllowed + "Your account has been suspended",
		notAllowed + "Please activate your Mailgun account. Check your inbox or log in to your control panel to " +
			"resend the activation email.",
		notAllowed + "The domain is unverified and requires DNS configuration. Log in to your control panel to view " +
			"required DNS records.",
		notAllowed + "Your account needs to complete Business Verification",
		"Business verification required",
		"The domain has been deactivated",
		"Your account was blocked: custom message limit exceeded",
		"account is not active",
	}
}

// Neither the caller nor the operator is told of a rate where a person has to act,
// whatever the status, nor is it tried again.
func TestAccountRefused(t *testing.T) {
	t.Parallel()
	mg, url := fake(t)
	s := newSender(t, url, nil)
	for _, status := range []int{400, 401, 402, 403, 420, 421, 429} {
		for _, text := range accountTexts() {
			mg.SetFaults(sandbox.Fault{Status: status, Body: `{"message":"` + text + `"}`})
			e, receipt := failure(t, s)
			if e.Code != connector.General || e.Outcome != connector.Refused || e.Retryable() || receipt.Attempts != 1 {
				t.Errorf("Send() when Mailgun answers %d %q = %+v after %d attempts, want refused after 1",
					status, text, e, receipt.Attempts)
			}
			told := e.MailgunStatus == status && e.MailgunMessage != ""
			if !told || !hasAll(e.Hint, "account", "domain", "control panel") {
				t.Errorf("for %d %q: hint %q, status %d, message %q; want a hint and Mailgun's words",
					status, text, e.Hint, e.MailgunStatus, e.MailgunMessage)
			}
		}
	}
}

// Where the sender may not send to anybody yet, the hint says so too.
func TestNotAllowedToSend(t *testing.T) {
	t.Parallel()
	for _, f := range []struct {
		status int
		text   string
	}{
		{402, ""},
		{403, "Domain sandbox1.mailgun.org is not allowed to send: Sandbox subdomains are for test purposes only. " +
			"Please add your own domain or add the address to authorized recipients in Account Settings."},
		{421, "Domain mg.example.com is not allowed to send: Free accounts are for test purposes only. " +
			"Please upgrade or add the address to authorized recipients in Account Settings."},
	} {
		mg, url := fake(t)
		mg.SetFaults(sandbox.Fault{Status: f.status, Body: `{"message":"` + f.text + `"}`})
		e, _ := failure(t, newSender(t, url, nil))
		if e.Code != connector.General || e.Outcome != connector.Refused || !strings.Contains(e.Hint, "control panel") {
			t.Errorf("Send() when Mailgun answers %d %q = %+v, want refused with a hint", f.status, f.text, e)
		}
	}
}

// An address that Mailgun does not accept is the caller's fault, not the config's.
func TestRecipientRefused(t *testing.T) {
	t.Parallel()
	const general, recipient = connector.General, connector.InvalidRequest
	for _, tt := range []struct {
		status int
		text   string
		want   connector.Code
	}{
		{400, "to parameter is not a valid address. please check documentation", recipient},
		{400, "'to' parameter is not a valid address. please check documentation", recipient},
		{400, "'To' parameter is not a valid email address", recipient},
		{400, "‘to’ parameter is invalid", recipient},
		{400, "'to' parameter 'ada@' is not valid", recipient},
		{400, "invalid 'to' address", recipient},
		{400, "error: to parameter is malformed", recipient},
		{400, "from parameter is not a valid address. please check documentation", general},
		{400, "'from' parameter is not a valid address. please check documentation", general},
		{400, "cc parameter is not a valid address. please check documentation", general},
		{400, "'h:reply-to' parameter is not a valid address", general},
		{400, "'recipient-variables' parameter is not a valid JSON", general},
		{400, "to parameter is missing", general},
		{413, "to parameter is not a valid address. please check documentation", general},
	} {
		mg, url := fake(t)
		mg.SetFaults(sandbox.Fault{Status: tt.status, Body: `{"message":"` + tt.text + `"}`})
		e, receipt := failure(t, newSender(t, url, nil))
		if e.Code != tt.want || e.Outcome != connector.Refused || receipt.Attempts != 1 {
			t.Errorf("Send() when Mailgun answers %d %q = %+v, want %s and refused", tt.status, tt.text, e, tt.want)
		}
		if got := errors.Is(e, connector.ErrRecipient); got != (tt.want == recipient) {
			t.Errorf("Send() when Mailgun answers %d %q is about the recipient: %v", tt.status, tt.text, got)
		}
	}
}

// Mailgun's failures, too, may say how long to wait.
func TestRetryAfterOfFailures(t *testing.T) {
	t.Parallel()
	in := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
	for _, tt := range []struct {
		status int
		header string
		wait   time.Duration
		tries  int
	}{
		{503, "", 0, 2},
		{503, "1", time.Second, 2},
		{503, "120", 2 * time.Minute, 1},
		{503, in(time.Hour), time.Hour, 1},
		{503, in(-time.Hour), 0, 2},
		{503, "soon", 0, 2},
		{500, "60", time.Minute, 1},
		{408, "60", time.Minute, 1},
		{425, "60", time.Minute, 1},
		{403, "60", 0, 1}, // it would be refused again
	} {
		t.Run(fmt.Sprint(tt.status, " ", tt.header), func(t *testing.T) {
			t.Parallel()
			mg, url := fake(t)
			mg.SetFaults(sandbox.Fault{Status: tt.status, RetryAfter: tt.header})
			start := time.Now()
			e, receipt := failure(t, newSender(t, url, func(c *mailgun.Config) { c.Timeout = 2 * time.Second }))
			if e.RetryAfter > tt.wait || e.RetryAfter < tt.wait-tt.wait/20-time.Second || receipt.Attempts != tt.tries {
				t.Errorf("Send() = %+v after %d attempts, want a wait of %s after %d",
					e, receipt.Attempts, tt.wait, tt.tries)
			}
			if waited := time.Since(start); tt.tries == 2 && waited < tt.wait {
				t.Errorf("second try after %s, want no earlier than %s", waited, tt.wait)
			}
		})
	}
}

// Times that no calendar holds must not come out as "now".
func TestHugeWaits(t *testing.T) {
	t.Parallel()
	for _, f := range []sandbox.Fault{
		{Status: 429, Body: `{"message":"try again after 9223372036854775807 seconds"}`},
		{Status: 429, Body: `{"message":"try again after 99999999999 seconds"}`},
		{Status: 429, Body: `{"message":"try again after 99999999999999999999999 seconds"}`},
		{Status: 429, RetryAfter: "9223372036854775807"},
		{Status: 429, RetryAfter: "18446744074"}, // times a second, wraps around to 0.3 s
	} {
		mg, url := fake(t)
		mg.SetFaults(f)
		if e, _ := failure(t, newSender(t, url, nil)); e.RetryAfter < time.Minute {
			t.Errorf("RetryAfter for %s%s = %s, want a long time", f.Body, f.RetryAfter, e.RetryAfter)
		}
	}
}

func TestShortWaitEndsInSuccess(t *testing.T) {
	t.Parallel()
	for _, f := range []sandbox.Fault{
		{Status: 429, Wait: time.Second, WaitAs: sandbox.WaitSeconds, Times: 1},
		{Status: 420, Wait: time.Second, WaitAs: sandbox.WaitDate, Times: 1},
		{Status: 500, Times: 1}, {Status: 502, Times: 1}, {Status: 408, Times: 1}, {Status: 425, Times: 1},
		{Drop: sandbox.DropBefore, Times: 1},
	} {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			mg, url := fake(t)
			mg.SetFaults(f)
			receipt, err := newSender(t, url, nil).Send(t.Context(), htmlMail())
			if err != nil || receipt.Attempts != 2 || receipt.Message != "Queued. Thank you." {
				t.Errorf("Send() with %+v = %+v, %v, want success at the second attempt", f, receipt, err)
			}
			if got := mg.Messages(); len(got) != 1 || got[0].ID != receipt.ProviderID {
				t.Errorf("mails = %+v, want the one of %s", got, receipt.ProviderID)
			}
		})
	}
}

// RetryMax is the number of attempts after the first.
func TestRetryMax(t *testing.T) {
	t.Parallel()
	for _, retries := range []int{0, 1, 2, 4} {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			mg, url := fake(t)
			mg.SetFaults(sandbox.Fault{Status: 503})
			_, receipt := failure(t, newSender(t, url, func(c *mailgun.Config) { c.RetryMax = retries }))
			if receipt.Attempts != 1+retries || mg.Requests() != 1+retries {
				t.Errorf("RetryMax %d: %d attempts and %d requests, want %d",
					retries, receipt.Attempts, mg.Requests(), 1+retries)
			}
		})
	}
}

func TestMailgunMessage(t *testing.T) {
	t.Parallel()
	tests := []struct{ body, want string }{
		{`{"message":"Domain mg.example.com is not allowed to send"}`, "Domain mg.example.com is not allowed to send"},
		{`{"message":"'ada@example.org' is bad"}`, "'…' is bad"},
		{`{"message":"Ada <ada@example.org>, bob+tag@sub.example.org; ünï@example.org"}`, "Ada <…>, …; …"},
		{`{"message":"mailto:ada@example.org"}`, "mailto:…"},
		{`{"message":"two\r\nlines\tand   spaces "}`, "two lines and spaces"},
		{`{"message":""}`, ""},
		{`{}`, ""},
		{`[]`, ""},
		{`{"message":17}`, ""},
		{`{"Message":"other case"}`, "other case"},
		{`<html>ada@example.org</html>`, ""},
		{` Forbidden` + "\n", "Forbidden"},
		{`Forbidden for ada`, ""},
	}
	for _, tt := range tests {
		mg, url := fake(t)
		mg.SetFaults(sandbox.Fault{Status: 403, Body: tt.body})
		if e, _ := failure(t, newSender(t, url, nil)); e.MailgunMessage != tt.want {
			t.Errorf("MailgunMessage of %q = %q, want %q", tt.body, e.MailgunMessage, tt.want)
		}
	}
}

func TestMailgunMessageIsShort(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		strings.Repeat("a", 60_000), strings.Repeat("日本", 10_000), strings.Repeat("x", 199) + "é",
	} {
		mg, url := fake(t)
		mg.SetFaults(sandbox.Fault{Status: 400, Body: `{"message":"` + text + `"}`})
		e, _ := failure(t, newSender(t, url, nil))
		got := e.MailgunMessage
		if len(got) > 203 || len(got) < 190 || !strings.HasSuffix(got, "…") || !utf8.ValidString(got) {
			t.Errorf("MailgunMessage of %d bytes = %q (%d bytes), want the beginning, about 200 bytes of valid UTF-8",
				len(text), got, len(got))
		}
	}
}
