package cli

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"mailgun-connector/connector/app"
	"mailgun-connector/connector/config"
	"mailgun-connector/connector/sandbox"
)

type demoCmd struct {
	serveOptions
	Listen        string `env:"CONNECTOR_LISTEN" default:"${listen}" placeholder:"HOST:PORT" help:"Address to serve on (default: ${default})."`
	Console       bool   `env:"CONNECTOR_CONSOLE" default:"true" negatable:"" help:"Serve the web console at / (default: on)."`
	SandboxListen string `default:"127.0.0.1:0" placeholder:"HOST:PORT" help:"Address of the sandbox (default: a free port of 127.0.0.1)."`
}

// Run starts the sandbox and the service, sends one mail through our own API,
// and goes on until the context ends.
func (cmd *demoCmd) Run(c *call) error {
	dir, err := os.MkdirTemp("", name+"-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	key := rand.Text()
	mailgun, err := serveSandbox(c.ctx, cmd.SandboxListen,
		sandbox.Config{APIKey: key, Domains: []string{sandboxDomain}})
	if err != nil {
		return err
	}
	defer mailgun.stop()

	endpoint := "http://" + mailgun.host()
	starter := newStarter(sandboxDomain, starterBrand{Name: "Acme", Color: "#0a6640"})
	starter.Endpoint = endpoint
	files, err := starter.files(configName)
	if err != nil {
		return err
	}
	if err := writeFiles(dir, files); err != nil {
		return err
	}
	if cmd.Token == "" { // also beside a token file: the sample needs one
		cmd.Token = "demo-" + rand.Text() + " send,read,edit name=demo"
	}
	opts := cmd.app(c.Process)
	opts.Config, opts.AllowEndpointHosts = filepath.Join(dir, configName), []string{mailgun.host()}
	opts.APIKey, opts.APIKeyFile = config.Secret(key), ""
	opts.Listen, opts.Console, opts.Sandbox = cmd.Listen, cmd.Console, mailgun
	opts.WebhookKey, opts.WebhookKeyFile = config.Secret(rand.Text()), ""
	if opts.Database == "" {
		opts.Database = config.Secret("sqlite:" + filepath.Join(dir, "outbox.db"))
	}
	service, err := app.New(c.ctx, opts)
	if err != nil {
		return err
	}
	if err := service.Start(); err != nil {
		return err
	}
	mailgun.SetWebhook(sandbox.Webhook{
		URL: "http://" + service.Addr() + "/webhooks/mailgun", SigningKey: opts.WebhookKey.Reveal(), Delay: time.Second,
	})
	token := config.Secret(cmd.Token).Words()[0] // the service has accepted it
	d := demo{
		console: cmd.Console, api: "http://" + service.Addr(), inbox: endpoint + "/inbox",
		token: token, config: opts.Config,
	}
	if err := d.sendSample(c.ctx, c.Stdout); err != nil {
		return errors.Join(err, service.Stop())
	}
	d.explain(c.Stdout)
	ctx, cancel := c.untilHangup()
	defer cancel()
	return errors.Join(service.Wait(ctx), service.Stop())
}

// untilHangup ends with the context, or when the terminal is closed. It is for
// commands that have nothing to read again at a SIGHUP.
func (c *call) untilHangup() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(c.ctx)
	go func() {
		select {
		case <-c.Reload:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// demo is what the user is told.
type demo struct {
	console                   bool
	api, inbox, token, config string
}

const sampleRequest = `{"to":"ada@example.org","type":"SignIn","payload":{"code":"481629"}}`

func (d demo) sendSample(ctx context.Context, w io.Writer) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.api+"/send-code", strings.NewReader(sampleRequest))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+d.token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var answer struct {
		ProviderID string `json:"providerId"`
		Detail     string `json:"detail"` // of a problem
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return fmt.Errorf("reading the answer to the sample mail: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the sample mail was refused: %s", answer.Detail)
	}
	_, err = fmt.Fprintf(w, "Sample mail sent: %s\n", answer.ProviderID)
	return err
}

func (d demo) explain(w io.Writer) {
	if d.console {
		fmt.Fprintf(w, "\n  Console   %s/#token=%s        fill in the config, edit mails, send tests",
			d.api, url.QueryEscape(d.token))
	}
	fmt.Fprintf(w, `
  API       %[1]s        token %[3]s
  Inbox     %[2]s        the mail: %[2]s/1/html
  Config    %[4]s        edit it: changes load by themselves

Send another:

  curl -i %[1]s/send-code -H 'Authorization: Bearer %[3]s' \
    -H 'Content-Type: application/json' -d '%[5]s'

Mails go to the inbox above, not to Mailgun. Press Ctrl-C to stop.
`, d.api, d.inbox, d.token, d.config, sampleRequest)
}
