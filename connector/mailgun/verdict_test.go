package mailgun_test

import (
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
		{"400 other", 400, "to parameter is not a valid address. please check documentation", "", general, 0, 1},
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
		{Status: 500, Times: 1}, {Status: 502, Times: 1},
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
