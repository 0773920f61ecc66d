package cli

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"time"

	"mailgun-connector/connector/app"
	"mailgun-connector/connector/config"
	"mailgun-connector/connector/ratelimit"
)

// configOptions find and read a config.
type configOptions struct {
	Config             string   `env:"CONNECTOR_CONFIG" default:"connector.json" placeholder:"FILE" help:"Connector config, JSON or YAML; where ${default} does not exist, connector.yaml is read (default: ${default})."`
	AllowEndpointHosts []string `env:"CONNECTOR_ALLOW_ENDPOINT_HOSTS" placeholder:"HOST:PORT" help:"Hosts that the config's endpoint may name besides Mailgun's own."`
}

// sendOptions say how to send.
type sendOptions struct {
	SendTimeout time.Duration `env:"CONNECTOR_SEND_TIMEOUT" default:"4s" placeholder:"TIME" help:"A send is answered within this time, with all its retries (default: ${default})."`
	RetryMax    int           `env:"CONNECTOR_RETRY_MAX" default:"2" placeholder:"N" help:"Attempts after the first, 0 for none (default: ${default})."`
}

// serveOptions are those of the service.
type serveOptions struct {
	sendOptions
	Token          string        `env:"CONNECTOR_TOKEN" placeholder:"TOKEN,…" help:"API tokens that callers must send; several for rotation. Needed to listen beyond loopback."`
	TokenFile      string        `env:"CONNECTOR_TOKEN_FILE" placeholder:"FILE" help:"File with API tokens, one a line; read again when it changes."`
	RecipientLimit string        `env:"CONNECTOR_RECIPIENT_LIMIT" default:"10/10m" placeholder:"N/TIME" help:"Most mails to one recipient in a time, 0 for no limit (default: ${default})."`
	MaxInFlight    int           `env:"CONNECTOR_MAX_IN_FLIGHT" default:"1024" placeholder:"N" help:"Most sends at any one time; more are refused at once (default: ${default})."`
	Database       string        `env:"CONNECTOR_DATABASE_URL" placeholder:"URL" help:"Keep accepted mails durably until they are sent: sqlite:PATH, or postgres://… for several replicas."`
	Retention      time.Duration `env:"CONNECTOR_RETENTION" default:"168h" placeholder:"TIME" help:"Keep what became of a message for this time, without its content (default: ${default})."`
	LogLevel       string        `env:"CONNECTOR_LOG_LEVEL" default:"info" enum:"debug,info,warn,error" placeholder:"LEVEL" help:"debug, info, warn or error (default: ${default})."`
	LogFormat      string        `env:"CONNECTOR_LOG_FORMAT" default:"" enum:",json,text" placeholder:"FORMAT" help:"json or text (default: json, text on a terminal)."`
}

// source is where the config and the Mailgun key come from.
func (o *configOptions) source(p Process) app.Source {
	return app.Source{
		Config:             o.Config,
		APIKey:             config.Secret(p.Getenv("MAILGUN_API_KEY")),
		APIKeyFile:         p.Getenv("MAILGUN_API_KEY_FILE"),
		AllowEndpointHosts: o.AllowEndpointHosts,
	}
}

// app gives the options of the service, less where it listens.
func (o *serveOptions) app(src app.Source, p Process) (app.Options, error) {
	var limit ratelimit.Rate
	if err := limit.UnmarshalText([]byte(o.RecipientLimit)); err != nil {
		return app.Options{}, &app.MisuseError{Message: "--recipient-limit: " + err.Error()}
	}
	logger, err := newLogger(p.Stderr, o.LogLevel, o.LogFormat)
	if err != nil {
		return app.Options{}, err
	}
	return app.Options{
		Config:             src.Config,
		Token:              config.Secret(o.Token),
		TokenFile:          o.TokenFile,
		APIKey:             src.APIKey,
		APIKeyFile:         src.APIKeyFile,
		WebhookKey:         config.Secret(p.Getenv("MAILGUN_WEBHOOK_SIGNING_KEY")),
		WebhookKeyFile:     p.Getenv("MAILGUN_WEBHOOK_SIGNING_KEY_FILE"),
		AllowEndpointHosts: src.AllowEndpointHosts,
		SendTimeout:        o.SendTimeout,
		RetryMax:           o.RetryMax,
		RecipientLimit:     limit,
		MaxInFlight:        o.MaxInFlight,
		Database:           config.Secret(o.Database),
		StoreKey:           config.Secret(p.Getenv("CONNECTOR_STORE_KEY")),
		StoreKeyFile:       p.Getenv("CONNECTOR_STORE_KEY_FILE"),
		Retention:          o.Retention,
		Logger:             logger,
		Version:            version(),
	}, nil
}

func newLogger(w io.Writer, level, format string) (*slog.Logger, error) {
	var least slog.Level
	if err := least.UnmarshalText([]byte(level)); err != nil {
		return nil, &app.MisuseError{Message: "--log-level: " + err.Error()}
	}
	opts := &slog.HandlerOptions{Level: least}
	if format == "text" || format == "" && isTerminal(w) {
		return slog.New(slog.NewTextHandler(w, opts)), nil
	}
	return slog.New(slog.NewJSONHandler(w, opts)), nil
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
// and gives the error that remains to be reported.
func describeConfigError(w io.Writer, err error) error {
	var invalid *config.InvalidError
	if !errors.As(err, &invalid) {
		return err
	}
	for _, p := range invalid.Problems {
		fmt.Fprintln(w, locate(invalid.File, p))
	}
	n := len(invalid.Problems)
	plural := "s"
	if n == 1 {
		plural = ""
	}
	return &hintError{fmt.Errorf("%s has %d problem%s", invalid.File, n, plural), "mend the lines above; `" + name + " schema` prints what a config may hold"}
}

func locate(path string, p config.Problem) string {
	if p.Line > 0 {
		path = fmt.Sprintf("%s:%d", path, p.Line)
	}
	p.Line = 0
	return path + ": " + p.String()
}
