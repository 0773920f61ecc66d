// Command mailgun-connector sends one-time codes by e-mail through Mailgun, as
// a service that identity servers call. See `mailgun-connector --help`.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"mailgun-connector/connector/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	reload := make(chan os.Signal, 1)
	signal.Notify(reload, syscall.SIGHUP)
	os.Exit(cli.Run(ctx, os.Args[1:], cli.Process{
		Stdout: os.Stdout,
		Stderr: os.Stderr,
		Getenv: os.Getenv,
		Reload: reload,
	}))
}
