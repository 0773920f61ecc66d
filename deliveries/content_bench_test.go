package deliveries_test

import (
	"strings"
	"testing"

	"mailgun-connector/deliveries"
)

// BenchmarkRender renders the HTML delivery that Logto's connector page gives as
// its example, and one with its text part derived that is as long as a designed
// mail, and so mostly copying.
func BenchmarkRender(b *testing.B) {
	mails := map[string]deliveries.Delivery{"example": {
		Subject: "{{code}} is your verification code",
		ReplyTo: "Foo <foo@example.com>",
		HTML:    "<h1>Welcome</h1><p>Your verification code is {{code}}.</p>",
		Text:    "Welcome. Your verification code is {{code}}.",
	}}
	style := "<style>" + strings.Repeat(".card { background-color: #181b21 !important; }\n", 120) + "</style>"
	mails["6KB"] = deliveries.Delivery{Subject: "{{code}}", HTML: style + mails["example"].HTML}
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
