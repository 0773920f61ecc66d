package mailgun_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/connector"
	"mailgun-connector/connector/config"
	"mailgun-connector/connector/mailgun"
)

const (
	signingKey  = "the-key-of-now"
	reportToken = "ee2f8a1b5d6a4c1e9f00aa11bb22cc33dd44ee55ff66778899"
)

var reportTime = time.Unix(1_800_000_000, 0)

// newWebhook returns one that lives a second after reportTime.
func newWebhook(tb testing.TB) *mailgun.Webhook {
	tb.Helper()
	now := func() time.Time { return reportTime.Add(time.Second) }
	w, err := mailgun.NewWebhook(config.Secret("another-key "+signingKey), now)
	if err != nil {
		tb.Fatal(err)
	}
	return w
}

func signatureBy(key, timestamp, token string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(timestamp + token))
	return hex.EncodeToString(mac.Sum(nil))
}

// signed returns the signature member of a report, with the timestamp as written.
func signed(timestamp string) string {
	digits := strings.Trim(timestamp, `"`)
	return fmt.Sprintf(`"signature":{"timestamp":%s,"token":%q,"signature":%q}`,
		timestamp, reportToken, signatureBy(signingKey, digits, reportToken))
}

const (
	atReportTime = `"1800000000"`
	delivered    = `"event-data":{"event":"delivered","timestamp":1799999990.5,"recipient":"ada@example.org",` +
		`"user-variables":[],"message":{"headers":{"message-id":"1.2@mg.example.com"},"size":7}}`
)

var deliveredEvent = connector.DeliveryEvent{
	Token: reportToken, ProviderID: "<1.2@mg.example.com>", State: connector.Delivered,
	Recipient: "ada@example.org", Reason: connector.ReasonDelivered, At: time.Unix(1_799_999_990, 500_000_000),
}

func TestReports(t *testing.T) {
	t.Parallel()
	event := func(text string) string { return "{" + signed(atReportTime) + `,"event-data":` + text + "}" }
	of := func(state connector.State, why string, at time.Time) connector.DeliveryEvent {
		reasons := map[string]connector.Reason{
			"": connector.ReasonDelivered, "suppress-bounce": connector.ReasonSuppressedBounce,
			"other": connector.ReasonBounced, "complained": connector.ReasonComplained,
		}
		return connector.DeliveryEvent{
			Token: reportToken, ProviderID: "<1@x>", State: state, Error: why, Reason: reasons[why], At: at,
		}
	}
	const message = `,"message":{"headers":{"message-id":"1@x"}}}`
	const failed = `{"event":"failed","severity":"permanent","timestamp":1521472262,`
	early := time.Unix(1_521_472_262, 0)
	tests := []struct {
		name, body string
		want       connector.DeliveryEvent
	}{
		{"as Mailgun sends it", "{" + signed(atReportTime) + "," + delivered + "}", deliveredEvent},
		{"event first", "{" + delivered + "," + signed(atReportTime) + "}", deliveredEvent},
		{"timestamp as a number", "{" + signed("1800000000") + "," + delivered + "}", deliveredEvent},
		{"event's timestamp as a string",
			event(`{"event":"delivered","timestamp":"1521472262"` + message), of(connector.Delivered, "", early)},
		{"sample of the control panel",
			event(`{"event":"delivered","timestamp":1521472262,"tags":["my_tag_1"],"attachments":[]` + message),
			of(connector.Delivered, "", early)},
		{"no time of its own", event(`{"event":"delivered"` + message), of(connector.Delivered, "", reportTime)},
		{"time null", event(`{"event":"delivered","timestamp":null` + message),
			of(connector.Delivered, "", reportTime)},
		{"time zero", event(`{"event":"delivered","timestamp":0` + message),
			of(connector.Delivered, "", reportTime)},
		{"time to come", event(`{"event":"delivered","timestamp":1e300` + message),
			of(connector.Delivered, "", reportTime)},
		{"bounce", event(failed + `"reason":"suppress-bounce"` + message),
			of(connector.Bounced, "suppress-bounce", early)},
		{"strange reason", event(failed + `"reason":"call ada@example.org"` + message),
			of(connector.Bounced, "other", early)},
		{"complaint", event(`{"event":"complained","timestamp":1521472262` + message),
			of(connector.Complained, "complained", early)},
		{"event of no consequence", event(`{"event":"opened","timestamp":1521472262}`),
			connector.DeliveryEvent{Token: reportToken, At: early}},
		{"no event", "{" + signed(atReportTime) + "}", connector.DeliveryEvent{Token: reportToken, At: reportTime}},
		{"other signatures inside the event", `{"event-data":{"user-variables":{"signature":"ada","a":{"signature":` +
			`{"timestamp":1,"token":"x"}}},` + strings.TrimPrefix(delivered, `"event-data":{`) + "," +
			signed(atReportTime) + "}", deliveredEvent},
		{"parent's signature", `{"signature":{"timestamp":"1","token":"x","signature":"00","parent-signature":` +
			strings.TrimPrefix(signed(atReportTime), `"signature":`) + "}," + delivered + "}", deliveredEvent},
	}
	w := newWebhook(t)
	for _, tt := range tests {
		got, err := w.Read([]byte(tt.body))
		if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
			t.Errorf("%s: Read() = %v (-want +got):\n%s", tt.name, err, diff)
		}
	}
}

