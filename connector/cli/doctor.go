package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/app"
	"mailgun-connector/connector/callers"
	"mailgun-connector/connector/mailgun"
)

// accountOptions are those of commands that ask Mailgun.
type accountOptions struct {
	configOptions
	URL string `placeholder:"https://HOST" help:"Address by which Mailgun and identity servers reach the service."`
}

// accountTime bounds what is asked of Mailgun.
const accountTime = 30 * time.Second

// doctor returns one for the config.
func (o *accountOptions) doctor(c *call) (*mailgun.Doctor, error) {
	snap, err := o.load(c)
	if err != nil {
		return nil, err
	}
	d := &mailgun.Doctor{Config: snap.Config, Client: mailgun.NewClient(1)}
	if o.URL != "" {
		if d.URL, err = mailgun.WebhookURL(o.URL); err != nil {
			return nil, &app.MisuseError{
				Message: "--url: " + err.Error(), Hint: "Mailgun calls it from the internet, by https",
			}
		}
	}
	return d, nil
}

type doctorCmd struct{ accountOptions }

// Run lists what Mailgun thinks of the config, and fails if something is broken.
func (cmd *doctorCmd) Run(c *call) error {
	d, err := cmd.doctor(c)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.ctx, accountTime)
	defer cancel()
	broken := 0
	of, err := examineCallers(d)
	if err != nil {
		return err
	}
	for _, f := range append(d.Check(ctx), of...) {
		check := f.Check
		if f.Way != "" {
			check = string(f.Way) + "'s " + check
		}
		fmt.Fprintf(c.Stdout, "%-9s  %-9s  %s\n", f.Level, check, f.Detail)
		if f.Hint != "" {
			fmt.Fprintf(c.Stdout, "%-22s%s\n", "", f.Hint)
		}
		if f.Level == connector.Broken {
			broken++
		}
	}
	if broken > 0 {
		return &hintError{fmt.Errorf("found %s", count(broken, "problem")), "each is listed with what to do"}
	}
	return nil
}

// examineCallers looks at the callers of a config. What serves it may have a database, and
// is not asked how their last calls went.
func examineCallers(d *mailgun.Doctor) ([]connector.Finding, error) {
	conn, err := connector.New(d.Config, nil, nil)
	if err != nil {
		return nil, err
	}
	return callers.Examine(d.Config.Callers, callers.Examination{
		Mails: conn.Mails(), Address: d.Address(), NoDatabase: connector.Uncertain,
	})
}

type webhooksCmd struct {
	accountOptions
	Apply bool `help:"Register what is missing; without it, only tell."`
}

// Run tells or registers the webhooks by which Mailgun reports, for the failover's domain
// too.
func (cmd *webhooksCmd) Run(c *call) error {
	if cmd.URL == "" {
		return &app.MisuseError{
			Message: "--url is missing",
			Hint:    "name the address by which Mailgun reaches the service, such as https://codes.example.com",
		}
	}
	d, err := cmd.doctor(c)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.ctx, accountTime)
	defer cancel()
	full := false
	several := d.Config.Failover != nil
	for ; d != nil; d = d.Other() {
		if several {
			fmt.Fprintln(c.Stdout, d.Config.Domain+":")
		}
		changes, err := d.Webhooks(ctx, cmd.Apply)
		if err != nil {
			return &hintError{fmt.Errorf("%s: %w", d.Config.Domain, err), "`" + name + " doctor` says more"}
		}
		full = cmd.print(c, d, changes) || full
	}
	if full {
		return &hintError{errors.New("there is no room for this URL"),
			"Mailgun takes three for each kind: remove one in its control panel"}
	}
	return nil
}

// print tells the changes of one domain, and reports whether there is no room for one.
func (cmd *webhooksCmd) print(c *call, d *mailgun.Doctor, changes []mailgun.WebhookChange) (full bool) {
	for _, w := range changes {
		what := "registered"
		switch {
		case w.There:
			what = "there already"
		case w.Full:
			full, what = true, "no room beside "+strings.Join(w.URLs, " ")
		case !cmd.Apply:
			what = "missing; --apply registers it"
		}
		fmt.Fprintf(c.Stdout, "%-14s  %s  %s\n", w.Kind, d.URL, what)
	}
	return full
}
