package failover_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"mailgun-connector/connector"
	"mailgun-connector/connector/config"
	"mailgun-connector/connector/failover"
	"mailgun-connector/connector/mailgun"
	"mailgun-connector/connector/sandbox"
	"mailgun-connector/deliveries"
)

// The ways of the table: their patience and budget, and what a busy machine takes beyond.
const (
	patience = 400 * time.Millisecond
	budget   = 3 * time.Second
	margin   = 3 * time.Second

	apiKey = "key-0123"
	domain = "mg.example.com"
)

// closedPort is an endpoint that nobody listens on.
func closedPort(t *testing.T) string {
	t.Helper()
	l := listen(t)
	l.Close()
	return "http://" + l.Addr().String()
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// resetting is an endpoint that resets connections, before it reads or after a request.
func resetting(read bool) func(*testing.T) string {
	return func(t *testing.T) string {
		l := listen(t)
		t.Cleanup(func() { l.Close() })
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				if read {
					if req, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
						_, _ = io.Copy(io.Discard, req.Body)
					}
				}
				_ = c.(*net.TCPConn).SetLinger(0)
				c.Close()
			}
		}()
		return "http://" + l.Addr().String()
	}
}

// untrusted is an endpoint whose certificate nobody has signed.
func untrusted(t *testing.T) string {
	t.Helper()
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.URL
}

// mainOutcome is what the main way may come to.
type mainOutcome struct {
	name     string
	endpoint func(*testing.T) string // nil for the sandbox with the fault
	fault    sandbox.Fault
	silent   bool // for longer than the patience, or perhaps on a busy machine
	stays    bool // on the main way
	unknown  bool // the main way may have the mail
	mails    int  // that the main way has taken
}

const several = -1 // mails: one for each attempt

func answers(status int, message string) sandbox.Fault {
	return sandbox.Fault{Status: status, Body: `{"message":"` + message + `"}`}
}

func mainOutcomes() []mainOutcome {
	const notAllowed = "Domain mg.example.com is not allowed to send: "
	return []mainOutcome{
		{name: "connection refused", endpoint: closedPort},
		{name: "no certificate that is trusted", endpoint: untrusted, silent: true},
		{name: "no such host", endpoint: func(*testing.T) string { return "http://host.invalid:80" }, silent: true},
		{name: "reset at once", endpoint: resetting(false), unknown: true},
		{name: "reset after the request", endpoint: resetting(true), unknown: true},
		{name: "dropped with nothing stored", fault: sandbox.Fault{Drop: sandbox.DropBefore}, unknown: true},
		{name: "dropped once stored", fault: sandbox.Fault{Drop: sandbox.DropAfter}, unknown: true, mails: several},
		{name: "hang", fault: sandbox.Fault{Hang: true}, silent: true, unknown: true},
		{name: "500", fault: sandbox.Fault{Status: 500}, unknown: true},
		{name: "503 of a gateway", fault: sandbox.Fault{Status: 503}, unknown: true},
		{name: "420 with a date", fault: sandbox.Fault{Status: 420, Wait: time.Hour}},
		{name: "429 with seconds", fault: sandbox.Fault{Status: 429, Wait: time.Minute}},
		{name: "429 with more than the time for retries", fault: sandbox.Fault{Status: 429, Wait: 2 * time.Second}},
		{name: "429 without a wait", fault: answers(429, "limit exceeded")},
		{name: "400 of a probation", fault: sandbox.Fault{Status: 400}},
		{name: "401", fault: sandbox.Fault{Status: 401}},
		{name: "402", fault: answers(402, "")},
		{name: "403", fault: answers(403, "Forbidden")},
		{name: "account disabled", fault: sandbox.Fault{Status: 403}},
		{name: "account disabled, by a 400", fault: answers(400, notAllowed+"Account disabled")},
		{name: "404", fault: sandbox.Fault{Status: 404}},
		{name: "Magnificent", fault: sandbox.Fault{Status: 200}},
		{name: "200 without an id", fault: sandbox.Fault{Status: 200, Body: "{}"}, unknown: true},
		{name: "400", fault: answers(400, "from parameter is not a valid address"), stays: true},
		{name: "400 of the recipient", fault: answers(400, "to parameter is not a valid address"), stays: true},
		{name: "404 of a template", fault: answers(404, "template not found"), stays: true},
		{name: "413", fault: sandbox.Fault{Status: 413}, stays: true},
		{name: "well", stays: true, mails: 1},
	}
}

// TestEveryOutcome has every outcome of the main way, as Mailgun and networks make it, meet
// another way that is well, fails and hangs. Whatever happens, the send ends within its
// budget.
func TestEveryOutcome(t *testing.T) {
	t.Parallel()
	others := map[string][]sandbox.Fault{
		"well": nil, "failing": {{Status: 503}}, "hanging": {{Hang: true}},
	}
	turns := make(chan struct{}, 16) // most cases wait, and the machine may be busy
	var cases sync.WaitGroup
	for _, main := range mainOutcomes() {
		for name, other := range others {
			cases.Go(func() {
				turns <- struct{}{}
				defer func() { <-turns }()
				t.Run(main.name+", and the other way "+name, func(t *testing.T) { main.check(t, name, other) })
			})
		}
	}
	cases.Wait()
}

