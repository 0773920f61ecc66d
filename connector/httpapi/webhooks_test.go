package httpapi_test

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"mailgun-connector/connector/app"
	"mailgun-connector/connector/app/apptest"
	"mailgun-connector/connector/sandbox"
)

const signingKey = "signing-key-0123, signing-key-4567" // the second is the older one

// signed is the signature block of a report.
func signed(key, token string, at time.Time) string {
	timestamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(timestamp + token))
	return fmt.Sprintf(`{"timestamp":%q,"token":%q,"signature":%q}`, timestamp, token, hex.EncodeToString(mac.Sum(nil)))
}

// report is the body of a report; more is put into its event.
func report(signature, event, providerID, more string) string {
	return fmt.Sprintf(`{"signature":%s,"event-data":{"event":%q,"timestamp":%d.5,"user-variables":[],"envelope":{},"delivery-status":null,
		"message":{"headers":{"message-id":%q}}%s}}`, signature, event, time.Now().Unix()-1, strings.Trim(providerID, "<>"), more)
}

const permanent = `,"severity":"permanent","reason":"suppress-bounce"`

func tell(t *testing.T, s *apptest.Service, body string) int {
	t.Helper()
	return s.Do(t, http.MethodPost, "/webhooks/mailgun", body, map[string]string{"Content-Type": "application/json"}).Status
}

func reports(t *testing.T, c *contract) {
	s := apptest.Start(t, withDatabase(t))
	m := message(t, s, accept(t, s, "ada@example.org", 200))
	open := map[string]string{"Authorization": ""}
	fresh := func() string { return signed("signing-key-0123", rand.Text(), time.Now()) }
	for _, x := range []tried{
		{"POST", "/webhooks/mailgun", report(fresh(), "delivered", m.ProviderID, ""), open, 200, ""},
		{"POST", "/webhooks/mailgun", "{}", open, 406, "invalid_request_parameters"},
		{"POST", "/webhooks/mailgun", strings.Repeat(" ", 65<<10), open, 413, "invalid_request_parameters"},
		{"POST", "/webhooks/mailgun", "", map[string]string{"Authorization": "", "Content-Type": "application/x-www-form-urlencoded"}, 415, "invalid_request_parameters"},
	} {
		x.exchange(t, c, s)
	}
	keepSending(t, s)
	tried{"POST", "/webhooks/mailgun", report(fresh(), "delivered", "<nobody@mg.example.com>", ""), open, 503, "invalid_request_parameters"}.exchange(t, c, s)
	tried{"POST", "/webhooks/mailgun", "{}", open, 404, "invalid_request_parameters"}.exchange(t, c, apptest.Start(t, apptest.Config{}))
}

// keepSending has a send to the recipient of [aliveBody] under way until the test ends.
func keepSending(t *testing.T, s *apptest.Service) {
	t.Helper()
	before := s.Sandbox.Requests()
	s.Sandbox.SetFaults(sandbox.Fault{Hang: true, Times: 1})
	t.Cleanup(func() { _ = s.Sandbox.Close() }) // before the service waits for the send
	dial(t, s).send(t, rawSend("1.1"))
	apptest.Within(t, "the send", func() bool { return s.Sandbox.Requests() > before })
}

