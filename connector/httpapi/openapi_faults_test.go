package httpapi_test

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"mailgun-connector/connector"
	"mailgun-connector/connector/app"
	"mailgun-connector/connector/app/apptest"
	"mailgun-connector/connector/config"
	"mailgun-connector/connector/httpapi"
	"mailgun-connector/connector/idempotency"
	"mailgun-connector/connector/ratelimit"
	"mailgun-connector/connector/sandbox"
)

func overTheLimit(t *testing.T, c *contract) {
	s := apptest.Start(t, apptest.Config{Options: func(o *app.Options) {
		o.RecipientLimit = ratelimit.Rate{Sends: 1, Per: 10 * time.Minute}
	}})
	tried{"POST", "/send-code", goodBody, nil, 200, ""}.exchange(t, c, s)
	tried{"POST", "/send-code", goodBody, nil, 429, "rate_limit_exceeded"}.exchange(t, c, s)
	tried{"POST", "/test", goodTest, nil, 429, "rate_limit_exceeded"}.exchange(t, c, s)
}

// tooManyInFlight has the only place for a send taken, then that for a check.
func tooManyInFlight(t *testing.T, c *contract) {
	s := full(t)
	tried{"POST", "/send-code", goodBody, nil, 503, "general"}.exchange(t, c, s)
	tried{"POST", "/test", goodTest, nil, 503, "general"}.exchange(t, c, s)
	if a := s.Post(t, "/send-code", goodBody); a.Header.Get("Retry-After") != "1" {
		t.Errorf("Post beyond the bound: Retry-After %q, want 1", a.Header.Get("Retry-After"))
	}
	s = checking(t)
	for _, x := range []tried{
		{"POST", "/test", `{"email":"user@example.org","config":` + draftConfig + `}`, nil, 503, "invalid_request_parameters"},
		{"POST", "/preview", `{"type":"SignIn","config":` + draftConfig + `}`, nil, 503, "invalid_request_parameters"},
		{"POST", "/doctor", `{"config":` + draftConfig + `}`, nil, 503, "invalid_request_parameters"},
		{"POST", "/config/validate", draftConfig, nil, 503, "invalid_request_parameters"},
		{"PUT", "/config", draftConfig, map[string]string{"If-Match": "*"}, 503, "invalid_request_parameters"},
		{"PUT", "/config/files/a.html", "x", asPlain, 503, "invalid_request_parameters"},
		{"POST", "/mails", `{"config":` + draftConfig + `}`, nil, 503, "invalid_request_parameters"},
		{"POST", "/mails/builtin", `{"type":"SignIn","language":"de","config":` + draftConfig + `}`, nil, 503, "invalid_request_parameters"},
		{"POST", "/callers", `{"config":` + draftConfig + `}`, nil, 503, "invalid_request_parameters"},
	} {
		t.Run(x.method+x.path, func(t *testing.T) {
			t.Parallel() // each waits for its turn
			x.exchange(t, c, s)
		})
	}
}

// failingKeys is a table that begins no request, for a reason.
type failingKeys struct{ cause error }

func (f failingKeys) Begin(context.Context, string, idempotency.RequestHash, time.Duration) (*idempotency.Answer, error) {
	return nil, f.cause
}

func (failingKeys) Finish(context.Context, string, *idempotency.Answer) error { return nil }

func keysInUse(t *testing.T, c *contract) {
	key := map[string]string{"Idempotency-Key": "k"}
	s := apptest.Start(t, apptest.Config{})
	tried{"POST", "/send-code", goodBody, key, 200, ""}.exchange(t, c, s)
	tried{"POST", "/send-code", goodBody, key, 200, ""}.exchange(t, c, s)
	tried{"POST", "/send-code", `{}`, key, 422, "invalid_request_parameters"}.exchange(t, c, s)
	tried{"POST", "/send-code", goodBody, map[string]string{"Idempotency-Key": "a b"}, 400, "invalid_request_parameters"}.exchange(t, c, s)

	for _, x := range []struct {
		begin    error
		messages connector.Messages
		status   int
		code     connector.Code
	}{
		{idempotency.ErrBusy, nil, 409, "invalid_request_parameters"},
		{idempotency.ErrElsewhere, nil, 409, "invalid_request_parameters"},
		{idempotency.ErrElsewhere, brokenStore{connector.ErrNoMessage}, 409, "invalid_request_parameters"},
		{idempotency.ErrElsewhere, brokenStore{connector.ErrUnavailable}, 503, "general"},
		{idempotency.ErrElsewhere, brokenStore{&connector.Error{Code: connector.General, Message: "It was not sent."}}, 502, "general"},
		{idempotency.ErrElsewhere, repeats{Receipt: connector.Receipt{MessageID: someID, ProviderID: "<p@mg.example.com>"}}, 200, ""},
		{idempotency.ErrElsewhere, repeats{Receipt: connector.Receipt{MessageID: someID, Queued: true}}, 202, ""},
		{errors.New("no connection"), nil, 503, "general"},
	} {
		server := httptest.NewServer(newHandler(t, func(cfg *httpapi.Config) { cfg.Idempotency, cfg.Messages = failingKeys{x.begin}, x.messages }))
		tried{"POST", "/send-code", goodBody, key, x.status, x.code}.exchange(t, c, &apptest.Service{URL: server.URL})
		server.Close()
	}
}

