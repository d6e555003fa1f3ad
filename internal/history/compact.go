package history

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"time"

	"mailprobe/probe"
)

// A result is stored as its shape, which most results of a series share, and the
// numbers that fill it in. Texts are not stored.

// shapeStep is a step without its numbers; the JSON names are short because there may
// be many shapes.
type shapeStep struct {
	Name   string       `json:"n"`
	Status probe.Status `json:"s"`
	Item   string       `json:"i,omitempty"`
	Group  string       `json:"g,omitempty"`
	Facts  []shapeFact  `json:"f,omitempty"`
	// Set for a step that is not OK: its cause, who has to act, and Step.Aside.
	Cause string      `json:"c,omitempty"`
	Blame probe.Blame `json:"b,omitempty"`
	Aside bool        `json:"a,omitempty"`
}

type shapeFact struct {
	Name   string       `json:"n"`
	Unit   probe.Unit   `json:"u,omitempty"`
	Status probe.Status `json:"s"`
}

// errNumbers means that a result's numbers do not fit its shape.
var errNumbers = errors.New("the numbers of a result cannot be read")

// compact splits a result into its shape and its numbers.
func compact(r *probe.Result) (shape string, numbers []byte, err error) {
	steps := make([]shapeStep, len(r.Steps))
	numbers = make([]byte, 0, 64) // not nil, which would be NULL, where there are none
	for i, s := range r.Steps {
		steps[i] = shapeStep{Name: s.Name, Status: s.Status, Item: s.Item, Group: s.Group}
		if s.Cause != nil {
			steps[i].Cause, steps[i].Blame, steps[i].Aside = s.Cause.Name, s.Cause.Blame, s.Aside
		}
		numbers = binary.AppendUvarint(numbers, micros(s.Elapsed))
		for _, f := range s.Facts {
			if !isNumber(f) {
				continue
			}
			steps[i].Facts = append(steps[i].Facts, shapeFact{f.Name, f.Unit, f.Status})
			numbers = appendValue(numbers, *f.Value, f.Unit)
		}
	}
	shape, err = shapeText(steps)
	return shape, numbers, err
}

// shapeText returns the JSON of a shape. As every result needs it, the common case, with
// plain names, no headings and no causes, does without encoding/json.
func shapeText(steps []shapeStep) (string, error) {
	b := append(make([]byte, 0, 512), '[')
	for i, s := range steps {
		if s.Cause != "" || !isPlainName(s.Name) || !isPlainName(s.Item) || s.Group != "" {
			return marshalShape(steps)
		}
		b = append(append(append(opened(b, i), `{"n":"`...), s.Name...), `","s":"`...)
		b = append(append(b, s.Status.String()...), '"')
		if s.Item != "" {
			b = append(append(append(b, `,"i":"`...), s.Item...), '"')
		}
		for j, f := range s.Facts {
			if !isPlainName(f.Name) || !isPlainName(string(f.Unit)) {
				return marshalShape(steps)
			}
			if j == 0 {
				b = append(b, `,"f":[`...)
			}
			b = append(append(append(opened(b, j), `{"n":"`...), f.Name...), '"')
			if f.Unit != probe.None {
				b = append(append(append(b, `,"u":"`...), f.Unit...), '"')
			}
			b = append(append(append(b, `,"s":"`...), f.Status.String()...), `"}`...)
		}
		if len(s.Facts) > 0 {
			b = append(b, ']')
		}
		b = append(b, '}')
	}
	return string(append(b, ']')), nil
}

func marshalShape(steps []shapeStep) (string, error) {
	text, err := json.Marshal(steps)
	return string(text), err
}

// opened appends the comma before the i-th element of a list.
func opened(b []byte, i int) []byte {
	if i > 0 {
		b = append(b, ',')
	}
	return b
}

// isPlainName reports whether a name needs no escapes in JSON.
func isPlainName(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			return false
		}
	}
	return true
}

// isNumber reports whether a fact has a number to store. The total is stored with the
// result.
func isNumber(f probe.Fact) bool {
	return f.Value != nil && f.Name != probe.TotalFact && !math.IsNaN(*f.Value) && !math.IsInf(*f.Value, 0)
}

// micros returns a duration as it is stored: in microseconds, at least 0.
func micros(d time.Duration) uint64 {
	return uint64(max(0, d.Round(time.Microsecond).Microseconds()))
}

// The lowest bit of a value is 0 if the rest is an integer and 1 if a float of eight
// bytes follows.
const (
	maxInteger = 1 << 52
	asFloat    = 1
)

// appendValue appends a time as whole microseconds, another whole number as an integer,
// and any other number as a float.
func appendValue(b []byte, v float64, unit probe.Unit) []byte {
	if unit == probe.Seconds {
		v = math.Round(v * 1e6)
	}
	if v == math.Trunc(v) && math.Abs(v) < maxInteger {
		return binary.AppendUvarint(b, zigzag(int64(v))<<1)
	}
	return binary.BigEndian.AppendUint64(append(b, asFloat), math.Float64bits(v))
}

func zigzag(i int64) uint64 { return uint64(i<<1) ^ uint64(i>>63) }

func unzigzag(u uint64) int64 { return int64(u>>1) ^ -int64(u&1) }

// numberReader reads what appendValue and binary.AppendUvarint wrote.
type numberReader struct {
	rest []byte
	err  error
}

func (r *numberReader) uvarint() uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 {
		r.rest, r.err = nil, errNumbers
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *numberReader) value(unit probe.Unit) float64 {
	head := r.uvarint()
	v := float64(unzigzag(head >> 1))
	if head&asFloat != 0 {
		if len(r.rest) < 8 {
			r.rest, r.err = nil, errNumbers
			return 0
		}
		v = math.Float64frombits(binary.BigEndian.Uint64(r.rest))
		r.rest = r.rest[8:]
	}
	if unit == probe.Seconds {
		v /= 1e6
	}
	return v
}

// span reads what micros made.
func (r *numberReader) span() time.Duration {
	return time.Duration(min(r.uvarint(), math.MaxInt64/1000)) * time.Microsecond
}

// readShape parses a shape, and caches it in known.
func readShape(known map[string][]shapeStep, shape string) ([]shapeStep, error) {
	steps, ok := known[shape]
	if ok {
		return steps, nil
	}
	err := json.Unmarshal([]byte(shape), &steps)
	if err == nil {
		known[shape] = steps
	}
	return steps, err
}

// expand is the inverse of compact; the texts of the facts are formatted from the
// numbers. It caches shapes in known.
func expand(known map[string][]shapeStep, shape string, numbers []byte) ([]probe.Step, error) {
	shapes, err := readShape(known, shape)
	if err != nil {
		return nil, err
	}
	in := numberReader{rest: numbers}
	steps := make([]probe.Step, len(shapes))
	for i, s := range shapes {
		steps[i] = probe.Step{Name: s.Name, Status: s.Status, Item: s.Item, Group: s.Group, Elapsed: in.span()}
		if s.Cause != "" {
			steps[i].Cause, steps[i].Aside = &probe.Cause{Name: s.Cause, Blame: s.Blame}, s.Aside
		}
		for _, f := range s.Facts {
			steps[i].Learn(f.fill(in.value(f.Unit)))
		}
	}
	return steps, in.err
}

func (f shapeFact) fill(v float64) probe.Fact {
	fact := probe.Number(f.Name, v, f.Unit)
	if f.Unit == probe.Seconds && math.Abs(v) < math.MaxInt64/1e9 {
		fact = probe.Duration(f.Name, time.Duration(math.Round(v*1e6))*time.Microsecond)
	}
	fact.Status = f.Status
	return fact
}
