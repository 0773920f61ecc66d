// Package app puts the service together and runs it: config, sender, limiter,
// HTTP API, reloading. It knows nothing of signals or command lines, so a test
// runs the whole service on a free port.
//
// It is one file for each thing that is put together, from the reloader and the
// lifecycle to versions and set-up; none of them decides anything about a mail.
package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"mailgun-connector/connector"
	"mailgun-connector/connector/config"
	"mailgun-connector/connector/configfile"
	"mailgun-connector/connector/failover"
	"mailgun-connector/connector/health"
	"mailgun-connector/connector/idempotency"
	"mailgun-connector/connector/mailgun"
	"mailgun-connector/connector/ratelimit"
)

// App is one service. Make it with [New], then [App.Start] it once and
// [App.Stop] it; to stop it again does no harm.
type App struct {
	opts     Options
	reloader *reloader
	life     lifecycle
	draining atomic.Bool

	client  *mailgun.Client
	mailgun *mailgun.Metrics
	ways    *failover.Ways
	metrics *metrics
	hasher  *connector.RecipientHasher
	health  *health.Monitor
	limiter ratelimit.Limiter // nil for no limit

	database    *database // nil without one
	idempotency idempotency.Store

	keySets sync.Map // the [jwks.Set] of each address that callers have named

	handler  http.Handler
	conns    *conns
	listener net.Listener
	served   chan error // gets what Serve returned

	stopping sync.Once
	stopped  error // what stopping came to
}

// New reads the config and prepares the service, without listening yet; it gives up when
// ctx is done. The error is a [*MisuseError] for options that can't work, a
// [*config.InvalidError] for a config that can't and a [*configfile.NotFoundError] for
// none. It leaves nothing behind.
func New(ctx context.Context, opts Options) (_ *App, err error) {
	if err := opts.check(); err != nil {
		return nil, err
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	a := &App{opts: opts, health: health.New(), served: make(chan error, 1)}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.life.end(ctx))
		}
	}()
	a.metrics = newMetrics(registry, opts.Version)
	a.mailgun = mailgun.NewMetrics(registry)
	a.client = mailgun.NewClient(opts.MaxInFlight)
	a.life.atEnd("closing connections to Mailgun", func(context.Context) error {
		a.client.CloseIdleConnections()
		return nil
	})
	a.ways = failover.New(opts.Logger, failover.NewMetrics(registry))
	a.life.atEnd("probing ways", func(context.Context) error {
		a.ways.Close()
		return nil
	})
	if err := a.openState(ctx, registry); err != nil {
		return nil, err
	}
	a.reloader = &reloader{
		source: opts.source(), prepare: a.prepare, logger: opts.Logger, metrics: a.metrics, health: a.health,
	}
	if err := a.reloader.reload(ctx); err != nil {
		if err := a.beginSetup(err); err != nil { // the caller reports it
			return nil, err
		}
	}
	a.conns = newConns(opts.MaxInFlight, registry)
	if a.handler, err = a.newAPI(registry); err != nil {
		return nil, err
	}
	return a, nil
}

// openState prepares what is remembered of sends: in the database, or in this
// process.
func (a *App) openState(ctx context.Context, registry prometheus.Registerer) (err error) {
	if a.opts.Database != "" {
		a.opts.Logger.Info("opening the database") // which may take its time
		if a.database, err = openDatabase(ctx, &a.opts, registry, a.health); err != nil {
			return err
		}
		a.life.atEnd("closing the database", func(context.Context) error { return a.database.stop() })
		a.idempotency, a.hasher, a.limiter = a.database.idempotency, a.database.hasher, a.database.limiter
	} else {
		a.hasher = connector.NewRecipientHasher(nil)
		if a.idempotency, err = idempotency.NewMemory(a.opts.Now); err != nil {
			return err
		}
	}
	if a.database == nil && (a.opts.WebhookKey != "" || a.opts.WebhookKeyFile != "") {
		a.opts.Logger.Warn("delivery reports are not taken without a database")
	}
	if a.limiter == nil && a.opts.RecipientLimit.Sends > 0 {
		a.limiter, err = ratelimit.NewMemory(a.opts.RecipientLimit)
	}
	return err
}

