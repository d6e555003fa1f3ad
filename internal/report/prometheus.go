package report

import (
	"cmp"
	"io"
	"strings"
	"time"

	"mailprobe/probe"
)

// prometheusPrinter prints the text exposition format. The series of a metric must be
// adjacent, so it keeps the numbers of every result until Close; of several results with
// the same labels the last counts. It ignores Options.Quiet: alerts need series that do
// not come and go with the status.
type prometheusPrinter struct {
	w        io.Writer
	constant Labels
	file     string
	index    map[string]int
	all      []sample
}

// sample holds the numbers and labels of a result.
type sample struct {
	labels         string // of every series of the result, in text form
	cause          string // labels of the cause, in text form; empty if OK
	connection     string // labels of the connection, in text form; empty if unknown
	status         probe.Status
	success        bool
	ofFile         bool // it is of a check of a file, which can be silenced
	silenced       bool
	lastSuccess    float64 // in seconds since 1970, 0 where that is not known
	elapsed, start float64
	steps, facts   []reading
	items, moments map[string][]reading // by name of the metric
}

// reading is the value of a step or a fact.
type reading struct {
	labels string // in addition to the sample's, in text form
	status probe.Status
	value  float64
	item   bool // a step about an item, which took no time itself
}

// family is a metric and the function that emits its series for a sample.
type family struct {
	name, help string
	series     func(*sample, func(labels string, value float64))
}

