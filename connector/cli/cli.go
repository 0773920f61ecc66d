// Package cli is the command line. Results go to stdout, words to stderr. An
// error is one line, "mailgun-connector: error: …", and where there is something
// to do about it a second one, "mailgun-connector: hint: …"; both begin in lower
// case and end without a full stop. The exit status is 0 for done, 1 for failed,
// 2 for misuse.
//
// It is a file for each of some fifteen commands.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"mailgun-connector/connector"
	"mailgun-connector/connector/app"
	"mailgun-connector/connector/configfile"
)

const name = "mailgun-connector"

// Exit statuses.
const (
	done = iota
	failed
	misused
)

// Process is what a command has of the world around it.
type Process struct {
	Stdout, Stderr io.Writer
	Getenv         func(string) string
	Reload         <-chan os.Signal // asks a running service to read its config again
}

// commands are all commands in the order that --help lists them.
type commands struct {
	Serve       serveCmd       `cmd:"" help:"Run the service."`
	Demo        demoCmd        `cmd:"" help:"Run everything on this machine without a Mailgun account: a config, the sandbox, one sample mail."`
	Sandbox     sandboxCmd     `cmd:"" help:"Run the stand-in for Mailgun alone, for serve to send to."`
	Init        initCmd        `cmd:"" help:"Write a config with a brand, whose users get a mail for every usage type in their language."`
	Check       checkCmd       `cmd:"" help:"Validate a config and list every problem."`
	Render      renderCmd      `cmd:"" help:"Show the mail that a request would send, or write all mails to a folder, without sending any."`
	Send        sendCmd        `cmd:"" help:"Send one mail through Mailgun, without a running service."`
	Doctor      doctorCmd      `cmd:"" help:"Ask Mailgun whether key, region, domain, DNS, templates and webhooks are as the config needs them."`
	Webhooks    webhooksCmd    `cmd:"" help:"Show the webhooks by which Mailgun reports to the service, or register them."`
	Messages    messagesCmd    `cmd:"" help:"Ask a running service what became of mails, newest first."`
	Message     messageCmd     `cmd:"" help:"Ask a running service what happened to one mail, step by step."`
	Status      statusCmd      `cmd:"" help:"Ask a running service how it is doing."`
	Schema      schemaCmd      `cmd:"" help:"Print the JSON Schema of the config."`
	Healthcheck healthcheckCmd `cmd:"" help:"Ask a running service whether it is ready; for container probes."`
	Completion  completionCmd  `cmd:"" help:"Print a script with which a shell completes commands and options."`
	Help        helpCmd        `cmd:"" help:"Show what a command does, as its --help."`
	Version     versionCmd     `cmd:"" help:"Print the version, as --version."`
}

const description = `Sends one-time codes by e-mail through Mailgun; identity servers call it over HTTP.

Options of the service can come from the environment instead; one on the command line wins.
The Mailgun API key comes from the config, or from MAILGUN_API_KEY or the file that MAILGUN_API_KEY_FILE names;
that of its failover from the config, or from MAILGUN_FAILOVER_API_KEY or MAILGUN_FAILOVER_API_KEY_FILE.
The key that seals a database comes from CONNECTOR_STORE_KEY or CONNECTOR_STORE_KEY_FILE.
The key that Mailgun signs its reports with comes from MAILGUN_WEBHOOK_SIGNING_KEY or MAILGUN_WEBHOOK_SIGNING_KEY_FILE.`

// call is one command's run.
type call struct {
	Process
	ctx   context.Context
	model *kong.Application // all commands
}

// hintError is an error that the user can do something about.
type hintError struct {
	error
	hint string
}

// Run executes a command line, without the program's name, and returns the exit
// status. Ending ctx ends a running service.
func Run(ctx context.Context, args []string, p Process) int {
	exited := -1
	var c commands
	parser, err := kong.New(&c, kong.Name(name), kong.Description(description), kong.UsageOnError(), defaults(),
		kong.Writers(p.Stdout, p.Stderr), kong.Exit(func(status int) { exited = status }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.ValueFormatter(describeOption), kong.Resolvers(environment(p.Getenv)))
	if err != nil {
		return report(p, err)
	}
	if err := kong.Visit(parser.Model, forgetEnvironment); err != nil {
		return report(p, err)
	}
	args = spelledOut(args)
	parsed, err := parser.Parse(args)
	if exited >= 0 { // --help has printed what was asked for
		return exited
	}
	if err != nil {
		return report(p, &app.MisuseError{Message: err.Error(), Hint: "see " + name + " --help"})
	}
	return report(p, parsed.Run(&call{p, ctx, parser.Model}))
}

// helpCmd stands for --help; see [spelledOut].
type helpCmd struct {
	Command []string `arg:"" optional:"" help:"The command."`
}

// spelledOut returns a command line with the other ways to ask for help and version as
// kong knows them.
func spelledOut(args []string) []string {
	switch {
	case len(args) == 0:
		return []string{"--help"}
	case args[0] == "help":
		return append(slices.Clone(args[1:]), "--help")
	case args[0] == "--version":
		return append([]string{"version"}, args[1:]...)
	}
	return args
}

// report tells the user of an error and returns the exit status it means.
func report(p Process, err error) int {
	status := failed
	var hint string
	var misuse *app.MisuseError
	var notFound *configfile.NotFoundError
	var hinted *hintError
	var failure *connector.Error
	switch {
	case err == nil:
		return done
	case errors.As(err, &misuse):
		status, hint = misused, misuse.Hint
	case errors.As(err, &notFound):
		status, hint = misused, "write a config with `"+name+" init`, or name yours with --config"
	case errors.As(err, &hinted):
		hint = hinted.hint
	case errors.As(err, &failure):
		hint = failure.Hint
		if failure.Err != nil {
			err = fmt.Errorf("%w: %w", err, failure.Err)
		}
	}
	fmt.Fprintf(p.Stderr, "%s: error: %s\n", name, strings.TrimSuffix(err.Error(), "."))
	if hint != "" { // the API's are sentences
		fmt.Fprintf(p.Stderr, "%s: hint: %s\n", name, strings.ToLower(hint[:1])+strings.TrimSuffix(hint[1:], "."))
	}
	return status
}
