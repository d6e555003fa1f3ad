package suite

import (
	"fmt"
	"io"

	"mailprobe/internal/atomicfile"
	"mailprobe/internal/report"
)

// textfileMode lets the node exporter read the file, whatever the umask.
var textfileMode = atomicfile.Mode{Perm: 0o644, Always: true}

// writeTextfile writes the metrics of a run for the textfile collector of the node
// exporter.
func writeTextfile(name string, r *Report) error {
	err := atomicfile.Write(name, textfileMode, func(w io.Writer) error { return writeMetrics(w, r) })
	if err != nil {
		return fmt.Errorf("textfile: %w", err)
	}
	return nil
}

// writeMetrics writes those of all results, and of the run itself.
func writeMetrics(w io.Writer, r *Report) error {
	printer, err := report.New("prometheus", w, report.Options{})
	if err != nil {
		return err
	}
	for _, result := range r.Results() {
		if err := printer.Print(result); err != nil {
			return err
		}
	}
	if err := printer.Close(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, `# HELP mailprobe_last_run_timestamp_seconds Time the last run began, in seconds since 1970.
# TYPE mailprobe_last_run_timestamp_seconds gauge
mailprobe_last_run_timestamp_seconds %d
# HELP mailprobe_run_duration_seconds Time the last run took.
# TYPE mailprobe_run_duration_seconds gauge
mailprobe_run_duration_seconds %g
# HELP mailprobe_run_status Worst verdict of all checks: 0 OK, 1 warning, 2 critical, 3 unknown.
# TYPE mailprobe_run_status gauge
mailprobe_run_status %d
`, r.Start.Unix(), r.Elapsed.Seconds(), r.Status.ExitCode())
	return err
}