// families lists the metrics with fixed names, in the order they are printed. The names
// do not change.
var families = []family{
	{"mailprobe_status", "Verdict of the check: 0 OK, 1 warning, 2 critical, 3 unknown; none where it was skipped.",
		func(s *sample, emit func(string, float64)) {
			if s.ran() {
				emit("", float64(s.status.ExitCode()))
			}
		}},
	{"mailprobe_success", "Whether the server does its job: 1 if OK or warning and not refused; none where the check was skipped.",
		func(s *sample, emit func(string, float64)) {
			if s.ran() {
				emit("", number01(s.success))
			}
		}},
	{"mailprobe_skipped", "Whether the check was skipped, as one is that depends on a check that failed.",
		func(s *sample, emit func(string, float64)) { emit("", number01(!s.ran())) }},
	{"mailprobe_check_silenced", "Whether the check of a file is silenced or in a maintenance window (1), so that nothing bad is announced of it; its status is what it is.",
		func(s *sample, emit func(string, float64)) {
			if s.ofFile {
				emit("", number01(s.silenced))
			}
		}},
	{"mailprobe_duration_seconds", "Time the whole check took.",
		func(s *sample, emit func(string, float64)) {
			if s.ran() && s.elapsed > 0 {
				emit("", s.elapsed)
			}
		}},
	{"mailprobe_start_timestamp_seconds", "Time the check began, in seconds since 1970.",
		func(s *sample, emit func(string, float64)) {
			if s.ran() {
				emit("", s.start)
			}
		}},
	{"mailprobe_last_success_timestamp_seconds", "Time the check began when it succeeded last, in seconds since 1970.",
		func(s *sample, emit func(string, float64)) {
			if s.lastSuccess > 0 {
				emit("", s.lastSuccess)
			}
		}},
	{"mailprobe_cause", "Why the verdict is not OK, and who has to act: 1 for the cause of each result that is not.",
		func(s *sample, emit func(string, float64)) {
			if s.cause != "" {
				emit(s.cause, 1)
			}
		}},
	{"mailprobe_connection_info", "What the check was connected to, in its labels.",
		func(s *sample, emit func(string, float64)) {
			if s.connection != "" {
				emit(s.connection, 1)
			}
		}},
	{"mailprobe_step_status", "Verdict of a step that ran: 0 OK, 1 warning, 2 critical, 3 unknown.",
		func(s *sample, emit func(string, float64)) {
			for _, r := range s.steps {
				if r.status != probe.Skipped {
					emit(r.labels, float64(r.status.ExitCode()))
				}
			}
		}},
	{"mailprobe_step_duration_seconds", "Time a step took that ran.",
		func(s *sample, emit func(string, float64)) {
			for _, r := range s.steps {
				if r.status != probe.Skipped && !r.item && s.elapsed > 0 {
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

func newPrometheus(w io.Writer, o Options) Printer {
	return &prometheusPrinter{w: w, constant: o.Labels, file: o.File, index: map[string]int{}}
}

// Print implements Printer.
func (p *prometheusPrinter) Print(r *probe.Result) error {
	s := newSample(r, p.constant)
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
	text := newText(p.w)
	p.expose(text)
	return text.close()
}

// expose adds the metrics of all results, and that of the program, to an exposition.
func (p *prometheusPrinter) expose(e exposition) {
	p.exposeResults(e)
	if len(p.all) > 0 {
		p.exposeBuild(e)
	}
}

// exposeResults adds the metrics of all results to an exposition.
func (p *prometheusPrinter) exposeResults(e exposition) {
	var of *sample
	emit := func(labels string, value float64) { e.add(of.labels, labels, value) }
	for _, some := range [...][]family{families, momentFamilies(p.all), itemFamilies(p.all)} {
		for _, f := range some {
			e.begin(f.name, f.help)
			for i := range p.all {
				of = &p.all[i]
				f.series(of, emit)
			}
		}
	}
}

// exposeBuild adds the version of this program to an exposition.
func (p *prometheusPrinter) exposeBuild(e exposition) {
	e.begin("mailprobe_build_info", "Version of the mailprobe that wrote this, in its labels.")
	e.add(p.constant.String(), buildLabels(p.file), 1)
}

func newSample(r *probe.Result, constant Labels) sample {
	s := sample{
		labels:  joinLabels(constant.String(), labels(r)),
		status:  r.Status,
		success: Succeeded(r), ofFile: r.Name != "", silenced: r.Silenced != nil,
		elapsed: r.Elapsed.Seconds(),
		start:   unixSeconds(r.Start),
	}
	if !r.LastSuccess.IsZero() {
		s.lastSuccess = unixSeconds(r.LastSuccess)
	}
	if r.Cause != nil && r.Status.ExitCode() != 0 {
		s.cause = label("cause", r.Cause.Name) + "," + label("blame", string(r.Cause.Blame))
	}
	s.steps = make([]reading, 0, len(r.Steps))
	for _, step := range r.Steps {
		s.steps = replace(s.steps, reading{label("step", step.Name), step.Status, step.Elapsed.Seconds(), step.Item != ""})
		if step.Item != "" {
			s.addItem(step, constant)
		}
	}
	facts := r.Facts()
	s.facts = make([]reading, 0, len(facts))
	for _, f := range facts {
		if hasNumber(f) {
			s.facts = replace(s.facts, factReading(f))
		}
		s.addMoment(f)
	}
	s.connection = connectionLabels(r.Address, facts, constant)
	return s
}

// ran reports whether the check was made.
func (s *sample) ran() bool { return s.status != probe.Skipped }

// Succeeded reports whether a server was found doing its job, as the uptime of the
// history counts it.
func Succeeded(r *probe.Result) bool {
	return r.Status == probe.OK || r.Status == probe.Warning && !r.Refused
}

func number01(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// labels returns the labels of a result. entry, group and tags come from a file of
// checks.
func labels(r *probe.Result) string {
	all := label("check", r.Check) + "," + label("target", r.Target)
	if r.Name != "" {
		all += "," + label("entry", r.Name)
	}
	if r.Group != "" {
		all += "," + label("group", r.Group)
	}
	if len(r.Tags) > 0 { // commas around each, so that tags=~".*,web,.*" matches
		all += "," + label("tags", ","+strings.Join(r.Tags, ",")+",")
	}
	return all
}

// replace adds a reading, or replaces the one with the same labels.
func replace(list []reading, r reading) []reading {
	for i := range list {
		if list[i].labels == r.labels {
			list[i] = r
			return list
		}
	}
	return append(list, r)
}

// factReading returns a fact converted to the base unit of Prometheus.
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
	return reading{label("name", f.Name) + "," + label("unit", unit), f.Status, value, false}
}

// label returns one label, its value escaped for the exposition format.
func label(name, value string) string {
	return name + `="` + labelEscapes.Replace(cmp.Or(clean(value), "unknown")) + `"`
}

var labelEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// unixSeconds returns a time in seconds since 1970, to the millisecond.
func unixSeconds(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}
