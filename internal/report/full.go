package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"mailprobe/probe"
)

// The limits of one result in lines, a hundred times as high with Verbose.
const (
	maxSummaryLines = 3
	maxDetailLines  = 8
	maxFactLines    = 3
)

// full returns one result in full: the verdict, the steps, and the facts that are not
// shown in the steps. With Verbose it has all facts and the transcript.
func (o Options) full(r *probe.Result) string {
	r = transcribed(cleaned(r), r)
	v := fullView{r: r, paint: painter(o.Color), width: o.columns(), scale: 1, verbose: o.Verbose}
	if o.Verbose {
		v.scale = 100
	}
	parts := []string{v.verdict()}
	for _, part := range []string{v.steps(), v.publish(), v.items(), v.facts(), v.transcript()} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, "\n")
}

func transcribed(dst, src *probe.Result) *probe.Result {
	dst.Transcript = src.Transcript
	return dst
}

// fullView lays out one clean result.
type fullView struct {
	r       *probe.Result
	paint   painter
	width   int
	scale   int // of the limits
	verbose bool
}

// verdict returns the first lines: status, check, target, time and summary.
func (v *fullView) verdict() string {
	at := ""
	if v.r.Address != "" && v.r.Address != v.r.Target {
		at = " (" + v.r.Address + ")"
	}
	name := ""
	if v.r.Name != "" {
		name = v.r.Name + ": "
	}
	const tie = "\u00a0" // keeps a number and its unit on one line
	took := ""
	if v.r.Elapsed > 0 {
		took = ", " + strings.ReplaceAll(probe.FormatDuration(v.r.Elapsed), " ", tie)
	}
	indent := len(v.r.Status.String()) + 2
	lines := wrap(name+fmt.Sprintf("%s %s%s%s", v.r.Check, v.r.Target, at, took), v.width-indent, 100)
	lines[len(lines)-1] = strings.ReplaceAll(lines[len(lines)-1], tie, " ")
	lines = append(lines, wrap(v.r.Summary, v.width-indent, maxSummaryLines*v.scale)...)
	if v.r.Silenced != nil {
		lines = append(lines, wrap(v.r.Silenced.String(), v.width-indent, maxSummaryLines*v.scale)...)
	}
	return v.paint.status(v.r.Status) + "  " + strings.Join(lines, "\n"+strings.Repeat(" ", indent)) + "\n"
}

// steps returns the table of steps, with each hint below its step's detail.
func (v *fullView) steps() string {
	steps := slices.DeleteFunc(slices.Clone(v.r.Steps), func(s probe.Step) bool { return s.Item != "" })
	switch {
	case len(steps) == 0:
		return ""
	case v.hasGroups():
		return v.grouped(steps)
	}
	name, elapsed, status := 4, 4, 6
	for _, s := range steps {
		name = max(name, displayWidth(s.Name))
		elapsed = max(elapsed, len(v.stepTime(s)))
		status = max(status, len(s.Status.String()))
	}
	name = min(name, v.width/4)
	room := v.width - name - elapsed - status - 3*2
	rows := make([]cells, len(steps))
	for i, s := range steps {
		rows[i] = cells{lines(s.Name, name, maxDetailLines), v.stepTime(s), v.paint.status(s.Status), v.detail(s, room)}
	}
	return grid(v.paint.header("STEP", "TIME", "STATUS", "DETAIL"), rows, 1)
}

// stepTime returns the time of a step, a hyphen for one that did not run, and where no time
// of the result is known.
func (v *fullView) stepTime(s probe.Step) string {
	if s.Status == probe.Skipped || v.r.Elapsed == 0 {
		return Took(s.Elapsed)
	}
	return probe.FormatDuration(s.Elapsed)
}

// Took returns how long a check or a step took, a hyphen where that is not known.
func Took(d time.Duration) string {
	if d == 0 {
		return "-"
	}
	return probe.FormatDuration(d)
}

