package report

import (
	"io"
	"strconv"

	"mailprobe/internal/plainjson"
	"mailprobe/probe"
)

// Origin says what a result of a bulk run answers.
type Origin struct {
	// Run is the name of the run.
	Run string
	// Index is the target's place in the input, from 0.
	Index int
	// Place is where it was checked, empty where it was not.
	Place string
}

// BulkPrinter prints the results of a bulk run: each a line as of -o jsonl, which begins with
// its Origin.
type BulkPrinter struct {
	w       io.Writer
	options Options
	buffer  []byte
}

// NewBulk returns a printer that writes to w.
func NewBulk(w io.Writer, o Options) *BulkPrinter { return &BulkPrinter{w: w, options: o} }

// Print prints one result.
func (p *BulkPrinter) Print(r *probe.Result, from Origin) error {
	if p.options.hides(r.Status) {
		return nil
	}
	text, err := encode(r, p.options.Verbose)
	if err != nil {
		return err
	}
	return p.line(text, from)
}

// PrintJSON prints one result whose JSON has the form of probe.GlanceAt, and so is clean.
func (p *BulkPrinter) PrintJSON(text []byte, status probe.Status, from Origin) error {
	if p.options.hides(status) {
		return nil
	}
	return p.line(text, from)
}

// line prints the JSON of a result behind where it is from.
func (p *BulkPrinter) line(text []byte, from Origin) (err error) {
	if p.buffer, err = from.appendTo(p.buffer[:0]); err != nil {
		return err
	}
	p.buffer = append(append(p.buffer, text[1:]...), '\n')
	_, err = p.w.Write(p.buffer)
	return err
}

// appendTo writes the beginning of a result's object.
func (o Origin) appendTo(b []byte) ([]byte, error) {
	run, err := plainjson.Marshal(o.Run)
	if err != nil {
		return nil, err
	}
	b = append(append(b, `{"run":`...), run...)
	b = append(strconv.AppendInt(append(b, `,"index":`...), int64(o.Index), 10), ',')
	if o.Place == "" {
		return b, nil
	}
	place, err := plainjson.Marshal(o.Place)
	if err != nil {
		return nil, err
	}
	return append(append(append(b, `"place":`...), place...), ','), nil
}
