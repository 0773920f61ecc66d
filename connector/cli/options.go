package cli

// Lines with struct tags for kong, here and in the commands, may be longer than 120
// columns: a tag is one literal, which cannot be split.

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"mailgun-connector/connector/app"
	"mailgun-connector/connector/config"
	"mailgun-connector/connector/configfile"
	"mailgun-connector/connector/ratelimit"
)

// configOptions find and read a config.
type configOptions struct {
	Config             string   `env:"CONNECTOR_CONFIG" default:"${config}" placeholder:"FILE" help:"Connector config, JSON or YAML; where ${default} does not exist, connector.yaml is read (default: ${default})."`
	AllowEndpointHosts []string `env:"CONNECTOR_ALLOW_ENDPOINT_HOSTS" placeholder:"HOST:PORT" help:"Hosts that the config's endpoint may name besides Mailgun's own."`
}

// sendOptions say how to send.
type sendOptions struct {
	SendTimeout time.Duration `env:"CONNECTOR_SEND_TIMEOUT" default:"${sendTimeout}" placeholder:"TIME" help:"A send is answered within this time, with all its retries (default: ${default})."`
	RetryMax    int           `env:"CONNECTOR_RETRY_MAX" default:"${retryMax}" placeholder:"N" help:"Attempts after the first, 0 for none (default: ${default})."`
}

// serveOptions are those of the service.
type serveOptions struct {
	sendOptions
	Token          string         `env:"CONNECTOR_TOKEN" placeholder:"TOKEN,…" help:"API tokens that callers must send; several for rotation. Each may be followed by its scopes and name: TOKEN send,read,edit name=NAME. Needed to listen beyond loopback."`
	TokenFile      string         `env:"CONNECTOR_TOKEN_FILE" placeholder:"FILE" help:"File with API tokens, one a line, each with its scopes and name; read again when it changes."`
	RecipientLimit ratelimit.Rate `env:"CONNECTOR_RECIPIENT_LIMIT" default:"${recipientLimit}" placeholder:"N/TIME" help:"Most mails to one recipient in a time, 0 for no limit (default: ${default})."`
	MaxInFlight    int            `env:"CONNECTOR_MAX_IN_FLIGHT" default:"${maxInFlight}" placeholder:"N" help:"Most sends at any one time; more are refused at once (default: ${default})."`
	ShutdownDelay  time.Duration  `env:"CONNECTOR_SHUTDOWN_DELAY" default:"${shutdownDelay}" placeholder:"TIME" help:"When asked to end, go on for this time with /readyz at 503, so that no requests are sent here any more when the listener closes (default: ${default})."`
	Database       string         `env:"CONNECTOR_DATABASE_URL" placeholder:"URL" help:"Keep accepted mails durably until they are sent: sqlite:PATH, or postgres://… for several replicas."`
	Retention      time.Duration  `env:"CONNECTOR_RETENTION" default:"${retention}" placeholder:"TIME" help:"Keep what became of a message for this time, without its content (default: ${default})."`
	LogLevel       string         `env:"CONNECTOR_LOG_LEVEL" default:"info" enum:"debug,info,warn,error" placeholder:"LEVEL" help:"debug, info, warn or error (default: ${default})."`
	LogFormat      string         `env:"CONNECTOR_LOG_FORMAT" default:"" enum:",json,text" placeholder:"FORMAT" help:"json or text (default: json, text on a terminal)."`
}

// defaults are what the struct tags above and of the commands refer to.
func defaults() kong.Vars {
	d := app.DefaultOptions()
	return kong.Vars{
		"config":         d.Config,
		"listen":         d.Listen,
		"sendTimeout":    short(d.SendTimeout),
		"retryMax":       strconv.Itoa(d.RetryMax),
		"recipientLimit": fmt.Sprintf("%d/%s", d.RecipientLimit.Sends, short(d.RecipientLimit.Per)),
		"maxInFlight":    strconv.Itoa(d.MaxInFlight),
		"shutdownDelay":  short(d.ShutdownDelay),
		"retention":      short(d.Retention),
		"sandboxDomain":  sandboxDomain,
	}
}

// short writes a duration without its zero minutes and seconds.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// source is where the config and the Mailgun key come from.
func (o *configOptions) source(p Process) *configfile.Source {
	return &configfile.Source{
		Config:             o.Config,
		APIKey:             config.Secret(p.Getenv("MAILGUN_API_KEY")),
		APIKeyFile:         p.Getenv("MAILGUN_API_KEY_FILE"),
		FailoverKey:        config.Secret(p.Getenv("MAILGUN_FAILOVER_API_KEY")),
		FailoverKeyFile:    p.Getenv("MAILGUN_FAILOVER_API_KEY_FILE"),
		AllowEndpointHosts: o.AllowEndpointHosts,
	}
}

// app returns the options of the service, less its config and where it listens.
func (o *serveOptions) app(p Process) app.Options {
	opts := app.DefaultOptions()
	opts.Token, opts.TokenFile = config.Secret(o.Token), o.TokenFile
	opts.APIKey, opts.APIKeyFile = config.Secret(p.Getenv("MAILGUN_API_KEY")), p.Getenv("MAILGUN_API_KEY_FILE")
	opts.FailoverKey = config.Secret(p.Getenv("MAILGUN_FAILOVER_API_KEY"))
	opts.FailoverKeyFile = p.Getenv("MAILGUN_FAILOVER_API_KEY_FILE")
	opts.WebhookKey = config.Secret(p.Getenv("MAILGUN_WEBHOOK_SIGNING_KEY"))
	opts.WebhookKeyFile = p.Getenv("MAILGUN_WEBHOOK_SIGNING_KEY_FILE")
	opts.SendTimeout, opts.RetryMax = o.SendTimeout, o.RetryMax
	opts.RecipientLimit, opts.MaxInFlight = o.RecipientLimit, o.MaxInFlight
	opts.ShutdownDelay = o.ShutdownDelay
	opts.Database, opts.Retention = config.Secret(o.Database), o.Retention
	opts.StoreKey = config.Secret(p.Getenv("CONNECTOR_STORE_KEY"))
	opts.StoreKeyFile = p.Getenv("CONNECTOR_STORE_KEY_FILE")
	opts.Logger, opts.Version = newLogger(p.Stderr, o.LogLevel, o.LogFormat), version()
	return opts
}

func newLogger(w io.Writer, level, format string) *slog.Logger {
	var least slog.Level
	_ = least.UnmarshalText([]byte(level)) // one of those that the option lists
	opts := &slog.HandlerOptions{Level: least}
	if format == "text" || format == "" && isTerminal(w) {
		return slog.New(slog.NewTextHandler(w, opts))
	}
	return slog.New(slog.NewJSONHandler(w, opts))
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// released is set when a release is built (-ldflags "-X …").
var released string

func version() string {
	if released != "" {
		return released
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

// describeConfigError turns a config's problems into lines "file:line: problem",
// and returns the error that remains to be reported.
func describeConfigError(w io.Writer, err error) error {
	var invalid *config.InvalidError
	if !errors.As(err, &invalid) {
		return err
	}
	for _, p := range invalid.Problems {
		fmt.Fprintln(w, locate(invalid.File, p))
	}
	return &hintError{
		fmt.Errorf("%s has %s", invalid.File, count(len(invalid.Problems), "problem")),
		"fix the lines above; `" + name + " schema` prints what a config may hold",
	}
}

// count writes a number of things.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

func locate(path string, p config.Problem) string {
	if p.Line > 0 {
		path = fmt.Sprintf("%s:%d", path, p.Line)
	}
	p.Line = 0
	return path + ": " + p.String()
}
