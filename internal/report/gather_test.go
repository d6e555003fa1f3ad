package report

import (
	"io"
	"math"
	"strconv"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"google.golang.org/protobuf/proto"

	"mailprobe/probe"
)

// TestGather: what is gathered is what the text says, whatever servers and users write.
func TestGather(t *testing.T) {
	results := []*probe.Result{session(t), ping(), failed("a\\", probe.Critical, "down")}
	for _, text := range hostileTexts {
		results = append(results, hostile(t, text))
	}
	for _, o := range []Options{{}, {Labels: Labels{{"site", `a "b"\` + "\n"}, {"room", "1"}}, File: "/etc/x.yaml"}} {
		parser := expfmt.NewTextParser(model.LegacyValidation)
		want, err := parser.TextToMetricFamilies(strings.NewReader(printed(t, "prometheus", o, results...)))
		if err != nil {
			t.Fatal(err)
		}
		got := GatherRun(o, results)
		if len(got) != len(want) {
			t.Errorf("%d metrics, want %d", len(got), len(want))
		}
		for _, f := range got {
			if !proto.Equal(f, want[f.GetName()]) {
				t.Errorf("gathered %v\nwant %v", f, want[f.GetName()])
			}
		}
		checkOpenMetrics(t, o, results)
	}
}

// checkOpenMetrics: the text of OpenMetrics is that which client_golang writes.
func checkOpenMetrics(t *testing.T, o Options, results []*probe.Result) {
	t.Helper()
	numbers := Metric{Name: "numbers", Help: "All kinds.", Series: []Series{{Value: 1}}}
	for i, value := range []float64{-1, 1.5, 20, 1e9, 1e-9, math.NaN(), math.Inf(1), math.Inf(-1)} {
		numbers.Series = append(numbers.Series, Series{Labels{{"n", strconv.Itoa(i)}}, value})
	}
	var want, got strings.Builder
	encoder := expfmt.NewEncoder(&want, expfmt.FmtOpenMetrics_1_0_0)
	for _, f := range GatherRun(o, results, numbers) {
		if err := encoder.Encode(f); err != nil {
			t.Fatal(err)
		}
	}
	o.OpenMetrics = true
	if err := WriteRun(&got, o, results, numbers); err != nil || got.String() != want.String() {
		t.Errorf("%v: %s\nwant %s", err, got.String(), want.String())
	}
}

// TestGatherFurther: metrics without series are left out, and labels follow the constant
// ones.
func TestGatherFurther(t *testing.T) {
	got := GatherRun(Options{Labels: Labels{{"site", "x"}}}, nil, Metric{Name: "empty"}, Metric{Name: "a", Help: "b", Series: []Series{{Labels{{"file", "c"}}, 2}, {nil, 3}}})
	want := `name:"a" help:"b" type:GAUGE metric:{label:{name:"site" value:"x"} label:{name:"file" value:"c"} gauge:{value:2}} metric:{label:{name:"site" value:"x"} gauge:{value:3}}`
	if len(got) != 2 || strings.ReplaceAll(got[1].String(), "  ", " ") != want { // after the version
		t.Errorf("%v, want %s", got, want)
	}
}

// FuzzLabelPairs: labels come out of their text form as they went in.
func FuzzLabelPairs(f *testing.F) {
	for _, text := range hostileTexts {
		f.Add(text, "x")
	}
	f.Add(`\`, `",a="`)
	f.Fuzz(func(t *testing.T, a, b string) {
		got := appendPairs(nil, label("a", a)+","+label("b", b))
		value := func(text string) string {
			if text = clean(text); text == "" {
				return "unknown"
			}
			return text
		}
		if len(got) != 2 || got[0].GetValue() != value(a) || got[1].GetValue() != value(b) || got[1].GetName() != "b" {
			t.Errorf("%q and %q became %v", a, b, got)
		}
	})
}

// BenchmarkGather is a scrape of a thousand checks.
func BenchmarkGather(b *testing.B) {
	var results []*probe.Result
	for i := range 1000 {
		r := *refusal("mx")
		r.Name = strings.Repeat("x", i%50) + string(rune('a'+i%26))
		results = append(results, &r)
	}
	b.Run("binary", func(b *testing.B) {
		var got []*dto.MetricFamily
		b.ReportAllocs()
		for b.Loop() {
			got = GatherRun(Options{}, results)
		}
		_ = got
	})
	b.Run("text", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = WriteRun(io.Discard, Options{}, results)
		}
	})
}
