package pingcheck

import (
	"errors"
	"testing"

	"mailprobe/probe"
)

// Silence has the verdict of the trace, where that found out why; what ping knows itself
// stays.
func TestExplainByTrace(t *testing.T) {
	for _, c := range []struct {
		ping, trace *probe.Cause
		want        string
	}{
		{CauseNoAnswer, CausePortFiltered, "CRITICAL port-filtered echo: nobody answered: filtered at hop 2"},
		{CauseNoAnswer, probe.CauseFirewallHere, "UNKNOWN firewall-here echo: nobody answered: filtered at hop 2"},
		{CauseNoAnswer, CauseNoAnswer, "CRITICAL no-answer echo: nobody answered"},
		{CauseHostDown, CausePortFiltered, "CRITICAL host-down echo: nobody answered"},
	} {
		r := &probe.Result{}
		_ = r.Run(stepEcho, func(*probe.Step) error { return probe.Because(c.ping, errors.New("nobody answered")) })
		_ = r.Run(stepTrace, func(*probe.Step) error { return probe.Because(c.trace, errors.New("filtered at hop 2")) })
		explainByTrace(r, r.Step(stepTrace))
		s := r.Step(stepEcho)
		if got := s.Status.String() + " " + s.Cause.Name + " " + s.Reason(); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}
