package cli

import (
	"encoding/json"
	"errors"
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
	To  string `required:"" placeholder:"ADDRESS" help:"Recipient."`
	Way string `default:"main" enum:"main,failover" placeholder:"WAY" help:"Send by the main way, or by the config's failover (default: ${default})."`
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
	cfg := snap.Config
	if cmd.Way == string(connector.OtherWay) {
		if cfg.Failover == nil {
			return &hintError{errors.New("the config has no failover"), "add one, or send without --way"}
		}
		cfg = cfg.OtherWay()
	}
	sender := mailgun.NewSender(mailgun.Config{
		Connector: cfg,
		Client:    mailgun.NewClient(1),
		Timeout:   cmd.SendTimeout,
		RetryMax:  cmd.RetryMax,
		Metrics:   mailgun.NewMetrics(prometheus.NewRegistry()),
	})
	conn, err := connector.New(cfg, sender, connector.NewRecipientHasher(nil))
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
