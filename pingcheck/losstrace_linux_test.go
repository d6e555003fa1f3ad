package pingcheck

import (
	"strings"
	"testing"

	"mailprobe/probe"
)

// Where probes are lost the path is traced as well: the verdict stays ping's, and the
// hops say where.
func TestTraceOnFailure(t *testing.T) {
	c := chain(t)
	unlimited(t, c)
	v4, _ := c.Host()
	ping := func(args ...string) *probe.Result {
		t.Helper()
		return runKind(t, t.Context(), Kind(), append([]string{"-c", "3", "-i", "10ms", "-W", "300ms", "--trace-on-failure", v4}, args...)...)[0]
	}
	if r := ping(); r.Status != probe.OK || r.Step(stepTrace) != nil {
		t.Errorf("without loss: %s, %s", r.Status, r.Summary)
	}
	filter(t, c, 3, "meta l4proto icmp icmp type echo-request numgen inc mod 5 { 1, 3, 4 } drop")
	r := ping()
	if r.Status != probe.Warning || r.Cause.Name != "packet-loss" || !strings.HasPrefix(r.Summary, "echo: ") ||
		!strings.Contains(r.Step(stepTrace).Detail, "loss begins at hop 4 (10.0.4.2) and lasts") || r.Step("hop-5") == nil || r.Step("hop-5").Address != v4 {
		t.Errorf("%s %s, trace %q\n%s", r.Status, r.Summary, r.Step(stepTrace).Detail, hopTexts(r))
	}
	if loss, _ := r.Fact(probe.LossFact); *loss.Value != 100.0/3 {
		t.Errorf("the loss is %s, not that of the echo requests", loss.Text)
	}
	unfilter(t, c, 3)
	filter(t, c, 2, "drop")
	r = ping()
	if r.Status != probe.Critical || r.Cause.Name != "no-answer" || r.Summary != "echo: nobody answered 3 probes (+1 more)" ||
		r.Step(stepTrace).Detail != "nobody answers beyond hop 2, 10.0.2.2" || r.Step("hop-2") == nil {
		t.Errorf("%s %s, trace %q", r.Status, r.Summary, r.Step(stepTrace).Detail)
	}
}