// detail returns the detail of a step, what is wrong before what the server said, and
// its hint.
func (v *fullView) detail(s probe.Step, width int) string {
	text := wrap(reasonFirst(s), width, maxDetailLines*v.scale)
	if s.Hint != "" {
		text = append(text, wrap("hint: "+s.Hint, width, maxDetailLines*v.scale)...)
	}
	return strings.Join(text, "\n")
}

// reasonFirst returns the detail of a step with the reason for its verdict before any
// quotation.
func reasonFirst(s probe.Step) string {
	reason := clean(strings.TrimPrefix(s.Reason(), s.Name+": "))
	before, ok := strings.CutSuffix(s.Detail, "; "+reason)
	if !ok || s.Status.ExitCode() == 0 || !strings.Contains(before, `"`) {
		return s.Detail
	}
	return reason + "; " + before
}

// facts returns the table of the other facts.
func (v *fullView) facts() string {
	var shown []probe.Fact
	width := 0
	for _, f := range v.r.Facts() {
		if v.verbose || !v.isShown(f) && f.Role != probe.Identifier {
			shown = append(shown, f)
			width = max(width, displayWidth(f.Name))
		}
	}
	if len(shown) == 0 {
		return ""
	}
	width = min(width, v.width/3)
	rows := make([]cells, len(shown))
	for i, f := range shown {
		rows[i] = cells{lines(f.Name, width, maxDetailLines), v.value(f, v.width-width-2)}
	}
	return grid(v.paint.header("FACT", "VALUE"), rows)
}

// fingerprint is how many hexadecimal digits SHA-256 has. They are not broken, to be copied.
const fingerprint = 64

func (v *fullView) value(f probe.Fact, width int) string {
	if len(f.Text) == fingerprint && !strings.Contains(f.Text, " ") {
		width = max(width, fingerprint)
	}
	text := lines(f.Text, width-12, maxFactLines*v.scale)
	if f.Status == probe.OK {
		return lines(f.Text, width, maxFactLines*v.scale)
	}
	return text + "  " + v.paint.status(f.Status)
}

// isShown reports whether a fact is already in the output: the check's own time, its
// address, a part of a step's detail, or a number of an item. Of steps in groups the
// details say all that matters.
func (v *fullView) isShown(f probe.Fact) bool {
	switch {
	case f.Status != probe.OK:
		return false
	case f.Text == "", f.Text == v.r.Address, f.Name == probe.TotalFact, v.hasGroups():
		return true
	}
	for _, s := range v.r.Steps {
		if mentions(s.Detail, f) || s.Item != "" && slices.ContainsFunc(s.Facts, func(g probe.Fact) bool { return g.Name == f.Name && g.Text == f.Text }) {
			return true
		}
	}
	return false
}

// shortText is the length in bytes up to which a text may be in a detail by chance.
const shortText = 3

// mentions reports whether a detail contains the text of a fact as whole words. A
// short text counts only together with the fact's name.
func mentions(detail string, f probe.Fact) bool {
	if len(f.Text) < shortText && !strings.Contains(detail, f.Name) {
		return false
	}
	for before, after := "", detail; ; {
		i := strings.Index(after, f.Text)
		if i < 0 {
			return false
		}
		before, after = after[:i], after[i+len(f.Text):]
		if !strings.ContainsAny(lastByte(before)+firstByte(after), wordBytes) {
			return true
		}
	}
}

const wordBytes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

func lastByte(s string) string  { return s[max(0, len(s)-1):] }
func firstByte(s string) string { return s[:min(1, len(s))] }

func (v *fullView) transcript() string {
	if !v.verbose {
		return ""
	}
	var b strings.Builder
	writeScript(&b, v.r)
	return b.String()
}

// lines wraps a text for a cell.
func lines(text string, width, limit int) string {
	return strings.Join(wrap(text, width, limit), "\n")
}
