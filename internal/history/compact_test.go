package history

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"mailprobe/probe"
	"mailprobe/wire"
)

func TestCompact(t *testing.T) {
	r := result(begin, probe.OK)
	r.Steps[0].Learn(probe.Number("ratio", 0.1, probe.None), probe.Number("drift", -3, probe.None),
		probe.Number("huge", 1e300, probe.Bytes), probe.Number("lost", math.Inf(1), probe.None),
		probe.Duration("rtt", 1234567*time.Nanosecond))
	shape, numbers, err := compact(r)
	if err != nil || len(numbers) > 60 {
		t.Fatalf("%d bytes, %v", len(numbers), err)
	}
	steps, err := expand(map[string][]shapeStep{}, shape, numbers)
	if err != nil || len(steps) != 3 {
		t.Fatalf("%+v, %v", steps, err)
	}
	got := &probe.Result{Steps: steps}
	for name, want := range map[string]float64{
		"ratio": 0.1, "drift": -3, "huge": 1e300, "rtt": 0.001235, "handshake": 0.012, "cert_days_left": 90,
	} {
		f, ok := got.Fact(name)
		if !ok || f.Value == nil || math.Abs(*f.Value-want) > math.Abs(want)*1e-12 {
			t.Errorf("%s is %+v, not %g", name, f, want)
		}
	}
	for _, absent := range []string{"lost", "cert_subject", probe.TotalFact} {
		if _, ok := got.Fact(absent); ok {
			t.Errorf("%s is kept", absent)
		}
	}
	if s := got.Step("rcpt"); s.Elapsed != 12345*time.Microsecond || s.Status != probe.OK {
		t.Errorf("%+v", s)
	}
}

// TestShapeText: a shape is byte for byte what encoding/json writes, or those in the
// database would not be found.
func TestShapeText(t *testing.T) {
	for _, steps := range [][]shapeStep{
		{}, {{Name: "resolve", Status: probe.OK}}, {{Name: "", Status: 99}},
		{{Name: "a", Status: probe.OK, Facts: []shapeFact{{"x", probe.Seconds, probe.OK}, {"y", probe.None, probe.Critical}}}, {Name: "b"}},
		{{Name: "tick's <a>", Facts: []shapeFact{{"ä", "%", probe.OK}}}}, {{Name: "a", Facts: []shapeFact{{"x", "\"", probe.OK}}}},
	} {
		got, err := shapeText(steps)
		want, wantErr := marshalShape(steps)
		if got != want || err != nil || wantErr != nil {
			t.Errorf("%s, %v; want %s, %v", got, err, want, wantErr)
		}
	}
}

// TestPack: a server that never stops talking is cut, and what is stored reads back.
func TestPack(t *testing.T) {
	r := result(begin, probe.Critical)
	r.Steps[0].Detail = strings.Repeat("é", 1<<20)
	r.Transcript = &wire.Transcript{}
	for range 4000 {
		r.Transcript.Record(wire.Server, strings.Repeat("<b>", 2000))
	}
	var p packer
	text, err := p.plain(r)
	if err != nil {
		t.Fatal(err)
	}
	packed, err := p.pack(text)
	if err != nil || len(packed) > 64<<10 {
		t.Fatalf("%d bytes, %v", len(packed), err)
	}
	back, err := unpack(packed)
	if err != nil || back.Summary != r.Summary || len(back.Steps[0].Detail) > maxText+3 || back.Transcript.Len() == 0 {
		t.Fatalf("%v", err)
	}
	r = result(begin, probe.Critical)
	r.Transcript = &wire.Transcript{}
	for range 1000 {
		r.Transcript.Record(wire.Server, "220 hello")
	}
	if text, err = p.plain(r); err != nil {
		t.Fatal(err)
	}
	if back, err = unpack(text); err != nil || back.Transcript.Len() > 2*maxLines+1 {
		t.Errorf("%d events, %v", back.Transcript.Len(), err)
	}
	if !slices.ContainsFunc(back.Transcript.Lines(), func(l string) bool { return strings.HasSuffix(l, "lines are left out") }) {
		t.Error("the gap is not marked")
	}
	r.Transcript = &wire.Transcript{}
	r.Transcript.Record(wire.Server, "no\nscript")
	if text, err = p.plain(r); err != nil {
		t.Fatal(err)
	}
	if back, err = unpack(text); err != nil || strings.Join(back.Transcript.Lines(), "|") != `# S: no\x0ascript` {
		t.Errorf("what is no line of a script: %q, %v", back.Transcript.Lines(), err)
	}
	for _, bad := range [][]byte{nil, {'z'}, {'z', 1, 2, 3}, {'p'}, []byte("p{}}")} {
		if _, err := unpack(bad); err == nil {
			t.Errorf("%q unpacks", bad)
		}
	}
}

