package cli

import (
	"encoding/json"
	"io"

	"github.com/prometheus/client_golang/prometheus"

	"mailgun-connector/connector"
	"mailgun-connector/connector/mailgun"
)

type sendCmd struct {
	configOptions
	sendOptions
	Type string `required:"" placeholder:"TYPE" help:"Usage type, such as SignIn."`
	valueOptions
	To string `required:"" placeholder:"ADDRESS" help:"Recipient."`
}

// Run sends the mail and prints Mailgun's receipt.
func (cmd *sendCmd) Run(c *call) error {
	payload, err := cmd.payload()
	if err != nil {
		return err
	}
	snap, err := cmd.load(c)
	if err != nil {
		return err
	}
	sender := mailgun.NewSender(mailgun.Config{
		Connector: snap.Config,
		Client:    mailgun.NewClient(1),
		Timeout:   cmd.SendTimeout,
		RetryMax:  cmd.RetryMax,
		Metrics:   mailgun.NewMetrics(prometheus.NewRegistry()),
	})
	conn, err := connector.New(snap.Config, sender, connector.NewRecipientHasher(nil))
	if err != nil {
		return err
	}
	res, err := conn.Send(c.ctx, &connector.Request{To: cmd.To, Type: cmd.Type, Payload: payload})
	if err != nil {
		return err
	}
	return printJSON(c.Stdout, struct {
		Status     string `json:"status"`
		ProviderID string `json:"providerId"`
		Message    string `json:"message"`
		Source     string `json:"source"`
	}{"sent", res.ProviderID, res.Message, res.Source})
}

func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
