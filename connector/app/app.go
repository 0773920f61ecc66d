// Package app puts the service together and runs it: config, sender, limiter,
// HTTP API, reloading. It knows nothing of signals or command lines, so a test
// runs the whole service on a free port.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"mailgun-connector/connector"
	"mailgun-connector/connector/config"
	"mailgun-connector/connector/httpapi"
	"mailgun-connector/connector/idempotency"
	"mailgun-connector/connector/mailgun"
	"mailgun-connector/connector/outbox"
	"mailgun-connector/connector/ratelimit"
)

// App is one service. Make it with [New], then [App.Start] it once and
// [App.Stop] it; to stop it again does no harm.
type App struct {
	opts    Options
	source  Source
	client  *mailgun.Client
	hasher  *connector.RecipientHasher
	limiter ratelimit.Limiter // nil for no limit
	metrics *metrics
	mailgun *mailgun.Metrics

	outbox      *outbox.Outbox // nil without a database
	idempotency idempotency.Store

	current   atomic.Pointer[running]
	reloading sync.Mutex
	seen      *Snapshot // by the last reload, good or bad; guarded by reloading
	reloaded  atomic.Pointer[httpapi.ReloadStatus]
	draining  atomic.Bool

	server    *http.Server
	newcomers newcomers
	listener  net.Listener
	served    chan error // gets what Serve returned
	watcher   *watcher

	stopping sync.Once
	stopped  error // what stopping came to
}

// running is what a reload swaps, all at once.
type running struct {
	connector *connector.Connector
	snapshot  *Snapshot
	since     time.Time
}

// New reads the config and prepares the service, without listening yet. The
// error is a [*MisuseError] for options that can't work and an
// [*config.InvalidError] for a config that can't.
func New(opts Options) (*App, error) {
	if err := opts.check(); err != nil {
		return nil, err
	}
	page, err := openConsole(opts)
	if err != nil {
		return nil, err
	}
	a := &App{opts: opts, source: opts.source(), served: make(chan error, 1)}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	a.metrics = newMetrics(registry, opts.Version)
	a.mailgun = mailgun.NewMetrics(registry)
	a.client = mailgun.NewClient(opts.MaxInFlight)
	if err := a.openState(registry); err != nil {
		return nil, err
	}
	if _, err := a.reload(); err != nil { // the caller reports it
		return nil, errors.Join(err, a.closeState())
	}
	api := httpapi.Config{
		Idempotency: a.idempotency,
		Webhook:     a.webhook,
		Connector:   func() *connector.Connector { return a.current.Load().connector },
		Build:       a.buildDraft,
		Save:        a.save,
		Status:      a.status,
		Tokens:      func() httpapi.Tokens { return a.current.Load().snapshot.Tokens },
		Ready:       func() bool { return !a.draining.Load() },
		SendTimeout: opts.SendTimeout - answerTime(opts.SendTimeout),
		MaxInFlight: opts.MaxInFlight,
		Logger:      opts.Logger,
		Metrics:     httpapi.NewMetrics(registry),
		Gatherer:    registry,
		Console:     page,
		Sandbox:     opts.Sandbox,
	}
	if a.outbox != nil {
		api.Messages, api.Events = a.outbox, a.outbox
	}
	handler, err := httpapi.New(api)
	if err != nil {
		return nil, errors.Join(err, a.closeState())
	}
	a.server = &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      readTimeout + opts.SendTimeout + readHeaderTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ConnState:         a.newcomers.track,
		ErrorLog:          slog.NewLogLogger(opts.Logger.Handler(), slog.LevelDebug),
	}
	return a, nil
}

