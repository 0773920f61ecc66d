package app

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"
)

// Limits of the HTTP server. A caller on the same network sends its few hundred
// bytes at once; whoever takes longer holds a connection hostage, and while the
// service ends that too.
const (
	readHeaderTimeout = 4 * time.Second
	readTimeout       = 4 * time.Second // with the header
	idleTimeout       = 90 * time.Second
	maxHeaderBytes    = 16 << 10
	// drainMargin is what shutting down takes beyond the longest send: a request may
	// still be on its way in.
	drainMargin = readTimeout + time.Second
)

// serve serves in the background until the service ends.
func (a *App) serve() {
	server := &http.Server{
		Handler:           a.handler,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      readTimeout + a.opts.SendTimeout + readHeaderTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ConnState:         a.conns.track,
		ConnContext:       a.conns.context,
		ErrorLog:          slog.NewLogLogger(a.opts.Logger.Handler(), slog.LevelDebug),
	}
	go func() { a.served <- server.Serve(a.listener) }()
	a.life.atEnd("waiting for sends in flight", func(ctx context.Context) error {
		late := time.AfterFunc(newConnGrace, a.conns.closeNew)
		defer late.Stop()
		if err := server.Shutdown(ctx); err != nil {
			return errors.Join(err, server.Close())
		}
		return nil
	})
}
