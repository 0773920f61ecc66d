package httpapi

import "mailgun-connector/schema"

// formItem describes one field of the config, for a console that draws a form. The
// schema has the words.
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

// describe returns the connector's metadata.
func describe() connectorMetadata {
	return connectorMetadata{
		ID:     "mailgun-email",
		Target: "mailgun-email",
		Name:   map[string]string{"en": "Mailgun", "ja": "Mailgun"},
		Description: map[string]string{
			"en": "Sends one-time codes by e-mail through Mailgun.",
			"ja": "Mailgun 経由でワンタイムコードをメール送信します。",
		},
		FormItems: formItems(),
	}
}

// formItems returns the members of the config that a form shows.
func formItems() []formItem {
	var items []formItem
	for _, m := range schema.Members("") {
		if m.Form == nil {
			continue
		}
		item := formItem{
			Key: m.Name, Label: m.Title, Type: m.Form.Type, Required: m.Required || m.Form.Required,
			Placeholder: m.Example, Description: m.Description, DefaultValue: m.Default,
		}
		if m.Form.Value != nil {
			item.DefaultValue = m.Form.Value
		}
		items = append(items, item)
	}
	return items
}
