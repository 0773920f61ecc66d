// Package httpapi is the service's HTTP API on Echo: it decodes a request, asks
// the connector, and encodes the answer. [routes] has every route on one screen;
// a handler stands in the file named after what it serves.
//
// It is the largest room: some thirty routes, and the bounds that keep strangers from taking
// the service's time. Nearly all of a file is one route or one bound, read by itself.
package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/singleflight"

	"mailgun-connector/connector"
	"mailgun-connector/connector/config"
	"mailgun-connector/connector/health"
	"mailgun-connector/connector/idempotency"
)

// Config is what the API needs. Every field is required unless it says otherwise.
type Config struct {
	// Connector returns the running connector. A request keeps the one it began
	// with.
	Connector func() *connector.Connector
	// Build makes a connector of a draft of a config. Its error is a
	// [*config.InvalidError] if the config is at fault.
	Build func(config config.Document) (*connector.Connector, error)
	// Save makes a config, in the format of its file, the running one, and returns it
	// as it then is.
	// The error is a [*config.InvalidError], [config.ErrChanged], a
	// [*config.ConflictError] or a [*configfile.ReadOnlyError] if nothing was saved for
	// that reason.
	Save func(config config.Document, change Change) (*config.Config, error)
	// Doctor asks Mailgun about a connector's config; url is where this service is to be reported to,
	// "" if that is not known. The error is a sentence about the url.
	Doctor func(ctx context.Context, conn *connector.Connector, url string) ([]connector.Finding, error)
	// Versions are earlier configs, those that were saved.
	Versions Versions
	// MailFile returns the text of a mail's file by the name that a config has for it. The
	// error is [configfile.ErrNotMailFile] if there is none.
	MailFile func(name string) ([]byte, error)
	// SaveMail gives such a file a text, makes it part of what runs, and returns the
	// config. The change matches the version of the file's text (see [config.VersionOf]), "" for
	// none yet. Errors are those of Save and [configfile.ErrNotMailFile].
	SaveMail func(name string, text []byte, change Change) (*config.Config, error)
	// Status tells what runs.
	Status func() Status
	// Tokens returns the tokens that are valid now. Nil, or no tokens, leaves the
	// API open.
	Tokens func() Tokens
	// Idempotency remembers answers by their Idempotency-Key.
	Idempotency idempotency.Store
	// Messages looks accepted messages up, Events takes news of them, Refusals what
	// did not become one; they are nil without a database.
	Messages connector.Messages
	Events   connector.Events
	Refusals connector.Refusals
	// Queue tells how the messages that wait are doing; nil without a database.
	Queue func(ctx context.Context) (connector.QueueState, error)
	// Health remembers what happens, and is what GET /status tells of it; may be nil.
	Health *health.Monitor
	// Suppressions returns those of the running config's domain.
	Suppressions func() connector.Suppressions
	// Webhook returns the reader of Mailgun's reports, nil if they are not taken.
	// The reader's error says why a report is refused.
	Webhook func() func(body []byte) (connector.DeliveryEvent, error)
	// Callers returns the identity servers of the running config by their names. Nil if
	// there are none.
	Callers func() map[string]connector.Caller
	// Cards tells of the callers of a connector's config, by their names.
	Cards func(conn *connector.Connector) ([]connector.CallerCard, error)
	// Setups says for each type of caller what to paste where.
	Setups map[string]string
	// ReadCall reads a call of a config's caller without asking for a proof.
	ReadCall func(cfg *config.Config, caller string, call *connector.Call) (*connector.Order, error)
	// Ready reports whether new requests are welcome.
	Ready func() bool
	// SettingUp reports whether there is no config yet; then nothing is served but what
	// making one needs.
	SettingUp func() bool
	// Hold keeps the connection of a request, whose context it gets, until release is
	// called; others may be ended to make room. Nil if none are.
	Hold func(ctx context.Context) (release func())
	// SendTimeout bounds a send and everything that belongs to it, 0 for no bound.
	SendTimeout time.Duration
	// MaxInFlight bounds the sends at any one time; those beyond are refused.
	MaxInFlight int
	Logger      *slog.Logger
	Metrics     *Metrics
	Gatherer    prometheus.Gatherer
	// Console serves "/" and "/console/…"; nil leaves those paths unknown.
	Console http.Handler
	// Sandbox is a stand-in for Mailgun that shows its inbox; nil for none.
	Sandbox http.Handler
}

// Most bytes of a request's body.
const (
	maxBody       = 256 << 10
	maxConfigBody = 4 << 20 // with a config, which has all mails in all languages
)

// Bodies that are longer than maxShortBody bytes are few, and so few are in memory at a
// time.
const (
	maxShortBody  = 16 << 10
	maxLongSends  = 64
	maxLongDrafts = 8 // of configs
)

type server struct {
	Config
	sends  places // in flight
	checks places // of configs

	examinations places // with Mailgun

	strangers *strangers

	calls singleflight.Group // of callers that are in progress, by their first mail's key

	reports  places
	refusals tallies // of strangers, by route
}

// New makes the API's handler.
func New(cfg Config) (http.Handler, error) {
	if cfg.MaxInFlight < 1 {
		return nil, errors.New("max-in-flight must be at least 1")
	}
	if cfg.Health == nil {
		cfg.Health = health.New()
	}
	if cfg.SettingUp == nil {
		cfg.SettingUp = func() bool { return false }
	}
	if cfg.Callers == nil {
		cfg.Callers = func() map[string]connector.Caller { return nil }
	}
	if cfg.Hold == nil {
		cfg.Hold = func(context.Context) func() { return func() {} }
	}
	s := &server{
		Config: cfg,
		sends:  newPlaces(cfg.MaxInFlight),
		checks: newPlaces(maxChecks),

		examinations: newPlaces(1),
		strangers:    newStrangers(),

		reports:  newPlaces(maxReports),
		refusals: tallies{period: refusalsNews},
	}
	e := echo.New()
	e.HTTPErrorHandler = s.answerError
	e.JSONSerializer = plainJSON{}
	s.routes(router{e})
	return e, nil
}
