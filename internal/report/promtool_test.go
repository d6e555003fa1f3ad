package report_test

import (
	"os/exec"
	"strings"
	"testing"

	"mailprobe/internal/report"
	"mailprobe/internal/report/reporttest"
	"mailprobe/probe"
)

// TestPromtool has Prometheus' own tool read and lint what the format prints.
func TestPromtool(t *testing.T) {
	promtool := reporttest.Tool(t, "promtool")
	odd := sample(t)
	odd.Name, odd.Group, odd.Tags = "a\"b\\\n{}", "mail", []string{"x", "y"}
	odd.Steps[0].Facts = append(odd.Steps[0].Facts, probe.Text("cert_not_after", "2027-01-31T04:00:00Z").As(probe.Moment),
		probe.Text("cert_issuer", `CN="a",O=b\\c`).As(probe.Label), probe.Number("loss", 20, probe.Percent))
	odd.Steps = append(odd.Steps, probe.Step{Name: "hop-1", Item: "hop", Status: probe.OK, Facts: []probe.Fact{probe.Number("loss", 20, probe.Percent)}})
	skipped := &probe.Result{Check: "smtp", Target: "mx.example.org", Status: probe.Skipped}
	text := print(t, "prometheus", report.Options{Labels: report.Labels{{Name: "site", Value: "b\\1"}}}, sample(t), odd, skipped)
	cmd := exec.CommandContext(t.Context(), promtool, "check", "metrics")
	cmd.Stdin = strings.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("promtool: %v\n%s\nof\n%s", err, out, text)
	}
}
