package mailgun_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/mailgun"
	"mailgun-connector/connector/sandbox"
)

// ways are faults, and whether another account, region or domain may take the mail.
var ways = map[string]struct {
	fault  sandbox.Fault
	status int // 0 for no answer
	ofWay  bool
}{
	"500":                   {sandbox.Fault{Status: 500}, 500, true},
	"408":                   {sandbox.Fault{Status: 408}, 408, true},
	"420":                   {sandbox.Fault{Status: 420}, 420, true},
	"429":                   {sandbox.Fault{Status: 429}, 429, true},
	"too fast":              {sandbox.Fault{Status: 400}, 400, true},
	"401":                   {sandbox.Fault{Status: 401}, 401, true},
	"402":                   {sandbox.Fault{Status: 402}, 402, true},
	"disabled":              {sandbox.Fault{Status: 403}, 403, true},
	"404":                   {sandbox.Fault{Status: 404}, 404, true},
	"redirect":              {sandbox.Fault{Status: 302}, 302, true},
	"Magnificent":           {sandbox.Fault{Status: 200}, 200, true},
	"no id":                 {sandbox.Fault{Status: 200, Body: "{}"}, 200, true},
	"dropped":               {sandbox.Fault{Drop: sandbox.DropBefore}, 0, true},
	"hang":                  {sandbox.Fault{Hang: true}, 0, true},
	"bare 400":              {sandbox.Fault{Status: 400, Body: `{"message":"Bad Request"}`}, 400, false},
	"recipient":             {sandbox.Fault{Status: 400, Body: `{"message":"to parameter is not a valid address"}`}, 400, false},
	"no such template":      {sandbox.Fault{Status: 404, Body: `{"message":"template not found"}`}, 404, false},
	"suppressed":            {sandbox.Fault{Status: 403, Body: `{"message":"the recipient is suppressed"}`}, 403, false},
	"too large":             {sandbox.Fault{Status: 413}, 413, false},
	"422":                   {sandbox.Fault{Status: 422}, 422, false},
	"template in a domain":  {sandbox.Fault{Status: 404, Body: `{"message":"Domain not found: template.example.com"}`}, 404, true},
	"account with template": {sandbox.Fault{Status: 403, Body: `{"message":"Account disabled: template abuse"}`}, 403, true},
}

func TestOfWay(t *testing.T) {
	t.Parallel()
	for name, tt := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mg, url := fake(t)
			mg.SetFaults(tt.fault)
			s := newSender(t, url, func(c *mailgun.Config) { c.Timeout, c.RetryMax = time.Second, 0 })
			if e, _ := failure(t, s); e.OfWay != tt.ofWay || e.MailgunStatus != tt.status {
				t.Errorf("Send() = %+v with OfWay %v, want %v", e, e.OfWay, tt.ofWay)
			}
			// A probe tells the same of the way, and sends nothing.
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			err := s.Probe(ctx)
			if (err != nil) != tt.ofWay || len(mg.Messages()) > 0 {
				t.Errorf("Probe() = %v with %d mails, want an error: %v, and no mail", err, len(mg.Messages()), tt.ofWay)
			}
		})
	}
}

// What is missing from a probe is the mail, and nothing else.
func TestProbe(t *testing.T) {
	t.Parallel()
	mg, url := fake(t)
	s := newSender(t, url, nil)
	if err := s.Probe(t.Context()); err != nil || len(mg.Messages()) > 0 {
		t.Errorf("Probe() = %v with %d mails, want nil and none", err, len(mg.Messages()))
	}
	wrongKey := newSender(t, url, func(c *mailgun.Config) { c.Connector.APIKey = "key-wrong" })
	if e, ok := errors.AsType[*connector.Error](wrongKey.Probe(t.Context())); !ok || e.MailgunStatus != 401 {
		t.Errorf("Probe() with a wrong key = %v, want a 401", e)
	}
	if err := newSender(t, closedPort(t), nil).Probe(t.Context()); err == nil {
		t.Error("Probe() of a closed port = nil, want an error")
	}
	takesAll := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"id":"<1@x>"}`)) }))
	if err := newSender(t, takesAll, nil).Probe(t.Context()); err != nil {
		t.Errorf("Probe() of a stand-in that takes everything = %v, want nil", err)
	}
}

// Further attempts begin only in the time for them; the send may take longer.
func TestRetryTime(t *testing.T) {
	t.Parallel()
	for within, tries := range map[time.Duration]int{0: 2, time.Second: 1} {
		mg, url := fake(t)
		mg.SetFaults(sandbox.Fault{Status: 429, Wait: time.Second, Times: 1})
		s := newSender(t, url, func(c *mailgun.Config) { c.RetryTime = within })
		receipt, err := s.Send(t.Context(), htmlMail())
		if receipt.Attempts != tries || (err == nil) != (tries == 2) {
			t.Errorf("Send() with retries for %s = %+v, %v, want %d attempts", within, receipt, err, tries)
		}
	}
}
