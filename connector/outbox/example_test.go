package outbox_test

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"mailgun-connector/connector"
	"mailgun-connector/connector/keyring"
	"mailgun-connector/connector/outbox"
	"mailgun-connector/connector/outbox/outboxtest"
	"mailgun-connector/deliveries"
)

// An outbox wraps a sender and is one: a mail that can't be sent now is promised, not
// refused.
func Example() {
	keys, err := keyring.Parse(testKey)
	if err != nil {
		fmt.Println(err)
		return
	}
	recipients := connector.NewRecipientHasher(nil)
	o := outbox.New(outbox.Config{
		Store: outboxtest.NewMemory(), Keys: keys, Recipients: []*connector.RecipientHasher{recipients},
		SendTimeout: 4 * time.Second, Retention: time.Hour,
		Logger: slog.New(slog.DiscardHandler), Metrics: outbox.NewMetrics(prometheus.NewRegistry()),
	})
	sender := o.Wrap(failing(down))
	receipt, err := sender.Send(context.Background(), &connector.Email{
		ID: "01a2067d-347b-7d60-9ccd-bce3b382db93", Type: "SignIn", To: "ada@example.org", Recipient: recipients.Hash("ada@example.org"),
		Head: deliveries.Head{From: "no-reply@mg.example.com", Subject: "481629 is your code"},
		Body: func() deliveries.Body { return deliveries.Body{Text: "Your code is 481629."} }, Expires: time.Now().Add(10 * time.Minute),
	})
	fmt.Println(receipt.Queued, err)
	// Output: true <nil>
}
