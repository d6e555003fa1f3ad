package report

import (
	"bufio"
	"io"
	"strconv"
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

// WriteMetrics writes metrics in the text exposition format. Every series begins with the
// labels constant. A metric without series is left out.
func WriteMetrics(w io.Writer, constant Labels, metrics ...Metric) error {
	text := &textExposition{w: bufio.NewWriter(w)}
	expose(text, constant, metrics)
	return text.w.Flush()
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
	name, help string
	begun      bool
}

func (e *textExposition) begin(name, help string) { e.name, e.help, e.begun = name, help, false }

func (e *textExposition) add(shared, own string, value float64) {
	if !e.begun {
		e.begun = true
		e.w.WriteString("# HELP " + e.name + " " + e.help + "\n# TYPE " + e.name + " gauge\n")
	}
	e.w.WriteString(e.name)
	if labels := joinLabels(shared, own); labels != "" {
		e.w.WriteString("{" + labels + "}")
	}
	e.w.WriteString(" " + strconv.FormatFloat(value, 'g', -1, 64) + "\n")
}

// joinLabels joins labels in text form.
func joinLabels(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "," + b
}
