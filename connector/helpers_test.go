package connector_test

import (
	"context"
	"errors"
	"testing"

	"mailgun-connector/connector"
)

// parse reads a config as from a file of this name.
func parse(text, name string) (*connector.Config, error) {
	return connector.ParseConfig([]byte(text), connector.ParseOptions{Name: name})
}

// problems gives what is wrong with a config, "pointer: detail" each.
func problems(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	var invalid *connector.InvalidConfigError
	if !errors.As(err, &invalid) {
		t.Fatalf("ParseConfig() = %v, want an *InvalidConfigError", err)
	}
	all := make([]string, len(invalid.Problems))
	for i, p := range invalid.Problems {
		all[i] = p.String()
	}
	return all
}

// senderFunc is a [connector.Sender] of one function.
type senderFunc func(context.Context, *connector.Email) (connector.Receipt, error)

func (f senderFunc) Send(ctx context.Context, mail *connector.Email) (connector.Receipt, error) {
	return f(ctx, mail)
}

// service is a connector whose mails go to sent.
func service(t *testing.T, config string, sent func(*connector.Email) (connector.Receipt, error)) *connector.Connector {
	t.Helper()
	cfg, err := parse(config, "")
	if err != nil {
		t.Fatalf("ParseConfig() = %v, want nil", err)
	}
	c, err := connector.New(cfg, senderFunc(func(_ context.Context, m *connector.Email) (connector.Receipt, error) { return sent(m) }), connector.NewRecipientHasher(nil))
	if err != nil {
		t.Fatal(err)
	}
	return c
}
