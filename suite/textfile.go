package suite

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"mailprobe/report"
)

// writeTextfile writes the metrics of a run for the textfile collector of the node
// exporter: at once, so that it never reads half a file, and readable by it.
func writeTextfile(name string, r *Report) error {
	tmp, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return fmt.Errorf("textfile: %w", err)
	}
	defer func() { _ = os.Remove(tmp.Name()) }() // gone already where all went well
	err = writeMetrics(tmp, r)
	if err == nil {
		err = tmp.Chmod(0o644)
	}
	if closing := tmp.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Rename(tmp.Name(), name)
	}
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
