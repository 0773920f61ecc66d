package app

import "github.com/prometheus/client_golang/prometheus"

// metrics tells how the process itself is doing.
type metrics struct {
	reloadOK   prometheus.Gauge
	reloadTime prometheus.Gauge
	reloads    *prometheus.CounterVec
	limited    prometheus.Counter
}

func newMetrics(reg prometheus.Registerer, version string) *metrics {
	m := &metrics{
		reloadOK: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "mailgun_connector_config_last_reload_successful",
			Help: "1 if the config on disk is the one that is running, 0 if it was refused.",
		}),
		reloadTime: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "mailgun_connector_config_last_reload_success_timestamp_seconds",
			Help: "When the running config was loaded.",
		}),
		reloads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "mailgun_connector_config_reloads_total",
			Help: "Config loads by result: ok or refused.",
		}, []string{"result"}),
		limited: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "mailgun_connector_recipient_limit_refusals_total",
			Help: "Sends refused because their recipient was over its limit.",
		}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name:        "mailgun_connector_build_info",
		Help:        "Always 1; the label tells the version.",
		ConstLabels: prometheus.Labels{"version": version},
	})
	build.Set(1)
	reg.MustRegister(m.reloadOK, m.reloadTime, m.reloads, m.limited, build)
	return m
}

// loaded counts a config that serves from now on.
func (m *metrics) loaded() {
	m.reloadOK.Set(1)
	m.reloadTime.SetToCurrentTime()
	m.reloads.WithLabelValues("ok").Inc()
}

// refused counts a config that does not.
func (m *metrics) refused() {
	m.reloadOK.Set(0)
	m.reloads.WithLabelValues("refused").Inc()
}
