package mailgun_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/connector"
	"mailgun-connector/connector/config"
	"mailgun-connector/connector/mailgun"
	"mailgun-connector/connector/sandbox"
)

func lists(t *testing.T, url, key string) *mailgun.Suppressions {
	t.Helper()
	client := mailgun.NewClient(4)
	t.Cleanup(client.CloseIdleConnections)
	return mailgun.NewSuppressions(&config.Config{Endpoint: url, Domain: domain, APIKey: config.Secret(key)}, client)
}

func listing(t *testing.T) string {
	t.Helper()
	return serve(t, sandbox.New(sandbox.Config{
		APIKey: apiKey, SendingKeys: []string{"sending-key"}, Domains: []string{domain},
		Suppressed: map[string]int{"ada@example.org": 605, "bob/x?#%@example.org": 606, "Cy+tag@example.org": 607},
	}))
}

func TestSuppressions(t *testing.T) {
	t.Parallel()
	s := lists(t, listing(t), apiKey)
	for address, kind := range map[string]connector.SuppressionKind{
		"ada@example.org": connector.SuppressedBounce, "bob/x?#%@example.org": connector.SuppressedUnsubscribe,
		"cy+tag@example.org": connector.SuppressedComplaint, "dan@example.org": "",
	} {
		found, err := s.Find(t.Context(), address)
		if err != nil || len(found) > 1 || (kind == "") != (len(found) == 0) || len(found) == 1 && (found[0].Kind != kind || found[0].Since.IsZero()) {
			t.Errorf("Find(%s) = %+v, %v, want %q", address, found, err, kind)
		}
		for _, k := range connector.SuppressionKinds {
			want := connector.ErrNoSuppression
			if k == kind {
				want = nil
			}
			if err := s.Lift(t.Context(), k, address); !errors.Is(err, want) {
				t.Errorf("Lift(%s, %s) = %v, want %v", k, address, err, want)
			}
		}
		if found, err := s.Find(t.Context(), address); err != nil || len(found) > 0 {
			t.Errorf("Find(%s) = %+v, %v after it was lifted", address, found, err)
		}
	}
}

func TestBounceIsTold(t *testing.T) {
	t.Parallel()
	found, err := lists(t, listing(t), apiKey).Find(t.Context(), "Ada@Example.org")
	if err != nil || len(found) != 1 {
		t.Fatalf("Find = %+v, %v, want one", found, err)
	}
	if diff := cmp.Diff([]string{"550", "No such mailbox …"}, []string{found[0].Code, found[0].Description}); diff != "" {
		t.Errorf("code and description (-want +got):\n%s", diff)
	}
}

// Why it can't be told is said in words, and nothing is taken for an answer that is none.
func TestSuppressionFailures(t *testing.T) {
	t.Parallel()
	answer := func(status int, body string) string {
		return serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}))
	}
	for name, x := range map[string]struct {
		url, key string
		want     connector.Reason
		retry    bool
	}{
		"sending key": {listing(t), "sending-key", connector.ReasonKeySendsOnly, false},
		"wrong key":   {listing(t), "wrong", connector.ReasonKeySendsOnly, false},
		"403":         {answer(403, `{"message":"Forbidden for ada@example.org"}`), apiKey, connector.ReasonKeySendsOnly, false},
		"no domain":   {answer(404, `{"message":"Domain not found: mg.example.com"}`), apiKey, connector.ReasonDomainNotFound, false},
		"no Mailgun":  {answer(200, "Mailgun Magnificent API"), apiKey, connector.ReasonDomainNotFound, false},
		"failing":     {answer(500, ""), apiKey, connector.ReasonListsFailed, true},
		"too many":    {answer(429, ""), apiKey, connector.ReasonListsFailed, true},
		"nobody":      {"http://127.0.0.1:1", apiKey, connector.ReasonListsSilent, true},
	} {
		s := lists(t, x.url, x.key)
		_, found := s.Find(t.Context(), "ada@example.org")
		for _, err := range []error{found, s.Lift(t.Context(), connector.SuppressedBounce, "ada@example.org")} {
			failure, ok := errors.AsType[*connector.Error](err)
			if !ok || failure.Reason != x.want || failure.Retryable() != x.retry || failure.Hint == "" ||
				strings.Contains(failure.Message, "not sent") || strings.Contains(failure.MailgunMessage, "ada") {
				t.Errorf("%s: %+v, want %s", name, err, x.want)
			}
		}
	}
}
