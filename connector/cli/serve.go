package cli

import (
	"context"

	"mailgun-connector/connector/app"
)

type serveCmd struct {
	configOptions
	serveOptions
	Listen  string `env:"CONNECTOR_LISTEN" default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Address to serve on; beyond loopback only with a token (default: ${default})."`
	Console bool   `env:"CONNECTOR_CONSOLE" help:"Serve the web console at /, and let the API save the config (default: off)."`
}

// Run serves until the context ends.
func (cmd *serveCmd) Run(c *call) error {
	opts, err := cmd.app(cmd.source(c.Process), c.Process)
	if err != nil {
		return err
	}
	opts.Listen, opts.Console = cmd.Listen, cmd.Console
	tuneMemory(c.Getenv)
	service, err := app.New(opts)
	if err != nil {
		return describeConfigError(c.Stderr, err)
	}
	if err := service.Start(); err != nil {
		return err
	}
	opts.Logger.Info("serving", "address", service.Addr(), "version", opts.Version)
	err = c.serve(service)
	opts.Logger.Info("stopped")
	return err
}

// serve waits for the end of a started service, reloading it when asked to, and
// stops it in order.
func (c *call) serve(service *app.App) error {
	ctx, cancel := context.WithCancel(c.ctx)
	defer cancel()
	go func() {
		for {
			select {
			case <-c.Reload:
				_ = service.Reload() // the log tells
			case <-ctx.Done():
				return
			}
		}
	}()
	if err := service.Wait(ctx); err != nil {
		return err
	}
	return service.Stop()
}
