package report

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"mailprobe/internal/cut"
	"mailprobe/probe"
)

// The limits of a line of plug-in output. Nagios and its agents take a few
// kilobytes and drop or break what is longer.
const (
	maxNagiosLine    = 8000 // bytes of a whole line
	maxNagiosSummary = 300  // characters of a summary, or of what is wrong with a step
	maxNagiosReasons = 1000 // characters of all that is wrong
	maxNagiosName    = 150  // characters of a name of any sort
	maxNagiosMore    = 4000 // bytes of all further lines
)

// nagiosPrinter prints one line for all results, as monitoring plug-ins do, and further
// ones with what else fails and what to do:
//
//	SMTP OK - summary | 'label'=value[UOM];warn;crit;min;max ...
//	SMTP CRITICAL - step: reason; step: reason [cause] | ...
//	hint: what to do
//	target: CRITICAL step: reason [cause]; hint: what to do
//
// It prints the line even if asked to be quiet: a plug-in without output is an
// error to the system that runs it.
type nagiosPrinter struct {
	w     io.Writer
	kind  string
	worst *probe.Result
	tally tally
	first *probe.Result // while it is the only one
	perf  perfdata

	worstAt int       // the number of the worst among all
	failing int       // how many are not OK
	bad     []failure // the first of them
	room    int       // that the lines of all of them take
}

// failure is the line of a result that is not OK, and its number among all.
type failure struct {
	number int
	text   string
}

func newNagios(w io.Writer, _ Options) Printer { return &nagiosPrinter{w: w} }

// Print implements Printer.
func (p *nagiosPrinter) Print(r *probe.Result) error {
	p.tally.add(r.Status)
	p.note(r)
	switch p.tally.total {
	case 1:
		p.kind, p.worst, p.first, p.worstAt = r.Check, r, r, 1
		return nil
	case 2:
		p.perf.add(p.first, perfPrefix(p.first))
		p.first = nil
	}
	p.perf.add(r, perfPrefix(r))
	if r.Status.Worse(p.worst.Status) {
		p.worst, p.worstAt = r, p.tally.total
	}
	if r.Check != p.kind {
		p.kind = ""
	}
	return nil
}

// Close implements Printer.
func (p *nagiosPrinter) Close() error {
	if p.tally.total == 0 {
		_, err := io.WriteString(p.w, nagiosProblem("nothing was checked")+"\n")
		return err
	}
	if p.first != nil {
		prefix := ""
		if p.first.Name != "" { // it has that of a file, however many there are
			prefix = perfPrefix(p.first)
		}
		p.perf.add(p.first, prefix)
	}
	head := cmp.Or(strings.ToUpper(plain(p.kind, maxNagiosName)), "MAILPROBE") + " " + word(p.worst.Status)
	if text := p.summary(); text != "" {
		head += " - " + text
	}
	_, err := io.WriteString(p.w, head+p.perf.String(maxNagiosLine-len(head))+"\n"+p.more())
	return err
}

// more are the further lines: what to do about the worst result, and what else fails.
func (p *nagiosPrinter) more() string {
	var b strings.Builder
	if hint := hintOf(p.worst); hint != "" {
		b.WriteString(hint + "\n")
	}
	left := p.failing
	if p.worst.Status.ExitCode() != 0 {
		left-- // the first line has it
	}
	for _, f := range p.bad {
		if f.number != p.worstAt {
			b.WriteString(f.text + "\n")
			left--
		}
	}
	if left > 0 {
		fmt.Fprintf(&b, "and %d more\n", left)
	}
	return b.String()
}

// note keeps the line of a result that is not OK, as long as there is room.
func (p *nagiosPrinter) note(r *probe.Result) {
	if r.Status.ExitCode() == 0 {
		return
	}
	p.failing++
	text := fmt.Sprintf("%s: %s %s", plain(cmp.Or(r.Name, r.Target), maxNagiosName), word(r.Status), wrong(r))
	if hint := hintOf(r); hint != "" {
		text += "; " + hint
	}
	if p.room += len(text) + 1; p.room <= maxNagiosMore {
		p.bad = append(p.bad, failure{p.tally.total, text})
	}
}

// hintOf says what to do about what is worst with a result, empty where that is not known.
func hintOf(r *probe.Result) string {
	if all := r.Wrong(); len(all) > 0 && all[0].Hint != "" {
		return "hint: " + reason(all[0].Hint)
	}
	return ""
}

// summary says how things stand, and what is wrong with the worst result.
func (p *nagiosPrinter) summary() string {
	text := wrong(p.worst)
	if p.first != nil {
		return text
	}
	return fmt.Sprintf("%s; %s: %s", p.tally.String(), plain(cmp.Or(p.worst.Name, p.worst.Target), maxNagiosName), text)
}

// wrong is all that is wrong with a result, worst first, and the word for its cause.
func wrong(r *probe.Result) string {
	text := reasons(r)
	if r.Cause != nil && r.Status.ExitCode() != 0 {
		text = strings.TrimSpace(text + " [" + plain(r.Cause.Name, maxNagiosName) + "]")
	}
	return text
}

// reasons are the summary without its count of what else is wrong, and that instead,
// worst first, as much as there is room for.
func reasons(r *probe.Result) string {
	others := r.Wrong()
	others = others[min(1, len(others)):]
	text := reason(strings.TrimSuffix(r.Summary, fmt.Sprintf(" (+%d more)", len(others))))
	for i, s := range others {
		next := reason(s.Reason())
		if len(text)+len(next) > maxNagiosReasons {
			return text + fmt.Sprintf(" (+%d more)", len(others)-i)
		}
		text += "; " + next
	}
	return text
}

