package notify

import (
	"fmt"
	"io"
	"time"

	dto "github.com/prometheus/client_model/go"

	"mailprobe/internal/atomicfile"
	"mailprobe/internal/report"
	"mailprobe/probe"
)

// Metrics are the Prometheus metrics of a run.
type Metrics struct {
	// Results are those of all checks.
	Results []*probe.Result
	// Labels are constant labels of every series.
	Labels report.Labels
	// File is the absolute path of the file of checks, the label of the run's metrics.
	File string
	// Start is when the last run of the whole file began. Without it there are no metrics
	// of a run.
	Start time.Time
	// Elapsed is how long its checks took; 0 where that is not known.
	Elapsed time.Duration
	// Status is the worst of all checks.
	Status probe.Status
	// OpenMetrics has Write write in that format.
	OpenMetrics bool
}

// Write writes the metrics in the text exposition format.
func (m Metrics) Write(w io.Writer) error {
	return report.WriteRun(w, m.options(), m.Results, m.run()...)
}

// Gather returns the metrics that Write writes, for client_golang, which has a binary format,
// too.
func (m Metrics) Gather() []*dto.MetricFamily {
	return report.GatherRun(m.options(), m.Results, m.run()...)
}

func (m Metrics) options() report.Options {
	return report.Options{Labels: m.Labels, File: m.File, OpenMetrics: m.OpenMetrics}
}

// run are the metrics of the run itself.
func (m Metrics) run() []report.Metric {
	if m.Start.IsZero() {
		return nil
	}
	of := func(name, help string, value float64) report.Metric {
		file := report.Labels{{Name: "file", Value: m.File}}
		return report.Metric{Name: name, Help: help, Series: []report.Series{{Labels: file, Value: value}}}
	}
	all := []report.Metric{
		of("mailprobe_last_run_timestamp_seconds", "Time the last run began, in seconds since 1970.", float64(m.Start.Unix())),
		of("mailprobe_run_status", "Worst verdict of all checks: 0 OK, 1 warning, 2 critical, 3 unknown.", float64(m.Status.ExitCode())),
	}
	if m.Elapsed > 0 {
		all = append(all, of("mailprobe_run_duration_seconds", "Time the last run took.", m.Elapsed.Seconds()))
	}
	return all
}

// textfileMode lets the node exporter read the file, whatever the umask.
var textfileMode = atomicfile.Mode{Perm: 0o644, Always: true}

// WriteTextfile writes the metrics for the textfile collector of the node exporter.
func (m Metrics) WriteTextfile(name string) error {
	if err := atomicfile.Write(name, textfileMode, m.Write); err != nil {
		return fmt.Errorf("textfile: %w", err)
	}
	return nil
}
