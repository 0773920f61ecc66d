package failover

import (
	"github.com/prometheus/client_golang/prometheus"

	"mailgun-connector/connector"
)

// Metrics tells which way mails go. Where there is only one, it is empty.
type Metrics struct {
	sends *prometheus.CounterVec
	open  *prometheus.GaugeVec
}

// NewMetrics returns metrics that are registered.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		sends: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "mailgun_connector_way_sends_total",
			Help: "Mails by the way tried, main or failover, and what it came to: " +
				"sent, refused, rate_limited, failed, unknown.",
		}, []string{"way", "outcome"}),
		open: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "mailgun_connector_way_breaker_open",
			Help: "1 while a way is taken to be down, and mails go the other way.",
		}, []string{"way"}),
	}
	reg.MustRegister(m.sends, m.open)
	return m
}

func (m *Metrics) count(way connector.Way, failure *connector.Error) {
	outcome := "refused"
	switch {
	case failure == nil:
		outcome = "sent"
	case failure.Code == connector.RateLimitExceeded:
		outcome = "rate_limited"
	case failure.Outcome == connector.Unknown:
		outcome = "unknown"
	case failure.Outcome == connector.NotSent:
		outcome = "failed"
	}
	m.sends.WithLabelValues(string(way), outcome).Inc()
}
