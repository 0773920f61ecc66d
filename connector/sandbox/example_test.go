package sandbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"

	mg "github.com/mailgun/mailgun-go/v4"

	"mailgun-connector/connector/sandbox"
)

// The sandbox as a test double: the code under test keeps its real client, and is
// told another address.
func Example() {
	s := sandbox.New(sandbox.Config{APIKey: "key", Domains: []string{"mg.example.com"}})
	defer s.Close()
	server := httptest.NewServer(s)
	defer server.Close()
	s.SetFaults(sandbox.Fault{Status: 500, Times: 1})

	client := mg.NewMailgun("mg.example.com", "key")
	client.SetAPIBase(server.URL + "/v3")
	for range 2 {
		m := mg.NewMessage("no-reply@mg.example.com", "Your code", "123456", "zoe@example.net")
		answer, _, err := client.Send(context.Background(), m)
		fmt.Println(answer, mg.GetStatusFromErr(err))
	}
	for _, m := range s.Messages() {
		fmt.Println(m.Seq, m.To, m.Text, m.State, m.Code)
	}
	// Output:
	// 500
	// Queued. Thank you. -1
	// 1 zoe@example.net 123456 delivered 250
}

// A webhook's handler meets events whose signatures mailgun-go finds right, in any
// order and as often as the test likes.
func ExampleSandbox_Report() {
	client := mg.NewMailgun("mg.example.com", "key")
	client.SetWebhookSigningKey("signing-key")
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var payload mg.WebhookPayload
		if err := json.NewDecoder(r.Body).Decode(&payload); err != nil {
			fmt.Println(err)
		}
		signed, err := client.VerifyWebhookSignature(payload.Signature)
		event, _ := mg.ParseEvent(payload.EventData)
		fmt.Println(event.GetName(), signed, err)
	})
	service := httptest.NewServer(handler)
	defer service.Close()

	s := sandbox.New(sandbox.Config{APIKey: "key", Domains: []string{"mg.example.com"}})
	defer s.Close()
	mailgun := httptest.NewServer(s)
	defer mailgun.Close()
	client.SetAPIBase(mailgun.URL + "/v3")
	m := mg.NewMessage("no-reply@mg.example.com", "Your code", "123456", "zoe@example.net")
	if _, _, err := client.Send(context.Background(), m); err != nil {
		fmt.Println(err)
	}

	s.SetWebhook(sandbox.Webhook{URL: service.URL, SigningKey: "signing-key"})
	for _, name := range []string{sandbox.EventComplained, sandbox.EventDelivered} {
		status, err := s.Report(context.Background(), 1, sandbox.Event{Event: name})
		fmt.Println(status, err)
	}
	// Output:
	// complained true <nil>
	// 200 <nil>
	// delivered true <nil>
	// 200 <nil>
}
