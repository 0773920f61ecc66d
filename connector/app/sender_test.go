package app_test

import (
	"testing"

	"mailgun-connector/connector/app/apptest"
)

// A display name may hold quotes (RFC 5322, section 3.2.4), and they reach Mailgun as
// they were written.
func TestQuotedSender(t *testing.T) {
	t.Parallel()
	const from = `"Acme \"Labs\", Inc." <no-reply@mg.example.com>`
	const escaped = `\"Acme \\\"Labs\\\", Inc.\" <no-reply@mg.example.com>`
	for name, config := range map[string]string{
		"from":     `{"domain":"mg.example.com","from":"` + escaped + `","deliveries":{"Generic":{"html":"{{code}}"}}}`,
		"sendFrom": `{"domain":"mg.example.com","from":"a@mg.example.com","deliveries":{"Generic":{"html":"{{code}}"}},"templates":[{"languageTag":"en","templateType":"Generic","details":{"subject":"s","content":"{{code}}","sendFrom":"` + escaped + `"}}]}`,
	} {
		s := apptest.Start(t, apptest.Config{Connector: config})
		if a := s.Post(t, "/send-code", anyMail); a.Status != 200 {
			t.Errorf("POST /send-code with %s %s = %d %s, want 200", name, from, a.Status, a.Body)
			continue
		}
		if got := s.Sandbox.Messages()[0].From; got != from {
			t.Errorf("From = %s, want %s of %s", got, from, name)
		}
	}
}
