package report

import (
	"bufio"
	"bytes"
	"io"
	"strconv"
	"sync"

	"mailprobe/probe"
)

// Metric is a Prometheus gauge other than those of results, such as the time of a run.
type Metric struct {
	// Name is that of the metric, with its base unit at the end.
	Name string
	// Help describes it in a sentence.
	Help string
	// Series are its values, with different labels each.
	Series []Series
}

// Series is one value of a metric.
type Series struct {
	Labels Labels
	Value  float64
}

// WriteRun writes the metrics of results that -o prometheus prints, and then further ones
// with the same constant labels, in the text exposition format or, without its last line, in
// that of OpenMetrics. A metric without series is left out.
func WriteRun(w io.Writer, o Options, results []*probe.Result, metrics ...Metric) error {
	text := newText(w)
	text.open = o.OpenMetrics
	exposeRun(text, o, results, metrics)
	return text.close()
}

// exposeRun adds the metrics of results, and further ones, to an exposition.
func exposeRun(e exposition, o Options, results []*probe.Result, metrics []Metric) {
	p := newPrometheus(nil, o).(*prometheusPrinter)
	for _, r := range results {
		_ = p.Print(r) // it only collects
	}
	p.exposeResults(e)
	p.exposeBuild(e)
	expose(e, o.Labels, metrics)
}

// WriteProbe writes the answer to a probe: metrics, and then those that -o prometheus
// prints of results, but not build_info, which belongs to the program that is scraped.
func WriteProbe(w io.Writer, metrics []Metric, results []*probe.Result) error {
	text := newText(w)
	expose(text, nil, metrics)
	p := newPrometheus(nil, Options{}).(*prometheusPrinter)
	for _, r := range results {
		_ = p.Print(r) // it only collects
	}
	p.exposeResults(text)
	return text.close()
}

// expose adds metrics to an exposition.
func expose(e exposition, constant Labels, metrics []Metric) {
	for _, m := range metrics {
		e.begin(m.Name, m.Help)
		for _, s := range m.Series {
			e.add(constant.String(), s.Labels.String(), s.Value)
		}
	}
}

// exposition takes the series of metrics, one metric after the other.
type exposition interface {
	// begin begins a metric, which is left out if it has no series.
	begin(name, help string)
	// add adds a series. Its labels are in text form, without braces: those that it
	// shares with other series, and its own.
	add(shared, own string, value float64)
}

// textExposition writes the text exposition format. Errors are sticky and returned by
// Flush.
type textExposition struct {
	w          *bufio.Writer
	open       bool // in the format of OpenMetrics
	name, help string
	begun      bool
}

// writers are those of expositions that are complete.
var writers = sync.Pool{New: func() any { return bufio.NewWriter(nil) }}

func newText(w io.Writer) *textExposition {
	b := writers.Get().(*bufio.Writer)
	b.Reset(w)
	return &textExposition{w: b}
}

// close flushes what was written; nothing can be added any more.
func (e *textExposition) close() error {
	err := e.w.Flush()
	e.w.Reset(nil)
	writers.Put(e.w)
	return err
}

func (e *textExposition) begin(name, help string) { e.name, e.help, e.begun = name, help, false }

func (e *textExposition) add(shared, own string, value float64) {
	if !e.begun {
		e.begun = true
		e.write("# HELP ", e.name, " ", e.help, "\n# TYPE ", e.name, " gauge\n")
	}
	e.w.WriteString(e.name)
	switch {
	case shared != "" && own != "":
		e.write("{", shared, ",", own, "}")
	case shared != "" || own != "":
		e.write("{", shared, own, "}")
	}
	e.w.WriteByte(' ')
	e.w.Write(e.appendNumber(e.w.AvailableBuffer(), value))
	e.w.WriteByte('\n')
}

// appendNumber appends a number. Those of OpenMetrics show that they are no integers.
func (e *textExposition) appendNumber(text []byte, value float64) []byte {
	text = strconv.AppendFloat(text, value, 'g', -1, 64)
	if e.open && !bytes.ContainsAny(text, ".eNI") { // nor NaN or Inf
		text = append(text, ".0"...)
	}
	return text
}

func (e *textExposition) write(parts ...string) {
	for _, s := range parts {
		e.w.WriteString(s)
	}
}

// joinLabels joins labels in text form.
func joinLabels(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "," + b
}
