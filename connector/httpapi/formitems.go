package httpapi

import "mailgun-connector/connector/config"

// formItem describes one field of the config, for a console that draws a form.
type formItem struct {
	Key          string `json:"key"`
	Label        string `json:"label"`
	Type         string `json:"type"` // "Text", "Json", as in Logto's connector metadata
	Required     bool   `json:"required"`
	Placeholder  string `json:"placeholder,omitempty"`
	Description  string `json:"description,omitempty"`
	DefaultValue any    `json:"defaultValue,omitempty"`
}

// connectorMetadata describes the connector in the shape of Logto's connector metadata.
type connectorMetadata struct {
	ID          string            `json:"id"`
	Target      string            `json:"target"`
	Platform    *string           `json:"platform"`
	Name        map[string]string `json:"name"`
	Description map[string]string `json:"description"`
	FormItems   []formItem        `json:"formItems"`
}

// describe gives the connector's metadata.
func describe() connectorMetadata {
	return connectorMetadata{
		ID:     "mailgun-email",
		Target: "mailgun-email",
		Name:   map[string]string{"en": "Mailgun", "ja": "Mailgun"},
		Description: map[string]string{
			"en": "Sends one-time codes by e-mail through Mailgun.",
			"ja": "Mailgun 経由でワンタイムコードをメール送信します。",
		},
		FormItems: []formItem{
			{Key: "endpoint", Label: "Mailgun endpoint", Type: "Text", Placeholder: config.DefaultEndpoint, DefaultValue: config.DefaultEndpoint,
				Description: "https://api.mailgun.net for the US region, https://api.eu.mailgun.net for the EU."},
			{Key: "domain", Label: "Sending domain", Type: "Text", Required: true, Placeholder: "mg.example.com"},
			{Key: "apiKey", Label: "API key", Type: "Text", Required: true, Placeholder: "<your-mailgun-api-key>"},
			{Key: "from", Label: "Sender", Type: "Text", Required: true, Placeholder: "Sender Name <no-reply@mg.example.com>"},
			{Key: "deliveries", Label: "Deliveries", Type: "Json", Required: true,
				DefaultValue: map[string]any{"Generic": map[string]string{
					"subject": "{{code}} is your verification code",
					"html":    "<p>Your verification code is <strong>{{code}}</strong>.</p>",
				}}},
			{Key: "templates", Label: "Localized templates", Type: "Json"},
			{Key: "fallbackLanguage", Label: "Fallback language", Type: "Text", Placeholder: "en", DefaultValue: "en"},
			{Key: "options", Label: "Options", Type: "Json"},
		},
	}
}
