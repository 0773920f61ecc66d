package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mailgun-connector/connector"
	"mailgun-connector/connector/app"
	"mailgun-connector/connector/configfile"
	"mailgun-connector/deliveries"
)

// valueOptions fill a mail.
type valueOptions struct {
	Payload string `default:"{}" placeholder:"JSON" help:"Values for the mail, a JSON object."`
	Code    string `placeholder:"CODE" help:"The payload's code."`
}

func (o *valueOptions) payload() (map[string]any, error) {
	var payload map[string]any
	dec := json.NewDecoder(strings.NewReader(o.Payload))
	dec.UseNumber()
	if err := dec.Decode(&payload); err != nil {
		return nil, &app.MisuseError{
			Message: "--payload is not a JSON object",
			Hint:    `quote it: --payload '{"code":"123456"}'`,
		}
	}
	if payload == nil {
		payload = map[string]any{}
	}
	if o.Code != "" {
		payload["code"] = o.Code
	}
	return payload, nil
}

type renderCmd struct {
	configOptions
	Type string `required:"" xor:"mails" placeholder:"TYPE" help:"Usage type, such as SignIn."`
	All  string `required:"" xor:"mails,locale,out" placeholder:"DIR" help:"Write the mails of every usage type and language to a new folder, with an index.html to look at them."`
	valueOptions
	Locale string `xor:"locale" placeholder:"TAG" help:"The payload's locale, such as de."`
	Part   string `default:"all" enum:"all,subject,html,text,variables" placeholder:"PART" help:"Print only this part: subject, html, text or variables (default: all, as JSON)."`
	Out    string `xor:"out" placeholder:"FILE" help:"Write the part to a file; without --part the HTML, and beside it the text, ending in .txt."`
}

// Run prints the mail, or writes it to files.
func (cmd *renderCmd) Run(c *call) error {
	payload, err := cmd.payload()
	if err != nil {
		return err
	}
	snap, err := cmd.loadMails(c)
	if err != nil {
		return err
	}
	conn, err := connector.New(snap.Config, nil, connector.NewRecipientHasher(nil))
	if err != nil {
		return err
	}
	if cmd.All != "" {
		g := gallery{config: snap.Config, render: conn.Render, payload: payload}
		return g.write(c, cmd.All)
	}
	if cmd.Locale != "" {
		payload["locale"] = cmd.Locale
		delete(payload, "uiLocales") // which would win
	}
	mail, content, err := conn.Render(&connector.Request{Type: cmd.Type, Payload: payload})
	if err != nil {
		return err
	}
	body := mail.Body()
	parts := map[string]string{
		"subject": mail.Subject, "html": body.HTML, "text": body.Text, "variables": body.Variables,
	}
	switch {
	case cmd.Out != "":
		return cmd.write(c, snap, parts)
	case cmd.Part != "all":
		_, err = fmt.Fprintln(c.Stdout, parts[cmd.Part])
		return err
	}
	return printMail(c, mail, content)
}

func printMail(c *call, mail *connector.Email, content *deliveries.Content) error {
	body := mail.Body()
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

// write writes what --part asks for to --out, and prints the paths of the files.
func (cmd *renderCmd) write(c *call, snap *configfile.Snapshot, parts map[string]string) error {
	part, ending := cmd.Part, filepath.Ext(cmd.Out)
	var files []textFile
	switch {
	case part == "all" && ending != ".txt":
		part = "html"
		text := strings.TrimSuffix(cmd.Out, ending) + ".txt"
		files = []textFile{{cmd.Out, parts["html"]}, {text, parts["text"]}}
	case part == "all":
		part = "text"
		fallthrough
	default:
		files = []textFile{{cmd.Out, parts[part]}}
	}
	if parts[part] == "" {
		return &hintError{fmt.Errorf("the mail has no %s", part), "without --out its parts are printed, as JSON"}
	}
	files = slices.DeleteFunc(files, func(f textFile) bool { return f.text == "" })
	for _, f := range files {
		if slices.ContainsFunc(snap.Files(), func(path string) bool { return sameFile(path, f.path) }) {
			return &app.MisuseError{
				Message: f.path + " is a file of the config", Hint: "write the mail elsewhere: --out /tmp/mail.html",
			}
		}
	}
	if err := writeFiles("", files); err != nil {
		return err
	}
	for _, f := range files {
		fmt.Fprintln(c.Stdout, f.path)
	}
	return nil
}

func sameFile(a, b string) bool {
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
}
