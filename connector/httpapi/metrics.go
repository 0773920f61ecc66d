package httpapi

import "github.com/prometheus/client_golang/prometheus"

// Metrics counts what callers asked for and what they got.
type Metrics struct {
	sends      *prometheus.CounterVec
	duration   *prometheus.HistogramVec
	inFlight   prometheus.Gauge
	unresolved prometheus.Counter
	events     *prometheus.CounterVec

	wrongTokens prometheus.Counter

	hooks    *prometheus.CounterVec
	unproven *prometheus.CounterVec
}

// NewMetrics makes the metrics and registers them.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		sends: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "mailgun_connector_sends_total",
			Help: "Sends by usage type (those of the config, or other) and outcome: " +
				"sent, queued, refused, rate_limited, failed, unknown, invalid, busy.",
		}, []string{"type", "outcome"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "mailgun_connector_send_duration_seconds",
			Help:    "Time from a decoded request to its outcome.",
			Buckets: []float64{.005, .01, .025, .05, .1, .2, .4, .8, 1.5, 2.5, 4, 6, 10},
		}, []string{"outcome"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "mailgun_connector_sends_in_flight",
			Help: "Sends that have not been answered yet.",
		}),
		unresolved: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "mailgun_connector_unresolved_placeholders_total",
			Help: "Placeholders that stayed in a mail because its payload had no such member.",
		}),
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "mailgun_connector_delivery_events_total",
			Help: "Reports of Mailgun's by what they tell: " +
				"delivered, delayed, bounced, complained, other, unknown (no message of ours), " +
				"refused (not Mailgun's).",
		}, []string{"event"}),
		wrongTokens: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "mailgun_connector_wrong_tokens_total",
			Help: "Requests refused for want of a valid token.",
		}),
		hooks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "mailgun_connector_hook_calls_total",
			Help: "Calls of identity servers by the caller's name and outcome: " +
				"sent, queued, nothing (asked for no mail), no_content, expired, refused, rate_limited, failed, " +
				"unknown, " +
				"invalid, unauthorized, unchecked.",
		}, []string{"caller", "outcome"}),
		unproven: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "mailgun_connector_hook_refusals_total",
			Help: "Calls that did not prove to be the caller's, by its name and what was wrong.",
		}, []string{"caller", "reason"}),
	}
	reg.MustRegister(m.sends, m.duration, m.inFlight, m.unresolved, m.events, m.wrongTokens, m.hooks, m.unproven)
	return m
}
