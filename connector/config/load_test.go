package config_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"mailgun-connector/connector"
	"mailgun-connector/connector/config"
	"mailgun-connector/templates"
)

// largeConfig is a config of 1.1 MB: the starter mails of nine usage types in twenty
// languages.
func largeConfig(tb testing.TB) object {
	tb.Helper()
	var all []any
	for language := range strings.FieldsSeq("en fr de es it pt nl pl cs sv da nb fi ja ko zh-Hans zh-Hant ru tr ar") {
		for _, mail := range templates.Starter() {
			all = append(all, object{
				"languageTag": language, "templateType": mail.UsageType,
				"details": object{"subject": mail.Subject, "content": mail.HTML},
			})
		}
	}
	return object{
		"domain": "mg.example.com", "apiKey": "key-0123456789", "from": "a@mg.example.com", "templates": all,
		"deliveries": object{"Generic": object{"subject": "{{code}}", "html": "<p>{{code}}</p>"}},
	}
}

// BenchmarkLoad is what a reload of a large config takes, from its text to a connector.
func BenchmarkLoad(b *testing.B) {
	for format, encode := range map[config.Format]func(any) ([]byte, error){config.JSON: json.Marshal, config.YAML: yaml.Marshal} {
		text, err := encode(largeConfig(b))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("%s/%dKB", format, len(text)>>10), func(b *testing.B) {
			for b.Loop() {
				cfg, err := config.Parse(text, config.ParseOptions{Format: format})
				if err != nil {
					b.Fatal(err)
				}
				if _, err := connector.New(cfg, nil, connector.NewRecipientHasher(nil)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
