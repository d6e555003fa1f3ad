package report

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"mailprobe/internal/cut"
	"mailprobe/probe"
)

// Munin are what the format for Munin depends on beside the results.
type Munin struct {
	// Plugin is the name under which the plug-in is installed, the prefix of the names of
	// all its graphs; empty for mailprobe.
	Plugin string
	// Both adds the values to the configuration, for a master that accepts them together
	// (MUNIN_CAP_DIRTYCONFIG).
	Both bool
}

// muninPrinter prints the output of a Munin plug-in, the values or the configuration of
// its graphs (multigraph):
//
//	PLUGIN_status       the verdict of each result, undefined if UNKNOWN or SKIPPED
//	PLUGIN_time         the time of each result
//	PLUGIN_time.RESULT  the time of each of its steps
//	PLUGIN_FACT         a number of each result
type muninPrinter struct {
	w      io.Writer
	munin  Munin
	config bool
	graphs []*muninGraph
	names  map[string]bool
}

// muninGraph is a graph with its fields.
type muninGraph struct {
	name, title, label, info string
	stacked                  bool // its fields add up
	fields                   []muninField
}

// muninField is a curve in a graph.
type muninField struct {
	name, label, value, extra string
	warn, crit                string
}

func newMunin(w io.Writer, o Options) Printer {
	return &muninPrinter{w: w, munin: o.Munin, names: map[string]bool{}}
}

func newMuninConfig(w io.Writer, o Options) Printer {
	return &muninPrinter{w: w, munin: o.Munin, names: map[string]bool{}, config: true}
}

// maxMunin is the number of results in the graphs; further ones are left out.
const maxMunin = 200

// Print implements Printer.
func (p *muninPrinter) Print(r *probe.Result) error {
	if len(p.names) == maxMunin {
		return nil
	}
	name, label := p.fieldName(r), muninText(cmp.Or(r.Name, r.Target))
	status := muninField{name: name, label: label, value: "U", warn: "0:0", crit: "0:1"}
	if r.Status != probe.Unknown && r.Status != probe.Skipped {
		status.value = strconv.Itoa(r.Status.ExitCode())
	}
	if r.Status.ExitCode() != 0 {
		status.extra = muninText(r.Summary)
	}
	p.graph("status", "verdict", "0 OK, 1 warning, 2 critical", "Verdict of each check; undefined where it could not be determined.").add(status)
	total, facts := numbers(r)
	p.graph("time", "time", "seconds", "Time that each check took.").add(numberField(name, label, total))
	steps := p.graph("time."+name, "time of the steps of "+label, "seconds", "Time that each step took.")
	steps.stacked = true
	for _, s := range r.Steps {
		steps.stacked = steps.stacked && s.Group == "" // those of groups ran side by side
		if s.Item == "" && s.Status != probe.Skipped {
			steps.add(numberField(muninName(s.Name), muninText(s.Name), seconds(s.Name, s.Elapsed)))
		}
	}
	for _, f := range facts {
		p.graph(muninName(f.Name), muninText(f.Name), muninUnit(f.Unit), "A number that each check learned.").add(numberField(name, label, f))
	}
	return nil
}

// Close implements Printer.
func (p *muninPrinter) Close() error {
	w := bufio.NewWriter(p.w)
	for _, g := range p.graphs {
		fmt.Fprintf(w, "multigraph %s_%s\n", muninName(cmp.Or(p.munin.Plugin, "mailprobe")), g.name)
		if p.config {
			g.writeConfig(w)
		}
		if !p.config || p.munin.Both {
			g.writeValues(w)
		}
	}
	return w.Flush()
}

// graph returns the graph of a name, which it creates on first use.
func (p *muninPrinter) graph(name, title, label, info string) *muninGraph {
	for _, g := range p.graphs {
		if g.name == name {
			return g
		}
	}
	g := &muninGraph{name: name, title: "mailprobe: " + title, label: label, info: info}
	p.graphs = append(p.graphs, g)
	return g
}

// fieldName returns a unique name for the field of a result.
func (p *muninPrinter) fieldName(r *probe.Result) string {
	first := muninName(cmp.Or(r.Name, r.Target))
	name := first
	for i := 2; p.names[name]; i++ {
		name = fmt.Sprintf("%s_%d", first, i)
	}
	p.names[name] = true
	return name
}

// add adds a field unless its name is taken.
func (g *muninGraph) add(f muninField) {
	if !slices.ContainsFunc(g.fields, func(have muninField) bool { return have.name == f.name }) {
		g.fields = append(g.fields, f)
	}
}

func (g *muninGraph) writeConfig(w *bufio.Writer) {
	fmt.Fprintf(w, "graph_title %s\ngraph_category mail\ngraph_vlabel %s\ngraph_info %s\ngraph_args --base 1000\ngraph_scale no\n", g.title, g.label, g.info)
	for i, f := range g.fields {
		fmt.Fprintf(w, "%s.label %s\n", f.name, f.label)
		if g.stacked {
			fmt.Fprintf(w, "%s.draw %s\n", f.name, [...]string{"AREA", "STACK"}[min(i, 1)])
		}
		if f.warn != "" {
			fmt.Fprintf(w, "%s.warning %s\n", f.name, f.warn)
		}
		if f.crit != "" {
			fmt.Fprintf(w, "%s.critical %s\n", f.name, f.crit)
		}
	}
}

func (g *muninGraph) writeValues(w *bufio.Writer) {
	for _, f := range g.fields {
		fmt.Fprintf(w, "%s.value %s\n", f.name, f.value)
		if f.extra != "" {
			fmt.Fprintf(w, "%s.extinfo %s\n", f.name, f.extra)
		}
	}
}

// numberField returns the field of a fact with a number.
func numberField(name, label string, f probe.Fact) muninField {
	return muninField{name: name, label: label, value: number(*f.Value), warn: muninRange(f.Warn), crit: muninRange(f.Crit)}
}

// muninRange returns a range as Munin writes it, LOW:HIGH; empty for a range of bad
// values, which Munin does not have.
func muninRange(r probe.Range) string {
	text := r.Nagios()
	switch {
	case strings.HasPrefix(text, "@"):
		return ""
	case text != "" && !strings.Contains(text, ":"):
		return "0:" + text
	}
	return strings.TrimPrefix(text, "~")
}

// muninName returns a name of letters, digits and underscores that does not begin with a
// digit and is not the reserved name root.
func muninName(text string) string {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' {
			return r
		}
		return '_'
	}, cut.Runes(text, maxNagiosName))
	if name == "" || name == "root" || name[0] >= '0' && name[0] <= '9' {
		name = "_" + name
	}
	return name
}

// muninText returns a text without #, which begins a comment in Munin.
func muninText(text string) string {
	return cmp.Or(strings.ReplaceAll(plain(text, maxLineSummary), "#", "no. "), "unnamed")
}

// muninUnit returns the label of a graph's axis.
func muninUnit(u probe.Unit) string {
	switch u {
	case probe.Seconds:
		return "seconds"
	case probe.Bytes:
		return "bytes"
	case probe.Percent:
		return "percent"
	}
	return "number"
}
