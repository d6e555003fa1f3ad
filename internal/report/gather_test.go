package report

import (
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
		got := Gather(results, o)
		if len(got) != len(want) {
			t.Errorf("%d metrics, want %d", len(got), len(want))
		}
		for _, f := range got {
			if !proto.Equal(f, want[f.GetName()]) {
				t.Errorf("gathered %v\nwant %v", f, want[f.GetName()])
			}
		}
	}
}

// TestGatherMetrics: metrics without series are left out, and labels follow the constant
// ones.
func TestGatherMetrics(t *testing.T) {
	got := GatherMetrics(Labels{{"site", "x"}}, Metric{Name: "empty"}, Metric{Name: "a", Help: "b", Series: []Series{{Labels{{"file", "c"}}, 2}, {nil, 3}}})
	want := `name:"a" help:"b" type:GAUGE metric:{label:{name:"site" value:"x"} label:{name:"file" value:"c"} gauge:{value:2}} metric:{label:{name:"site" value:"x"} gauge:{value:3}}`
	if len(got) != 1 || strings.ReplaceAll(got[0].String(), "  ", " ") != want {
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
	var got []*dto.MetricFamily
	for b.Loop() {
		got = Gather(results, Options{})
	}
	_ = got
}
