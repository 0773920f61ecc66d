package cli

import (
	"context"
	"errors"

	"mailgun-connector/connector/app"
)

type serveCmd struct {
	configOptions
	serveOptions
	Listen  string `env:"CONNECTOR_LISTEN" default:"${listen}" placeholder:"HOST:PORT" help:"Address to serve on; beyond loopback only with a token (default: ${default})."`
	Console bool   `env:"CONNECTOR_CONSOLE" help:"Serve the web console at /, and let the API save the config; without a config, make one there (default: off)."`
	History string `env:"CONNECTOR_HISTORY" placeholder:"DIR" help:"Folder for the last 50 saved versions of the config and its mails (default: .history beside the config)."`
}

// Run serves until the context ends.
func (cmd *serveCmd) Run(c *call) error {
	opts := cmd.app(c.Process)
	opts.Config, opts.AllowEndpointHosts = cmd.Config, cmd.AllowEndpointHosts
	opts.Listen, opts.Console, opts.History = cmd.Listen, cmd.Console, cmd.History
	tuneMemory(c.Getenv)
	service, err := app.New(c.ctx, opts)
	switch {
	case err != nil && c.ctx.Err() != nil:
		opts.Logger.Info("stopped while starting", "error", err)
		return nil
	case err != nil:
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
	return errors.Join(service.Wait(ctx), service.Stop())
}
