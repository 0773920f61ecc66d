package cli

import (
	"encoding/json"
	"fmt"
	"strings"

	"mailgun-connector/connector"
	"mailgun-connector/connector/app"
)

// mailOptions say which mail.
type mailOptions struct {
	Type    string `required:"" placeholder:"TYPE" help:"Usage type, such as SignIn."`
	Payload string `default:"{}" placeholder:"JSON" help:"Values for the mail, a JSON object."`
	Code    string `placeholder:"CODE" help:"The payload's code."`
}

func (o *mailOptions) request() (*connector.Request, error) {
	req := &connector.Request{Type: o.Type}
	dec := json.NewDecoder(strings.NewReader(o.Payload))
	dec.UseNumber()
	if err := dec.Decode(&req.Payload); err != nil {
		return nil, &app.MisuseError{
			Message: "--payload is not a JSON object",
			Hint:    `quote it: --payload '{"code":"123456"}'`,
		}
	}
	if req.Payload == nil {
		req.Payload = map[string]any{}
	}
	if o.Code != "" {
		req.Payload["code"] = o.Code
	}
	return req, nil
}

type renderCmd struct {
	configOptions
	mailOptions
	Part string `default:"all" enum:"all,subject,html,text,variables" placeholder:"PART" help:"Print only this part: subject, html, text or variables (default: all, as JSON)."`
}

// Run prints the mail.
func (cmd *renderCmd) Run(c *call) error {
	req, err := cmd.request()
	if err != nil {
		return err
	}
	snap, err := cmd.load(c)
	if err != nil {
		return err
	}
	conn, err := connector.New(snap.Config, nil, connector.NewRecipientHasher(nil))
	if err != nil {
		return err
	}
	mail, content, err := conn.Render(req)
	if err != nil {
		return err
	}
	body := mail.Body()
	if cmd.Part != "all" {
		parts := map[string]string{
			"subject": mail.Subject, "html": body.HTML, "text": body.Text, "variables": body.Variables,
		}
		_, err = fmt.Fprintln(c.Stdout, parts[cmd.Part])
		return err
	}
	return printJSON(c.Stdout, struct {
		Source     string          `json:"source"`
		From       string          `json:"from"`
		Subject    string          `json:"subject,omitempty"`
		ReplyTo    string          `json:"replyTo,omitempty"`
		HTML       string          `json:"html,omitempty"`
		Text       string          `json:"text,omitempty"`
		Template   string          `json:"template,omitempty"`
		Variables  json.RawMessage `json:"variables,omitempty"`
		Unresolved []string        `json:"unresolved,omitempty"`
	}{
		content.Source(), mail.From, mail.Subject, mail.ReplyTo, body.HTML, body.Text,
		mail.Template, json.RawMessage(body.Variables), mail.Unresolved,
	})
}
