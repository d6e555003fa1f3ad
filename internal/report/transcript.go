package report

import (
	"fmt"
	"io"
	"strings"

	"mailprobe/probe"
)

// transcriptPrinter prints transcripts as scripts that a test can play back.
type transcriptPrinter struct {
	w       io.Writer
	options Options
	printed int
}

func newTranscript(w io.Writer, o Options) Printer {
	return &transcriptPrinter{w: w, options: o}
}

// Print implements Printer. The verdict is printed as a comment.
func (p *transcriptPrinter) Print(r *probe.Result) error {
	if p.options.hides(r.Status) {
		return nil
	}
	var b strings.Builder
	if p.printed > 0 {
		b.WriteByte('\n')
	}
	p.printed++
	b.WriteString("# " + verdict(r) + "\n")
	writeScript(&b, r)
	_, err := io.WriteString(p.w, b.String())
	return err
}

// Close implements Printer.
func (p *transcriptPrinter) Close() error { return nil }

// verdict returns a result in one line.
func verdict(r *probe.Result) string {
	at := ""
	if r.Address != "" {
		at = fmt.Sprintf(" (%s)", clean(r.Address))
	}
	name := ""
	if r.Name != "" {
		name = clean(r.Name) + ": "
	}
	line := name + fmt.Sprintf("%s %s%s: %s %s", clean(r.Check), clean(r.Target), at, r.Status, clean(r.Summary))
	return strings.TrimSpace(line)
}

// writeScript writes the lines of a transcript, never broken or cut, so that they can be
// played back.
func writeScript(b *strings.Builder, r *probe.Result) {
	if r.Transcript == nil {
		return
	}
	for _, line := range r.Transcript.Lines() {
		b.WriteString(clean(line) + "\n")
	}
}
