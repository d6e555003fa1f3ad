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

// labelsOf are the labels of a series by name.
func labelsOf(m *dto.Metric) map[string]string {
	labels := map[string]string{}
	for _, l := range m.Label {
		labels[l.GetName()] = l.GetValue()
	}
	return labels
}

// TestPrometheusSkipped makes sure that what was not checked is never 0.
func TestPrometheusSkipped(t *testing.T) {
	found := exposed(t, failed("a", probe.Skipped, "mx is down"), failed("b", probe.OK, "up"))
	for _, name := range []string{"mailprobe_status", "mailprobe_success", "mailprobe_duration_seconds", "mailprobe_start_timestamp_seconds"} {
		series := found[name].GetMetric()
		if len(series) != 1 || labelsOf(series[0])["target"] != "b" {
			t.Errorf("%s has a sample of what was skipped: %v", name, series)
		}
	}
	if s := found["mailprobe_skipped"].GetMetric(); len(s) != 2 || s[0].GetGauge().GetValue() != 1 || s[1].GetGauge().GetValue() != 0 {
		t.Errorf("mailprobe_skipped is not 1 and 0: %v", s)
	}
	for _, m := range exposed(t, session(t))["mailprobe_step_status"].GetMetric() {
		if labelsOf(m)["step"] == "auth" {
			t.Errorf("a step that was skipped has a verdict: %v", m)
		}
	}
}

func TestPrometheusSuccess(t *testing.T) {
	refused := failed("refused", probe.Warning, "greylisted")
	refused.Refused = true
	found := exposed(t, failed("ok", probe.OK, ""), failed("warning", probe.Warning, ""), refused,
		failed("critical", probe.Critical, ""), failed("unknown", probe.Unknown, ""))
	want := map[string]float64{"ok": 1, "warning": 1, "refused": 0, "critical": 0, "unknown": 0}
	for _, m := range found["mailprobe_success"].GetMetric() {
		if target := labelsOf(m)["target"]; m.GetGauge().GetValue() != want[target] {
			t.Errorf("success of %s is %v", target, m.GetGauge().GetValue())
		}
		delete(want, labelsOf(m)["target"])
	}
	if len(want) > 0 {
		t.Errorf("no success of %v", want)
	}
}

func TestPrometheusInfo(t *testing.T) {
	found := exposed(t, session(t), ping())
	if v := found["mailprobe_cert_not_after_timestamp_seconds"].GetMetric(); len(v) != 1 || v[0].GetGauge().GetValue() != 1774267200 {
		t.Errorf("the certificate ends at %v", v)
	}
	want := map[string]string{"check": "smtp", "target": "mx.example.org", "address": "192.0.2.25:25", "family": "ipv4",
		"tls_version": "TLS 1.3", "cipher": "TLS_AES_128_GCM_SHA256", "cert_sha256": "00ff"}
	info := found["mailprobe_connection_info"].GetMetric()
	if len(info) != 2 || !maps.Equal(labelsOf(info[0]), want) {
		t.Errorf("connection info is %v, want %v", info, want)
	}
	build := found["mailprobe_build_info"].GetMetric()
	if len(build) != 1 || labelsOf(build[0])["version"] == "" || !strings.HasPrefix(labelsOf(build[0])["goversion"], "go") {
		t.Errorf("build info is %v", build)
	}
	if _, ok := exposed(t, failed("nowhere", probe.Critical, ""))["mailprobe_connection_info"]; ok {
		t.Error("there is an info of no connection")
	}
}

func TestFamilyOf(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.1": "ipv4", "192.0.2.1:25": "ipv4", "[2001:db8::1]:25": "ipv6", "2001:db8::1": "ipv6", "fe80::1%eth0": "ipv6",
		"[::ffff:192.0.2.1]:25": "ipv4", "": "", "mx.example.org:25": "", "/var/run/lmtp": "",
	} {
		if got := familyOf(address); got != want {
			t.Errorf("familyOf(%q) = %q, want %q", address, got, want)
		}
	}
}

// TestPrometheusConstant makes sure that every series has the constant labels, beside
// its own, and what a file of checks says of the check.
func TestPrometheusConstant(t *testing.T) {
	grouped := session(t)
	grouped.Name, grouped.Group, grouped.Tags = "relay", "mail", []string{"web", "prod"}
	text := printed(t, "prometheus", Options{Labels: Labels{{"site", `b"1\`}, {"hop", "x"}, {"cipher", "y"}}}, grouped, route())
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "#") && !strings.Contains(line, `{site="b\"1\\",hop="x",cipher="y",`) {
			t.Errorf("a series without the constant labels: %s", line)
		}
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	found, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	checkUnique(t, found)
	labels := labelsOf(found["mailprobe_connection_info"].GetMetric()[0])
	for name, want := range map[string]string{"entry": "relay", "group": "mail", "tags": ",web,prod,", "cipher_": "TLS_AES_128_GCM_SHA256"} {
		if labels[name] != want {
			t.Errorf("label %s is %q, want %q", name, labels[name], want)
		}
	}
	if hop := labelsOf(found["mailprobe_hop_loss_ratio"].GetMetric()[0])["hop_"]; hop != "1" {
		t.Errorf("the label of the hop beside a constant one is %q", hop)
	}
}
