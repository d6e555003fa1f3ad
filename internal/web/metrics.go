package web

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"mailprobe/internal/notify"
	"mailprobe/internal/report"
	"mailprobe/internal/suite"
	"mailprobe/probe"
)

// Metrics are those of /metrics: of every check as the textfile has them, and of the server
// itself.
type Metrics struct {
	registry  *prometheus.Registry
	steps     *prometheus.HistogramVec
	lag       prometheus.Histogram
	requests  *prometheus.CounterVec
	answers   *prometheus.HistogramVec
	scheduler *suite.Scheduler // nil where there is no file
	labels    report.Labels    // that override those of the file

	mu    sync.Mutex
	timed map[[2]string]bool // kinds and groups that have histograms
}

// stepLatency is the name of the histograms of steps.
const stepLatency = "mailprobe_step_latency_seconds"

// NewMetrics makes metrics. Every series of a check has the labels, and those of its file.
func NewMetrics(labels report.Labels) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(), labels: labels,
		steps: prometheus.NewHistogramVec(histogram(stepLatency, "Time a step of a check took.",
			0.005, 0.02, 0.1, 0.3, 1, 3, 10, 30), []string{"check", "group", "step"}),
		timed: map[[2]string]bool{},
		lag: prometheus.NewHistogram(histogram("mailprobe_scheduler_lag_seconds", "Time from the turn of a check to its beginning.",
			0.001, 0.01, 0.1, 1, 10, 60)),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "mailprobe_http_requests_total",
			Help: "Requests answered, by the route, the method and the status code."}, []string{"route", "method", "code"}),
		answers: prometheus.NewHistogramVec(histogram("mailprobe_http_request_duration_seconds", "Time an answer took, but for streams of events.",
			0.005, 0.05, 0.5, 5, 50), []string{"route"}),
	}
	m.registry.MustRegister(m.steps, m.lag, m.requests, m.answers,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// histogram are the options of one that is both native and classic. A native one has
// buckets that differ by a tenth.
func histogram(name, help string, buckets ...float64) prometheus.HistogramOpts {
	return prometheus.HistogramOpts{
		Name: name, Help: help, Buckets: buckets,
		NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 100, NativeHistogramMinResetDuration: time.Hour,
	}
}

// Registry is where parts register further metrics.
func (m *Metrics) Registry() prometheus.Registerer { return m.registry }

// Started notes that a check has begun, and how late: it is suite.ScheduleOptions.OnStart.
func (m *Metrics) Started(lag time.Duration) { m.lag.Observe(lag.Seconds()) }

// Ended notes the times of an outcome: it is suite.ScheduleOptions.OnOutcome. The histograms
// are of all checks of a kind and a group together: those of each would be tens of thousands
// of series in a large file, and how long each has taken is a series of its own. Steps that
// the kind does not have are left out: what another place or a sender makes up has no end.
func (m *Metrics) Ended(o *suite.Outcome) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.timed[[2]string{o.Check.Kind.Name, o.Check.Group}] = true
	for _, r := range o.Results {
		for _, s := range r.Steps {
			if s.Status != probe.Skipped && s.Item == "" && s.Elapsed > 0 && isStep(o.Check.Kind, s.Name) {
				m.steps.WithLabelValues(r.Check, o.Check.Group, s.Name).Observe(s.Elapsed.Seconds())
			}
		}
	}
}

// isStep reports whether a kind has a step; of those with numbers, such as rcpt-2, up to two digits.
func isStep(k probe.Kind, name string) bool {
	base := strings.TrimRight(name, "0123456789")
	return k.HasStep(name) && (slices.Contains(k.Steps, name) || len(name)-len(base) <= 2)
}

// Forget removes the histograms of kinds and groups that a file does not have.
func (m *Metrics) Forget(now *suite.Suite) {
	there := map[[2]string]bool{}
	for _, c := range now.Checks {
		there[[2]string{c.Kind.Name, c.Group}] = true
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for of := range m.timed {
		if !there[of] {
			m.steps.DeletePartialMatch(prometheus.Labels{"check": of[0], "group": of[1]})
			delete(m.timed, of)
		}
	}
}

// Gather implements prometheus.Gatherer. The names of the metrics of checks and of the
// server are different, so that nothing has to be merged.
func (m *Metrics) Gather() ([]*dto.MetricFamily, error) {
	checks := m.checks()
	all, err := m.gatherOwn(checks.Labels)
	return append(all, checks.Gather()...), err
}

// gatherOwn returns the metrics of the server itself, and the histograms.
func (m *Metrics) gatherOwn(labels report.Labels) ([]*dto.MetricFamily, error) {
	own, err := m.registry.Gather()
	for _, f := range own {
		if f.GetName() == stepLatency {
			addLabels(f, labels)
		}
	}
	return own, err
}

// writeText writes all in one of the formats that are text: those of the checks, which may be
// tens of thousands of series, without making objects of client_golang first.
func (m *Metrics) writeText(w io.Writer, format expfmt.Format) error {
	checks := m.checks()
	own, err := m.gatherOwn(checks.Labels)
	if err != nil {
		return err
	}
	encoder := expfmt.NewEncoder(w, format)
	for _, f := range own {
		err = errors.Join(err, encoder.Encode(f))
	}
	checks.OpenMetrics = format.FormatType() == expfmt.TypeOpenMetrics
	return errors.Join(err, checks.Write(w), encoder.(expfmt.Closer).Close()) // which writes the last line
}

// addLabels adds constant labels to all series of a metric.
func addLabels(f *dto.MetricFamily, labels report.Labels) {
	var pairs []*dto.LabelPair
	for _, l := range labels {
		pairs = append(pairs, &dto.LabelPair{Name: &l.Name, Value: &l.Value})
	}
	for _, one := range f.Metric {
		one.Label = slices.Concat(pairs, one.Label)
	}
}

// checks are the metrics of the checks, as they were last.
func (m *Metrics) checks() notify.Metrics {
	if m.scheduler == nil {
		return notify.Metrics{Labels: m.labels}
	}
	s := m.scheduler.Suite()
	now := notify.Metrics{Labels: m.labels.Over(s.Labels), File: s.History().File, Start: m.scheduler.Stats().Looked, Status: probe.OK}
	mark := m.marking()
	for _, i := range m.scheduler.Items() {
		now.Results = append(now.Results, mark(i)...)
		if !i.State.LastRun.IsZero() {
			now.Status = probe.Worst(now.Status, i.State.LastStatus)
		}
	}
	return now
}

// silencesWithin bounds the time that reading silences may hold up /metrics.
const silencesWithin = time.Second

// marking returns what marks the last results of an item by whether it is silenced now:
// whoever has set a silence does not wait for the next run. Where the history cannot be
// read, they are as they were.
func (m *Metrics) marking() func(suite.Scheduled) []*probe.Result {
	ctx, cancel := context.WithTimeout(context.Background(), silencesWithin)
	defer cancel()
	silences, at, err := m.scheduler.Silences(ctx)
	return func(i suite.Scheduled) []*probe.Result {
		if err != nil {
			return i.Results
		}
		return suite.Marked(i.Results, silences.Of(i.Item, at))
	}
}