// brokenLists fail whatever they are asked, with their error.
type brokenLists struct{ cause error }

func (b brokenLists) Find(context.Context, string) ([]connector.Suppression, error) {
	return nil, b.cause
}
func (b brokenLists) Lift(context.Context, connector.SuppressionKind, string) error { return b.cause }

func suppressedRecipients(t *testing.T, c *contract) {
	s := apptest.Start(t, apptest.Config{Sandbox: func(c *sandbox.Config) {
		c.Suppressed = map[string]int{"ada@example.org": 605, "bob@example.org": 606}
	}})
	for _, x := range []tried{
		{"GET", "/suppressions?to=ada@example.org", "", nil, 200, ""},
		{"GET", "/suppressions?to=bob@example.org", "", nil, 200, ""},
		{"GET", "/suppressions?to=cyd@example.org", "", nil, 200, ""},
		{"GET", "/suppressions?to=ada", "", nil, 400, "invalid_request_parameters"},
		{"GET", "/suppressions", "", nil, 400, "invalid_request_parameters"},
		{"GET", "/suppressions?to=ada@example.org", "", map[string]string{"Authorization": ""}, 401, "authorization_failed"},
		{"DELETE", "/suppressions/bounce?to=ada@example.org", "", map[string]string{"Authorization": ""}, 401, "authorization_failed"},
		{"DELETE", "/suppressions/bounce?to=ada", "", nil, 400, "invalid_request_parameters"},
		{"DELETE", "/suppressions/none?to=ada@example.org", "", nil, 404, "invalid_request_parameters"},
		{"DELETE", "/suppressions/complaint?to=ada@example.org", "", nil, 404, "invalid_request_parameters"},
		{"DELETE", "/suppressions/bounce?to=ada@example.org", "", nil, 204, ""},
	} {
		x.exchange(t, c, s)
	}
	for _, x := range []struct {
		cause  error
		status int
		code   connector.Code
	}{
		{errors.New("secret"), 500, connector.Internal},
		{connector.NewError(connector.General, connector.Refused, connector.ReasonKeySendsOnly), 502, connector.General},
		{connector.NewError(connector.General, connector.NotSent, connector.ReasonListsSilent), 503, connector.General},
	} {
		server := httptest.NewServer(newHandler(t, func(cfg *httpapi.Config) {
			cfg.Suppressions = func() connector.Suppressions { return brokenLists{x.cause} }
		}))
		broken := &apptest.Service{URL: server.URL}
		tried{"GET", "/suppressions?to=ada@example.org", "", nil, x.status, x.code}.exchange(t, c, broken)
		tried{"DELETE", "/suppressions/bounce?to=ada@example.org", "", nil, x.status, x.code}.exchange(t, c, broken)
		server.Close()
	}
}

// repeats has a message for every key.
type repeats struct {
	connector.Messages
	connector.Receipt
}

func (r repeats) Repeat(context.Context, string) (connector.Receipt, error) { return r.Receipt, nil }

