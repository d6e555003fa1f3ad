package web

import (
	"github.com/prometheus/client_golang/prometheus"

	"mailprobe/internal/suite"
)

// live are metrics that are read when they are asked for.
type live struct {
	all []liveMetric
}

// liveMetric is one of them.
type liveMetric struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	// value returns the value, and whether there is one.
	value func() (float64, bool)
}

// Describe implements prometheus.Collector.
func (l *live) Describe(descriptions chan<- *prometheus.Desc) {
	for _, m := range l.all {
		descriptions <- m.desc
	}
}

// Collect implements prometheus.Collector.
func (l *live) Collect(metrics chan<- prometheus.Metric) {
	for _, m := range l.all {
		if value, ok := m.value(); ok {
			metrics <- prometheus.MustNewConstMetric(m.desc, m.kind, value)
		}
	}
}

func (l *live) add(name, help string, kind prometheus.ValueType, value func() (float64, bool)) {
	l.all = append(l.all, liveMetric{prometheus.NewDesc(name, help, nil, nil), kind, value})
}

// watch adds the metrics of what a server stands on.
func (m *Metrics) watch(s *Server) {
	l := &live{}
	l.add("mailprobe_http_connections", "Connections that are open.", prometheus.GaugeValue,
		func() (float64, bool) { return float64(s.crowd.size()), true })
	if m.scheduler = s.config.Scheduler; m.scheduler != nil {
		m.watchScheduler(l)
	}
	if r := s.config.Reloader; r != nil {
		watchReloader(l, r)
	}
	m.registry.MustRegister(l)
}

func (m *Metrics) watchScheduler(l *live) {
	add := func(name, help string, kind prometheus.ValueType, value func(suite.Stats) float64) {
		l.add(name, help, kind, func() (float64, bool) { return value(m.scheduler.Stats()), true })
	}
	add("mailprobe_scheduler_checks", "Checks of the file, one for each target.", prometheus.GaugeValue,
		func(s suite.Stats) float64 { return float64(s.Checks) })
	add("mailprobe_scheduler_running", "Checks that are being run.", prometheus.GaugeValue,
		func(s suite.Stats) float64 { return float64(s.Running) })
	add("mailprobe_scheduler_queue_length", "Sessions that wait for the limits of --jobs and --per-host.", prometheus.GaugeValue,
		func(s suite.Stats) float64 { return float64(s.Queued) })
	add("mailprobe_scheduler_unrecorded", "Outcomes that are not in the history yet.", prometheus.GaugeValue,
		func(s suite.Stats) float64 { return float64(s.Unrecorded) })
	add("mailprobe_problems", "Problems of mailprobe itself, such as a history that cannot be written.", prometheus.GaugeValue,
		func(s suite.Stats) float64 { return float64(len(s.Problems)) })
	add("mailprobe_notifier_failures_total", "Messages that could not be sent, each attempt.", prometheus.CounterValue,
		func(s suite.Stats) float64 { return float64(s.NotifyFailures) })
}

func watchReloader(l *live, r *Reloader) {
	l.add("mailprobe_config_last_reload_successful", "Whether the file could be used when it was read last.", prometheus.GaugeValue,
		func() (float64, bool) {
			if _, err := r.Last(); err != nil {
				return 0, true
			}
			return 1, true
		})
	l.add("mailprobe_config_last_reload_success_timestamp_seconds", "Time the file was read that is in use, in seconds since 1970.", prometheus.GaugeValue,
		func() (float64, bool) {
			at, _ := r.Last()
			return float64(at.UnixMilli()) / 1000, true
		})
}
