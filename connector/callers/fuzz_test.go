package callers_test

import (
	"context"
	"crypto/rsa"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/callers"
	"mailgun-connector/connector/callers/jwks"
	"mailgun-connector/connector/config"
)

// kinds are the types of callers.
var kinds = []string{"supabase", "clerk", "kratos", "zitadel", "hanko", "casdoor"}

// settings are good ones for each kind.
func settings(kind string) config.Caller {
	return config.Caller{
		Type: kind, Secrets: []config.Secret{
			"v1,whsec_TjV2c0pZbWhmS3o4d1FkMkdhUnhVcEw2Y0V0QjFpTWU=", "whsec_Q2xlcmstdGVzdC1zZWNyZXQtZm9yLWZpeHR1cmVzLTAwMQ==",
		},
		SigningKeys: []config.Secret{"zitadel-test-signing-key-0001"}, Tokens: []config.Secret{"a-token-that-nobody-guesses"},
		BasicAuth: []config.BasicAuth{{User: "user", Password: "a-password-that-nobody-guesses"}},
		JWKS:      "https://auth.example.com/jwks.json", Audience: []string{"auth.example.com"}, TokenFrom: "cookie key",
		LocaleFrom: []string{"/user/user_metadata/locale", "/template_data/transient_payload/lang"},
		Links:      map[string]string{"signup": "https://app.example.com/c?h={{token_hash}}&n={{ redirect_to }}"},
	}
}

// noKeys is a set without a key.
type noKeys struct{}

func (noKeys) Key(context.Context, string) (*rsa.PublicKey, error) { return nil, jwks.ErrUnknown }

// recordedNow is within the tolerance of many recordings.
func recordedNow() time.Time { return time.Date(2026, 11, 25, 14, 43, 54, 0, time.UTC) }

// FuzzCalls reads calls of every kind that nobody has signed: none is taken, and what any
// of them would come to holds to the rules of every order.
func FuzzCalls(f *testing.F) {
	for i, kind := range kinds {
		r := readRecording(f, kind)
		for _, c := range r.Cases {
			if c.Request != nil {
				var headers strings.Builder
				for name, value := range c.Request.Headers {
					headers.WriteString(name + ": " + value + "\n")
				}
				f.Add(byte(i), headers.String(), []byte(c.Request.Body))
			}
		}
	}
	f.Fuzz(func(t *testing.T, n byte, headers string, body []byte) {
		kind := kinds[int(n)%len(kinds)]
		call := &connector.Call{Method: http.MethodPost, Header: http.Header{}, Body: body}
		for line := range strings.Lines(headers) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
			if name != "" {
				http.Header(call.Header).Add(name, value)
			}
		}
		mine := settings(kind)
		mine.Secrets = mine.Secrets[:1]
		mine.Secrets[0] = "v1,whsec_b3RoZXItcHJvamVjdC1zZWNyZXQtMDEyMzQ1Njc4OWFiYw=="
		mine.SigningKeys[0] = "a-key-that-nobody-guesses"
		all, err := callers.New(map[string]config.Caller{"c": mine}, callers.Environment{
			Now: recordedNow, Keys: func(string) callers.KeySet { return noKeys{} },
		})
		if err != nil {
			t.Fatal(err)
		}
		_, err = all["c"].Read(t.Context(), call)
		if _, unproven := errors.AsType[*connector.UnprovenError](err); !unproven {
			t.Fatalf("Read() of a call that nobody has signed = %v, want an *UnprovenError", err)
		}
		order, err := callers.Preview("c", settings(kind), call, recordedNow)
		if err != nil {
			if _, told := errors.AsType[*connector.Error](err); !told {
				t.Fatalf("Preview() = %v, want an error for the caller", err)
			}
			return
		}
		checkOrder(t, order)
	})
}

// checkOrder holds an order to what is promised of every one.
func checkOrder(t *testing.T, order *connector.Order) {
	t.Helper()
	if (len(order.Mails) == 0) != (order.Nothing != "") {
		t.Fatalf("%d mails, and nothing to send because of %q", len(order.Mails), order.Nothing)
	}
	if order.KeyLife <= 0 {
		t.Fatal("a repetition is known for no time")
	}
	var keys []string
	for _, mail := range order.Mails {
		if err := connector.CheckRecipient("to", mail.To); err != nil {
			t.Fatal(err)
		}
		if !connector.IsUsageType(mail.Type) {
			t.Fatalf("the usage type is %q", mail.Type)
		}
		code, link := mail.Payload["code"], mail.Payload["link"]
		if code == nil && link == nil && !mail.Notice && mail.Rendered == nil {
			t.Fatal("a mail has neither a code nor a link, and is no notice")
		}
		if code == "" || link == "" {
			t.Fatal("a code or link is there and empty")
		}
		if text, _ := link.(string); text != "" && !strings.HasPrefix(strings.ToLower(text), "http") {
			t.Fatalf("the link leads to %q", text)
		}
		if slices.Contains(keys, mail.IdempotencyKey) || len(mail.IdempotencyKey) > 255 {
			t.Fatalf("the key is %q, and others %q", mail.IdempotencyKey, keys)
		}
		keys = append(keys, mail.IdempotencyKey)
	}
}
