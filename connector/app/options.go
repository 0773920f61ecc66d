package app

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"mailgun-connector/connector/config"
	"mailgun-connector/connector/configfile"
	"mailgun-connector/connector/idempotency"
	"mailgun-connector/connector/loopback"
	"mailgun-connector/connector/ratelimit"
)

// Options are the settings of the process, which hold until it ends; what may
// change while it runs is in the connector config.
type Options struct {
	// Config is the path of the connector config. Where it does not exist,
	// the same path with .yaml or .yml is tried.
	Config string
	// Listen is the host:port to serve on; port 0 picks a free one.
	Listen string
	// Token holds API tokens, separated by commas or white space. With a
	// TokenFile, both count.
	Token     config.Secret
	TokenFile string
	// APIKey is Mailgun's, for a config that has none; APIKeyFile is read
	// when it is empty.
	APIKey     config.Secret
	APIKeyFile string
	// FailoverKey and FailoverKeyFile are likewise for the key of the config's failover.
	FailoverKey     config.Secret
	FailoverKeyFile string
	// WebhookKey is what Mailgun signs its reports with, several for rotation;
	// WebhookKeyFile is read when it is empty. Without one, or without a database,
	// reports are not taken.
	WebhookKey     config.Secret
	WebhookKeyFile string
	// AllowEndpointHosts are the host:port pairs that a config's endpoint may
	// name besides Mailgun's own.
	AllowEndpointHosts []string
	// SendTimeout bounds a send with all its retries; at least 500ms.
	SendTimeout time.Duration
	// RetryMax is the number of attempts after the first; 0 for none.
	RetryMax int
	// RecipientLimit bounds the mails to one recipient; zero for no limit.
	RecipientLimit ratelimit.Rate
	// MaxInFlight bounds the sends at any one time; at least 1.
	MaxInFlight int
	// ShutdownDelay is how long the service goes on after it has said that it is not
	// ready any more, so that who sends it requests can learn of it first.
	ShutdownDelay time.Duration

	// Database keeps accepted mails until they are sent: "sqlite:PATH" or
	// "postgres://…"; "" keeps none, and a mail that can't be sent at once is
	// the caller's to repeat.
	Database config.Secret // it may hold a password
	// StoreKey seals what the database holds, StoreKeyFile is read when it is
	// empty. SQLite makes one beside its file if there is neither.
	StoreKey     config.Secret
	StoreKeyFile string
	// Retention is how long the database keeps what became of a message.
	Retention time.Duration

	// Console serves the web console at "/", and lets the API save the config.
	Console bool
	// History is the folder for earlier versions of the config and its mails; "" means
	// .history beside the config.
	History string
	// Sandbox is a stand-in for Mailgun whose inbox is shown beside the API;
	// nil for none.
	Sandbox http.Handler

	// Now is the clock that callers' proofs and repetitions go by.
	Now func() time.Time

	Logger  *slog.Logger
	Version string
}

// DefaultOptions returns the options of a service that was told nothing.
func DefaultOptions() Options {
	return Options{
		Config:         "connector.json",
		Listen:         "127.0.0.1:8080",
		SendTimeout:    4 * time.Second,
		RetryMax:       2,
		RecipientLimit: ratelimit.Rate{Sends: 20, Per: 10 * time.Minute},
		MaxInFlight:    1024,
		Retention:      7 * 24 * time.Hour,
		Now:            time.Now,
		Logger:         slog.New(slog.DiscardHandler),
	}
}

// source is where the config and its secrets are.
func (o *Options) source() *configfile.Source {
	return &configfile.Source{
		Config: o.Config, AllowEndpointHosts: o.AllowEndpointHosts,
		APIKey: o.APIKey, APIKeyFile: o.APIKeyFile,
		FailoverKey: o.FailoverKey, FailoverKeyFile: o.FailoverKeyFile,
		Token: o.Token, TokenFile: o.TokenFile,
		WebhookKey: o.WebhookKey, WebhookKeyFile: o.WebhookKeyFile,
		Private: []string{o.StoreKeyFile},
	}
}

// MisuseError says that options do not fit together, and what to do.
type MisuseError struct {
	Message string
	Hint    string
}

// Error returns the message; the hint is apart.
func (e *MisuseError) Error() string { return e.Message }

const (
	minSendTimeout   = 500 * time.Millisecond // for one attempt and its answer
	maxRetries       = 10
	maxShutdownDelay = 5 * time.Minute
)

// check finds what can't work, whatever the config says.
func (o *Options) check() error {
	switch {
	case o.SendTimeout < minSendTimeout:
		return &MisuseError{
			fmt.Sprintf("a send timeout of %s is too short", o.SendTimeout),
			"use --send-timeout 500ms or more; callers wait 5s",
		}
	case o.MaxInFlight < 1:
		return &MisuseError{"max-in-flight must be at least 1", "use --max-in-flight 1024"}
	case o.RetryMax < 0 || o.RetryMax > maxRetries:
		return &MisuseError{fmt.Sprintf("retry-max must be from 0 to %d", maxRetries), "use --retry-max 2"}
	case o.ShutdownDelay < 0 || o.ShutdownDelay > maxShutdownDelay:
		return &MisuseError{fmt.Sprintf("a shutdown delay of %s is not from 0 to 5m", o.ShutdownDelay),
			"use --shutdown-delay 5s"}
	case o.Database != "" && o.Retention < idempotency.Life:
		return &MisuseError{fmt.Sprintf("a retention of %s is too short", o.Retention), "use --retention 24h or more"}
	}
	for _, allowed := range o.AllowEndpointHosts {
		if _, _, err := net.SplitHostPort(allowed); err != nil {
			return &MisuseError{
				fmt.Sprintf("%q is not a host to allow", allowed),
				"use --allow-endpoint-hosts HOST:PORT, with the port",
			}
		}
	}
	if _, _, err := net.SplitHostPort(o.Listen); err != nil {
		return &MisuseError{
			fmt.Sprintf("%q is not an address to listen on", o.Listen),
			"use --listen HOST:PORT, such as 127.0.0.1:8080",
		}
	}
	if err := o.checkDatabase(); err != nil {
		return err
	}
	if o.Token == "" && o.TokenFile == "" && !loopback.Is(o.Listen) {
		return &MisuseError{
			fmt.Sprintf("listening on %s without a token would let anybody send mail", o.Listen),
			"set --token-file or CONNECTOR_TOKEN, or listen on 127.0.0.1",
		}
	}
	return nil
}