func TestRefusedReports(t *testing.T) {
	t.Parallel()
	unsigned := `"signature":{"timestamp":"1800000000","token":"x","signature":"00"}`
	moved := fmt.Sprintf(`"signature":{"timestamp":"180000000","token":"0%s","signature":%q}`,
		reportToken, signatureBy(signingKey, "1800000000", reportToken))
	tests := []struct{ name, body, want string }{
		{"empty", "", "not a report"},
		{"no object", "[]", "not a report"},
		{"no JSON", "{", "not a report"},
		{"no signature", "{" + delivered + "}", "not a report"},
		{"signature is no object", `{"signature":7,` + delivered + "}", "not a report"},
		{"signature with a long member",
			`{"signature":{"x":"` + strings.Repeat("x", 5000) + `"},` + delivered + "}", "not a report"},
		{"another's signature", "{" + unsigned + "," + delivered + "}", "none of the signing keys"},
		{"another's signature, and nothing behind it is even read", "{" + unsigned + `,"event-data":{{{`,
			"none of the signing keys"},
		{"no token", `{"signature":{"timestamp":"1800000000","signature":"` +
			signatureBy(signingKey, "1800000000", "") + `"},` + delivered + "}", "none of the signing keys"},
		{"signed, and then no JSON", "{" + signed(atReportTime) + `,"event-data":`, "not a report"},
		{"a form", "timestamp=1800000000&token=x&signature=00", "not a report"},
		{"signed, and a message without an id",
			"{" + signed(atReportTime) + `,"event-data":{"event":"delivered","message":{"headers":[]}}}`,
			"names no message"},
		{"too old", "{" + signed(`"1799913000"`) + "," + delivered + "}", "older than 24 hours"},
		{"from the future", "{" + signed(`"1800001000"`) + "," + delivered + "}", "from the future"},
		{"digits moved", "{" + moved + "," + delivered + "}", "older than 24 hours"},
		{"too large", "{" + signed(atReportTime) + `,"x":"` + strings.Repeat("x", 64<<10) + `"}`, "larger than 64 KiB"},
	}
	w := newWebhook(t)
	for _, tt := range tests {
		got, err := w.Read([]byte(tt.body))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: Read() = %+v, %v; want an error with %q", tt.name, got, err, tt.want)
		}
	}
}

// BenchmarkUnsignedReport is what a stranger's report costs at its worst: of the
// greatest size, with as many values as fit, before or behind the signature.
func BenchmarkUnsignedReport(b *testing.B) {
	signature := `"signature":{"timestamp":"1","token":"x","signature":"00"}`
	event := `"event-data":{"x":[` + strings.Repeat("{},", 21_000) + `{}]}`
	for name, body := range map[string]string{
		"signature first": "{" + signature + "," + event + "}",
		"event first":     "{" + event + "," + signature + "}",
	} {
		b.Run(name, func(b *testing.B) {
			w, body := newWebhook(b), []byte(body)
			for b.Loop() {
				if _, err := w.Read(body); err == nil {
					b.Fatal("an unsigned report was taken")
				}
			}
		})
	}
}
