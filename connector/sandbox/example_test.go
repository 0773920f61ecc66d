package sandbox_test

import (
	"context"
	"fmt"
	"net/http/httptest"

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
