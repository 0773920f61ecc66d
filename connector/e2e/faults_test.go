//go:build e2e

package e2e_test

import (
	"fmt"
	"testing"
	"time"

	"mailgun-connector/connector/sandbox"
)

// outcome is what a send comes to.
type outcome struct {
	status    int
	code      string // of the problem, "" for a success
	retryable bool
	mailgun   int // status in the problem's data, 0 for none
	attempts  int // in the log; the sandbox counts as many requests
	mails     int // that the sandbox took; two for one code are allowed
	// least and most bound the time; most is the send timeout when 0.
	least, most time.Duration
	// retryAfter is the Retry-After header in seconds, 0 for none. One more is
	// as good: where a wait is told as a date, it is rounded up twice.
	retryAfter int
}

// Outcomes that several faults come to.
var (
	sentAtOnce = outcome{status: 200, attempts: 1, mails: 1, most: atOnce}
	sentAgain  = outcome{status: 200, attempts: 2, mails: 1, most: time.Second}
	noAnswer   = outcome{status: 504, code: "general", retryable: true, attempts: 1, least: 3500 * time.Millisecond}
)

// atOnce is what an answer may take that nothing holds up.
const atOnce = time.Second

// failing is a 5xx in every attempt.
func failing(status int) outcome {
	return outcome{status: 503, code: "general", retryable: true, mailgun: status, attempts: 3, most: 2 * time.Second}
}

// refused is an answer that another attempt would not change.
func refused(status int) outcome {
	return outcome{status: 502, code: "general", mailgun: status, attempts: 1, most: atOnce}
}

// unconfirmed is a success that names no mail.
func unconfirmed(status int) outcome {
	o := refused(status)
	o.retryable = true
	return o
}

func slow(by time.Duration) outcome {
	return outcome{status: 200, attempts: 1, mails: 1, least: by, most: by + atOnce}
}

// slowDown is a wait that does not fit into a send's time.
func slowDown(status, seconds int) outcome {
	return outcome{status: 429, code: "rate_limit_exceeded", retryable: true, mailgun: status, attempts: 1, most: atOnce, retryAfter: seconds}
}

// waited is a wait that does fit.
func waited(seconds time.Duration) outcome {
	return outcome{status: 200, attempts: 2, mails: 1, least: seconds * time.Second, most: (seconds+1)*time.Second + slack}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	const always, once = 0, 1
	for name, test := range map[string]struct {
		fault sandbox.Fault
		want  outcome
	}{
		"none":                    {sandbox.Fault{Delay: 1}, sentAtOnce},
		"hang":                    {sandbox.Fault{Hang: true}, noAnswer},
		"drop before, once":       {sandbox.Fault{Drop: sandbox.DropBefore, Times: once}, sentAgain},
		"drop after, once":        {sandbox.Fault{Drop: sandbox.DropAfter, Times: once}, outcome{status: 200, attempts: 2, mails: 2, most: time.Second}},
		"drop before, always":     {sandbox.Fault{Drop: sandbox.DropBefore}, outcome{status: 504, code: "general", retryable: true, attempts: 3, most: 2 * time.Second}},
		"drop after, always":      {sandbox.Fault{Drop: sandbox.DropAfter}, outcome{status: 504, code: "general", retryable: true, attempts: 3, mails: 3, most: 2 * time.Second}},
		"slow, 2 s":               {sandbox.Fault{Delay: 2 * time.Second}, slow(2 * time.Second)},
		"slow, 3 s":               {sandbox.Fault{Delay: 3 * time.Second}, slow(3 * time.Second)},
		"slow, 6 s":               {sandbox.Fault{Delay: 6 * time.Second}, noAnswer},
		"200 Magnificent":         {sandbox.Fault{Status: 200}, refused(200)},
		"200 without id":          {sandbox.Fault{Status: 200, Body: `{"message":"Queued. Thank you."}`}, unconfirmed(200)},
		"200 empty":               {sandbox.Fault{Status: 204, Body: " "}, unconfirmed(204)},
		"302":                     {sandbox.Fault{Status: 302, Location: "/inbox"}, refused(302)},
		"307":                     {sandbox.Fault{Status: 307, Location: "/v3/" + domain + "/messages", Times: once}, refused(307)},
		"400 probation":           {sandbox.Fault{Status: 400}, slowDown(400, 60)},
		"401":                     {sandbox.Fault{Status: 401}, refused(401)},
		"403":                     {sandbox.Fault{Status: 403}, refused(403)},
		"404":                     {sandbox.Fault{Status: 404}, refused(404)},
		"413":                     {sandbox.Fault{Status: 413}, refused(413)},
		"420, short wait, once":   {sandbox.Fault{Status: 420, Wait: time.Second, Times: once}, waited(1)},
		"420, long wait":          {sandbox.Fault{Status: 420}, slowDown(420, 120)},
		"429, short wait, once":   {sandbox.Fault{Status: 429, Wait: time.Second, Times: once}, waited(1)},
		"429, 3 s, once":          {sandbox.Fault{Status: 429, Wait: 3 * time.Second, Times: once}, waited(3)},
		"429, header, once":       {sandbox.Fault{Status: 429, RetryAfter: "1", Body: "slow down", Times: once}, waited(1)},
		"429, long wait":          {sandbox.Fault{Status: 429}, slowDown(429, 120)},
		"429, long wait, as date": {sandbox.Fault{Status: 429, WaitAs: sandbox.WaitDate, Wait: time.Hour}, slowDown(429, 3600)},
		"429, absurd wait":        {sandbox.Fault{Status: 429, RetryAfter: "99999999999"}, slowDown(429, 86400)},
		"500, once":               {sandbox.Fault{Status: 500, Times: once}, sentAgain},
		"500, twice":              {sandbox.Fault{Status: 500, Times: 2}, outcome{status: 200, attempts: 3, mails: 1, most: 2 * time.Second}},
		"500, always":             {sandbox.Fault{Status: 500, Times: always}, failing(500)},
		"500 after 2 s, always":   {sandbox.Fault{Status: 500, Delay: 2 * time.Second}, outcome{status: 504, code: "general", retryable: true, attempts: 2, least: 3500 * time.Millisecond}},
		"502 HTML, once":          {sandbox.Fault{Status: 502, Times: once}, sentAgain},
		"502 HTML, always":        {sandbox.Fault{Status: 502}, failing(502)},
		"503 HTML, always":        {sandbox.Fault{Status: 503}, failing(503)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, spec{})
			s.sandbox.SetFaults(test.fault)
			s.checkOutcome(t, s.send(t), test.want)
			if got := s.sandbox.Requests(); got != test.want.attempts {
				t.Errorf("Mailgun got %d requests, want %d", got, test.want.attempts)
			}
			if got := len(s.sandbox.Messages()); got != test.want.mails {
				t.Errorf("Mailgun took %d mails, want %d", got, test.want.mails)
			}
		})
	}
}

