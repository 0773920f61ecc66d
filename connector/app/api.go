package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"mailgun-connector/connector"
	"mailgun-connector/connector/callers"
	"mailgun-connector/connector/callers/jwks"
	"mailgun-connector/connector/config"
	"mailgun-connector/connector/configfile"
	"mailgun-connector/connector/console"
	"mailgun-connector/connector/httpapi"
	"mailgun-connector/connector/mailgun"
)

// running is what a reload swaps, all at once.
type running struct {
	snapshot  *configfile.Snapshot
	connector *connector.Connector
	lists     *mailgun.Suppressions
	tokens    httpapi.Tokens
	webhook   *mailgun.Webhook // nil without a signing key
	callers   map[string]connector.Caller
	since     time.Time
	// setup says that there is no config yet: snapshot and connector have nothing in them,
	// and the service is there to be given one.
	setup bool
}

// prepare makes of a snapshot what serves.
func (a *App) prepare(snap *configfile.Snapshot) (*running, error) {
	next, err := a.prepareSecrets(snap)
	if err != nil {
		return nil, err
	}
	if next.callers, err = callers.New(snap.Config.Callers, a.callersEnvironment()); err != nil {
		return nil, err
	}
	next.lists = mailgun.NewSuppressions(snap.Config, a.client)
	next.connector, err = a.build(snap.Config, false)
	return next, err
}

// prepareSecrets makes of a snapshot what does not depend on its config.
func (a *App) prepareSecrets(snap *configfile.Snapshot) (*running, error) {
	next := &running{snapshot: snap, since: time.Now().UTC()}
	var err error
	if snap.Tokens != "" {
		if next.tokens, err = httpapi.NewTokens(snap.Tokens.Reveal()); err != nil {
			return nil, fmt.Errorf("reading API tokens: %w", err)
		}
	}
	if snap.WebhookKey != "" {
		if next.webhook, err = mailgun.NewWebhook(snap.WebhookKey, time.Now); err != nil {
			return nil, err
		}
	}
	return next, nil
}

// callersEnvironment is what callers need beside their settings. Keys outlive a reload.
func (a *App) callersEnvironment() callers.Environment {
	return callers.Environment{Now: a.opts.Now, Keys: func(address string) callers.KeySet {
		if set, ok := a.keySets.Load(address); ok {
			return set.(*jwks.Set)
		}
		set, _ := a.keySets.LoadOrStore(address, jwks.New(address, a.opts.Now, func(err error) {
			a.opts.Logger.Warn("the keys of a caller could not be fetched", "address", address, "error", err)
		}))
		return set.(*jwks.Set)
	}}
}

// newAPI returns the HTTP API of what runs.
func (a *App) newAPI(registry *prometheus.Registry) (http.Handler, error) {
	current := &a.reloader.current
	api := httpapi.Config{
		Hold:         a.conns.hold,
		Idempotency:  a.idempotency,
		Webhook:      a.webhook,
		Suppressions: func() connector.Suppressions { return current.Load().lists },

		Connector: func() *connector.Connector { return current.Load().connector },
		Build:     a.buildDraft,
		Save:      a.save,
		MailFile:  a.mailFile,
		SaveMail:  a.saveMailFile,
		Versions:  versions{a},
		Doctor:    a.examine,
		Status:    a.status,
		Health:    a.health,
		Callers:   func() map[string]connector.Caller { return current.Load().callers },
		Cards:     a.cards,
		Setups:    callers.Setups(),
		ReadCall: func(cfg *config.Config, name string, call *connector.Call) (*connector.Order, error) {
			return callers.Preview(name, cfg.Callers[name], call, a.opts.Now)
		},
		Tokens:      func() httpapi.Tokens { return current.Load().tokens },
		Ready:       func() bool { return !a.draining.Load() && !current.Load().setup },
		SettingUp:   func() bool { return current.Load().setup },
		SendTimeout: a.sendTime(),
		MaxInFlight: a.opts.MaxInFlight,
		Logger:      a.opts.Logger,
		Metrics:     httpapi.NewMetrics(registry),
		Gatherer:    registry,
		Sandbox:     a.opts.Sandbox,
	}
	if a.database != nil {
		api.Messages, api.Events, api.Refusals = a.database.outbox, a.database.events, a.database.outbox
		api.Queue = a.database.outbox.Queue
	}
	if a.opts.Console {
		var err error
		if api.Console, err = console.New(); err != nil {
			return nil, err
		}
	}
	return httpapi.New(api)
}

// examine asks Mailgun about a config.
func (a *App) examine(
	ctx context.Context, conn *connector.Connector, address string,
) (_ []connector.Finding, err error) {
	doctor := mailgun.Doctor{Config: conn.Config(), Client: a.client}
	if address != "" {
		if doctor.URL, err = mailgun.WebhookURL(address); err != nil {
			return nil, err
		}
	}
	with := a.examination(conn)
	with.Address = doctor.Address()
	of, err := callers.Examine(conn.Config().Callers, with)
	if err != nil {
		return nil, err
	}
	return append(doctor.Check(ctx), of...), nil
}

// cards tells of a config's callers.
func (a *App) cards(conn *connector.Connector) ([]connector.CallerCard, error) {
	return callers.Cards(conn.Config().Callers, a.examination(conn))
}

// examination is what a config's callers are looked at with.
func (a *App) examination(conn *connector.Connector) callers.Examination {
	without := connector.Warning
	if a.database != nil {
		without = connector.OK
	}
	return callers.Examination{Mails: conn.Mails(), NoDatabase: without, Last: a.health.LastCalls}
}

// webhook returns the reader of Mailgun's reports, nil if they are not taken.
func (a *App) webhook() func([]byte) (connector.DeliveryEvent, error) {
	reader := a.reloader.current.Load().webhook
	if reader == nil || a.database == nil {
		return nil
	}
	return reader.Read
}

// status tells what runs.
func (a *App) status() httpapi.Status {
	now, last := a.reloader.current.Load(), a.reloader.result.Load()
	s := httpapi.Status{
		Version: a.opts.Version,
		Sandbox: a.opts.Sandbox != nil,
		Config: httpapi.ConfigStatus{
			File:     now.snapshot.Path,
			ETag:     httpapi.ETagOf(now.snapshot.Config),
			LoadedAt: now.since,
			KeyFiles: a.keyFiles(now.snapshot.Config),
			Writable: true,
			Reload:   httpapi.ReloadStatus{OK: len(last.problems) == 0, At: last.at, Problems: last.problems},
		},
	}
	if use, down := a.ways.State(); use != "" {
		s.Ways = &httpapi.WaysStatus{Use: use, Down: down}
	}
	switch {
	case a.database == nil:
	case strings.HasPrefix(a.opts.Database.Reveal(), sqlitePrefix):
		s.Database = "sqlite"
	default:
		s.Database = "postgres"
	}
	file := configfile.File(now.snapshot.Path)
	err := file.Writable()
	if now.setup {
		err, s.Setup = file.Creatable(), &httpapi.SetupStatus{KeyKnown: now.snapshot.Config.APIKey != ""}
	}
	if !a.opts.Console {
		err = errSwitchedOff
	}
	if err != nil {
		s.Config.Writable = false
		if readOnly, ok := errors.AsType[*configfile.ReadOnlyError](err); ok {
			s.Config.Hint = readOnly.Hint
		}
	}
	return s
}
