package config_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"testing"

	"go.yaml.in/yaml/v3"

	"mailgun-connector/connector"
	"mailgun-connector/connector/config"
	"mailgun-connector/templates/builtin"
)

// largeConfig is a config of 1.4 MB: eight built-in mails in each of their languages.
func largeConfig(tb testing.TB) object {
	tb.Helper()
	mails, err := builtin.New(builtin.Brand{Name: "Acme"})
	if err != nil {
		tb.Fatal(err)
	}
	var all []any
	for _, language := range builtin.Languages() {
		for _, usageType := range builtin.Types()[:8] {
			mail, _ := mails.Source(usageType.Name, language)
			all = append(all, object{
				"languageTag": language, "templateType": usageType.Name,
				"details": object{"subject": mail.Subject, "content": mail.HTML},
			})
		}
	}
	return object{
		"domain": "mg.example.com", "apiKey": "key-0123456789", "from": "a@mg.example.com", "templates": all,
		"deliveries": object{"Generic": object{"subject": "{{code}}", "html": "<p>{{code}}</p>"}},
	}
}

// BenchmarkLoadSmall is what a brand adds to loading a config.
func BenchmarkLoadSmall(b *testing.B) {
	core := object{
		"domain": "mg.example.com", "apiKey": "key-0123456789", "from": "a@mg.example.com",
		"deliveries": object{"Generic": object{"subject": "{{code}}", "html": "<p>{{code}}</p>"}},
	}
	branded := maps.Clone(core)
	branded["brand"] = object{
		"name": "Acme", "color": "#0a6640", "logo": "https://acme.example/logo.png", "logoDark": "https://acme.example/d.png",
		"url": "https://acme.example", "support": "help@acme.example", "address": "1 Main Street, Springfield",
	}
	for name, cfg := range map[string]object{"plain": core, "brand": branded} {
		text, err := json.Marshal(cfg)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				load(b, text, config.JSON)
			}
		})
	}
}

func load(b *testing.B, text []byte, format config.Format) {
	b.Helper()
	cfg, err := config.Parse(text, config.ParseOptions{Format: format})
	if err != nil {
		b.Fatal(err)
	}
	if _, err := connector.New(cfg, nil, connector.NewRecipientHasher(nil)); err != nil {
		b.Fatal(err)
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
				load(b, text, format)
			}
		})
	}
}
