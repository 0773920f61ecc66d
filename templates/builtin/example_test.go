package builtin_test

import (
	"fmt"
	"strings"
	"time"

	"mailgun-connector/templates"
	"mailgun-connector/templates/builtin"
)

func Example() {
	brand := builtin.Brand{Name: "Acme"}
	mails, err := builtin.New(brand)
	if err != nil {
		fmt.Println(err)
		return
	}
	mail, _ := mails.Mail("SignIn", "de")
	payload := map[string]any{"code": "481629", "brand": brand.Values()}
	var subject strings.Builder
	mail.Subject.Render(&subject, payload, &templates.Findings{})
	fmt.Println(subject.String())
	fmt.Println(builtin.ExpiresIn("de", 10*time.Minute))
	// Output:
	// 481629 ist Ihr Anmeldecode für Acme
	// 10 Minuten
}
