package failover_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"mailgun-connector/connector"
	"mailgun-connector/connector/failover"
)

// instant is a way that costs nothing.
type instant struct{}

func (instant) Send(context.Context, *connector.Email) (connector.Receipt, error) {
	return connector.Receipt{ProviderID: "<1@x>"}, nil
}

func (instant) Probe(context.Context) error { return nil }

// down is a way that fails for nothing, whatever it is asked.
type down struct{}

var outOfReach = connector.NewError(connector.General, connector.NotSent, connector.ReasonUnreachable)

func init() { outOfReach.OfWay = true }

func (down) Send(context.Context, *connector.Email) (connector.Receipt, error) {
	return connector.Receipt{}, outOfReach
}

func (down) Probe(context.Context) error { return outOfReach }

// BenchmarkSend is what the choice of a way costs.
func BenchmarkSend(b *testing.B) {
	for name, main := range map[string]failover.Sender{"well": instant{}, "main down": down{}} {
		b.Run(name, func(b *testing.B) {
			ways := failover.New(slog.New(slog.DiscardHandler), failover.NewMetrics(prometheus.NewRegistry()))
			b.Cleanup(ways.Close)
			s := ways.Sender(failover.Config{
				Main: main, Other: instant{}, MainID: 1, OtherID: 2, From: func(from string) string { return from },
				After: after, Timeout: timeout,
			})
			mail := &connector.Email{Expires: time.Now().Add(time.Hour)}
			for range 3 { // opens the breaker of a way that is down
				_, _ = s.Send(b.Context(), mail)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Send(b.Context(), mail); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
