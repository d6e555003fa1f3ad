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
}

// NewBulk returns a printer that writes to w.
func NewBulk(w io.Writer, o Options) *BulkPrinter { return &BulkPrinter{w, o} }

// Print prints one result.
func (p *BulkPrinter) Print(r *probe.Result, from Origin) error {
	if p.options.hides(r) {
		return nil
	}
	text, err := encode(r, p.options.Verbose)
	if err != nil {
		return err
	}
	line, err := from.appendTo(make([]byte, 0, len(text)+128))
	if err != nil {
		return err
	}
	_, err = p.w.Write(append(append(line, text[1:]...), '\n'))
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
