package outbox_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"mailgun-connector/connector"
	"mailgun-connector/connector/outbox"
)

// silent is a store that never answers.
type silent struct{ outbox.Store }

func hang(ctx context.Context) error {
	<-ctx.Done()
	return context.Cause(ctx)
}

func (silent) Get(ctx context.Context, _ string) (*outbox.Row, error)     { return nil, hang(ctx) }
func (silent) FindKey(ctx context.Context, _ string) (*outbox.Row, error) { return nil, hang(ctx) }
func (silent) Move(ctx context.Context, _ string, _ connector.State) error {
	return hang(ctx)
}

func (silent) List(ctx context.Context, _ connector.MessageFilter) ([]*outbox.Row, error) {
	return nil, hang(ctx)
}

func (silent) Record(ctx context.Context, _ connector.DeliveryEvent) (connector.Message, bool, error) {
	return connector.Message{}, false, hang(ctx)
}

// Whatever is asked of a database that does not answer ends in time, and may be asked
// again.
func TestSilentStore(t *testing.T) {
	t.Parallel()
	for name, ask := range map[string]func(context.Context, *outbox.Outbox, *outbox.Events) error{
		"Get": func(ctx context.Context, o *outbox.Outbox, _ *outbox.Events) error {
			_, err := o.Get(ctx, "id")
			return err
		},
		"Repeat": func(ctx context.Context, o *outbox.Outbox, _ *outbox.Events) error {
			_, err := o.Repeat(ctx, "key")
			return err
		},
		"Retry":  func(ctx context.Context, o *outbox.Outbox, _ *outbox.Events) error { return o.Retry(ctx, "id") },
		"Cancel": func(ctx context.Context, o *outbox.Outbox, _ *outbox.Events) error { return o.Cancel(ctx, "id") },
		"List": func(ctx context.Context, o *outbox.Outbox, _ *outbox.Events) error {
			_, _, err := o.List(ctx, connector.MessageFilter{Limit: 1}, "")
			return err
		},
		"Record": func(ctx context.Context, _ *outbox.Outbox, e *outbox.Events) error {
			return e.Record(ctx, connector.DeliveryEvent{})
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			cfg := config(t, silent{}, prometheus.NewRegistry())
			cfg.SendTimeout = time.Second
			events := &outbox.Events{Store: silent{}, SendTimeout: time.Second, Logger: slog.New(slog.DiscardHandler), Metrics: cfg.Metrics}
			began := time.Now()
			err := ask(t.Context(), outbox.New(cfg), events)
			if took := time.Since(began); took > time.Second || !errors.Is(err, connector.ErrUnavailable) {
				t.Errorf("%s = %v after %v, want %v within a send's time", name, err, took, connector.ErrUnavailable)
			}
		})
	}
}