func TestReports(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, withDatabase(t))
	now := time.Now()
	for _, c := range []struct {
		name, signature, event, more string
		status                       int
		state, reason                string
	}{
		{"delivered", signed("signing-key-0123", "t1", now), "delivered", "", 200, "delivered", ""},
		{"older key", signed("signing-key-4567", "t2", now), "delivered", "", 200, "delivered", ""},
		{"bounced", signed("signing-key-0123", "t3", now), "failed", `,"severity":"permanent","reason":"bounce"`, 200, "bounced", "bounce"},
		{"suppressed", signed("signing-key-0123", "t4", now), "failed", permanent, 200, "bounced", "suppress-bounce"},
		{"complained", signed("signing-key-0123", "t5", now), "complained", "", 200, "complained", "complained"},
		{"rejected", signed("signing-key-0123", "t6", now), "rejected", "", 200, "bounced", "rejected"},
		{"temporary", signed("signing-key-0123", "t7", now), "failed", `,"severity":"temporary","reason":"generic"`, 200, "sent", ""},
		{"opened", signed("signing-key-0123", "t8", now), "opened", "", 200, "sent", ""},
		{"news of 2030", signed("signing-key-0123", "t9", now), "teleported", "", 200, "sent", ""},
		{"seven hours old", signed("signing-key-0123", "t10", now.Add(-7*time.Hour)), "delivered", "", 200, "delivered", ""},
		{"markup", signed("signing-key-0123", "t11", now), "failed", `,"severity":"permanent","reason":"<b>"`, 200, "bounced", "other"},
		{"a parent account's", `{"timestamp":"1","token":"x","signature":"00","parent-signature":` + signed("signing-key-0123", "t12", now) + `}`, "delivered", "", 200, "delivered", ""},

		{"too old", signed("signing-key-0123", "o1", now.Add(-25*time.Hour)), "delivered", "", 406, "sent", ""},
		{"from the future", signed("signing-key-0123", "o2", now.Add(time.Hour)), "delivered", "", 406, "sent", ""},
		{"forged", signed("another-key", "o3", now), "delivered", "", 406, "sent", ""},
		{"API key", signed(apptest.APIKey, "o4", now), "delivered", "", 406, "sent", ""},
		{"no key", signed("", "o5", now), "delivered", "", 406, "sent", ""},
		{"no token", signed("signing-key-0123", "", now), "delivered", "", 406, "sent", ""},
		{"digits moved", strings.Replace(signed("signing-key-0123", "7", now), `","token":"7"`, `7","token":""`, 1), "delivered", "", 406, "sent", ""},
		{"a list", `[]`, "delivered", "", 406, "sent", ""},
	} {
		m := message(t, s, accept(t, s, "ada@example.org", 200))
		if got := tell(t, s, report(c.signature, c.event, m.ProviderID, c.more)); got != c.status {
			t.Errorf("%s = %d, want %d", c.name, got, c.status)
		}
		m = message(t, s, m.ID)
		if m.State != c.state || m.Error != c.reason {
			t.Errorf("%s: message = %s %q, want %s %q", c.name, m.State, m.Error, c.state, c.reason)
		}
	}
	metrics := string(s.Get(t, "/metrics").Body)
	for _, line := range []string{
		`mailgun_connector_delivery_events_total{event="delivered"} 4`, `mailgun_connector_delivery_events_total{event="bounced"} 4`,
		`mailgun_connector_delivery_events_total{event="other"} 2`, `mailgun_connector_delivery_events_total{event="delayed"} 1`, `mailgun_connector_delivery_events_total{event="refused"} 8`,
		`mailgun_connector_delivery_seconds_count 4`, `mailgun_connector_outbox_transitions_total{from="sent",to="complained"} 1`,
	} {
		if !strings.Contains(metrics, line+"\n") {
			t.Errorf("metrics lack %s", line)
		}
	}
}

// A signature counts once, whatever stands in the body beside it: Mailgun repeats
// reports, and somebody who has seen one might repeat it with another body.
func TestReportsAreTakenOnce(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, withDatabase(t))
	m := message(t, s, accept(t, s, "ada@example.org", 200))
	opened, delivered := signed("signing-key-0123", "opened", time.Now()), signed("signing-key-0123", "delivered", time.Now())
	for _, body := range []string{
		report(opened, "opened", m.ProviderID, ""),
		report(delivered, "delivered", m.ProviderID, ""),
		report(delivered, "delivered", m.ProviderID, ""),
		report(delivered, "failed", m.ProviderID, permanent),
		report(opened, "failed", m.ProviderID, permanent),
	} {
		if got := tell(t, s, body); got != http.StatusOK {
			t.Errorf("report = %d, want 200", got)
		}
	}
	if m = message(t, s, m.ID); m.State != "delivered" || len(m.Events) != 1 {
		t.Errorf("message = %+v, want delivered, once", m)
	}
}

