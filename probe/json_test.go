package probe

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"mailprobe/wire"
)

// reflected is MarshalJSON as encoding/json does it.
func reflected(r *Result) ([]byte, error) {
	out := resultJSON{
		Name: r.Name, Check: r.Check, Target: r.Target, Address: r.Address, Start: r.Start,
		Elapsed: r.Elapsed.Seconds(), Status: r.Status, Summary: r.Summary,
		causeJSON: encodeCause(r.Cause, r.Also), Refused: r.Refused, Silenced: r.Silenced,
	}
	for _, s := range r.Steps {
		out.Steps = append(out.Steps, s.encode())
	}
	if r.Transcript != nil {
		out.Transcript = r.Transcript.Lines()
	}
	return marshalPlain(out)
}

// marshalPlain leaves the angle brackets of mail addresses readable, which
// json.Marshal would escape for HTML.
func marshalPlain(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

func (s Step) encode() stepJSON {
	out := stepJSON{Name: s.Name, Status: s.Status, Elapsed: s.Elapsed.Seconds(), Detail: s.Detail, Hint: s.Hint, Item: s.Item, Address: s.Address, Group: s.Group, Fix: s.Fix, causeJSON: encodeCause(s.Cause, s.Also)}
	for _, f := range s.Facts {
		if f.Value != nil && (math.IsNaN(*f.Value) || math.IsInf(*f.Value, 0)) {
			f.Value = nil
		}
		out.Facts = append(out.Facts, factJSON{f.Name, f.Text, f.Value, f.Unit, f.Role, f.Status})
	}
	return out
}

func encodeCause(c *Cause, also []*Cause) causeJSON {
	var out causeJSON
	if c != nil {
		out.Cause, out.Blame = c.Name, c.Blame
	}
	for _, a := range also {
		out.Causes = append(out.Causes, a.Name)
	}
	return out
}

// values are what may be behind facts.
var values = []float64{0, 1, -1, 0.25, 1e-6, 1e-7, -3.5e-9, 123456789.125, 1e20, 1e21, 2.5e300, math.MaxFloat64,
	math.SmallestNonzeroFloat64, math.NaN(), math.Inf(1), math.Inf(-1)}

// everything is a result with all that there can be in one.
func everything() *Result {
	texts := []string{"", "plain", "<alice@example.org> & \"bob\"", "a\\b\tc\x00\x7f", "\u2028 ä 漢 \xff\xfe", "ends in {", "ends in [", "ends in :"}
	r := &Result{
		Name: texts[2], Check: "smtp", Target: texts[3], Address: texts[1], Start: time.Date(2026, 9, 1, 12, 0, 0, 123456789, time.UTC),
		Elapsed: 108 * time.Millisecond, Status: Critical, Summary: texts[4], Cause: CauseResolver, Also: []*Cause{CauseUsage, CauseNoAddress},
		Refused: true, Silenced: &Silenced{ID: "7", By: texts[2], Reason: texts[4], Until: time.Date(2026, 9, 2, 12, 0, 0, 0, time.UTC)}, Transcript: &wire.Transcript{},
	}
	for i, text := range texts {
		s := Step{Name: text, Status: Status(i), Elapsed: time.Duration(i), Detail: text, Hint: texts[len(texts)-1-i], Group: text, Fix: []string{text, "x"}}
		if i%2 == 0 {
			s.Cause = &Cause{Name: text}
		}
		for j, v := range values {
			s.Learn(Fact{Name: text, Text: text, Value: &v, Unit: Unit(texts[j%2]), Status: OK}, Text("none", text))
		}
		r.Steps = append(r.Steps, s)
		r.Transcript.Record(wire.Server, wire.Quote(text+"\r\n"))
	}
	return r
}

// TestMarshal: what is written is to the byte what encoding/json writes.
func TestMarshal(t *testing.T) {
	for name, r := range map[string]*Result{
		"empty": {}, "no transcript": {Check: "smtp", Steps: []Step{{}}}, "empty transcript": {Transcript: &wire.Transcript{}}, "everything": everything(),
	} {
		got, err := r.MarshalJSON()
		want, wantErr := reflected(r)
		if err != nil || wantErr != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %v, %v\n%s\nwant\n%s", name, err, wantErr, got, want)
		}
	}
	far := &Result{Start: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}
	if _, err := far.MarshalJSON(); err == nil {
		t.Error("a year of five digits is written")
	}
}

// FuzzMarshal: so it is for any text and number.
func FuzzMarshal(f *testing.F) {
	f.Add("mx <a@b> \"x\"", 0.5)
	f.Fuzz(func(t *testing.T, text string, v float64) {
		r := &Result{Name: text, Summary: text, Steps: []Step{{Name: text, Detail: text, Facts: []Fact{Number(text, v, Seconds), Text("x", text)}}}}
		got, err := r.MarshalJSON()
		want, wantErr := reflected(r)
		if err != nil || wantErr != nil || !bytes.Equal(got, want) {
			t.Errorf("%v, %v\n%s\nwant\n%s", err, wantErr, got, want)
		}
		if back := (&Result{}); json.Unmarshal(got, back) != nil || strings.ToValidUTF8(text, "\ufffd") != back.Name && !strings.Contains(back.Name, "\ufffd") {
			t.Errorf("%q is read as %q", text, back.Name)
		}
	})
}
