package report

import (
	"bufio"
	"cmp"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"mailprobe/probe"
)

// prometheusPrinter prints the text exposition format. A metric's series must
// stand together, so that it keeps the numbers of every result until Close; of
// several results of one check and target the last counts. Quiet leaves nothing
// out: a series that comes and goes with the status could not be alerted on.
type prometheusPrinter struct {
	w     io.Writer
	index map[string]int
	all   []sample
}

// sample is what is kept of a result.
type sample struct {
	labels         string // check, target and entry, escaped
	cause          string // labels of the cause, escaped; empty where all is well
	status         int
	elapsed, start float64
	steps, facts   []reading
	items          map[string][]reading // by name of the metric
}

// reading is what is kept of a step or a fact.
type reading struct {
	labels string // those beyond check and target, escaped
	status int
	value  float64
	item   bool // a step that tells of an item and took no time itself
}

// family is a metric and how its series come out of a sample.
type family struct {
	name, help string
	series     func(*sample, func(labels string, value float64))
}

// families are all metrics in the order they are printed. Their names are a promise.
var families = []family{
	{"mailprobe_status", "Verdict of the check: 0 OK or skipped, 1 warning, 2 critical, 3 unknown.",
		func(s *sample, emit func(string, float64)) { emit("", float64(s.status)) }},
	{"mailprobe_duration_seconds", "Time the whole check took.",
		func(s *sample, emit func(string, float64)) { emit("", s.elapsed) }},
	{"mailprobe_start_timestamp_seconds", "Time the check began, in seconds since 1970.",
		func(s *sample, emit func(string, float64)) { emit("", s.start) }},
	{"mailprobe_cause", "Why the verdict is not OK, and who has to act: 1 for the cause of each result that is not.",
		func(s *sample, emit func(string, float64)) {
			if s.cause != "" {
				emit(s.cause, 1)
			}
		}},
	{"mailprobe_step_status", "Verdict of a step: 0 OK or skipped, 1 warning, 2 critical, 3 unknown.",
		func(s *sample, emit func(string, float64)) {
			for _, r := range s.steps {
				emit(r.labels, float64(r.status))
			}
		}},
	{"mailprobe_step_duration_seconds", "Time a step took.",
		func(s *sample, emit func(string, float64)) {
			for _, r := range s.steps {
				if !r.item {
					emit(r.labels, r.value)
				}
			}
		}},
	{"mailprobe_fact", "A number that the check learned, in the base unit that the label unit names.",
		func(s *sample, emit func(string, float64)) {
			for _, r := range s.facts {
				emit(r.labels, r.value)
			}
		}},
}

func newPrometheus(w io.Writer, _ Options) Printer {
	return &prometheusPrinter{w: w, index: map[string]int{}}
}

// Print implements Printer.
func (p *prometheusPrinter) Print(r *probe.Result) error {
	s := newSample(r)
	if i, ok := p.index[s.labels]; ok {
		p.all[i] = s
		return nil
	}
	p.index[s.labels] = len(p.all)
	p.all = append(p.all, s)
	return nil
}

// Close implements Printer.
func (p *prometheusPrinter) Close() error {
	w := bufio.NewWriter(p.w)
	for _, f := range slices.Concat(families, itemFamilies(p.all)) {
		f.write(w, p.all)
	}
	return w.Flush()
}

// write prints a metric with all its series, nothing where it has none.
func (f family) write(w *bufio.Writer, all []sample) {
	head := "# HELP " + f.name + " " + f.help + "\n# TYPE " + f.name + " gauge\n"
	for i := range all {
		f.series(&all[i], func(labels string, value float64) {
			w.WriteString(head)
			head = ""
			w.WriteString(f.name + "{" + all[i].labels + labels + "} ")
			w.WriteString(strconv.FormatFloat(value, 'g', -1, 64))
			w.WriteByte('\n')
		})
	}
}

func newSample(r *probe.Result) sample {
	s := sample{
		labels:  labels(r),
		status:  r.Status.ExitCode(),
		elapsed: r.Elapsed.Seconds(),
		start:   unixSeconds(r.Start),
	}
	if r.Cause != nil && s.status != 0 {
		s.cause = "," + label("cause", r.Cause.Name) + "," + label("blame", string(r.Cause.Blame))
	}
	for _, step := range r.Steps {
		s.steps = replace(s.steps, reading{"," + label("step", step.Name), step.Status.ExitCode(), step.Elapsed.Seconds(), step.Item != ""})
		if step.Item != "" {
			s.addItem(step)
		}
	}
	for _, f := range r.Facts() {
		if hasNumber(f) {
			s.facts = replace(s.facts, factReading(f))
		}
	}
	return s
}

// labels are those of a result; entry is what a file of checks calls it.
func labels(r *probe.Result) string {
	all := label("check", r.Check) + "," + label("target", r.Target)
	if r.Name != "" {
		all += "," + label("entry", r.Name)
	}
	return all
}

// replace adds a reading, in the place of one that has the same labels.
func replace(list []reading, r reading) []reading {
	for i := range list {
		if list[i].labels == r.labels {
			list[i] = r
			return list
		}
	}
	return append(list, r)
}

// factReading converts a fact to the base unit that Prometheus has for it.
func factReading(f probe.Fact) reading {
	value, unit := *f.Value, string(f.Unit)
	switch f.Unit {
	case probe.Seconds:
		unit = "seconds"
	case probe.Bytes:
		unit = "bytes"
	case probe.Percent:
		value, unit = value/100, "ratio"
	case probe.Counter:
		unit = "count"
	case probe.None:
		unit = "none"
	}
	return reading{"," + label("name", f.Name) + "," + label("unit", unit), f.Status.ExitCode(), value, false}
}

// label writes one label with its value escaped as the exposition format wants it.
func label(name, value string) string {
	return name + `="` + labelEscapes.Replace(cmp.Or(clean(value), "unknown")) + `"`
}

var labelEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// unixSeconds is the time as Prometheus has it, to the millisecond.
func unixSeconds(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}
