package report

import (
	"bytes"
	_ "embed" // for the schema
	"encoding/json"
	"io"
	"slices"

	"mailprobe/internal/plainjson"
	"mailprobe/probe"
)

// Schema is the JSON Schema of what the formats json and jsonl print: a result,
// or an array of results.
//
//go:embed schema.json
var Schema string

// jsonPrinter prints each result as it comes, so its memory does not grow with their
// number.
type jsonPrinter struct {
	w       io.Writer
	options Options
	array   bool
	printed int
}

func newJSON(w io.Writer, o Options) Printer      { return &jsonPrinter{w: w, options: o, array: true} }
func newJSONLines(w io.Writer, o Options) Printer { return &jsonPrinter{w: w, options: o} }

// Print implements Printer.
func (p *jsonPrinter) Print(r *probe.Result) error {
	if p.options.hides(r.Status) {
		return nil
	}
	text, err := encode(r, p.options.Verbose)
	if err != nil {
		return err
	}
	if p.array {
		text, err = p.element(text)
	} else {
		text = append(text, '\n')
	}
	if err != nil {
		return err
	}
	p.printed++
	_, err = p.w.Write(text)
	return err
}

// element returns a result indented as the next element of the array.
func (p *jsonPrinter) element(text []byte) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(p.opening())
	err := json.Indent(&b, text, "  ", "  ")
	return b.Bytes(), err
}

// opening returns the text before an element.
func (p *jsonPrinter) opening() string {
	if p.printed == 0 {
		return "[\n  "
	}
	return ",\n  "
}

// Close implements Printer. Without results it prints an empty array.
func (p *jsonPrinter) Close() error {
	end := "\n]\n"
	switch {
	case !p.array:
		return nil
	case p.printed == 0:
		end = "[]\n"
	}
	_, err := io.WriteString(p.w, end)
	return err
}

// encode returns a result as JSON with clean texts.
func encode(r *probe.Result, verbose bool) ([]byte, error) {
	text, err := cleaned(r).MarshalJSON()
	if err != nil || !verbose || r.Transcript == nil {
		return text, err
	}
	return appendTranscript(text, r.Transcript.Lines())
}

// appendTranscript adds the transcript as the last member of a result's object.
func appendTranscript(object []byte, lines []string) ([]byte, error) {
	if len(lines) == 0 {
		return object, nil
	}
	for i := range lines {
		lines[i] = clean(lines[i])
	}
	list, err := plainjson.Marshal(lines)
	if err != nil {
		return nil, err
	}
	object = append(bytes.TrimSuffix(object, []byte("}")), `,"transcript":`...)
	return append(append(object, list...), '}'), nil
}

// cleaned returns a copy of a result with clean texts and no transcript.
func cleaned(r *probe.Result) *probe.Result {
	out := &probe.Result{
		Name: clean(r.Name), Group: r.Group, Tags: r.Tags, Check: clean(r.Check), Target: clean(r.Target), Address: clean(r.Address), Start: r.Start,
		Elapsed: r.Elapsed, Status: r.Status, Summary: clean(r.Summary), Steps: slices.Clone(r.Steps),
		Cause: r.Cause, Also: r.Also, Refused: r.Refused, Silenced: cleanSilenced(r.Silenced), Request: r.Request,
	}
	for i := range out.Steps {
		s := &out.Steps[i]
		s.Name, s.Detail, s.Hint = clean(s.Name), clean(s.Detail), clean(s.Hint)
		s.Item, s.Address = clean(s.Item), clean(s.Address)
		s.Group, s.Fix = clean(s.Group), slices.Clone(s.Fix)
		for j := range s.Fix {
			s.Fix[j] = clean(s.Fix[j])
		}
		s.Facts = slices.Clone(s.Facts)
		for j := range s.Facts {
			f := &s.Facts[j]
			f.Name, f.Text, f.Unit = clean(f.Name), clean(f.Text), probe.Unit(clean(string(f.Unit)))
			if !hasNumber(*f) {
				f.Value, f.Unit = nil, probe.None
			}
		}
	}
	return out
}
