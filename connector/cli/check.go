package cli

import (
	"fmt"

	"mailgun-connector/connector/configfile"
)

type checkCmd struct {
	configOptions
	Strict bool   `help:"Fail on warnings too."`
	File   string `arg:"" optional:"" help:"Config to check, instead of --config."`
}

// Run lists problems on stdout, in the form "file:line: problem", and warnings
// on stderr.
func (cmd *checkCmd) Run(c *call) error {
	if cmd.File != "" {
		cmd.Config = cmd.File
	}
	source := cmd.source(c.Process)
	source.KeyOptional = true
	snap, err := source.Load(c.ctx)
	if err != nil {
		return describeConfigError(c.Stdout, err)
	}
	for _, w := range snap.Config.Warnings {
		fmt.Fprintf(c.Stderr, "%s: warning: %s\n", name, locate(snap.Path, w))
	}
	if n := len(snap.Config.Warnings); cmd.Strict && n > 0 {
		return &hintError{
			fmt.Errorf("%s has %s", snap.Path, count(n, "warning")), "fix the lines above, or check without --strict",
		}
	}
	fmt.Fprintf(c.Stdout, "%s: ok\n", snap.Path)
	if snap.Config.APIKey == "" {
		fmt.Fprintln(c.Stderr,
			name+": note: there is no API key here; to send, set MAILGUN_API_KEY or MAILGUN_API_KEY_FILE")
	}
	return nil
}

// loadMails reads the config for a command that shows its mails, and needs no API key.
func (o *configOptions) loadMails(c *call) (*configfile.Snapshot, error) {
	source := o.source(c.Process)
	source.APIKey, source.APIKeyFile, source.KeyOptional = "", "", true
	source.FailoverKey, source.FailoverKeyFile = "", ""
	snap, err := source.Load(c.ctx)
	return snap, describeConfigError(c.Stderr, err)
}

// load reads the config for a command that needs a working one.
func (o *configOptions) load(c *call) (*configfile.Snapshot, error) {
	snap, err := o.source(c.Process).Load(c.ctx)
	return snap, describeConfigError(c.Stderr, err)
}
