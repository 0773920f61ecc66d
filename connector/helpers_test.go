package connector_test

import (
	"context"
	"testing"

	"mailgun-connector/connector"
	"mailgun-connector/connector/config"
)

const minimal = `{"domain":"mg.example.com","apiKey":"key-0123","from":"a@mg.example.com","deliveries":{"Generic":{"subject":"s","html":"<p>{{code}}</p>"}}}`

// senderFunc is a [connector.Sender] of one function.
type senderFunc func(context.Context, *connector.Email) (connector.Receipt, error)

func (f senderFunc) Send(ctx context.Context, mail *connector.Email) (connector.Receipt, error) {
	return f(ctx, mail)
}

// service is a connector whose mails go to sent.
func service(t *testing.T, text string, sent func(*connector.Email) (connector.Receipt, error)) *connector.Connector {
	t.Helper()
	cfg, err := config.Parse([]byte(text), config.ParseOptions{})
	if err != nil {
		t.Fatalf("Parse() = %v, want nil", err)
	}
	c, err := connector.New(cfg, senderFunc(func(_ context.Context, m *connector.Email) (connector.Receipt, error) { return sent(m) }), connector.NewRecipientHasher(nil))
	if err != nil {
		t.Fatal(err)
	}
	return c
}