func reason(text string) string {
	return plain(yield(clean(text), maxNagiosSummary), maxNagiosSummary)
}

// perfPrefix tells the labels of one result of several from the others'.
func perfPrefix(r *probe.Result) string { return cmp.Or(r.Name, r.Target) + "/" }

// word is the status in the only four words that plug-ins have.
func word(s probe.Status) string {
	return [...]string{"OK", "WARNING", "CRITICAL", "UNKNOWN"}[s.ExitCode()]
}

// plain makes a text fit for the part before the performance data: without the
// bar that begins it, without the angle brackets that web pages of monitoring
// systems may take for HTML, and without double quotes and backslashes, of which Nagios
// drops the first, and its command for mail reads the others as escapes of printf.
func plain(s string, limit int) string {
	return cut.Runes(strings.TrimSpace(notPlain.Replace(clean(s))), limit)
}

// nagiosProblem is the line that says why there are no results.
func nagiosProblem(text string) string {
	const head = "MAILPROBE UNKNOWN - "
	return head + plain(text, maxNagiosLine-len(head))
}

var notPlain = strings.NewReplacer("|", "/", "<", "(", ">", ")", `"`, "'", `\`, "/")

// perfdata collects performance data, of each result its own time before
// anything else, so that it is there for every target if there is no room for
// all, and what is known of items last. The zero value is empty.
type perfdata struct {
	totals, others, items items
	labels                map[string]bool
}

// items are some performance data and the bytes they take.
type items struct {
	list []string
	size int
}

// add adds the numbers of a result under labels that begin with prefix.
func (d *perfdata) add(r *probe.Result, prefix string) {
	total, facts := numbers(r)
	d.append(&d.totals, prefix, total, "0")
	for _, f := range facts {
		d.append(&d.others, prefix, f, "")
	}
	for _, s := range r.Steps {
		switch {
		case s.Item != "":
			d.addItem(prefix+s.Name+"/", s)
		case s.Status != probe.Skipped:
			d.append(&d.others, prefix, seconds("time_"+s.Name, s.Elapsed), "0")
		}
	}
}

// addItem adds the numbers of an item, under labels such as hop-3/loss.
func (d *perfdata) addItem(prefix string, s probe.Step) {
	for _, f := range s.Facts {
		if hasNumber(f) {
			d.append(&d.items, prefix, f, "")
		}
	}
}

// numbers returns the time a check took and its other facts with a number.
func numbers(r *probe.Result) (total probe.Fact, others []probe.Fact) {
	total = seconds(probe.TotalFact, r.Elapsed)
	for _, f := range r.Facts() {
		switch {
		case !hasNumber(f):
		case f.Name == probe.TotalFact:
			total = f
		default:
			others = append(others, f)
		}
	}
	return total, others
}

func hasNumber(f probe.Fact) bool {
	return f.Value != nil && !math.IsNaN(*f.Value) && !math.IsInf(*f.Value, 0)
}

func seconds(name string, d time.Duration) probe.Fact {
	s := d.Seconds()
	return probe.Fact{Name: name, Value: &s, Unit: probe.Seconds}
}

// append adds an item unless its label is taken or no line has room for it.
func (d *perfdata) append(to *items, prefix string, f probe.Fact, low string) {
	label := perfLabel(prefix, f.Name)
	item := " " + label + perfValue(f, low)
	if d.labels[label] || to.size+len(item) > maxNagiosLine {
		return
	}
	if d.labels == nil {
		d.labels = map[string]bool{}
	}
	d.labels[label] = true
	to.size += len(item)
	to.list = append(to.list, item)
}

// String returns as many items as fit into limit bytes, led by the bar.
func (d *perfdata) String(limit int) string {
	var b strings.Builder
	b.WriteString(" |")
	for _, item := range slices.Concat(d.totals.list, d.others.list, d.items.list) {
		if b.Len()+len(item) > limit {
			break
		}
		b.WriteString(item)
	}
	return b.String()
}

// perfLabel quotes a label; what it may not have in it becomes an underscore.
func perfLabel(prefix, name string) string {
	text := plain(prefix, maxNagiosName) + cmp.Or(plain(name, maxNagiosName), "unnamed")
	return "'" + notLabel.Replace(text) + "'"
}

var notLabel = strings.NewReplacer("'", "_", "=", "_", " ", "_")

// perfValue writes =value[UOM];warn;crit;min;max without the empty end of it.
// low is the minimum where the unit does not tell.
func perfValue(f probe.Fact, low string) string {
	high := ""
	switch f.Unit {
	case probe.Percent:
		low, high = "0", "100"
	case probe.Bytes, probe.Counter:
		low = "0"
	}
	fields := []string{number(*f.Value) + perfUnit(f.Unit), f.Warn.Nagios(), f.Crit.Nagios(), low, high}
	return "=" + strings.TrimRight(strings.Join(fields, ";"), ";")
}

// perfUnit is the unit as plug-ins write it, none where they have none for it.
func perfUnit(u probe.Unit) string {
	switch u {
	case probe.Seconds, probe.Bytes, probe.Percent, probe.Counter:
		return string(u)
	}
	return ""
}

// number writes a number without an exponent, which many parsers cannot read: a whole one
// as it is, another with at most six digits that count.
func number(v float64) string {
	if v == math.Trunc(v) {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'e', 5, 64), 64)
	if err != nil {
		rounded = v // it is no number
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}
