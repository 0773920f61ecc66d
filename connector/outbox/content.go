package outbox

import (
	"bytes"
	"encoding/json"

	"mailgun-connector/connector"
	"mailgun-connector/deliveries"
)

// content is the part of a mail that is sealed.
type content struct {
	Head    deliveries.Head `json:"head"`
	Body    deliveries.Body `json:"body"`
	To      string          `json:"to"`
	Private []string        `json:"private"`
}

func (o *Outbox) seal(mail *connector.Email) []byte {
	return o.Keys.Seal(content{mail.Head, mail.Body(), mail.To, mail.Redact}.encode(), mail.ID)
}

// encode leaves HTML as it is: escaping it would cost more than the sealing.
func (c content) encode() []byte {
	var b bytes.Buffer
	b.Grow(len(c.Body.HTML) + len(c.Body.Text) + len(c.Body.Variables) + 512)
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(c) // strings always encode
	return b.Bytes()
}

// open returns the mail that a row has sealed.
func (o *Outbox) open(row *Row) (*connector.Email, error) {
	text, err := o.Keys.Open(row.Content, row.ID)
	if err != nil {
		return nil, err
	}
	var c content
	if err := json.Unmarshal(text, &c); err != nil {
		return nil, err
	}
	return &connector.Email{
		ID: row.ID, Type: row.Type, Source: row.Source, Head: c.Head, To: c.To, Recipient: row.Recipient,
		Body: func() deliveries.Body { return c.Body }, Redact: c.Private,
	}, nil
}
