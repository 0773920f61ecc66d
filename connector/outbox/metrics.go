package outbox

import (
	"github.com/prometheus/client_golang/prometheus"

	"mailgun-connector/connector"
)

// Metrics tells how messages move and how many wait.
type Metrics struct {
	transitions *prometheus.CounterVec
	takeovers   prometheus.Counter
	duplicates  prometheus.Counter
	unrecorded  prometheus.Counter
	delivery    prometheus.Histogram
	depth       prometheus.Gauge
	oldest      prometheus.Gauge
	breakerOpen prometheus.Gauge
}

// NewMetrics makes the metrics and registers them.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		transitions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "mailgun_connector_outbox_transitions_total",
			Help: "Changes of messages' states.",
		}, []string{"from", "to"}),
		duplicates: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "mailgun_connector_outbox_duplicates_total",
			Help: "Messages found to have been sent twice, after an unknown outcome.",
		}),
		unrecorded: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "mailgun_connector_refusals_unrecorded_total",
			Help: "Refused requests without a record: more kinds of them than a minute has rows for, or no database.",
		}),
		takeovers: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "mailgun_connector_outbox_takeovers_total",
			Help: "Messages taken over after the lease of a process that died or froze.",
		}),
		delivery: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "mailgun_connector_delivery_seconds",
			Help:    "Time from accepting a mail to its delivery, as Mailgun reports it.",
			Buckets: []float64{1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600},
		}),
		depth: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "mailgun_connector_outbox_messages",
			Help: "Messages that are not in a final state.",
		}),
		oldest: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "mailgun_connector_outbox_oldest_seconds",
			Help: "Age of the oldest message that is not in a final state.",
		}),
		breakerOpen: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "mailgun_connector_outbox_breaker_open",
			Help: "1 while Mailgun is taken to be down and left alone but for probes.",
		}),
	}
	reg.MustRegister(m.transitions, m.takeovers, m.duplicates, m.unrecorded,
		m.delivery, m.depth, m.oldest, m.breakerOpen)
	return m
}

func (m *Metrics) moved(from, to connector.State) {
	m.transitions.WithLabelValues(string(from), string(to)).Inc()
}
