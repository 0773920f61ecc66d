package app

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"

	"mailgun-connector/connector/config"
	"mailgun-connector/connector/idempotency"
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
	// Sandbox is a stand-in for Mailgun whose inbox is shown beside the API;
	// nil for none.
	Sandbox http.Handler

	Logger  *slog.Logger
	Version string
}

// MisuseError says that options do not fit together, and what to do.
type MisuseError struct {
	Message string
	Hint    string
}

// Error gives the message; the hint is apart.
func (e *MisuseError) Error() string { return e.Message }

// minSendTimeout leaves time for one attempt and its answer.
const minSendTimeout = 500 * time.Millisecond

// check finds what can't work, whatever the config says.
func (o *Options) check() error {
	switch {
	case o.SendTimeout < minSendTimeout:
		return &MisuseError{fmt.Sprintf("a send timeout of %s is too short", o.SendTimeout), "use --send-timeout 500ms or more; callers wait 5s"}
	case o.MaxInFlight < 1:
		return &MisuseError{"max-in-flight must be at least 1", "use --max-in-flight 1024"}
	case o.RetryMax < 0 || o.RetryMax > maxRetries:
		return &MisuseError{fmt.Sprintf("retry-max must be from 0 to %d", maxRetries), "use --retry-max 2"}
	}
	for _, allowed := range o.AllowEndpointHosts {
		if _, _, err := net.SplitHostPort(allowed); err != nil {
			return &MisuseError{fmt.Sprintf("%q is no host to allow", allowed), "use --allow-endpoint-hosts HOST:PORT, with the port"}
		}
	}
	if o.Database != "" && o.Retention < idempotency.Life {
		return &MisuseError{fmt.Sprintf("a retention of %s is too short", o.Retention), "use --retention 24h or more"}
	}
	host, _, err := net.SplitHostPort(o.Listen)
	if err != nil {
		return &MisuseError{fmt.Sprintf("%q is no address to listen on", o.Listen), "use --listen HOST:PORT, such as 127.0.0.1:8080"}
	}
	if o.Token == "" && o.TokenFile == "" && !loopback(host) {
		return &MisuseError{
			fmt.Sprintf("listening on %s without a token would let anybody send mail", o.Listen),
			"set --token-file or CONNECTOR_TOKEN, or listen on 127.0.0.1",
		}
	}
	return nil
}

const maxRetries = 10

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}
