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
	b := bufio.NewWriter(w)
	for _, m := range metrics {
		p := seriesWriter{w: b, name: m.Name, help: m.Help}
		for _, s := range m.Series {
			p.write(joinLabels(constant.String(), s.Labels.String()), s.Value)
		}
	}
	return b.Flush()
}

// seriesWriter writes the series of one metric, the first after its HELP and TYPE.
type seriesWriter struct {
	w          *bufio.Writer
	name, help string
	begun      bool
}

// write writes a series; labels are in text form, without braces. Errors are sticky and
// returned by Flush.
func (p *seriesWriter) write(labels string, value float64) {
	if !p.begun {
		p.begun = true
		p.w.WriteString("# HELP " + p.name + " " + p.help + "\n# TYPE " + p.name + " gauge\n")
	}
	p.w.WriteString(p.name)
	if labels != "" {
		p.w.WriteString("{" + labels + "}")
	}
	p.w.WriteString(" " + strconv.FormatFloat(value, 'g', -1, 64) + "\n")
}

// joinLabels joins labels in text form.
func joinLabels(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "," + b
}
