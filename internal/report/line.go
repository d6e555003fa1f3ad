package report

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"mailprobe/internal/cut"
	"mailprobe/probe"
)

// Limits of a line for systems that read plain text: monit keeps the first 512 bytes of
// a program's output.
const (
	maxLine        = 500 // bytes of a line
	maxLineSummary = 300 // characters of a summary
	maxLines       = 10_000
)

// linePrinter prints a line for each result, for systems that read plain text:
//
//	green OK smtp mx.example.org: mx.example.org ESMTP, TLS 1.3
//	red CRITICAL smtp mx.example.org: rcpt: reason [cause]; hint: what to do
//
// The colour is Xymon's. With several results the first line sums them up in the worst
// colour, and the lines of the results begin with &, Xymon's mark for a coloured line:
//
//	red CRITICAL 2 targets: 1 CRITICAL, 1 OK; mx2.example.org: connect: reason
//	&green OK smtp mx1.example.org: ...
//	&red CRITICAL smtp mx2.example.org: ...
//
// It ignores Options.Quiet: those who read it treat no output as a fault.
type linePrinter struct {
	w     io.Writer
	tally tally
	worst *probe.Result
	lines []string
}

func newLine(w io.Writer, _ Options) Printer { return &linePrinter{w: w} }

// Print implements Printer.
func (p *linePrinter) Print(r *probe.Result) error {
	p.tally.add(r)
	if p.worst == nil || r.Status.Worse(p.worst.Status) {
		p.worst = r
	}
	if len(p.lines) < maxLines {
		p.lines = append(p.lines, resultLine(r))
	}
	return nil
}

// Close implements Printer.
func (p *linePrinter) Close() error {
	var b strings.Builder
	switch {
	case p.tally.total == 0:
		b.WriteString(lineProblem("nothing was checked") + "\n")
	case p.tally.total == 1:
		b.WriteString(p.lines[0] + "\n")
	default:
		fmt.Fprintf(&b, "%s %s; %s: %s\n", coloured(p.worst.Status), p.tally.String(), lineName(p.worst), lineText(p.worst))
		for _, line := range p.lines {
			b.WriteString("&" + line + "\n")
		}
	}
	if left := p.tally.total - len(p.lines); left > 0 {
		fmt.Fprintf(&b, "and %d more\n", left)
	}
	_, err := io.WriteString(p.w, b.String())
	return err
}

// lineProblem returns the line that says why there are no results.
func lineProblem(text string) string {
	return cut.Runes(coloured(probe.Unknown)+" mailprobe: "+plain(text, maxLine), maxLine)
}

// resultLine returns the line of a result, with its hint if there is room for it.
func resultLine(r *probe.Result) string {
	line := fmt.Sprintf("%s %s: %s", coloured(r.Status), lineName(r), lineText(r))
	if hint := hintOf(r); hint != "" && len(line)+len(hint) < maxLine {
		line += "; " + hint
	}
	return cut.Bytes(line, maxLine)
}

// lineName returns the name of a result: that in a file of checks, else kind and target.
func lineName(r *probe.Result) string {
	return plain(cmp.Or(r.Name, r.Check+" "+r.Target), maxNagiosName)
}

// lineText returns the summary of a result and the name of its cause.
func lineText(r *probe.Result) string {
	text := plain(yield(clean(r.Summary), maxLineSummary), maxLineSummary)
	if r.Cause != nil && r.Status.ExitCode() != 0 {
		text += " [" + plain(r.Cause.Name, maxNagiosName) + "]"
	}
	return strings.TrimSpace(text + " " + plain(silencedNote(r), maxLineSummary))
}

// coloured returns a status after its colour in Xymon. UNKNOWN is yellow like WARNING,
// because somebody has to look; SKIPPED is clear.
func coloured(s probe.Status) string {
	colour := map[probe.Status]string{probe.OK: "green", probe.Warning: "yellow", probe.Critical: "red", probe.Skipped: "clear"}[s]
	return cmp.Or(colour, "yellow") + " " + s.String()
}
