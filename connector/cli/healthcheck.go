package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

type healthcheckCmd struct {
	Listen string `env:"CONNECTOR_LISTEN" default:"${listen}" placeholder:"HOST:PORT" help:"Address of the service (default: ${default})."`
}

const healthcheckTimeout = 2 * time.Second

// Run succeeds if the service is ready.
func (cmd *healthcheckCmd) Run(c *call) error {
	address, err := localAddress(cmd.Listen)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.ctx, healthcheckTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/readyz", nil)
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
