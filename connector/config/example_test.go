package config_test

import (
	"errors"
	"fmt"

	"mailgun-connector/connector/config"
)

// A config is right as a whole, or every problem is told at once, with its line and what
// to write instead.
func ExampleParse() {
	text := []byte(`domain: https://mg.example.com
from: Acme <no-reply@mg.example.com>
deliveries:
  SignIn:
    subject: "{{code}} is your sign-in code"
`)
	_, err := config.Parse(text, config.ParseOptions{Name: "connector.yaml", APIKey: "key-0123"})
	if invalid, ok := errors.AsType[*config.InvalidError](err); ok {
		for _, p := range invalid.Problems {
			fmt.Println(p)
		}
	}
	// Output:
	// line 1: /domain: must not begin with a scheme: write the bare DNS name, like "mg.example.com"
	// line 4: /deliveries/SignIn: needs "html" or "template"
}