// checkOutcome compares the one answer of a service with what it has to be, and
// stops the service, as the log counts too.
func (s *service) checkOutcome(t *testing.T, got answer, want outcome) {
	t.Helper()
	if want.most == 0 {
		want.most = sendTimeout
	}
	limit := min(want.most, sendTimeout) + slack
	if got.took < want.least || got.took > limit {
		t.Errorf("answer after %v, want it after %v to %v", got.took, want.least, limit)
	}
	p := got.problem
	if got.status != want.status || p.Code != want.code || p.Retryable != want.retryable || p.Data.StatusCode != want.mailgun {
		t.Errorf("answer = %d %s, want %d with code %q, retryable %v, Mailgun's status %d",
			got.status, got.body, want.status, want.code, want.retryable, want.mailgun)
	}
	if n := got.retryAfter(); n != want.retryAfter && n != want.retryAfter+1 {
		t.Errorf("Retry-After = %d, want %d", n, want.retryAfter)
	}
	s.stop(t)
	lines := s.logged(t, "sent", "not sent")
	if len(lines) != 1 || lines[0]["attempts"] != float64(want.attempts) {
		t.Errorf("log = %v, want one line with %d attempts", lines, want.attempts)
	}
	t.Logf("%d after %v, %d attempts", got.status, got.took.Round(time.Millisecond), want.attempts)
}

// A hang costs the sends that meet it, and nothing else.
func TestHangThenRecover(t *testing.T) {
	t.Parallel()
	s := start(t, spec{})
	const hung = 20
	s.sandbox.SetFaults(sandbox.Fault{Hang: true, Times: hung})
	got := s.sendMany(t, hung)
	if n := tally(got)[504]; n != hung || slowest(got) > sendTimeout+slack {
		t.Errorf("answers = %v in %v, want %d times 504 in %v", tally(got), slowest(got), hung, sendTimeout+slack)
	}
	got = s.sendMany(t, hung)
	if n := tally(got)[200]; n != hung || slowest(got) > 2*atOnce {
		t.Errorf("answers = %v in %v, want %d times 200 at once", tally(got), slowest(got), hung)
	}
	t.Logf("recovered: slowest of %d after %v", hung, slowest(got).Round(time.Millisecond))
}

// The four causes of a 401 can't be told apart, so the answer has to name all.
func TestUnauthorizedNamesCauses(t *testing.T) {
	t.Parallel()
	const wrong = "key-that-is-wrong-41"
	s := start(t, spec{config: func(doc map[string]any) { doc["apiKey"] = wrong }})
	s.keepSecret(wrong)
	got := s.send(t)
	for _, cause := range []string{"wrong API key", "wrong region", "domain it does not know", "IP address", "allowlist"} {
		wantIn(t, "hint", got.problem.Hint, cause)
	}
	s.checkOutcome(t, got, refused(401))
}

// A redirect must not carry the key and the mail elsewhere.
func TestRedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	elsewhere := start(t, spec{})
	s := start(t, spec{})
	for _, status := range []int{301, 302, 303, 307, 308} {
		s.sandbox.SetFaults(sandbox.Fault{Status: status, Location: fmt.Sprintf("%s/v3/%s/messages", elsewhere.endpoint, domain)})
		if got := s.send(t); got.status != 502 || got.problem.Data.StatusCode != status {
			t.Errorf("answer to a %d = %d %s, want 502", status, got.status, got.body)
		}
	}
	if n := elsewhere.connections.Load(); n != 0 {
		t.Errorf("the redirect's target got %d connections, want none", n)
	}
}

// A caller that hangs up has not said that the mail is unwanted.
func TestCallerHangsUp(t *testing.T) {
	t.Parallel()
	s := start(t, spec{})
	s.sandbox.SetFaults(sandbox.Fault{Delay: 500 * time.Millisecond})
	s.postAndLeave(t, func() bool { return s.sandbox.Requests() == 1 })
	eventually(t, "the mail arrives", 2*time.Second, func() bool { return len(s.sandbox.Messages()) == 1 })
}
