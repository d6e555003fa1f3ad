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

// Limits of plug-in output. Nagios and its agents accept a few kilobytes and drop or
// break longer lines.
const (
	maxNagiosLine    = 8000 // bytes of a whole line
	maxNagiosSummary = 300  // characters of a summary, or of one reason
	maxNagiosReasons = 1000 // bytes of all reasons
	maxNagiosName    = 150  // characters of a name
	maxNagiosMore    = 4000 // bytes of all further lines
)

// nagiosPrinter prints one line for all results, in the format of monitoring plug-ins,
// and further lines with the hint and the other failures:
//
//	SMTP OK - summary | 'label'=value[UOM];warn;crit;min;max ...
//	SMTP CRITICAL - step: reason; step: reason [cause] | ...
//	hint: what to do
//	target: CRITICAL step: reason [cause]; hint: what to do
//
// It ignores Options.Quiet: monitoring systems treat a plug-in without output as an
// error.
type nagiosPrinter struct {
	w     io.Writer
	kind  string
	worst *probe.Result
	tally tally
	first *probe.Result // while it is the only one
	perf  perfdata

	worstAt int       // position of the worst result, from 1
	failing int       // number of results that are not OK
	bad     []failure // the first of those
	room    int       // bytes of the lines of all of those
}

// failure is the line of a result that is not OK, and its position among all results.
type failure struct {
	number int
	text   string
}

func newNagios(w io.Writer, _ Options) Printer { return &nagiosPrinter{w: w} }

// Print implements Printer.
func (p *nagiosPrinter) Print(r *probe.Result) error {
	p.tally.add(r)
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
		if p.first.Name != "" { // in a file of checks labels do not depend on the number of results
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

// more returns the further lines: the hint for the worst result, and the other failures.
func (p *nagiosPrinter) more() string {
	var b strings.Builder
	if hint := hintOf(p.worst); hint != "" {
		b.WriteString(hint + "\n")
	}
	left := p.failing
	if p.worst.Status.ExitCode() != 0 {
		left-- // it is in the first line
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

// note keeps the line of a result that is not OK, while there is room.
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

// hintOf returns the hint for the worst step of a result, empty if there is none.
func hintOf(r *probe.Result) string {
	if all := r.Wrong(); len(all) > 0 && all[0].Hint != "" {
		return "hint: " + reason(all[0].Hint)
	}
	return ""
}

// summary returns the counts, if there are several results, and the reasons of the worst.
func (p *nagiosPrinter) summary() string {
	text := wrong(p.worst)
	if p.first != nil {
		return text
	}
	return fmt.Sprintf("%s; %s: %s", p.tally.String(), plain(cmp.Or(p.worst.Name, p.worst.Target), maxNagiosName), text)
}

// wrong returns all reasons of a result, worst first, and the name of its cause.
func wrong(r *probe.Result) string {
	text := reasons(r)
	if r.Cause != nil && r.Status.ExitCode() != 0 {
		text = strings.TrimSpace(text + " [" + plain(r.Cause.Name, maxNagiosName) + "]")
	}
	return strings.TrimSpace(text + " " + plain(silencedNote(r), maxNagiosSummary))
}

// reasons returns the summary, with the other reasons in place of their number as far as
// there is room, worst first.
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

// perfPrefix returns the prefix of the labels of one result among several.
func perfPrefix(r *probe.Result) string { return cmp.Or(r.Name, r.Target) + "/" }

// word returns the status as one of the four words of plug-ins.
func word(s probe.Status) string {
	return [...]string{"OK", "WARNING", "CRITICAL", "UNKNOWN"}[s.ExitCode()]
}

// plain returns a clean text without the characters that mean something before the
// performance data: the bar that begins it, angle brackets, which web pages may show as
// HTML, double quotes, which Nagios drops, and backslashes, which its mail command
// passes to printf.
func plain(s string, limit int) string {
	return cut.Runes(strings.TrimSpace(notPlain.Replace(clean(s))), limit)
}

// nagiosProblem returns the line that says why there are no results.
func nagiosProblem(text string) string {
	const head = "MAILPROBE UNKNOWN - "
	return head + plain(text, maxNagiosLine-len(head))
}

// notPlain replaces quoted quotation marks and backslashes, as a quotation of a server's
// words has them, as one character.
var notPlain = strings.NewReplacer(`\"`, "'", `\\`, "/", "|", "/", "<", "(", ">", ")", `"`, "'", `\`, "/")

// perfdata collects performance data in the order of importance: the total times of all
// results, their other numbers, and the numbers of items. The zero value is empty.
type perfdata struct {
	totals, others, items items
	labels                map[string]bool
}

// items is some performance data and its size in bytes.
type items struct {
	list []string
	size int
}

// add adds the numbers of a result, with labels that begin with prefix.
func (d *perfdata) add(r *probe.Result, prefix string) {
	if r.Status == probe.Skipped {
		return
	}
	total, facts := numbers(r)
	if r.Elapsed > 0 {
		d.append(&d.totals, prefix, total, "0")
	}
	for _, f := range facts {
		d.append(&d.others, prefix, f, "")
	}
	for _, s := range r.Steps {
		switch {
		case s.Item != "":
			d.addItem(prefix+s.Name+"/", s)
		case s.Status != probe.Skipped && r.Elapsed > 0:
			d.append(&d.others, prefix, seconds("time_"+s.Name, s.Elapsed), "0")
		}
	}
}

// addItem adds the numbers of an item, with labels such as hop-3/loss.
func (d *perfdata) addItem(prefix string, s probe.Step) {
	for _, f := range s.Facts {
		if hasNumber(f) {
			d.append(&d.items, prefix, f, "")
		}
	}
}

// numbers returns the total time of a check and its other facts with a number.
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

// append adds an item unless its label is taken or the line is full.
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

// String returns the bar and as many items as fit into limit bytes.
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

// perfLabel returns a quoted label, with underscores for characters not allowed in it.
func perfLabel(prefix, name string) string {
	text := plain(prefix, maxNagiosName) + cmp.Or(plain(name, maxNagiosName), "unnamed")
	return "'" + notLabel.Replace(text) + "'"
}

var notLabel = strings.NewReplacer("'", "_", "=", "_", " ", "_")

// perfValue returns =value[UOM];warn;crit;min;max without empty fields at the end. low is
// the minimum if the unit does not imply one.
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

// perfUnit returns the unit of performance data, empty if there is none for it.
func perfUnit(u probe.Unit) string {
	switch u {
	case probe.Seconds, probe.Bytes, probe.Percent, probe.Counter:
		return string(u)
	}
	return ""
}

// number formats a number without an exponent, which many parsers cannot read: a whole
// number as it is, any other with at most six significant digits.
func number(v float64) string {
	if v == math.Trunc(v) {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'e', 5, 64), 64)
	if err != nil {
		rounded = v // NaN or infinite
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}