// account runs a Mailgun, and returns it with its endpoint.
func account(t *testing.T, faults ...sandbox.Fault) (*sandbox.Sandbox, string) {
	t.Helper()
	s := sandbox.New(sandbox.Config{APIKey: apiKey, Domains: []string{domain}})
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	t.Cleanup(func() { _ = s.Close() })
	s.SetFaults(faults...)
	return s, server.URL
}

// byMailgun returns a real way to an endpoint.
func byMailgun(t *testing.T, endpoint string, retryTime time.Duration) *mailgun.Sender {
	t.Helper()
	client := mailgun.NewClient(4)
	t.Cleanup(client.CloseIdleConnections)
	return mailgun.NewSender(mailgun.Config{
		Connector: &config.Config{
			Endpoint: endpoint, Domain: domain, APIKey: apiKey, Options: config.Options{DeliverWithin: 10 * time.Minute},
		},
		Client: client, Timeout: budget, RetryMax: 2, RetryTime: retryTime,
		Metrics: mailgun.NewMetrics(prometheus.NewRegistry()),
	})
}

// check sends one mail and compares what its sender gets and which way mails went.
func (m *mainOutcome) check(t *testing.T, otherName string, otherFaults []sandbox.Fault) {
	t.Helper()
	main, endpoint := account(t)
	if m.fault != (sandbox.Fault{}) {
		main.SetFaults(m.fault)
	}
	if m.endpoint != nil {
		endpoint = m.endpoint(t)
	}
	other, otherEndpoint := account(t, otherFaults...)
	ways := failover.New(slog.New(slog.DiscardHandler), failover.NewMetrics(prometheus.NewRegistry()))
	t.Cleanup(ways.Close)
	after, retryTime := time.Duration(0), budget/3
	if m.silent { // of what answers at once, a busy machine must not make a silence
		after, retryTime = patience, patience
	}
	sender := ways.Sender(failover.Config{
		Main: byMailgun(t, endpoint, retryTime), Other: byMailgun(t, otherEndpoint, 0), MainID: 1, OtherID: 2,
		From: func(string) string { return "b@mg.example.com" }, After: after, Timeout: budget,
	})
	began := time.Now()
	receipt, err := sender.Send(context.Background(), &connector.Email{
		Head: deliveries.Head{From: "a@mg.example.com", Subject: "s"}, To: "ada@example.org",
		Body: func() deliveries.Body { return deliveries.Body{Text: "481629"} },
	})
	if took := time.Since(began); took > budget+margin {
		t.Errorf("Send() took %s, want it within %s", took, budget)
	}
	otherMails := other.Messages()
	wanted := otherName == "well" && !m.stays
	if len(otherMails) > 1 || (len(otherMails) == 1) != wanted || m.stays && other.Requests() > 0 {
		t.Errorf("%d mails went the other way in %d requests, want one: %v", len(otherMails), other.Requests(), wanted)
	}
	if wanted && len(otherMails) == 1 && otherMails[0].From != "b@mg.example.com" {
		t.Errorf("From = %q, want that of the other way", otherMails[0].From)
	}
	if n := len(main.Messages()); n != m.mails && (n == 0 || m.mails != several) {
		t.Errorf("%d mails went the main way, want %d", n, m.mails)
	}
	if taken := wanted || m.mails > 0; (err == nil) != taken {
		t.Errorf("Send() = %+v, %v, want the mail taken: %v", receipt, err, taken)
	}
	if way := map[bool]connector.Way{true: connector.MainWay, false: connector.OtherWay}[m.stays]; err == nil && receipt.Way != way {
		t.Errorf("way = %q, want %q", receipt.Way, way)
	}
	// Whether anything was written to a connection that is reset at once is chance.
	if wanted && receipt.Twice != m.unknown && m.name != "reset at once" {
		t.Errorf("the code may arrive twice: %v, want %v", receipt.Twice, m.unknown)
	}
	m.checkFailure(t, otherName, err)
}

// checkFailure wants a failure to say that the mail may have been sent, if it may, and
// that another try may help, unless the mail itself is wrong.
func (m *mainOutcome) checkFailure(t *testing.T, otherName string, err error) {
	t.Helper()
	if err == nil {
		return
	}
	failure, ok := errors.AsType[*connector.Error](err)
	if !ok {
		t.Fatalf("Send() = %v, want a *connector.Error", err)
	}
	want := connector.Unknown // whatever the main way did, the other one may have sent it
	if m.stays {
		want = connector.Refused
	}
	if failure.Outcome != want || failure.Retryable() == m.stays {
		t.Errorf("Send() with the other way %s = %+v, want outcome %d", otherName, failure, want)
	}
}
