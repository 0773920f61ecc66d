package builtin_test

import (
	"strings"
	"testing"

	"mailgun-connector/templates"
	"mailgun-connector/templates/builtin"
)

func newMails(b *testing.B, brand builtin.Brand) *builtin.Mails {
	b.Helper()
	mails, err := builtin.New(brand)
	if err != nil {
		b.Fatal(err)
	}
	return mails
}

// BenchmarkNew is what a config with a brand adds to loading.
func BenchmarkNew(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		newMails(b, brands["everything"])
	}
}

// BenchmarkFirstMail is what the first mail of a type and a language costs more than the
// others.
func BenchmarkFirstMail(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := newMails(b, brands["everything"]).Mail("SignIn", "en"); !ok {
			b.Fatal("no mail")
		}
	}
}

// BenchmarkAllMails is a service that has sent every mail in every language.
func BenchmarkAllMails(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		mails := newMails(b, brands["everything"])
		for _, language := range builtin.Languages() {
			for _, usageType := range builtin.Types() {
				mails.Mail(usageType.Name, language)
			}
		}
	}
}

// BenchmarkRender is one mail as each send renders it, with its names made harmless.
func BenchmarkRender(b *testing.B) {
	brand := brands["support is a page"]
	mail, _ := newMails(b, brand).Mail("SignIn", "en")
	v := variant{language: "en", code: true, link: true, brand: brand, context: contexts["names"]}
	payload := v.payload()
	b.ReportAllocs()
	for b.Loop() {
		var found templates.Findings
		var subject, bodies strings.Builder
		subject.Grow(mail.Subject.Size() + 128)
		mail.Subject.Render(&subject, payload, &found)
		bodies.Grow(mail.HTML.Size() + mail.Text.Size() + 1024)
		mail.HTML.Render(&bodies, payload, &found)
		mail.Text.Render(&bodies, payload, &found)
	}
}

func BenchmarkNames(b *testing.B) {
	brand := brands["support is a page"]
	b.ReportAllocs()
	for b.Loop() {
		brand.Names(contexts["names"])
	}
}
