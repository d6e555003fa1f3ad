package report

import (
	"maps"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"mailprobe/probe"
)

// exposed lints and parses what the format prints.
func exposed(t *testing.T, results ...*probe.Result) map[string]*dto.MetricFamily {
	t.Helper()
	text := printed(t, "prometheus", Options{}, results...)
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil {
		t.Fatalf("the linter cannot read it: %v\n%.2000s", err, text)
	}
	for _, p := range problems {
		t.Errorf("linter: %s: %s", p.Metric, p.Text)
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	found, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatalf("the parser refuses it: %v\n%.2000s", err, text)
	}
	checkUnique(t, found)
	return found
}

// checkUnique makes sure that no two series have the same labels.
func checkUnique(t *testing.T, found map[string]*dto.MetricFamily) {
	t.Helper()
	seen := map[string]bool{}
	for name, f := range found {
		for _, m := range f.Metric {
			key := name
			for _, l := range m.Label {
				key += "\x00" + l.GetName() + "\x00" + l.GetValue()
			}
			if seen[key] {
				t.Errorf("series %q is there twice", key)
			}
			seen[key] = true
		}
	}
}

func TestPrometheusHostile(t *testing.T) {
	for name, text := range hostileTexts {
		t.Run(name, func(t *testing.T) {
			found := exposed(t, hostile(t, text), session(t), hostile(t, text), ping())
			if n := len(found["mailprobe_status"].GetMetric()); n != 3 {
				t.Errorf("%d results, want 3", n)
			}
		})
	}
}

// TestPrometheusLabels makes sure that a label comes out of the parser as it
// went in.
func TestPrometheusLabels(t *testing.T) {
	for _, text := range []string{`a"b`, `a\b`, `a\nb`, `\\`, `"`, "日本語", "{}", "#", ","} {
		for _, l := range exposed(t, failed(text, probe.OK, ""))["mailprobe_status"].GetMetric()[0].Label {
			if l.GetName() == "target" && l.GetValue() != text {
				t.Errorf("target %q became %q", text, l.GetValue())
			}
		}
	}
}

func TestPrometheusValues(t *testing.T) {
	got := printed(t, "prometheus", Options{}, failed("192.0.2.1", probe.Critical, "down"), session(t), ping())
	for _, want := range []string{
		`mailprobe_status{check="smtp",target="mx.example.org"} 1`,
		`mailprobe_duration_seconds{check="smtp",target="mx.example.org"} 0.1432`,
		`mailprobe_step_status{check="smtp",target="mx.example.org",step="starttls"} 1`,
		`mailprobe_step_duration_seconds{check="smtp",target="mx.example.org",step="ehlo"} 0.0121`,
		`mailprobe_fact{check="smtp",target="mx.example.org",name="size_limit",unit="bytes"} 1.048576e+07`,
		`mailprobe_fact{check="ping",target="192.0.2.1",name="loss",unit="ratio"} 0.2`,
		`mailprobe_fact{check="ping",target="192.0.2.1",name="rtt_avg",unit="seconds"} 0.0119`,
		`mailprobe_fact{check="ping",target="192.0.2.1",name="sent",unit="count"} 5`,
	} {
		if !strings.Contains(got, want+"\n") {
			t.Errorf("%s is not in\n%s", want, got)
		}
	}
}

func TestPrometheusLaterReplaces(t *testing.T) {
	found := exposed(t, failed("a", probe.Critical, "down"), failed("b", probe.OK, "up"), failed("a", probe.OK, "up"))
	series := found["mailprobe_status"].GetMetric()
	if len(series) != 2 || series[0].GetGauge().GetValue() != 0 {
		t.Errorf("of two results of a target the later does not count: %v", series)
	}
}

// TestPrometheusCause makes sure that a result that is not OK has one series with its
// cause, whose labels cannot break out of it, and others have none.
func TestPrometheusCause(t *testing.T) {
	odd := refusal("b")
	odd.Cause = &probe.Cause{Name: "a\"}\n1", Blame: "x\\"}
	fine, without := ping(), failed("c", probe.Critical, "down")
	fine.Cause = odd.Cause
	found := exposed(t, refusal("a"), odd, fine, without)
	series := found["mailprobe_cause"].GetMetric()
	if len(series) != 2 {
		t.Fatalf("%d series, want 2: %v", len(series), series)
	}
	labels := map[string]string{}
	for _, l := range series[0].Label {
		labels[l.GetName()] = l.GetValue()
	}
	want := map[string]string{"check": "smtp", "target": "a", "cause": "relay-denied", "blame": "server"}
	if !maps.Equal(labels, want) || series[0].GetGauge().GetValue() != 1 {
		t.Errorf("labels %v, want %v", labels, want)
	}
}
