package deliveries_test

import (
	"testing"

	"mailgun-connector/deliveries"
	"mailgun-connector/templates"
)

// BenchmarkRender renders the HTML delivery that Logto's connector page gives as
// its example, and the starter's SignIn mail with its derived text part, which
// is 6.6 KB and so mostly copying.
func BenchmarkRender(b *testing.B) {
	mails := map[string]deliveries.Delivery{"example": {
		Subject: "{{code}} is your verification code",
		ReplyTo: "Foo <foo@example.com>",
		HTML:    "<h1>Welcome</h1><p>Your verification code is {{code}}.</p>",
		Text:    "Welcome. Your verification code is {{code}}.",
	}}
	for _, m := range templates.Starter() {
		if m.UsageType == "SignIn" {
			mails["starter"] = deliveries.Delivery{Subject: m.Subject, HTML: m.HTML}
		}
	}
	p := payload(b, `{"code":"481629","locale":"en","application":{"name":"Bookstore"}}`)
	for name, d := range mails {
		b.Run(name, func(b *testing.B) {
			c := only(b, d, true)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := fill(c, p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
