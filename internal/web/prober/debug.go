package prober

import (
	"bytes"

	"mailprobe/internal/report"
)

// debugWidth is the width of the steps in the answer to debug=true, in columns.
const debugWidth = 120

// writeDebug writes what debug=true asks for: the steps with the transcript, the metrics,
// and the module with its secrets masked.
func writeDebug(w *bytes.Buffer, q *request, f *found) {
	w.WriteString("Logs for the probe:\n")
	for _, r := range f.results {
		p, err := report.New("table", w, report.Options{Verbose: true, Width: debugWidth})
		if err != nil {
			panic(err) // there is such a format
		}
		_ = p.Print(r)
		_ = p.Close()
		w.WriteString("\n")
	}
	w.WriteString("\n\nMetrics that would have been returned:\n")
	writeMetrics(w, f)
	w.WriteString("\n\n\nModule configuration:\n")
	w.WriteString(q.module.String())
}
