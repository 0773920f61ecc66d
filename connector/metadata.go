package connector

// FormItem describes one field of the config, for a console that draws a form.
type FormItem struct {
	Key          string `json:"key"`
	Label        string `json:"label"`
	Type         string `json:"type"` // "Text", "Json", as in Logto's connector metadata
	Required     bool   `json:"required"`
	Placeholder  string `json:"placeholder,omitempty"`
	Description  string `json:"description,omitempty"`
	DefaultValue any    `json:"defaultValue,omitempty"`
}

// Metadata describes the connector in the shape of Logto's connector metadata.
type Metadata struct {
	ID          string            `json:"id"`
	Target      string            `json:"target"`
	Platform    *string           `json:"platform"`
	Name        map[string]string `json:"name"`
	Description map[string]string `json:"description"`
	FormItems   []FormItem        `json:"formItems"`
}

// Describe gives the connector's metadata.
func Describe() Metadata {
	return Metadata{
		ID:     "mailgun-email",
		Target: "mailgun-email",
		Name:   map[string]string{"en": "Mailgun", "ja": "Mailgun"},
		Description: map[string]string{
			"en": "Sends one-time codes by e-mail through Mailgun.",
			"ja": "Mailgun 経由でワンタイムコードをメール送信します。",
		},
		FormItems: []FormItem{
			{Key: "endpoint", Label: "Mailgun endpoint", Type: "Text", Placeholder: DefaultEndpoint, DefaultValue: DefaultEndpoint,
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
