package sandbox_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	mg "github.com/mailgun/mailgun-go/v4"

	"mailgun-connector/connector/sandbox"
)

func Example() {
	s := sandbox.New(sandbox.Config{APIKey: "key", Domains: []string{"mg.example.com"}})
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

func ExampleSandbox_Report() {
	s := sandbox.New(sandbox.Config{APIKey: "key", Domains: []string{"mg.example.com"}})
	defer s.Close()
	mailgun := httptest.NewServer(s)
	defer mailgun.Close()
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNotAcceptable) // never again, please
	}))
	defer service.Close()
	s.SetWebhook(sandbox.Webhook{URL: service.URL, SigningKey: "secret", Retry: 10 * time.Millisecond})

	client := mg.NewMailgun("mg.example.com", "key")
	client.SetAPIBase(mailgun.URL + "/v3")
	m := mg.NewMessage("no-reply@mg.example.com", "Your code", "123456", "zoe@example.net")
	if _, _, err := client.Send(context.Background(), m); err != nil {
		fmt.Println(err)
	}
	if _, err := s.Report(1, sandbox.Event{Event: sandbox.EventComplained}); err != nil {
		fmt.Println(err)
	}
	posts, err := s.WaitPosts(context.Background(), 3)
	for _, p := range posts {
		fmt.Println(p.Event, p.Recipient, p.State, p.Status)
	}
	fmt.Println(err)
	// Output:
	// accepted zoe@example.net rejected 406
	// delivered zoe@example.net rejected 406
	// complained zoe@example.net rejected 406
	// <nil>
}