// Events may come in any order: the later state stays, and all are kept.
func TestReportsOutOfOrder(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, withDatabase(t))
	m := message(t, s, accept(t, s, "ada@example.org", 200))
	for _, body := range []string{
		report(signed("signing-key-0123", "1", time.Now()), "complained", m.ProviderID, ""),
		report(signed("signing-key-0123", "2", time.Now()), "delivered", m.ProviderID, ""),
	} {
		if got := tell(t, s, body); got != http.StatusOK {
			t.Errorf("report = %d, want 200", got)
		}
	}
	if m = message(t, s, m.ID); m.State != "complained" || len(m.Events) != 2 {
		t.Errorf("message = %+v, want complained, with both events", m)
	}
}

// A report of somebody else's message, of another sender with the same domain, is not
// asked for again; one that is ahead of its send is.
func TestReportsOfUnknownMessages(t *testing.T) {
	t.Parallel()
	config := withDatabase(t)
	plain := config.Options
	config.Options = func(o *app.Options) {
		plain(o)
		o.SendTimeout = time.Minute
	}
	s := apptest.Start(t, config)
	accept(t, s, "ada@example.org", 200)
	now := time.Now()
	unknown := func(token, recipient string, at time.Time) string {
		body := report(signed("signing-key-0123", token, at), "delivered", "<x@mg.example.com>", recipient)
		return strings.Replace(body, fmt.Sprintf(`"timestamp":%d`, now.Unix()-1), fmt.Sprintf(`"timestamp":%d`, at.Unix()-1), 1)
	}
	const toAlive, toAda = `,"recipient":"` + alive + `"`, `,"recipient":"ada@example.org"`
	for i, recipient := range []string{toAlive, toAda, "", `,"recipient":""`} {
		if got := tell(t, s, unknown(fmt.Sprint("quiet", i), recipient, now)); got != http.StatusOK {
			t.Errorf("an unknown message%s with nothing being sent = %d, want 200", recipient, got)
		}
	}
	keepSending(t, s)
	for i, x := range []struct {
		recipient string
		at        time.Time
		status    int
	}{
		{toAlive, now, 503},
		{`,"recipient":"Alive+x@EXAMPLE.org"`, now, 503}, // the same mailbox
		{toAda, now, 200},
		{"", now, 503}, // could be any
		{toAlive, now.Add(-2 * time.Minute), 200},
	} {
		if got := tell(t, s, unknown(fmt.Sprint("busy", i), x.recipient, x.at)); got != x.status {
			t.Errorf("an unknown message%s of %v = %d, want %d", x.recipient, x.at, got, x.status)
		}
	}
	if want := `delivery_events_total{event="unknown"} 6`; !strings.Contains(string(s.Get(t, "/metrics").Body), want) {
		t.Errorf("the metrics lack %s", want)
	}
}

// The sample that Mailgun's control panel posts is an old event about nobody's
// message, freshly signed: taken whatever is being sent, as the operator wants to see
// the webhook work.
func TestSampleReport(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, withDatabase(t))
	keepSending(t, s)
	body := fmt.Sprintf(`{"signature":%s,"event-data":{"event":"delivered","timestamp":1521472262.908181,
		"message":{"headers":{"message-id":"20130503182626.18666.16540@mg.example.com"}}}}`,
		signed("signing-key-0123", rand.Text(), time.Now()))
	if got := tell(t, s, body); got != http.StatusOK {
		t.Errorf("a sample report = %d, want 200", got)
	}
	const want = `mailgun_connector_delivery_events_total{event="unknown"} 1`
	if metrics := string(s.Get(t, "/metrics").Body); !strings.Contains(metrics, want) {
		t.Errorf("metrics lack %s", want)
	}
}
