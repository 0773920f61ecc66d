package mailgun

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics counts what Mailgun answers. One is shared by all senders of a process.
type Metrics struct {
	answers *prometheus.CounterVec
	retries prometheus.Counter
}

// NewMetrics returns metrics that are registered.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		answers: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "mailgun_connector_mailgun_answers_total",
			Help: "Answers of Mailgun by HTTP status; none for attempts without an answer.",
		}, []string{"status"}),
		retries: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "mailgun_connector_retries_total",
			Help: "Attempts to send that followed a failed one.",
		}),
	}
	reg.MustRegister(m.answers, m.retries)
	return m
}

func (m *Metrics) count(status int) {
	label := "none"
	if status >= 100 && status < 600 {
		label = strconv.Itoa(status)
	}
	m.answers.WithLabelValues(label).Inc()
}