// build makes a connector: its sends pass the recipient limit on their way to
// Mailgun. Those of a draft go the main way alone, as who tries a config wants to know
// whether that works, and are not kept: the outbox would send them with another config.
func (a *App) build(cfg *config.Config, draft bool) (*connector.Connector, error) {
	var sender connector.Sender
	if draft {
		sender = a.oneWay(cfg, 0)
	} else {
		sender = a.sender(cfg)
	}
	switch {
	case a.database == nil:
	case !draft:
		sender = a.database.outbox.Wrap(sender)
	default:
		sender = a.database.outbox.Record(sender)
	}
	if a.limiter != nil {
		sender = &ratelimit.Sender{
			Next:     sender,
			Limiter:  a.limiter,
			OnRefuse: a.metrics.limited.Inc,
			OnError: func(err error) {
				a.opts.Logger.Warn("the recipient limit can't be told; sending", "error", err)
			},
		}
	}
	return connector.New(cfg, sender, a.hasher)
}

// buildDraft makes a connector of a config that came over the network. Where a config
// can be saved, it may name files that a saved one may.
func (a *App) buildDraft(draft config.Document) (*connector.Connector, error) {
	ctx, cancel := context.WithTimeout(context.Background(), loadTimeout)
	defer cancel()
	cfg, err := a.reloader.source.ParseDraft(ctx, draft, a.reloader.current.Load().snapshot, a.opts.Console)
	if err := unread(ctx, err); err != nil {
		return nil, err
	}
	return a.build(cfg, true)
}

// answerTime is what is left of a send's time to write the answer.
func answerTime(sendTimeout time.Duration) time.Duration {
	return min(100*time.Millisecond, sendTimeout/10)
}

// Start listens and serves in the background, and watches the config's files. If it
// fails, the service is stopped.
func (a *App) Start() error {
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", a.opts.Listen)
	if err != nil {
		err = &MisuseError{fmt.Sprintf("can't listen: %v", err), "choose another address with --listen"}
		return errors.Join(err, a.Stop())
	}
	a.listener = listener
	a.reloader.watch(&a.life)
	if a.opts.Console {
		a.sweep()
	}
	a.serve()
	if a.database != nil {
		a.database.outbox.Start()
		a.life.atEnd("claiming no more mails", func(context.Context) error {
			a.database.outbox.StopClaiming()
			return nil
		})
	}
	return nil
}

// sweep removes what a save left that was killed, also if that was just now.
func (a *App) sweep() {
	all := func() {
		config := a.reloader.current.Load().snapshot.Path
		for _, path := range []string{config, yamlPath(config), a.opts.APIKeyFile, a.opts.FailoverKeyFile} {
			if path != "" {
				configfile.File(path).Sweep()
			}
		}
	}
	all()
	later := time.AfterFunc(configfile.Abandoned, all)
	a.life.atEnd("sweeping the folders of config and keys", func(context.Context) error {
		later.Stop()
		return nil
	})
}

// Addr is the address that the service listens on, once started.
func (a *App) Addr() string { return a.listener.Addr().String() }

// Wait returns when ctx is done, with nil, or when serving has failed.
func (a *App) Wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-a.served:
		return fmt.Errorf("serving: %w", err)
	}
}

// Reload reads the config and everything it refers to, and serves with it from now on;
// sends in flight finish on the config they began with. Anything wrong leaves the
// running config in place, whole; the error is then in the log too.
func (a *App) Reload() error {
	err := a.reloader.reload(context.Background())
	a.reloader.logRefused(err)
	return err
}

// Stop says that the service is not ready any more, and goes on for the shutdown delay.
// Then it takes no more requests, waits until those in flight are answered, and closes
// everything. An error means that some had to be cut off.
func (a *App) Stop() error {
	a.stopping.Do(func() {
		a.draining.Store(true)
		if a.listener != nil {
			<-time.After(a.opts.ShutdownDelay)
		}
		ctx, cancel := context.WithTimeout(context.Background(), a.opts.SendTimeout+drainMargin)
		defer cancel()
		a.stopped = a.life.end(ctx)
	})
	return a.stopped
}
