package deliveries_test

import (
	"testing"

	"mailgun-connector/deliveries"
	"mailgun-connector/templates"
)

// BenchmarkRender renders the starter's SignIn mail with its derived text part,
// the most usual mail there is.
func BenchmarkRender(b *testing.B) {
	var d deliveries.Delivery
	for _, m := range templates.Starter() {
		if m.UsageType == "SignIn" {
			d = deliveries.Delivery{Subject: m.Subject, HTML: m.HTML}
		}
	}
	c := only(b, d, true)
	p := payload(b, `{"code":"481629","locale":"en","application":{"name":"Bookstore"}}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Render(p); err != nil {
			b.Fatal(err)
		}
	}
}
