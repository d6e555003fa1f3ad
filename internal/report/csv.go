package report

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"

	"mailprobe/probe"
)

// csvHeader names the columns, which do not change. Values are in the unit beside them.
var csvHeader = []string{
	"start", "name", "check", "target", "address", "status", "cause",
	"step", "step_address", "step_status", "fact", "value", "unit", "text",
}

// csvPrinter prints a line for each fact, and one for a step without any (RFC 4180).
type csvPrinter struct {
	out     *csv.Writer
	options Options
	begun   bool
}

func newCSV(w io.Writer, o Options) Printer { return &csvPrinter{out: csv.NewWriter(w), options: o} }

// Print implements Printer.
func (p *csvPrinter) Print(r *probe.Result) error {
	if p.options.hides(r.Status) {
		return nil
	}
	if !p.begun {
		p.begun = true
		_ = p.out.Write(csvHeader) // the error is sticky
	}
	head := []string{r.Start.UTC().Format(time.RFC3339Nano), Inert(r.Name), Inert(r.Check), Inert(r.Target), Inert(r.Address), r.Status.String(), ""}
	if r.Cause != nil {
		head[len(head)-1] = Inert(r.Cause.Name)
	}
	for _, s := range r.Steps {
		step := append(head[:len(head):len(head)], Inert(s.Name), Inert(s.Address), s.Status.String())
		for _, f := range s.Facts {
			_ = p.out.Write(append(step[:len(step):len(step)], csvFact(f)...))
		}
		if len(s.Facts) == 0 {
			_ = p.out.Write(append(step, "", "", "", Inert(s.Detail)))
		}
	}
	p.out.Flush()
	return p.out.Error()
}

func csvFact(f probe.Fact) []string {
	value, unit := "", ""
	if hasNumber(f) {
		value, unit = strconv.FormatFloat(*f.Value, 'f', -1, 64), string(f.Unit)
	}
	return []string{Inert(f.Name), value, Inert(unit), Inert(f.Text)}
}

// Close implements Printer.
func (p *csvPrinter) Close() error {
	p.out.Flush()
	return p.out.Error()
}

// Inert returns a clean text that no spreadsheet takes for a formula.
func Inert(text string) string {
	text = clean(text)
	if strings.IndexAny(text, "=+-@") == 0 {
		return "'" + text
	}
	return text
}