// openState prepares what is remembered of sends: in the database, or in this
// process.
func (a *App) openState(registry prometheus.Registerer) (err error) {
	if a.opts.Database != "" {
		if err := a.openOutbox(registry); err != nil {
			return err
		}
		a.idempotency = a.outbox.Idempotency()
	} else {
		a.hasher = connector.NewRecipientHasher(nil)
		if a.idempotency, err = idempotency.NewMemory(time.Now); err != nil {
			return err
		}
	}
	if a.outbox == nil && (a.opts.WebhookKey != "" || a.opts.WebhookKeyFile != "") {
		a.opts.Logger.Warn("delivery reports are not taken without a database")
	}
	if a.limiter == nil && a.opts.RecipientLimit.Sends > 0 {
		a.limiter, err = ratelimit.NewMemory(a.opts.RecipientLimit, time.Now)
	}
	return err
}

func (a *App) closeState() error {
	if a.outbox == nil {
		return nil
	}
	return a.outbox.Stop()
}

// webhook gives the reader of Mailgun's reports, nil if they are not taken.
func (a *App) webhook() func([]byte) (connector.DeliveryEvent, error) {
	reader := a.current.Load().snapshot.Webhook
	if reader == nil || a.outbox == nil {
		return nil
	}
	return reader.Read
}

// Limits of the HTTP server. A caller on the same network sends its few hundred
// bytes at once; whoever takes longer holds a connection hostage, and while the
// service ends that too.
const (
	readHeaderTimeout = 4 * time.Second
	readTimeout       = 4 * time.Second // with the header
	idleTimeout       = 90 * time.Second
	maxHeaderBytes    = 16 << 10
)

// build makes a connector: its sends pass the recipient limit on their way to
// Mailgun.
func (a *App) build(cfg *config.Config, durable bool) (*connector.Connector, error) {
	var sender connector.Sender = mailgun.NewSender(mailgun.Config{
		Connector: cfg,
		Client:    a.client,
		Timeout:   a.opts.SendTimeout - answerTime(a.opts.SendTimeout),
		RetryMax:  a.opts.RetryMax,
		Metrics:   a.mailgun,
	})
	if durable && a.outbox != nil {
		sender = a.outbox.Wrap(sender)
	}
	if a.limiter != nil {
		sender = &ratelimit.Sender{
			Next:     sender,
			Limiter:  a.limiter,
			OnRefuse: a.metrics.limited.Inc,
			OnError:  func(err error) { a.opts.Logger.Warn("the recipient limit can't be told; sending", "error", err) },
		}
	}
	return connector.New(cfg, sender, a.hasher)
}

// answerTime is what is left of a send's time to write the answer.
func answerTime(sendTimeout time.Duration) time.Duration {
	return min(100*time.Millisecond, sendTimeout/10)
}

// Start listens and serves in the background, and watches the config's files.
func (a *App) Start() error {
	var err error
	if a.listener, err = new(net.ListenConfig).Listen(context.Background(), "tcp", a.opts.Listen); err != nil {
		return &MisuseError{fmt.Sprintf("can't listen: %v", err), "choose another address with --listen"}
	}
	if a.watcher, err = watch(a); err != nil {
		a.opts.Logger.Warn("config changes are found by polling only", "error", err)
	}
	if a.outbox != nil {
		a.outbox.Start()
	}
	go func() { a.served <- a.server.Serve(a.listener) }()
	return nil
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

// drainMargin is what shutting down takes beyond the longest send: a request may
// still be on its way in.
const drainMargin = readTimeout + time.Second

// Stop takes no more requests, waits until those in flight are answered, and
// closes everything. An error means that some had to be cut off.
func (a *App) Stop() error {
	a.stopping.Do(func() { a.stopped = a.stop() })
	return a.stopped
}

func (a *App) stop() error {
	a.draining.Store(true)
	ctx, cancel := context.WithTimeout(context.Background(), a.opts.SendTimeout+drainMargin)
	defer cancel()
	if a.outbox != nil {
		a.outbox.Halt()
	}
	late := time.AfterFunc(patience, a.newcomers.close)
	defer late.Stop()
	err := a.server.Shutdown(ctx)
	if err != nil {
		err = errors.Join(fmt.Errorf("waiting for sends in flight: %w", err), a.server.Close())
	}
	if a.watcher != nil {
		a.watcher.stop()
	}
	err = errors.Join(err, a.closeState())
	a.client.CloseIdleConnections()
	return err
}
