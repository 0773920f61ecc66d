package mailgun_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"mailgun-connector/connector"
	"mailgun-connector/connector/config"
	"mailgun-connector/connector/mailgun"
	"mailgun-connector/connector/sandbox"
	"mailgun-connector/deliveries"
)

const (
	domain = "mg.example.com"
	apiKey = "key-0123"
)

// newSender makes a sender for an endpoint, with one retry and plenty of time.
func newSender(t *testing.T, endpoint string, change func(*mailgun.Config)) *mailgun.Sender {
	t.Helper()
	cfg := mailgun.Config{
		Connector: &config.Config{
			Endpoint: endpoint, Domain: domain, APIKey: apiKey,
			Options: config.Options{DeliverWithin: 10 * time.Minute},
		},
		Client:   mailgun.NewClient(64),
		Timeout:  4 * time.Second,
		RetryMax: 1,
		Metrics:  mailgun.NewMetrics(prometheus.NewRegistry()),
	}
	if change != nil {
		change(&cfg)
	}
	t.Cleanup(cfg.Client.CloseIdleConnections)
	return mailgun.NewSender(cfg)
}

// serve runs a stand-in that answers as the handler does.
func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// fake runs a sandbox.
func fake(t *testing.T) (*sandbox.Sandbox, string) {
	t.Helper()
	return fakeOf(t, sandbox.Config{APIKey: apiKey, Domains: []string{domain}})
}

// fakeOf runs a sandbox of an account.
func fakeOf(t *testing.T, c sandbox.Config) (*sandbox.Sandbox, string) {
	t.Helper()
	s := sandbox.New(c)
	url := serve(t, s)
	t.Cleanup(func() { _ = s.Close() }) // before the server's Close, which waits for held requests
	return s, url
}

// content is a rendered mail, flat.
type content struct {
	Subject, HTML, Text, ReplyTo         string
	Template, TemplateVersion, Variables string
}

// email is a mail of that content.
func email(c content) *connector.Email {
	return &connector.Email{
		Head: deliveries.Head{
			From: "a@mg.example.com", Subject: c.Subject, ReplyTo: c.ReplyTo,
			Template: c.Template, TemplateVersion: c.TemplateVersion,
		},
		To:   "ada@example.org",
		Body: func() deliveries.Body { return deliveries.Body{HTML: c.HTML, Text: c.Text, Variables: c.Variables} },
	}
}

// htmlMail is an ordinary mail.
func htmlMail() *connector.Email {
	return email(content{Subject: "123456 is your code", HTML: "<p>123456</p>", Text: "123456"})
}

// failure sends and returns the error that it must end with.
func failure(t *testing.T, s *mailgun.Sender) (*connector.Error, connector.Receipt) {
	t.Helper()
	receipt, err := s.Send(context.Background(), htmlMail())
	var e *connector.Error
	if !errors.As(err, &e) {
		t.Fatalf("Send() = %+v, %v, want a *connector.Error", receipt, err)
	}
	if receipt.ProviderID != "" {
		t.Errorf("Send() gave the id %q with the error %v", receipt.ProviderID, err)
	}
	return e, receipt
}
