package notify

import (
	"strings"
	"testing"

	"mailprobe/probe"
	"mailprobe/wire"
)

// TestTail: of sessions side by side an event quotes those of a step that is not OK, and
// none where the fault is elsewhere.
func TestTail(t *testing.T) {
	session := func(lines ...string) *wire.Transcript {
		recorded := &wire.Transcript{}
		for _, line := range lines {
			recorded.Record(wire.Server, line)
		}
		return recorded
	}
	whole := session()
	whole.Append("exchanger: mx1 (192.0.2.1)", session("220 one"), 3)
	whole.Append("exchanger-2: mx2 (192.0.2.2)", session("220 two"), 3)
	whole.Append("exchanger-2: mx2 (192.0.2.3)", session("220 three"), 3)
	for _, c := range []struct{ group, wrong, want string }{
		{"RECEIVING", "exchanger", "# exchanger: mx1 (192.0.2.1)|S: 220 one"},
		{"RECEIVING", "exchanger-2", "# exchanger-2: mx2 (192.0.2.2)|S: 220 two|# exchanger-2: mx2 (192.0.2.3)|S: 220 three"},
		{"RECEIVING", "spf", ""},
		{"", "spf", strings.Join(whole.Lines(), "|")},
	} {
		r := &probe.Result{Transcript: whole}
		for _, name := range []string{"exchanger", "exchanger-2", "spf"} {
			s := probe.Step{Name: name, Group: c.group, Status: probe.OK}
			if name == c.wrong {
				s.Status = probe.Warning
			}
			r.Steps = append(r.Steps, s)
		}
		if got := strings.Join(tail(r), "|"); got != c.want {
			t.Errorf("%s: %q, want %q", c.wrong, got, c.want)
		}
	}
	if tail(&probe.Result{}) != nil {
		t.Error("lines of no session")
	}
}
