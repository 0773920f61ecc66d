package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"mailgun-connector/connector/app"
)

type healthcheckCmd struct {
	Listen string `env:"CONNECTOR_LISTEN" default:"${listen}" placeholder:"HOST:PORT" help:"Address of the service (default: ${default})."`
}

const healthcheckTimeout = 2 * time.Second

// Run succeeds if the service is ready.
func (cmd *healthcheckCmd) Run(c *call) error {
	host, port, err := net.SplitHostPort(cmd.Listen)
	if err != nil {
		return &app.MisuseError{
			Message: fmt.Sprintf("--listen: %q is not an address", cmd.Listen),
			Hint:    "use HOST:PORT, such as 127.0.0.1:8080",
		}
	}
	if ip := net.ParseIP(host); host == "" || ip.IsUnspecified() {
		host = "127.0.0.1" // it listens on every address; a name would need /etc/hosts
	}
	ctx, cancel := context.WithTimeout(c.ctx, healthcheckTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/readyz", nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return &hintError{errors.New("the service does not answer"), "is it running, and on " + cmd.Listen + "?"}
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the service is not ready: it answers %d", resp.StatusCode)
	}
	fmt.Fprintln(c.Stdout, "ok")
	return nil
}