// brokenInside makes what the handlers rely on fail, as no request could.
func brokenInside(t *testing.T, c *contract) {
	webhook := func() func([]byte) (connector.DeliveryEvent, error) {
		return func([]byte) (connector.DeliveryEvent, error) { return connector.DeliveryEvent{}, nil }
	}
	serve := func(change func(*httpapi.Config)) *apptest.Service {
		server := httptest.NewServer(newHandler(t, change))
		t.Cleanup(server.Close)
		return &apptest.Service{URL: server.URL}
	}
	s := serve(func(cfg *httpapi.Config) {
		cfg.Connector = func() *connector.Connector { panic("secret") }
		cfg.Build = func(config.Document) (*connector.Connector, error) { return nil, errors.New("secret") }
		cfg.Save = func(config.Document, httpapi.Change) (*config.Config, error) { return nil, errors.New("secret") }
		cfg.MailFile = func(string) ([]byte, error) { return nil, errors.New("secret") }
		cfg.SaveMail = func(string, []byte, httpapi.Change) (*config.Config, error) { return nil, errors.New("secret") }
		cfg.Status = func() httpapi.Status { panic("secret") }
		cfg.Ready = func() bool { return false }
		cfg.Messages, cfg.Events, cfg.Webhook = brokenStore{errors.New("secret")}, brokenStore{errors.New("secret")}, webhook
		registry := prometheus.NewRegistry()
		registry.MustRegister(failingCollector{})
		cfg.Gatherer = registry
	})
	for _, x := range []tried{
		{"GET", "/config", "", nil, 500, "internal"},
		{"POST", "/send-code", goodBody, nil, 500, "internal"},
		{"POST", "/test", goodTest, nil, 500, "internal"},
		{"POST", "/test", `{"email":"user@example.org","config":{}}`, nil, 500, "internal"},
		{"POST", "/preview", `{"type":"SignIn"}`, nil, 500, "internal"},
		{"POST", "/doctor", "{}", nil, 500, "internal"},
		{"POST", "/config/validate", "{}", nil, 500, "internal"},
		{"GET", "/messages", "", nil, 500, "internal"},
		{"POST", "/messages/search", "{}", nil, 500, "internal"},
		{"GET", "/messages/" + someID, "", nil, 500, "internal"},
		{"POST", "/messages/" + someID + "/retry", "", nil, 500, "internal"},
		{"POST", "/messages/" + someID + "/cancel", "", nil, 500, "internal"},
		{"POST", "/webhooks/mailgun", "{}", nil, 500, "internal"},
		{"PUT", "/config", "{}", map[string]string{"If-Match": "*"}, 500, "internal"},
		{"GET", "/config/files/a.html", "", nil, 500, "internal"},
		{"PUT", "/config/files/a.html", "x", asPlain, 500, "internal"},
		{"POST", "/mails", "{}", nil, 500, "internal"},
		{"POST", "/mails/builtin", "{}", nil, 500, "internal"},
		{"POST", "/callers", "{}", nil, 500, "internal"},
		{"GET", "/status", "", nil, 500, "internal"},
		{"GET", "/readyz", "", nil, 503, ""},
		{"GET", "/metrics", "", nil, 500, ""},
		{"GET", "/healthz", "", nil, 200, ""},
	} {
		x.exchange(t, c, s)
	}
	s = serve(func(cfg *httpapi.Config) {
		cfg.Messages, cfg.Events, cfg.Webhook = brokenStore{connector.ErrUnavailable}, brokenStore{connector.ErrUnavailable}, webhook
	})
	for _, x := range []tried{
		{"GET", "/messages", "", nil, 503, "invalid_request_parameters"},
		{"POST", "/messages/search", "{}", nil, 503, "invalid_request_parameters"},
		{"GET", "/messages/" + someID, "", nil, 503, "invalid_request_parameters"},
		{"POST", "/messages/" + someID + "/retry", "", nil, 503, "invalid_request_parameters"},
		{"POST", "/messages/" + someID + "/cancel", "", nil, 503, "invalid_request_parameters"},
		{"POST", "/webhooks/mailgun", "{}", nil, 503, "invalid_request_parameters"},
	} {
		x.exchange(t, c, s)
	}
}

type failingCollector struct{}

var failing = prometheus.NewDesc("failing", "Fails.", nil, nil)

func (failingCollector) Describe(ch chan<- *prometheus.Desc) { ch <- failing }
func (failingCollector) Collect(ch chan<- prometheus.Metric) {
	ch <- prometheus.NewInvalidMetric(failing, errors.New("no value"))
}

// startSlowBodies begins a request to each route with a body and never ends it.
// late waits for the answers, which take as long as the server is patient.
func startSlowBodies(t *testing.T, c *contract) (late func(*testing.T)) {
	t.Helper()
	service := withDatabase(t)
	service.Connector = withCallers
	s := apptest.Start(t, service)
	waiting := map[operation]*wire{}
	for _, op := range c.operations() {
		if c.lookup(op.pointer("requestBody")) != nil {
			w := dial(t, s)
			path := strings.Replace(op.path, "{name}", "supabase", 1)
			w.send(t, op.method+" "+path+" HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+apptest.Token+
				"\r\nAccept: */*\r\nIf-Match: *\r\nContent-Type: "+c.mediaType(op)+"\r\nContent-Length: 100\r\n\r\n{")
			waiting[op] = w
		}
	}
	return func(t *testing.T) {
		t.Helper()
		if len(waiting) == 0 {
			t.Error("no route has a body")
		}
		for _, op := range slices.SortedFunc(maps.Keys(waiting), func(a, b operation) int { return strings.Compare(a.path, b.path) }) {
			waiting[op].wait(t) // other tests may have taken longer than it was given
			a := waiting[op].answer(t, op.method)
			if c.check(t, op, a); a.Status != http.StatusRequestTimeout {
				t.Errorf("%s with a slow body = %d, want 408", op, a.Status)
			}
		}
	}
}
