package connector_test

import (
	"context"
	"fmt"

	"mailgun-connector/connector"
	"mailgun-connector/connector/config"
)

// A request becomes one email, which goes to a Sender: here one that prints it.
func ExampleConnector_Send() {
	cfg, err := config.Parse([]byte(`
domain: mg.example.com
from: Acme <no-reply@mg.example.com>
deliveries:
  Generic: {subject: "{{code}} is your code", html: "<p>Your code is <b>{{code}}</b>.</p>"}
`), config.ParseOptions{APIKey: "key-0123"})
	if err != nil {
		fmt.Println(err)
		return
	}
	printer := senderFunc(func(_ context.Context, mail *connector.Email) (connector.Receipt, error) {
		fmt.Println(mail.To, "|", mail.Subject, "|", mail.Body().Text)
		return connector.Receipt{ProviderID: "<1@mg.example.com>", Attempts: 1}, nil
	})
	c, err := connector.New(cfg, printer, connector.NewRecipientHasher(nil))
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := c.Send(context.Background(), &connector.Request{
		To: "ada@example.org", Type: "SignIn", Payload: map[string]any{"code": "481629"},
	})
	fmt.Println(result.Source, result.ProviderID, err)
	// Output:
	// ada@example.org | 481629 is your code | Your code is 481629.
	// deliveries/Generic <1@mg.example.com> <nil>
}