// TestPercentiles compares the sketch with sorted times.
func TestPercentiles(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for name, draw := range map[string]func() time.Duration{
		"spread": func() time.Duration {
			return time.Duration(math.Exp(random.NormFloat64()*2) * float64(time.Millisecond))
		},
		"equal": func() time.Duration { return 12 * time.Millisecond },
		"none":  func() time.Duration { return 0 },
		"long":  func() time.Duration { return time.Duration(random.Int64N(int64(100 * time.Hour))) },
	} {
		var halves [2]Times
		var all []time.Duration
		for i := range 2000 {
			d := draw()
			halves[i%2].Add(d)
			all = append(all, d)
		}
		sum := halves[0]
		sum.Merge(&halves[1])
		slices.Sort(all)
		in := numberReader{rest: sum.append(nil)}
		back := in.times()
		for _, p := range []float64{0, 1, 50, 95, 99, 100} {
			want := all[max(0, int(math.Ceil(p/100*2000))-1)]
			for _, got := range []time.Duration{sum.Percentile(p), back.Percentile(p)} {
				if off := math.Abs(float64(got - want)); off > float64(want)*0.026+1000 {
					t.Errorf("%s: p%g is %s, not %s", name, p, got, want)
				}
			}
		}
		if in.err != nil || len(in.rest) > 0 || back.Count != 2000 || back.Min != all[0].Round(time.Microsecond) {
			t.Errorf("%s reads back as %+v: %v", name, back, in.err)
		}
	}
	var none Times
	if none.Percentile(50) != 0 || none.Average() != 0 {
		t.Error("none has times")
	}
}

// FuzzDay: a day from a damaged database is read without a panic and within limits.
func FuzzDay(f *testing.F) {
	var d Day
	d.Add(result(begin, probe.OK))
	f.Add(d.encode())
	f.Add([]byte{255, 255, 255, 255, 255, 255, 255, 255, 255, 1, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		var d Day
		d.decode(b)
		for _, times := range d.Times {
			_ = times.Percentile(95)
			_ = times.Average()
		}
		if len(d.Times) > maxNames {
			t.Errorf("%d names", len(d.Times))
		}
		_, _ = expand(map[string][]shapeStep{}, `[{"n":"a","s":2,"f":[{"n":"b","u":"s"},{"n":"c"}]}]`, b)
		_, _ = unpack(append([]byte{asDeflated}, b...))
	})
}

func TestDay(t *testing.T) {
	var d Day
	for _, s := range []probe.Status{probe.OK, probe.Warning, probe.Critical, probe.Unknown, probe.Skipped} {
		d.Add(result(begin, s))
	}
	if up, known := d.Up(); !known || math.Abs(up-2.0/3) > 1e-9 || d.Worst() != probe.Critical || d.Counts.Total() != 5 {
		t.Errorf("%+v is up %g", d.Counts, up)
	}
	var back Day
	back.decode(d.encode())
	for name, want := range map[string]int64{Total: 2, "resolve": 5, "rcpt": 2, "handshake": 5} {
		if got := back.Times[name]; got == nil || got.Count != want {
			t.Errorf("%s has %+v, not %d times", name, got, want)
		}
	}
	refused := result(begin, probe.Warning)
	refused.Refused = true
	d.Add(refused)
	if up, _ := d.Up(); up != 0.5 || d.Refused != 1 || d.Warning != 2 {
		t.Errorf("with a refusal %+v is up %g", d.Counts, up)
	}
	for _, s := range []probe.Status{probe.OK, probe.Critical, probe.Unknown, probe.Skipped} {
		r := result(begin, s) // an expected refusal is OK; the others are no more than what they are
		r.Refused = true
		if d.Add(r); d.Refused != 1 {
			t.Errorf("a refusal that is %s counts as one that is a warning", s)
		}
	}
	if _, known := (Counts{Unknown: 3, Skipped: 1}).Up(); known {
		t.Error("what was not determined is up or down")
	}
	if dayOf(time.Date(1969, 12, 31, 23, 0, 0, 0, time.UTC)) != -1 || !dateOf(dayOf(begin)).Equal(begin.Truncate(dayLength)) {
		t.Error("days are counted wrong")
	}
}
