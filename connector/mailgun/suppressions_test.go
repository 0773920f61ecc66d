package mailgun_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

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
		all, err := s.Find(t.Context(), address)
		found := all.Entries
		if err != nil || len(found) > 1 || (kind == "") != (len(found) == 0) || len(found) == 1 && (found[0].Kind != kind || found[0].Since.IsZero()) {
			t.Errorf("Find(%s) = %+v, %v, want %q", address, found, err, kind)
		}
		for _, k := range connector.SuppressionKinds {
			want := connector.ErrNoSuppression
			if k == kind {
				want = nil
			}
			if err := s.Lift(t.Context(), "", k, address); !errors.Is(err, want) {
				t.Errorf("Lift(%s, %s) = %v, want %v", k, address, err, want)
			}
		}
		if all, err := s.Find(t.Context(), address); err != nil || len(all.Entries) > 0 {
			t.Errorf("Find(%s) = %+v, %v after it was lifted", address, all, err)
		}
	}
}

func TestBounceIsTold(t *testing.T) {
	t.Parallel()
	all, err := lists(t, listing(t), apiKey).Find(t.Context(), "Ada@Example.org")
	found := all.Entries
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
		for _, err := range []error{found, s.Lift(t.Context(), connector.MainWay, connector.SuppressedBounce, "ada@example.org")} {
			failure, ok := errors.AsType[*connector.Error](err)
			if !ok || failure.Reason != x.want || failure.Retryable() != x.retry || failure.Hint == "" ||
				strings.Contains(failure.Message, "not sent") || strings.Contains(failure.MailgunMessage, "ada") {
				t.Errorf("%s: %+v, want %s", name, err, x.want)
			}
		}
	}
}

// Each domain has lists of its own, and one that can't be asked hides nothing of the other.
func TestSuppressionsOfTwoWays(t *testing.T) {
	t.Parallel()
	const address, other = "ada@example.org", "mg2.example.com"
	main := sandbox.Config{APIKey: apiKey, Domains: []string{domain}, Suppressed: map[string]int{address: 605}}
	second := sandbox.Config{APIKey: "second", SendingKeys: []string{"sends"}, Domains: []string{other, domain}, Suppressed: map[string]int{address: 607}}
	bounce := connector.Suppression{Kind: connector.SuppressedBounce, Way: connector.MainWay}
	complaint := connector.Suppression{Kind: connector.SuppressedComplaint, Way: connector.OtherWay}
	for name, x := range map[string]struct {
		mainKey, domain, key string
		want                 []connector.Suppression
		unknown              map[connector.Way]connector.Reason
		failed               connector.Reason
	}{
		"both":                       {apiKey, other, "second", []connector.Suppression{bounce, complaint}, nil, ""},
		"the same domain elsewhere":  {apiKey, domain, "second", []connector.Suppression{bounce, complaint}, nil, ""},
		"the failover may only send": {apiKey, other, "sends", []connector.Suppression{bounce}, map[connector.Way]connector.Reason{connector.OtherWay: connector.ReasonKeySendsOnly}, ""},
		"the main way may only send": {"wrong", other, "second", []connector.Suppression{complaint}, map[connector.Way]connector.Reason{connector.MainWay: connector.ReasonKeySendsOnly}, ""},
		"both may only send":         {"wrong", other, "sends", nil, nil, connector.ReasonKeySendsOnly},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := mailgun.NewClient(4)
			t.Cleanup(client.CloseIdleConnections)
			s := mailgun.NewSuppressions(&config.Config{
				Endpoint: serve(t, sandbox.New(main)), Domain: domain, APIKey: config.Secret(x.mainKey),
				Failover: &config.Failover{Endpoint: serve(t, sandbox.New(second)), Domain: x.domain, APIKey: config.Secret(x.key)},
			}, client)
			all, err := s.Find(t.Context(), address)
			if failure, ok := errors.AsType[*connector.Error](err); x.failed != "" {
				if !ok || failure.Reason != x.failed {
					t.Errorf("Find = %v, want %s", err, x.failed)
				}
				return
			}
			var unknown map[connector.Way]connector.Reason
			for way, failure := range all.Unknown {
				unknown = map[connector.Way]connector.Reason{way: failure.Reason}
			}
			if diff := cmp.Diff(x.want, all.Entries, cmpopts.IgnoreFields(connector.Suppression{}, "Since", "Code", "Description")); err != nil || diff != "" {
				t.Errorf("Find = %v (-want +got):\n%s", err, diff)
			}
			if diff := cmp.Diff(x.unknown, unknown); diff != "" {
				t.Errorf("ways that could not be asked (-want +got):\n%s", diff)
			}
			for _, entry := range all.Entries {
				if err := s.Lift(t.Context(), entry.Way, entry.Kind, address); err != nil {
					t.Errorf("Lift(%s, %s) = %v", entry.Way, entry.Kind, err)
				}
				if err := s.Lift(t.Context(), entry.Way, entry.Kind, address); !errors.Is(err, connector.ErrNoSuppression) {
					t.Errorf("Lift(%s, %s) again = %v, want that there is none", entry.Way, entry.Kind, err)
				}
			}
		})
	}
	for _, way := range []connector.Way{connector.OtherWay, "third"} {
		if err := lists(t, listing(t), apiKey).Lift(t.Context(), way, connector.SuppressedBounce, address); !errors.Is(err, connector.ErrNoWay) {
			t.Errorf("Lift by %s without one = %v, want ErrNoWay", way, err)
		}
	}
}
